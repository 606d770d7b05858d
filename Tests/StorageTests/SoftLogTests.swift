import Contact
import Testing

@testable import Storage

@Suite struct SoftLogTests {
    private static let epoch = HubID(high: 1, low: 1)

    private func head(_ position: Int64, by writer: Int64, erasures: Int64 = 0) -> JournalHead {
        JournalHead(
            position: position, era: JournalHead.Era(epoch: Self.epoch, erasures: erasures), rules: 0, model: 1,
            isDecided: false, writer: writer)
    }

    private func key(_ number: Int64) -> Soft.Key { Soft.Key(key: number, record: number) }

    @Test func `what came between two heads is known where all of it was stored here`() {
        let log = SoftLog()
        log.record([key(1)], from: head(10, by: 100), to: 12, by: 101)
        log.record([key(2), key(3)], from: head(12, by: 101), to: 15, by: 102)
        #expect(log.keys(from: head(10, by: 100), to: head(15, by: 102)) == [key(1), key(2), key(3)])
        #expect(log.keys(from: head(12, by: 101), to: head(15, by: 102)) == [key(2), key(3)])
        #expect(log.keys(from: head(15, by: 102), to: head(15, by: 102)) == [])
        #expect(log.keys(from: head(8, by: 99), to: head(15, by: 102)) == nil)
        #expect(log.keys(from: head(10, by: 100), to: head(15, by: 102, erasures: 1)) == nil)
    }

    /// It took the journal as far as what another process stored instead: only the number tells them apart.
    @Test func `what came to nothing is not taken for what another process stored`() {
        let log = SoftLog()
        log.record([key(1)], from: head(10, by: 100), to: 12, by: 101)
        #expect(log.keys(from: head(10, by: 100), to: head(12, by: 555)) == nil)
        log.record([key(2)], from: head(12, by: 555), to: 14, by: 103)
        #expect(log.keys(from: head(10, by: 100), to: head(14, by: 103)) == nil)
        #expect(log.keys(from: head(12, by: 555), to: head(14, by: 103)) == [key(2)])
        // The row was changed, and the journal not moved: by a decision about rules, or another model.
        #expect(log.keys(from: head(14, by: 103), to: head(14, by: 556)) == nil)
    }

    @Test func `it keeps no more than is waited for`() {
        let log = SoftLog()
        for position in 0..<Int64(300) {
            log.record([key(position)], from: head(position, by: position), to: position + 1, by: position + 1)
        }
        #expect(log.keys(from: head(0, by: 0), to: head(300, by: 300)) == nil)
        #expect(log.keys(from: head(298, by: 298), to: head(300, by: 300)) == [key(298), key(299)])
    }
}
