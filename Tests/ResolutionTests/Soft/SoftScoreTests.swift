import Contact
import Testing

@testable import Resolution

@Suite struct SoftScoreTests {
    private let model = SoftModel.standard

    @Test(arguments: 0..<6)
    func `A score is the same either way round, and finite, whatever the fields hold`(seed: UInt64) {
        var random = Seeded(seed)
        let entries = randomRecords(60, &random, isHostile: true).map(model.prepare)
        for a in entries {
            for b in entries {
                let score = model.score(a, b)
                #expect(score == model.score(b, a))
                #expect(abs(score.total) < 400 * Bits.one)
                for field in SoftField.allCases { #expect(score.levels[field.rawValue] < field.levels.count) }
            }
        }
    }

    @Test(arguments: 0..<4)
    func `Equal records have the first level of every field they state`(seed: UInt64) {
        var random = Seeded(50 + seed)
        for record in randomRecords(100, &random) {
            let score = model.score(record, record)
            for field in SoftField.allCases where field != .place { #expect(score.levels[field.rawValue] <= 1) }
            #expect(score[.birth].level == (record.birthDate.isEmpty ? "null" : "exact"))
            #expect(score[.number].level == (record.numbers.isEmpty ? "null" : "exact"))
            #expect(score[.surname].level == "exact" || record.name.isEmpty)
            let place = [record.postcode.isEmpty ? "null" : "exact", record.city.isEmpty ? "null" : "exact"]
            let expected = place == ["null", "null"] ? "null" : "postcode_\(place[0])_city_\(place[1])"
            #expect(score[.place].level == expected)
        }
    }

    @Test func `Dates are as near as they are`() throws {
        for (a, b, level) in [
            ("1980-02-01", "1980-02-01", "exact"), ("1980-02-01", "1980-01-02", "swapped"),
            ("1980-02-01", "1980-02-07", "one_digit"), ("1980-02-01", "1990-02-01", "one_digit"),
            ("1980-02-12", "1980-02-21", "one_digit"), ("1980-02-01", "1980-02-26", "two_parts"),
            ("1980-02-01", "1991-02-01", "two_parts"), ("1980-02-01", "1990-02-02", "two_digits"),
            ("1980-02-01", "1980-11-26", "same_year"), ("1980-02-01", "1955-11-26", "other"),
        ] {
            let score = try #require(scored(facet("Mario Rossi", born: a), facet("Mario Rossi", born: b)))
            #expect(score[.birth].level == level, "\(a), \(b)")
        }
    }

    @Test func `Telephones, addresses and numbers are as near as they are`() throws {
        for (kind, field, a, b, level) in [
            (IdentifierKind.phone, SoftField.phone, "+393331234567", "+393331234567", "exact"),
            (.phone, .phone, "+393331234567", "+393471234567", "last_seven"),
            (.phone, .phone, "+393331234567", "+393331234576", "one_edit"),
            (.phone, .phone, "+393331234567", "+393497654321", "other"),
            (.landline, .landline, "+390612345678", "+390612345678", "exact"),
            (.email, .email, "mr77@a.it", "mr77@a.it", "exact"),
            (.email, .email, "barba77x@a.it", "barba77x@bottega.com", "same_local"),
            (.email, .email, "mario.rossi@a.it", "mario.rossi@bottega.com", "null"),
            (.email, .email, "mrossi1@a.it", "mrossi1@bottega.com", "null"),
            (.email, .email, "mrossi77@a.it", "mrossi77@bottega.com", "same_name"),
            (.email, .email, "mario.rossi78@a.it", "mario.rossi77@a.it", "null"),
            (.email, .email, "mrossi77@gmail.com", "mrosi77@gmail.com", "one_edit"),
            (.email, .email, "mrossi77@gmail.com", "mrosi77@gmial.com", "two_edits"),
            (.email, .email, "anto@gmail.com", "anno@gmail.com", "one_edit"),
            (.email, .email, "ufo@gmail.com", "usb@gmail.com", "other"),
            (.email, .email, "zx@bottega.it", "q1@bottega.it", "other"),
            (.email, .email, "mario@bottega.it", "mrossi.acquisti@bottega.it", "same_domain"),
            (.email, .email, "mario@gmail.com", "mrossi.acquisti@gmail.com", "other"),
            (.customerNumber, .number, "4137877", "4137877", "exact"),
            (.customerNumber, .number, "4137877", "4137787", "one_edit"),
            (.customerNumber, .number, "4137877", "4137099", "other"),
            (.codiceFiscale, .number, "RSSMRA80A01H501U", "RSSMRA80A01H501U", "exact"),
        ] {
            let score = try #require(scored(facet("Mario Rossi", [(kind, a)]), facet("Mario Rossi", [(kind, b)])))
            #expect(score[field].level == level, "\(a), \(b)")
        }
    }

    @Test func `A name and a birth date join, a name alone and a home alone do not`() throws {
        let mario = facet("Mario Rossi", born: "1980-02-01", city: "Roma")
        #expect(try #require(scored(mario, facet("ROSSI MARIO", born: "1980-02-01"))).verdict == .join)
        #expect(try #require(scored(mario, facet("Mario Rossi", city: "Roma"))).verdict != .join)
        let home = facet("Mario Rossi", street: "Via Tarquenio 12", city: "Barquelli", postcode: "12345")
        let wife = facet("Anna Bianchi", street: "Via Tarquenio 12", city: "Barquelli", postcode: "12345")
        #expect(try #require(scored(home, wife)).verdict != .join)
    }

    @Test func `Relatives wait for a person, however much they share`() throws {
        func at(_ name: String, _ born: String) -> FacetContent {
            facet(
                name, born: born, street: "Via Tarquenio 12", city: "Barquelli", postcode: "12345",
                [(.landline, "+390612345678")])
        }
        let father = at("Mario Tarquini", "1950-02-01")
        for relative in [
            at("Mario Tarquini", "1981-11-26"), at("Giulia Tarquini", "1952-07-19"),
            at("Giulia Tarquini", "1950-02-01"),
        ] {
            let score = try #require(scored(father, relative))
            #expect(score.veto == .relative)
            #expect(score.verdict != .join)
        }
        #expect(try #require(scored(father, at("Mario Tarquini", "1950-02-01"))).verdict == .join)
        #expect(try #require(scored(father, at("Mario Tarquini", "1950-01-02"))).verdict == .join)
    }

    @Test func `Rare values count more than common ones`() throws {
        let born = "1980-02-01"
        let common = try #require(scored(facet("Mario Rossi", born: born), facet("Mario Rossi", born: born)))
        let rare = try #require(
            scored(facet("Tarquenio Barquelli", born: born), facet("Tarquenio Barquelli", born: born)))
        #expect(rare[.surname].bits > common[.surname].bits + 2)
        #expect(rare[.given].bits > common[.given].bits)
    }

    @Test func `A model is what its JSON says, and equal models are one version`() throws {
        let json = SoftParameters.standard.canonicalJSON
        let read = try SoftParameters(json: json)
        #expect(read == .standard)
        #expect(SoftModel(read).version == model.version)
        var other = read
        other.join += 1
        #expect(SoftModel(other).version != model.version)
        other.reading = 99
        #expect(throws: SoftModelError.self) { try SoftParameters(json: other.canonicalJSON) }
        other = read
        other.fields["given"]?.m.removeLast()
        #expect(throws: SoftModelError.self) { try SoftParameters(json: other.canonicalJSON) }
        #expect(throws: (any Error).self) { try SoftParameters(json: Array("{}".utf8)) }
    }

    @Test func `The shipped probabilities sum to one`() {
        for field in SoftField.allCases {
            let levels = SoftParameters.standard.levels(field)
            for shares in [levels.m, levels.u] {
                #expect(abs(shares.reduce(0, +) - SoftParameters.whole) < SoftParameters.whole / 50, "\(field.name)")
            }
        }
    }

    @Test func `Logarithms and powers agree with each other`() {
        #expect(Bits.log2(of: 1) == 0 && Bits.log2(of: 2) == 1_024 && Bits.log2(of: 1 << 40) == 40 * 1_024)
        #expect(abs(Bits.log2(of: 3) - 1_623) <= 1)
        #expect(abs(Bits.log2(1_000_000, over: 3) - 18_787) <= 2)
        for bits in stride(from: -20_000, through: 20_000, by: 37) {
            let product = Bits.odds(bits) * Bits.odds(-bits)
            #expect(abs(product - 1) < 1e-9)
        }
        #expect(Bits.odds(1_024) == 2)
    }
}
