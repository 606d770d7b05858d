import Contact
import GroundTruth
import Testing

@testable import Resolution

/// What becomes of the others when a person says that two are not the same.
@Suite struct SideDecisionTests {
    private static func facet(_ values: String..., account: Int) -> ResolverFacet {
        let shown =
            values.map { Identifier(kind: .email, scope: "", canonical: $0) }
            + [Identifier(kind: .chatAccount, scope: "c", canonical: "\(account)")]
        let content = FacetContent.showing(
            shown.map { ShownIdentifier($0, standing: .presented) }, attributes: [], at: 1_700_000_000_000_000)
        return ResolverFacet(
            id: RandomWorld.id(CanonicalBytes.contentHash(of: content)), content: content,
            showings: content.identifiers.map {
                ResolverFacet.Showing(
                    value: RandomWorld.id(CanonicalBytes.contentHash(of: $0.identifier)), identifier: $0.identifier,
                    standing: $0.standing, isRole: false)
            })
    }

    /// Two customers of five facets each, and one facet that shows the addresses of both: whatever the hashes, and whichever
    /// facets are named, nobody but the one between goes to the other.
    @Test(arguments: 0..<40)
    func `Who shows the value of one side stays with it, and only what lies between has to choose`(number: Int) {
        let (left, right) = ("a\(number)@x.example", "b\(number)@x.example")
        let ours = (0..<5).map { Self.facet(left, account: 10 * number + $0) }
        let theirs = (5..<10).map { Self.facet(right, account: 10 * number + $0) }
        let bridge = Self.facet(left, right, account: 10_000 + number)
        let decision = Decision.notSame([ours[0].id], [theirs[0].id])
        var random = Seeded(UInt64(number))
        let facets = (ours + theirs + [bridge]).shuffled(using: &random)
        #expect(partition(facets).groups.count == 1)
        let world = RandomWorld(facets: facets, decisions: [decision], rules: .standard)
        let result = partition(facets, decisions: [decision])
        let groups = world.groups(of: result, among: Set(facets.map(\.id)))
        let (one, other) = (Set(ours.map(\.id)), Set(theirs.map(\.id)))
        #expect(
            groups == [one.union([bridge.id]), other] || groups == [one, other.union([bridge.id])],
            "\(groups.map(\.count))")
        #expect(world.found(result).groups == RandomWorld.found(world.expected).groups)
    }
}
