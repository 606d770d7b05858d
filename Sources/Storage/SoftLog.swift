internal import Contact
internal import Postgres

/// The keys of soft records that this process has stored lately, by the stretch of the journal they came with: whoever has
/// searched before he held the journal row learns what came meanwhile without searching again.
///
/// Written under the journal row, before the commit. Whether a transaction of which something stands there has come to anything
/// is told by the row itself, which names the transaction that has changed it last.
final class SoftLog: Sendable {
    private struct Entry {
        let from: Int64
        let to: Int64
        let writer: Int64
        let keys: [Soft.Key]

        func reaches(_ head: JournalHead) -> Bool { to == head.position && writer == head.writer }
    }

    /// Each begins where the one before it ends.
    private struct State {
        var entries: [Entry] = []
        var keys = 0
    }

    /// Of 16 bytes each. Who waits for the row waits for one or two transactions.
    private static let mostKeys = 200_000
    private static let mostEntries = 256

    private let state = Monitor(State())

    /// Says what the transaction that holds the row stores, how far it takes the journal, and its number.
    func record(_ keys: [Soft.Key], from head: JournalHead, to position: Int64, by writer: Int64) {
        guard position > head.position else { return }
        state.withLock { state in
            // Another process has come between, or the last one here has come to nothing.
            if let last = state.entries.last, !last.reaches(head) { state = State() }
            state.entries.append(Entry(from: head.position, to: position, writer: writer, keys: keys))
            state.keys += keys.count
            while state.keys > Self.mostKeys || state.entries.count > Self.mostEntries {
                state.keys -= state.entries.removeFirst().keys.count
            }
        }
    }

    /// What was stored between two heads of the journal; nil where this process does not know all of it.
    func keys(from: JournalHead, to: JournalHead) -> [Soft.Key]? {
        guard from.era == to.era else { return nil }
        if from.position == to.position, from.writer == to.writer { return [] }
        return state.withLock { state in
            guard let last = state.entries.last, last.reaches(to),
                let first = state.entries.firstIndex(where: { $0.from == from.position })
            else { return nil }
            return state.entries[first...].flatMap(\.keys)
        }
    }
}
