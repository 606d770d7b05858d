import Contact
import Testing

@testable import Resolution

@Suite struct BlockingKeysTests {
    private func keys(_ content: FacetContent) throws -> Set<BlockingKey> {
        Set(try #require(SoftRecord(content)).blockingKeys.plain)
    }

    @Test func `What one person writes in two ways is found`() throws {
        let mario = facet(
            "Mario De Luca", born: "1980-02-01", street: "Via Giuseppe Garibaldi 12", city: "Roma", postcode: "00185",
            [(.customerNumber, "4137877"), (.phone, "+393331234567"), (.email, "barba77x@a.it")])
        for other in [
            facet("DE LUCA MARIO", city: "Milano"), facet("De Luca", born: "1980-01-02"),
            facet("Delucca M.", born: "1980-02-01"), facet("Marrio De Lucca", city: "roma"),
            facet("Anna Bianchi", street: "v. giuseppe garibaldi, 12"),
            facet("Anna Bianchi", street: "v. giuseppe garibaldi", postcode: "00185"),
            facet("Anna Bianchi", street: "via verdi 12", postcode: "00185"),
            facet("Anna Bianchi", [(.customerNumber, "4137877")]), facet("Anna Bianchi", [(.phone, "+390001234567")]),
            facet("Anna Bianchi", [(.email, "barba77x@b.it")]),
        ] {
            #expect(try !keys(mario).isDisjoint(with: keys(other)), "\(other.attributes)")
        }
        #expect(try keys(mario).isDisjoint(with: keys(facet("Giulia Verdi", born: "1955-05-05", city: "Milano"))))
    }

    @Test func `Who names no street is found by less`() throws {
        let mario = facet("Mario Rossi", born: "1980-02-01", city: "Roma")
        for other in [
            facet("Mario Verdi", city: "Roma"), facet("Anna Verdi", born: "1980-02-01", city: "Roma"),
            facet("Anna Rosso", born: "1980-02-01"),
        ] {
            #expect(try !keys(mario).isDisjoint(with: keys(other)), "\(other.attributes)")
        }
    }

    @Test func `A full record has eight keys, and each a refined form`() throws {
        let full = facet(
            "Mario De Luca", born: "1980-02-01", street: "Via Giuseppe Garibaldi 12", city: "Roma", postcode: "00185",
            [(.phone, "+393331234567"), (.email, "barba77x@a.it")])
        let keys = try #require(SoftRecord(full)).blockingKeys
        #expect(keys.plain.count == 8)
        #expect(keys.refined.count == 8 && keys.refined.allSatisfy { (1...2).contains($0.count) })
        #expect(Set(keys.all).count == keys.all.count)
    }

    @Test func `No key is made of one field`() throws {
        // Of two names, two dates and so on, two records have nothing in common but one thing.
        let mario = facet("Mario Rossi", born: "1980-02-01", city: "Roma", postcode: "00185")
        for other in [
            facet("Mario Verdi", born: "1955-05-05", city: "Milano"),
            facet("Anna Verdi", born: "1980-02-01", city: "Bari"),
            facet("Anna Verdi", born: "1955-05-05", city: "Roma", postcode: "00198"),
        ] {
            #expect(try keys(mario).isDisjoint(with: keys(other)))
        }
    }

    /// They are stored: what they are may never change under one reading.
    @Test func `Keys are what they have always been`() throws {
        let record = try #require(
            SoftRecord(
                facet(
                    "Niccolò D'Angelo", born: "1980-02-01", street: "Via Roma 12", city: "Forlì", postcode: "47121",
                    [(.phone, "+393331234567"), (.customerNumber, "1042")])))
        let keys = record.blockingKeys
        #expect(keys.plain.count == 8)
        #expect(keys.plain == keys.plain.sorted())
        #expect(keys.all.reduce(0) { $0 &* 31 &+ $1.hash } == 5_738_583_314_728_437_783)
    }

    @Test func `A wide key gives way to its refined forms, and a wide refined form to nothing`() throws {
        let model = SoftModel.standard
        func entry(_ name: String, _ born: String) throws -> SoftEntry {
            model.prepare(try #require(SoftRecord(facet(name, born: born, city: "Roma"))))
        }
        var index = SoftIndex(wide: 3)
        // Four with one surname in one city; two of them with one given name too.
        for (name, born) in [
            ("Mario Rossi", "1980-02-01"), ("Anna Rossi", "1955-05-05"), ("Carlo Rossi", "1966-06-06"),
        ] {
            index.insert(try entry(name, born))
        }
        #expect(index.candidates(0) == [1, 2])
        index.insert(try entry("Mario Rossi", "1944-12-30"))
        #expect(index.candidates(0) == [3])
        #expect(index.areCompared(0, 3) && !index.areCompared(0, 1))
    }
}
