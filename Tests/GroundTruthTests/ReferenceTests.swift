import Testing

@testable import GroundTruth

@Suite struct ReferenceTests {
    @Test func `A value presented twice joins, through a third facet too`() throws {
        try expect(
            [
                line("1", "email a@x.example presented"),
                line("2", "email A@X.example verified", "forum_account f/u presented"),
                line("3", "forum_account F/u presented", "email b@x.example claimed"),
                line("4", "email b@x.example presented"),
            ], "1 2 3|4")
    }

    @Test func `What is claimed on either side joins nothing`() throws {
        try expect(
            [line("1", "email a@x.example presented"), line("2", "email a@x.example claimed")], "1|2")
        try expect(
            [line("1", "email a@x.example claimed", "cookie s/1 presented"), line("2", "email a@x.example claimed")],
            "1|2")
    }

    @Test func `A value shown twice stands once at its highest assurance`() throws {
        let twice = [
            line("1", "email a@x.example claimed", "email A@x.example presented"),
            line("2", "email a@x.example presented"),
            line("3", "email a@x.example presented", "email A@X.example claimed"),
        ]
        try expect(twice, "1 2 3")
        #expect(try answer(twice).facets == 1)
    }

    @Test(arguments: ["landline", "partita_iva", "domain", "switchboard"])
    func `Kinds that never link join nothing, even verified`(kind: String) throws {
        try expect([line("1", "\(kind) +39064123 verified"), line("2", "\(kind) +39064123 verified")], "1 2")
        try expect(
            [
                line("1", "\(kind) +39064123 verified", "email a@x.example presented"),
                line("2", "\(kind) +39064123 verified"),
            ], "1|2")
    }

    @Test func `A fixed line given as a phone is a landline, a mobile links in any spelling`() throws {
        try expect(
            [
                line("1", "phone 06/4123456 presented", "email a@x.example presented"),
                line("2", "phone +39-064123456 presented"), line("3", "landline 0039064123456 presented"),
            ], "1|2 3")
        try expect(
            [
                line("1", "phone 3471234567 presented"),
                line("2", "phone 0039-347-1234567 presented", "email a@x.example claimed"),
            ], "1 2")
    }

    @Test func `Scope and kind are part of a value`() throws {
        try expect(
            [
                line("1", "cookie one/7 presented"), line("2", "cookie two/7 presented"),
                line("3", "device one/7 presented"), line("4", "cookie ONE/7 presented"),
            ], "1 4|2|3")
    }

    @Test func `Gmail alone ignores dots and tags`() throws {
        try expect(
            [
                line("1", "email ma.rio@gmail.com presented"),
                line("2", "email Mario+x@GMAIL.com presented", "cookie s/1 claimed"),
                line("3", "email ma.rio@x.example presented"), line("4", "email mario@x.example presented"),
            ], "1 2|3|4")
    }

    @Test func `Two empty half-years between still join, three do not`() throws {
        let h1 = line("1", "phone 3471234567 presented", at: "2024-03-01T00:00:00Z")
        let twoEmpty = line("2", "phone 3471234567 presented", at: "2025-09-01T00:00:00Z")
        let threeEmpty = line("3", "phone 3471234567 presented", at: "2026-03-01T00:00:00Z")
        try expect([h1, twoEmpty], "1 2")
        try expect([h1, threeEmpty], "1|3")
        // The one between bridges, whenever it arrives.
        try expect([h1, threeEmpty, twoEmpty], "1 2 3")
        // The order is that of time, not of the facets' texts.
        let claiming = line(
            "2", "email z@x.example claimed", "phone 3471234567 presented", at: "2025-09-01T00:00:00Z")
        try expect([h1, threeEmpty, claiming], "1 2 3")
        // What is only claimed is no sign of life of the holder.
        try expect([h1, threeEmpty, line("2", "phone 3471234567 claimed", at: "2025-09-01T00:00:00Z")], "1|2|3")
    }

    @Test(arguments: ["phone 3471234567", "cookie s/1", "device s/1"])
    func `Kinds that change hands part after a long silence, others never`(value: String) throws {
        try expect(
            [
                line("1", "\(value) presented", at: "2020-01-01T00:00:00Z"),
                line("2", "\(value) presented", at: "2026-01-01T00:00:00Z"),
            ], "1|2")
        try expect(
            [
                line("1", "email a@x.example presented", at: "2020-01-01T00:00:00Z"),
                line("2", "email a@x.example presented", at: "2026-01-01T00:00:00Z"),
            ], "1 2")
        // A card's number is printed once, though its period stands in the facet.
        let cards = ["2020", "2026"].map { line($0, "card s/1 presented", at: "\($0)-01-01T00:00:00Z") }
        try expect(cards, "2020 2026")
        #expect(try answer(cards).facets == 2)
    }

    @Test func `The half-year is that of UTC`() throws {
        // Both are the last hour of June in UTC.
        let edge = [
            line("1", "cookie s/1 presented", at: "2026-07-01T01:30:00+02:00"),
            line("2", "cookie s/1 presented", at: "2026-06-30T19:30:00.5-04:00"),
        ]
        #expect(try answer(edge).facets == 1)
        let after = line("3", "cookie s/1 presented", at: "2026-07-01T02:00:00+02:00")
        #expect(try answer(edge + [after]).facets == 2)
        // Without a value that changes hands the period is no part of a facet.
        #expect(
            try answer([
                line("1", "email a@x.example presented", at: "2020-01-01T00:00:00Z"),
                line("2", "email a@x.example presented"),
            ]).facets == 1)
    }

    @Test func `Role addresses belong to nobody and join nobody`() throws {
        try expect(
            [
                line("1", "email info@x.example presented"),
                line("2", "email Info@x.example presented", attributes: #"{"name":"Ada"}"#),
                line("3", "email info@x.example verified", "cookie s/1 presented"),
                line("4", "email info@x.example presented", "cookie s/1 claimed"),
                line("5", "email information@x.example presented"),
            ], "1*|2*|3|4*|5")
        // A family's mailbox is nobody's either, by the first word before the @; a claimed one is as much a role.
        try expect(
            [
                line("1", "email famiglia.rossi@x.example presented"), line("2", "email casa+2@x.example claimed"),
                line("3", "email fam@x.example verified"), line("4", "email rossi.famiglia@x.example presented"),
                line("5", "email familyrossi@x.example presented"),
            ], "1*|2*|3*|4|5")
    }

    @Test func `A facet with no role address and nothing that links is a customer alone`() throws {
        try expect([line("1", "email a@x.example claimed"), line("2", "landline 064123456 verified")], "1|2")
    }

    @Test func `Names are folded before they tell facets apart`() throws {
        let same = [
            #"{"name":"Niccolò D'Angelo"}"#, #"{"name":"NICCOLO  D’ANGELO"}"#, #"{"name":"Niccolo\u0300 d'angelo"}"#,
        ]
        let lines = same.enumerated().map {
            line("\($0.offset)", "email a@x.example presented", attributes: $0.element)
        }
        #expect(try answer(lines).facets == 1)
        let other = line("9", "email a@x.example presented", attributes: #"{"name":"Niccolo Angelo"}"#)
        #expect(try answer(lines + [other]).facets == 2)
    }

    @Test func `A message to three customers is three interactions`() throws {
        try expect(
            [
                line("1", "email a@x.example presented", customer: "a"),
                line("1", "email b@x.example presented", customer: "b"),
                line("1", "email c@x.example presented", customer: "c"),
            ], "1|1|1")
    }

    @Test func `Two different lines for one interaction are an error`() throws {
        var reference = Reference()
        try reference.add(line("1", "email a@x.example presented"))
        #expect(throws: ReferenceError.self) { try reference.add(line("1", "email b@x.example presented")) }
    }
}

/// What changes the set: decisions, erasures, other rules, a public key.
@Suite struct ChangedReferenceTests {
    private let lines = [
        line("1", "email a@x.example presented", "cookie s/1 presented"), line("2", "cookie s/1 presented"),
        line("3", "email a@x.example presented"),
    ]

    private func reference() throws -> Reference {
        var reference = Reference()
        for line in lines { try reference.add(line) }
        return reference
    }

    private func text(_ line: [UInt8]) throws -> String { try ReadLine(line).facet }

    @Test func `A decision holds until it is revoked, whenever its facets come`() throws {
        var reference = Reference()
        let number = reference.decide(.notSame([try text(lines[0])], [try text(lines[1])]))
        for line in lines { try reference.add(line) }
        let plain = try self.reference()
        #expect(reference.answer().profiles.count == 2)
        reference.decide(.same("nobody", try text(lines[0])))
        reference.revoke(number)
        #expect(reference.answer() == plain.answer())
        #expect(reference.answer().profiles.count == 1)
    }

    @Test func `What is erased was never there, and does not come back`() throws {
        var erased = try reference()
        erased.decide(.same(try text(lines[0]), try text(lines[2])))
        erased.erase(try text(lines[0]))
        var without = Reference()
        for line in lines.dropFirst() { try without.add(line) }
        #expect(erased.answer() == without.answer())
        #expect(erased.answer().profiles.count == 2)
        for line in lines { try erased.add(line) }
        #expect(erased.answer() == without.answer())
        // Somebody new who shows the same is somebody new; what was decided of the other says nothing of them.
        let new = line("4", "email a@x.example claimed")
        try erased.add(new)
        try without.add(new)
        try erased.add(line("5", "email a@x.example presented", "cookie s/1 presented"))
        try without.add(line("5", "email a@x.example presented", "cookie s/1 presented"))
        #expect(erased.answer() == without.answer())
    }

    @Test func `Other rules give another answer to the same lines`() throws {
        var reference = try reference()
        reference.rules.kinds["cookie"]?.links = nil
        #expect(reference.answer().profiles.map(\.interactions.count) == [2, 1])
        reference.rules.kinds["email"]?.links = .verified
        #expect(reference.answer().profiles.count == 3)
        reference.rules = ReferenceRules()
        reference.rules.blocked = [value("cookie:s/1")]
        #expect(reference.answer().profiles.count == 2)
    }

    @Test func `What is presented under a public key is public, what is claimed stays claimed`() throws {
        let both = line("1", "cookie s/1 presented", "email a@x.example claimed", "user_id s/u verified")
        let read = try ReadLine(both, isPublic: true)
        #expect(
            read.facet
                == "claimed email:a@x.example | public cookie:s/1 | verified user_id:s/u | 2026H1")
        var reference = try reference()
        try reference.add(line("4", "cookie s/1 presented"), isPublic: true)
        #expect(reference.answer().profiles.count == 1)
        #expect(reference.answer().facets == 4)
        reference.rules.kinds["cookie"]?.links = .verified
        #expect(reference.answer().profiles.count == 3)
    }

    @Test func `A trait of a public facet weighs as much as one of a claimed`() throws {
        var reference = Reference()
        let late = "2026-03-01T00:00:00Z"
        try reference.add(line("1", "cookie s/1 presented", traits: #"{"plan":"pro"}"#))
        let hostile = line("2", "cookie s/1 presented", at: late, traits: #"{"plan":"free","n":1}"#)
        try reference.add(hostile, isPublic: true)
        #expect(reference.answer().profiles.map(\.traits) == [["plan": "\"pro\"", "n": "1"]])
        try reference.add(line("3", "cookie s/1 presented", at: late, traits: #"{"n":2}"#))
        #expect(reference.answer().profiles[0].traits["n"] == "2")
    }
}

@Suite struct TraitTests {
    private func traits(_ lines: [[UInt8]]) throws -> [String: String] {
        let answers = try orders(lines).map { try answer($0).profiles[0].traits }
        #expect(Set(answers).count == 1)
        return answers[0]
    }

    @Test(arguments: [("\"pro\"", "\"free\""), ("\"free\"", "\"pro\"")])
    func `The newer value wins, whichever hash is greater`(newer: String, older: String) throws {
        let email = "email a@x.example presented"
        #expect(
            try traits([
                line("1", email, at: "2026-02-02T10:00:00Z", traits: "{\"plan\":\(newer)}"),
                line("2", email, at: "2026-02-01T10:00:00Z", traits: "{\"plan\":\(older)}"),
                line("3", email, "landline 064123456 claimed", traits: "{\"plan\":\(older)}"),
            ]) == ["plan": newer])
    }

    @Test func `The newest wins in a facet, to the microsecond`() throws {
        let email = "email a@x.example presented"
        #expect(
            try traits([
                line("1", email, at: "2026-02-01T10:00:00.000001Z", traits: #"{"plan":"pro"}"#),
                line("2", email, at: "2026-02-01T11:00:00.000000+01:00", traits: #"{"plan":"free","n":1}"#),
            ]) == ["plan": "\"pro\"", "n": "1"])
    }

    @Test func `At the same moment the greater hash wins`() throws {
        let email = "email a@x.example presented"
        let values = ["\"free\"", "\"pro\"", "true", "[1,{\"a\":null,\"b\":2}]"]
        let lines = values.enumerated().map { line("\($0.offset)", email, traits: "{\"plan\":\($0.element)}") }
        let greatest = values.max {
            sha256(Array($0.utf8)).lexicographicallyPrecedes(sha256(Array($1.utf8)))
        }
        #expect(try traits(lines)["plan"] == greatest)
    }

    @Test func `The better assured facet wins over a newer one`() throws {
        #expect(
            try traits([
                line("1", "email a@x.example verified", traits: #"{"plan":"pro"}"#),
                line("2", "email a@x.example presented", at: "2026-05-01T00:00:00Z", traits: #"{"plan":"free"}"#),
            ]) == ["plan": "\"pro\""])
        #expect(
            try traits([
                line("1", "email a@x.example verified", "landline 064123456 claimed", traits: #"{"plan":"pro"}"#),
                line("2", "email a@x.example presented", at: "2026-05-01T00:00:00Z", traits: #"{"plan":"free"}"#),
            ]) == ["plan": "\"pro\""])
        // One verified identifier is enough for the facet.
        #expect(
            try traits([
                line("1", "email a@x.example presented", "landline 064123456 verified", traits: #"{"plan":"pro"}"#),
                line("2", "email a@x.example presented", at: "2026-05-01T00:00:00Z", traits: #"{"plan":"free"}"#),
            ]) == ["plan": "\"pro\""])
    }

    @Test func `Sources of one facet are weighed by time`() throws {
        let email = "email a@x.example presented"
        #expect(
            try traits([
                line("1", email, at: "2026-03-01T00:00:00Z", traits: #"{"plan":"pro"}"#, source: "b"),
                line("2", email, at: "2026-02-01T00:00:00Z", traits: #"{"plan":"free"}"#, source: "c"),
            ]) == ["plan": "\"pro\""])
    }
}
