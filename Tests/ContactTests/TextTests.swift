import Testing

@testable import Contact

@Suite struct TextTests {
    static let folded: [(String, String)] = [
        ("Nicol\u{F2} D'\u{C0}ngelo \u{DF}", "nicolo d'angelo ss"),
        ("NICOLO' D\u{2019}ANGELO", "nicolo d'angelo"),
        ("Nicolo\u{300}  D\u{60}Angelo\t", "nicolo d'angelo"),
        ("Niccol\u{F2}'", "niccolo"),
        ("De' Medici", "de medici"),
        ("\u{FF2D}\u{FF41}\u{FF52}\u{FF49}\u{FF4F}", "mario"),
        ("\u{A0}Maria\u{2003}Rosa\u{200B} ", "maria rosa"),
        ("\u{141}ukasz \u{D8}ster", "lukasz oster"),
        ("\u{130}stanbul", "istanbul"),
        ("Jos\u{E9}-Mar\u{ED}a", "jose-maria"),
        ("\u{418}\u{432}\u{430}\u{43D}", "\u{438}\u{432}\u{430}\u{43D}"),
        ("O\u{2BC}Neill", "o'neill"),
        ("", ""), ("'", ""), (" ' ", ""),
    ]

    @Test(arguments: folded)
    func `names fold to what they have in common`(_ written: String, _ expected: String) {
        let folded = Text.fold(written)
        #expect(Array(folded.utf8) == Array(expected.utf8), "\(folded)")
        #expect(Text.fold(folded) == folded)
    }

    @Test func `titles are no part of a name`() {
        #expect(PersonName.folded("Egr. Sig. Dott. Mario Rossi") == "mario rossi")
        #expect(PersonName.folded("Sig.ra Anna De' Bianchi") == "anna de bianchi")
        #expect(PersonName.folded("DOTT.SSA Anna Bianchi") == "anna bianchi")
        #expect(PersonName.folded("P. Rossi") == "p. rossi")
        #expect(PersonName.folded("Don Rossi") == "don rossi")
        #expect(PersonName.folded("Ing.") == "ing.")
    }

    @Test func `composition makes two spellings one`() {
        let composed = Text.nfc("perche\u{301}")
        #expect(Array(composed.utf8) == Array("perch\u{E9}".utf8))
        #expect(Array(Text.nfc("plain").utf8) == Array("plain".utf8))
    }

    @Test func `domains become ASCII or are none`() {
        #expect(Text.asciiDomain("Perch\u{E9}.it") == "xn--perch-fsa.it")
        #expect(Text.asciiDomain("XN--PERCH-FSA.it") == "xn--perch-fsa.it")
        #expect(Text.asciiDomain("b\u{FC}cher.example") == "xn--bcher-kva.example")
        #expect(Text.asciiDomain("\u{4F8B}\u{3048}.\u{30C6}\u{30B9}\u{30C8}") == "xn--r8jz45g.xn--zckzah")
        for wrong in [
            "", ".", "it", "a..it", "a b.it", "a/b.it", "a_b.it", "10.0.0.1", "-a.it", "a-.it", "\u{E9} x.it",
            "\u{E9}/x.it", "\u{E9}@x.it", "\u{E9}:80.it", String(repeating: "a", count: 64) + ".it",
        ] {
            #expect(Text.asciiDomain(wrong) == nil, "\(wrong)")
        }
    }

    @Test func `bytes of any origin become text, and say what was done to them`() {
        #expect(Text.repaired(Array("ciao".utf8)) == ("ciao", []))
        #expect(Text.repaired([0x61, 0xFF, 0x62]) == ("a\u{FFFD}b", .utf8))
        #expect(Text.repaired([0x61, 0, 0x62]) == ("a\u{FFFD}b", .nul))
        #expect(Text.repaired([0xC3, 0]) == ("\u{FFFD}\u{FFFD}", [.utf8, .nul]))
    }
}

@Suite struct TimestampTests {
    static let moments: [(String, Int64)] = [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("2026-11-21T20:52:07.343+01:00", 1_795_290_727_343_000),
        ("2026-11-21t19:52:07.343z", 1_795_290_727_343_000),
        ("2026-11-21 19:52:07.3430009Z", 1_795_290_727_343_000),
        ("2026-11-21T19:52:07.999999999Z", 1_795_290_727_999_999),
        ("2024-02-29T12:00:00-00:00", 1_709_208_000_000_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ("2017-01-01T05:29:60.5+05:30", 1_483_228_800_000_000),
        ("2000-01-01T00:00:00-23:59", 946_771_140_000_000),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
    ]

    @Test(arguments: moments)
    func `times are read to the microsecond`(_ text: String, _ expected: Int64) {
        #expect(Timestamp.microseconds(text) == expected)
        if expected >= 0 { #expect(Timestamp.microseconds(Timestamp.text(expected)) == expected) }
    }

    @Test(arguments: [
        "", "2026", "2026-11-21", "2026-11-21T20:52:07", "2026-11-21T20:52Z", "2026-11-21T20:52:07+0100",
        "2026-11-21T20:52:07+01", "2026-11-21T20:52:07.Z", "2026-11-21T24:00:00Z", "2026-11-21T20:60:00Z",
        "2026-11-21T20:52:60Z", "2026-11-21T20:52:61Z", "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-11-21T20:52:07+24:00",
        "2026-11-21T20:52:07+01:60", "2026-11-21T20:52:07Zz", " 2026-11-21T20:52:07Z", "20261121T205207Z",
        "2026-11-21T20:52:07,5Z", "-026-11-21T20:52:07Z", "2016-12-31T23:59:60+01:00",
    ])
    func `what is no time with an offset is none`(_ text: String) {
        #expect(Timestamp.microseconds(text) == nil)
    }

    @Test func `times are written with microseconds in UTC`() {
        #expect(Timestamp.text(1_795_290_727_343_000) == "2026-11-21T19:52:07.343000Z")
        #expect(Timestamp.text(0) == "1970-01-01T00:00:00.000000Z")
    }

    @Test func `every day has a number and comes back from it`() {
        var last = CivilDate(daysSince1970: -1)
        for day in 0..<80_000 {
            let date = CivilDate(daysSince1970: day)
            #expect(date.daysSince1970 == day && date.exists)
            #expect(date.day == last.day + 1 || date.day == 1)
            last = date
        }
        #expect(!CivilDate(year: 2100, month: 2, day: 29).exists)
    }
}
