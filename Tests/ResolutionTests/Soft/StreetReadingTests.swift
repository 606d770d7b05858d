import Contact
import Testing

@testable import Resolution

@Suite struct StreetReadingTests {
    private static let spellings: [(String, lines: [String], civic: String?)] = [
        ("Via Roma 12", ["roma"], "12"), ("via Roma, 12", ["roma"], "12"), ("V. Roma n. 12", ["roma"], "12"),
        ("Via Roma n° 12", ["roma"], "12"), ("Via Roma 12/B", ["roma"], "12b"), ("Via Roma 12 bis", ["roma"], "12bis"),
        ("Via Roma 12b", ["roma"], "12b"), ("Via Roma 12 B", ["roma"], "12b"), ("VIA ROMA SNC", ["roma"], nil),
        ("Via Roma", ["roma"], nil), ("V.le Monza 4", ["monza"], "4"), ("Viale Monza, 4", ["monza"], "4"),
        ("P.zza della Libertà 3", ["liberta"], "3"), ("Piazza Libertà 3", ["liberta"], "3"),
        ("C.so Cavour 18 int. 4", ["cavour"], "18"), ("Corso Cavour 18 scala B", ["cavour"], "18"),
        ("Via dell'Orto 5", ["orto"], "5"), ("Via Dell\u{2019}Orto, 5", ["orto"], "5"),
        ("Via 4 Novembre 21", ["4novembre"], "21"), ("Via XX Settembre 7", ["xxsettembre"], "7"),
        ("12 Via Garibaldi", ["garibaldi"], "12"), ("Via G. Garibaldi 12", ["ggaribaldi"], "12"),
        ("Strada Provinciale 5", ["provinciale"], "5"), ("Largo Argentina 1", ["argentina"], "1"),
        ("Loc. Casale 3", ["casale"], "3"), ("Fraz. San Rocco 10", ["sanrocco"], "10"),
        ("Via Roma 12, Frazione Casale", ["roma", "casale"], "12"),
        ("7 Wallaby Place, Delmar", ["wallaby", "delmar"], "7"),
        ("177 pridhamstreet, milton", ["pridham", "milton"], "177"), ("12 Oxley St", ["oxley"], "12"),
        ("34 Newman Morris Cct", ["newmanmorris"], "34"), ("22 Hill Rd.", ["hill"], "22"),
        ("Flat 2 12 Oxley Street", ["oxley"], "12"), ("Lungomare Colombo 100", ["colombo"], "100"),
        ("Via Roma 007", ["roma"], "7"), ("Hauptstrasse 5", ["haupt"], "5"), ("", [], nil), (",,,", [], nil),
    ]

    @Test(arguments: spellings.indices)
    func `A street is read however it is written`(place: Int) {
        let (written, lines, civic) = Self.spellings[place]
        let reading = StreetReading(Text.fold(written))
        #expect(reading.lines.map(\.name.text) == lines, "\(written)")
        #expect(reading.civic.map { $0.number.text + $0.suffix.text } == civic, "\(written)")
    }

    private func levels(_ a: String, _ b: String) throws -> (street: String, locality: String, civic: String) {
        let score = try #require(scored(facet("Mario Rossi", street: a), facet("Mario Rossi", street: b)))
        let back = try #require(scored(facet("Mario Rossi", street: b), facet("Mario Rossi", street: a)))
        #expect(score == back)
        return (score[.street].level, score[.locality].level, score[.civic].level)
    }

    @Test func `Streets are as near as they are`() throws {
        #expect(try levels("Via Roma 12", "v. roma, 12") == ("exact", "null", "exact"))
        #expect(try levels("Via Roma 12", "Viale Roma 12") == ("same_name", "null", "exact"))
        #expect(try levels("Via Garibaldi 12", "Via Giuseppe Garibaldi 12/b") == ("same_name", "null", "same_number"))
        #expect(try levels("Via Garibaldi 12", "Via Garibladi 21") == ("near", "null", "one_edit"))
        #expect(try levels("Via Roma 12", "Corso Cavour 340") == ("other", "null", "other"))
        #expect(try levels("7 wallaby place, delmar", "7 delmar, wallaby pl") == ("exact", "exact", "exact"))
        #expect(try levels("7 wallaby place, delmar", "7 wallaby place") == ("exact", "null", "exact"))
        #expect(try levels("7 wallaby place, delmar", "7 delmar") == ("exact", "null", "exact"))
    }

    @Test func `Companies are compared without their legal form`() throws {
        for (a, b, level) in [
            ("Rossi Impianti S.r.l.", "ROSSI IMPIANTI SRL", "exact"),
            ("Rossi Impianti s r l", "Rossi Impianti", "exact"),
            ("Ditta Rossi Impianti snc", "Rossi Impianti SNC", "exact"), ("Muller GmbH", "Müller", "exact"),
            ("Acme Ltd.", "Acme Limited", "exact"), ("Rossi Impianti", "Rossi Impiantii", "near"),
            ("Rossi Impianti", "Bianchi Forniture", "other"),
        ] {
            let score = try #require(scored(facet("Mario Rossi", company: a), facet("Mario Rossi", company: b)))
            #expect(score[.company].level == level, "\(a), \(b)")
        }
    }
}
