import Contact
import Testing

@testable import Resolution

@Suite struct SoftRecordTests {
    @Test func `What states nothing to compare has no record`() {
        #expect(SoftRecord(facet()) == nil)
        #expect(SoftRecord(facet("Mario Rossi")) == nil)
        #expect(SoftRecord(facet(born: "1980-02-01")) == nil)
        #expect(SoftRecord(facet("", [(.email, "a@b.it"), (.phone, "+393331234567")])) == nil)
        // A role address is nobody's.
        #expect(SoftRecord(facet("Mario Rossi", [(.email, "info@b.it")])) == nil)
        #expect(SoftRecord(facet("Mario Rossi", [(.email, "m@b.it")])) != nil)
        #expect(SoftRecord(facet("Mario Rossi", city: "Roma")) != nil)
        #expect(SoftRecord(facet(born: "1980-02-01", [(.customerNumber, "1042")])) != nil)
    }

    @Test func `Equal content is one record, however it is assured and whatever else is shown`() throws {
        let phone = Identifier(kind: .phone, scope: "", canonical: "+393331234567")
        let cookie = Identifier(kind: .cookie, scope: "www", canonical: "abc")
        let attributes = facet("Mario Rossi", city: "Roma").attributes
        let one = try #require(
            SoftRecord(.showing([.init(phone, .claimed)], attributes: attributes, at: 0)))
        let other = try #require(
            SoftRecord(
                .showing([.init(cookie, .presented), .init(phone, .verified)], attributes: attributes, at: 1 << 52)))
        #expect(one == other)
        #expect(one.contentHash == other.contentHash)
        #expect(one.contentHash != SoftRecord(facet("Mario Rossi", city: "Milano"))?.contentHash)
    }

    @Test(arguments: 0..<4)
    func `The canonical bytes give the record back, and nothing else is read`(seed: UInt64) throws {
        var random = Seeded(seed)
        for record in randomRecords(150, &random, isHostile: true) {
            let bytes = record.canonicalBytes
            let read = try #require(SoftRecord(canonical: bytes))
            #expect(read == record)
            #expect(read.canonicalBytes == bytes)
            #expect(SoftHash(bytes: record.contentHash.bytes) == record.contentHash)
            #expect(SoftRecord(canonical: bytes + [0]) == nil)
            for _ in 0..<5 {
                #expect(
                    SoftRecord(canonical: Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)))) == nil)
                var broken = bytes
                broken[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                if let other = SoftRecord(canonical: broken) { #expect(other != record) }
            }
        }
    }

    /// What is stored under version 1 is read under it for ever.
    @Test func `The hash of a record is what it has always been`() throws {
        let record = try #require(
            SoftRecord(
                facet(
                    "Niccolò D'Angelo", born: "1980-02-01", street: "Via Roma 12", city: "Forlì", postcode: "47121",
                    company: "Rossi S.r.l.", [(.phone, "+393331234567"), (.customerNumber, "1042")])))
        let hash = record.contentHash.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(hash == "04932a2a63d0cba9db7357731b5fd83329e486537efc91ba91a374fea9deead3")
        #expect(record.id == 0x0493_2a2a_63d0_cba9)
    }
}
