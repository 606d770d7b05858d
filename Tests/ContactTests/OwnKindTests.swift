import Testing

@testable import Contact

/// Kinds of identifiers that a workspace declares for itself.
@Suite struct OwnKindTests {
    private func custom(_ value: String, _ kind: String = "membership") throws(Refusal) -> Identifier {
        try Normaliser().identifier(kind: "custom", scope: kind, value: value)
    }

    @Test(arguments: [
        (OwnSpelling.exact, " Ab-12 ", "Ab-12"), (.folded, "Società  ÀB-12", "societa ab-12"),
        (.digits, "No. 0042/7", "00427"), (.digits, "٤٢ 7-1", "71"), (.alphanumeric, "ab-12.è/z", "AB12Z"),
    ])
    func `A value is spelt in one way, which stays what it is`(
        spelling: OwnSpelling, written: String, expected: String
    ) throws {
        let spelt = try spelling.canonical(try custom(written))
        #expect(spelt.value == expected)
        #expect(try spelling.canonical(spelt) == spelt)
        #expect(try custom(spelt.value) == spelt)
        #expect(spelt.description == "custom:membership/\(expected)")
    }

    @Test func `What has nothing that counts, or counts for nobody, is refused`() throws {
        for (spelling, value) in [(OwnSpelling.digits, "ab"), (.alphanumeric, "-è-"), (.digits, "A-000-0")] {
            #expect(throws: Refusal.self) { try spelling.canonical(try custom(value)) }
        }
        #expect(throws: Refusal.self) { try custom("42", "") }
        #expect(throws: Refusal.self) { try Normaliser().identifier(kind: "membership", scope: nil, value: "42") }
    }

    @Test func `Kinds of two names are two, and each bears its period whether it changes hands or not`() throws {
        let membership = try custom("42")
        #expect(membership.kind == .own("membership") && membership.kind != .own("badge"))
        #expect(membership.kind.name == "custom" && membership.kind.fullName == "custom/membership")
        let facet = FacetContent.showing(
            [ShownIdentifier(membership, .presented)], attributes: [], at: 1_800_000_000_000_000)
        #expect(facet.period != nil && facet.ownKinds == ["membership"])
        // Ids were made of these bytes: a test that fails means a new version.
        let fields: [(UInt8, String)] = [(6, "custom"), (10, "membership"), (2, "42")]
        var bytes: [UInt8] = [1, 0x49]
        for (length, text) in fields { bytes += [0, 0, 0, length] + Array(text.utf8) }
        #expect(CanonicalBytes.identifier(membership) == bytes)
    }

    @Test func `A facet is spelt anew only where that changes it`() throws {
        let facet = FacetContent.showing(
            [ShownIdentifier(try custom("ab-1"), .presented), ShownIdentifier(try custom("AB1"), .verified)],
            attributes: [], at: 1_800_000_000_000_000)
        let spelt = try facet.spelt(by: ["membership": .alphanumeric])
        #expect(spelt.identifiers.map(\.identifier.value) == ["AB1"] && spelt.identifiers[0].assurance == .verified)
        #expect(spelt.period == facet.period)
        #expect(try spelt.spelt(by: ["membership": .alphanumeric]) === spelt)
        #expect(throws: Refusal.self) { try facet.spelt(by: ["badge": .exact]) }
    }
}
