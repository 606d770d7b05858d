import Testing

@testable import GroundTruth

/// A line with what a case needs, and nothing else.
private func line(
    _ id: String, _ identifiers: String..., at: String = "2026-02-01T10:00:00Z", traits: String = "{}",
    source: String = "s", customer: String = "", attributes: String = "{}"
) -> [UInt8] {
    let shown = identifiers.map { text in
        let parts = text.split(separator: " ").map(String.init)
        let target = parts[1].split(separator: "/", maxSplits: 1).map(String.init)
        let scope = target.count == 2 ? target[0] : ""
        return """
            {"kind":"\(parts[0])","scope":"\(scope)","value":"\(target[target.count - 1])","assurance":"\(parts[2])"}
            """
    }
    let text = """
        {"id":"\(id)","source":"\(source)","customer":"\(customer)","occurred_at":"\(at)","identifiers":\
        [\(shown.joined(separator: ","))],"attributes":\(attributes),"traits":\(traits),"truth":{"person":"p\(id)"}}
        """
    return Array(text.utf8)
}

/// The profiles as `1 2|3`, ids only, with `*` behind a shared one.
private func partition(_ lines: [[UInt8]]) throws -> String {
    try answer(lines).profiles.map { profile in
        let ids = profile.interactions.map { $0.split(separator: "|")[1] }.joined(separator: " ")
        return ids + (profile.kind == .shared ? "*" : "")
    }.joined(separator: "|")
}

private func answer(_ lines: [[UInt8]]) throws -> Answer {
    var reference = Reference()
    for line in lines { try reference.add(line) }
    return reference.answer()
}

/// Checks the partition in every order of up to five lines, and with every line sent twice.
private func expect(
    _ lines: [[UInt8]], _ expected: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    for order in orders(lines) { #expect(try partition(order) == expected, sourceLocation: sourceLocation) }
    #expect(try partition(lines + lines) == expected, sourceLocation: sourceLocation)
}

private func orders(_ lines: [[UInt8]]) -> [[[UInt8]]] {
    guard lines.count > 1 else { return [lines] }
    return lines.indices.flatMap { index in
        var rest = lines
        let one = rest.remove(at: index)
        return orders(rest).map { [one] + $0 }
    }
}

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

    @Test(arguments: ["phone 3471234567", "cookie s/1", "device s/1", "card s/1"])
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
