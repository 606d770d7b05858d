import Contact
import Testing

@testable import Resolution

/// What anybody may send changes nothing that stands on better evidence (DESIGN.md 4.2).
@Suite struct PublicEvidenceTests {
    @Test(arguments: 0..<4)
    func `Public facets move no facet that holds better evidence, and turn no value at its level`(seed: UInt64) {
        var random = Seeded(7_000 + seed)
        var (joined, turned) = (0, 0)
        let cases = PropertyTests.cases
        for _ in 0..<cases {
            var world = RandomWorld(&random)
            // What is decided of the others is decided; of these nothing is.
            world.decisions.removeAll { if case .shared = $0 { true } else { false } }
            let before = partition(world.facets, decisions: world.decisions, rules: world.rules)
            var hostile = world
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                hostile.add(
                    RandomWorld.facet(&random, standings: [.publiclyPresented, .publiclyPresented, .claimed]), &random)
            }
            let after = partition(hostile.facets, decisions: hostile.decisions, rules: hostile.rules)
            let strong = Set(world.facets.filter { world.isStrong($0) }.map(\.id))
            #expect(
                hostile.groups(of: after, among: strong) == world.groups(of: before, among: strong),
                "\(hostile)\nwithout: \(world.facets.map(\.id))")
            for (value, runs) in after.shared {
                let was = (before.shared[value] ?? []).filter { $0.level != .public }
                #expect(runs.filter { $0.level != .public } == was, "\(value) in \(hostile)")
                if !runs.isEmpty, before.shared[value]?.isEmpty != false { turned += 1 }
            }
            let added = Set(hostile.facets.map(\.id)).subtracting(world.facets.map(\.id))
            joined +=
                after.groups.contains { group in
                    let ids = group.facets.map { hostile.facets[$0].id }
                    return ids.contains(where: added.contains) && ids.contains(where: strong.contains)
                } ? 1 : 0
        }
        #expect(joined > cases / 25 && turned > cases / 25, "\(joined) and \(turned) try too little")
    }
}

extension RandomWorld {
    /// Whether a facet shows something that takes part above the level of public evidence.
    func isStrong(_ facet: ResolverFacet) -> Bool {
        facet.showings.contains { rules.level(of: $0).map { $0 > .public } == true }
    }

    /// How some facets are grouped.
    func groups(of partition: Partition, among some: Set<HubID>) -> Set<Set<HubID>> {
        Set(partition.groups.map { Set($0.facets.map { facets[$0].id }).intersection(some) }.filter { !$0.isEmpty })
    }
}
