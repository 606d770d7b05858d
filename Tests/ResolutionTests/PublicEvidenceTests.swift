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
            let strong = Set(world.facets.filter(\.isTrusted).map(\.id))
            #expect(
                hostile.groups(of: after, among: strong) == world.groups(of: before, among: strong),
                "\(hostile)\nwithout: \(world.facets.map(\.id))")
            for (value, runs) in after.shared {
                let was = (before.shared[value] ?? []).filter { $0.level != .public }
                #expect(runs.filter { $0.level != .public } == was, "\(value) in \(hostile)")
                if !runs.isEmpty, before.shared[value]?.isEmpty != false { turned += 1 }
            }
            let added = Set(hostile.facets.map(\.id)).subtracting(world.facets.map(\.id))
            for group in after.groups {
                let facets = group.facets.map { hostile.facets[$0] }
                let strangers = facets.filter { added.contains($0.id) }
                guard !strangers.isEmpty, facets.contains(where: { strong.contains($0.id) }) else { continue }
                joined += 1
                for stranger in strangers {
                    #expect(hostile.showsSecret(stranger), "\(stranger.id) came in by a guess: \(hostile)")
                }
            }
        }
        #expect(joined > cases / 100 && turned > cases / 25, "\(joined) and \(turned) try too little")
    }

    @Test(arguments: 0..<4)
    func `What can be guessed changes nothing of a profile that holds better evidence, and nobody is asked`(
        seed: UInt64
    ) {
        var random = Seeded(8_000 + seed)
        var (refused, together) = (0, 0)
        for _ in 0..<PropertyTests.cases {
            var world = RandomWorld(&random)
            world.decisions.removeAll { if case .shared = $0 { true } else { false } }
            for kind in world.rules.kinds.keys {
                world.rules.kinds[kind]?.guessable = ![.cookie, .device].contains(kind)
            }
            let before = partition(world.facets, decisions: world.decisions, rules: world.rules)
            var hostile = world
            for _ in 0..<Int.random(in: 2...5, using: &random) {
                let one = RandomWorld.facet(&random, standings: [.publiclyPresented])
                if !hostile.showsSecret(one) { hostile.add(one, &random) }
            }
            let after = partition(hostile.facets, decisions: hostile.decisions, rules: hostile.rules)
            let explained = partition(
                hostile.facets, decisions: hostile.decisions, rules: hostile.rules, explaining: true)
            let strong = world.strongGroups(of: before)
            #expect(hostile.strongGroups(of: after) == strong, "\(hostile)\nwithout: \(world.facets.map(\.id))")
            #expect(hostile.strongGroups(of: explained) == strong, "\(hostile)")
            let added = Set(hostile.facets.map(\.id)).subtracting(world.facets.map(\.id))
            refused += explained.refused.contains { $0.reason == .guess } ? 1 : 0
            together +=
                after.groups.contains { group in
                    group.facets.filter { added.contains(hostile.facets[$0].id) }.count > 1
                } ? 1 : 0
        }
        let least = PropertyTests.cases / 20
        #expect(refused > least && together > least, "\(refused) and \(together) try too little")
    }
}

extension RandomWorld {
    /// Whether a facet shows a value that links and that only its own device knows.
    func showsSecret(_ facet: ResolverFacet) -> Bool {
        facet.showings.contains { rules.level(of: $0) != nil && !rules[$0.identifier.kind].guessable }
    }

    /// The groups that hold trusted facets, with what is told of them.
    func strongGroups(of partition: Partition) -> Set<String> {
        let strong = partition.groups.filter { $0.facets.contains { facets[$0].isTrusted } }
        return Set(
            strong.map { group in
                "\(group.facets.map { "\(facets[$0].id)" }.sorted()) \(group.kind) \(group.isContested)"
            })
    }

    /// How some facets are grouped.
    func groups(of partition: Partition, among some: Set<HubID>) -> Set<Set<HubID>> {
        Set(partition.groups.map { Set($0.facets.map { facets[$0].id }).intersection(some) }.filter { !$0.isEmpty })
    }
}
