import Contact
import Foundation
import GroundTruth
import Testing

@testable import Resolution

/// What must hold of every partition (reference/identity.md 2.7), over thousands of small worlds.
@Suite struct PropertyTests {
    /// Of each seed: four thousand worlds in all, in the long run forty thousand.
    static let cases = ProcessInfo.processInfo.environment["CI_LONG"] == nil ? 150 : 1_500

    @Test(arguments: 0..<8)
    func `The partition is that of the reference, with what was refused and why`(seed: UInt64) {
        var random = Seeded(seed)
        var (contested, shared, guesses) = (0, 0, 0)
        for number in 0..<Self.cases {
            // Of every second, most is what anybody may have written.
            let world = RandomWorld(
                &random,
                standings: number.isMultiple(of: 2)
                    ? nil : [.publiclyPresented, .publiclyPresented, .publiclyPresented, .presented])
            let found = world.found(partition(world.facets, decisions: world.decisions, rules: world.rules))
            let explained = world.found(
                partition(world.facets, decisions: world.decisions, rules: world.rules, explaining: true))
            let expected = RandomWorld.found(world.expected)
            expectEqual(found.groups, expected.groups, world)
            expectEqual(explained.groups, expected.groups, world)
            expectEqual(explained.refused, expected.refused, world)
            expectEqual(found.refused, expected.refused.filter { !$0.hasPrefix("guess ") }, world)
            contested += expected.refused.contains { !$0.hasPrefix("guess ") } ? 1 : 0
            guesses += expected.refused.contains { $0.hasPrefix("guess ") } ? 1 : 0
            shared += expected.groups.contains { $0.hasPrefix("shared") } ? 1 : 0
        }
        #expect(contested > Self.cases / 20 && shared > Self.cases / 20, "\(contested) and \(shared) try too little")
        #expect(guesses > Self.cases / 20, "\(guesses) try too little")
    }

    @Test(arguments: 0..<4)
    func `No order of facets, of what they show or of decisions makes a difference`(seed: UInt64) {
        var random = Seeded(1_000 + seed)
        for _ in 0..<Self.cases {
            let world = RandomWorld(&random)
            var other = world
            other.facets = world.facets.shuffled(using: &random).map {
                ResolverFacet(id: $0.id, content: $0.content, showings: $0.showings.shuffled(using: &random))
            }
            other.decisions = world.decisions.shuffled(using: &random).map { decision in
                switch decision {
                case .same(let a, let b): .same(b, a)
                case .notSame(let left, let right): .notSame(right.reversed(), left)
                case .shared: decision
                }
            }
            let first = partition(world.facets, decisions: world.decisions, rules: world.rules)
            let second = partition(other.facets, decisions: other.decisions + other.decisions, rules: other.rules)
            expectEqual(other.found(second).groups, world.found(first).groups, world)
            expectEqual(other.found(second).refused, world.found(first).refused, world)
            #expect(first.shared == second.shared)
        }
    }

    @Test(arguments: 0..<4)
    func `What is taken back or erased was never there`(seed: UInt64) {
        var random = Seeded(2_000 + seed)
        var undone = 0
        for _ in 0..<Self.cases {
            let world = RandomWorld(&random)
            // Y alone, then X after it, then X taken back: a decision, or a facet and whatever was decided of it.
            let alone = partition(world.facets, decisions: world.decisions, rules: world.rules)
            var with = world
            with.add(RandomWorld.facet(&random), &random)
            with.decisions.append(with.decision(&random))
            let between = partition(with.facets, decisions: with.decisions, rules: with.rules)
            if with.found(between).groups != world.found(alone).groups { undone += 1 }
            // Decisions that name a facet which is gone say nothing of it.
            let gone = RandomWorld.facet(&random)
            guard !world.facets.contains(where: { $0.id == gone.id }) else { continue }
            let about: [Decision] = [
                .same(gone.id, world.facets[0].id), .notSame([gone.id], world.facets.map(\.id)),
                .notSame([gone.id], [gone.id]),
            ]
            let again = partition(world.facets, decisions: about + world.decisions, rules: world.rules)
            expectEqual(world.found(again).groups, world.found(alone).groups, world)
            expectEqual(world.found(again).refused, world.found(alone).refused, world)
        }
        #expect(undone > Self.cases / 4)
    }

    /// Known from the facets alone: of each exclusive kind one facet of a group must show all that the group shows.
    @Test(arguments: 0..<4)
    func `A customer has one value of an exclusive kind unless a person decided otherwise`(seed: UInt64) {
        var random = Seeded(3_000 + seed)
        var several = 0
        for _ in 0..<Self.cases {
            var world = RandomWorld(&random)
            world.decisions.removeAll { if case .same = $0 { true } else { false } }
            let result = partition(world.facets, decisions: world.decisions, rules: world.rules)
            for group in result.groups where group.facets.count > 1 {
                let shown = group.facets.map { world.exclusives(of: world.facets[$0]) }
                for kind in Set(shown.flatMap(\.keys)) {
                    let values = shown.map { $0[kind] ?? [] }
                    let all = values.reduce(into: Set<String>()) { $0.formUnion($1) }
                    several += 1
                    #expect(values.contains(all), "\(kind) of \(group) in \(world)")
                }
            }
        }
        #expect(several > Self.cases / 10)
    }

    @Test(arguments: 0..<4)
    func `What is not the same is never together`(seed: UInt64) {
        var random = Seeded(4_000 + seed)
        var pairs = 0
        for _ in 0..<Self.cases {
            var world = RandomWorld(&random)
            for _ in 0..<3 { world.decisions.append(world.decision(&random)) }
            let result = partition(world.facets, decisions: world.decisions, rules: world.rules)
            let groups = Dictionary(
                uniqueKeysWithValues: zip(world.facets.map(\.id), result.places))
            for case .notSame(let left, let right) in world.decisions {
                for a in left {
                    for b in right where a != b {
                        pairs += 1
                        #expect(groups[a] != groups[b], "\(world)")
                    }
                }
            }
        }
        #expect(pairs > Self.cases)
    }

    @Test(arguments: 0..<4)
    func `Every facet is in one group, and the joined edges are a forest that spans the groups`(seed: UInt64) {
        var random = Seeded(5_000 + seed)
        for _ in 0..<Self.cases {
            let world = RandomWorld(&random)
            let result = partition(
                world.facets, decisions: world.decisions, rules: world.rules, explaining: true)
            #expect(result.groups.flatMap(\.facets).sorted() == Array(world.facets.indices))
            #expect(result.joined.count == world.facets.count - result.groups.count)
            var reached = Array(world.facets.indices)
            for edge in result.joined {
                let (low, high) = (min(reached[edge.a], reached[edge.b]), max(reached[edge.a], reached[edge.b]))
                #expect(low != high, "a cycle in \(result.joined)")
                for place in reached.indices where reached[place] == high { reached[place] = low }
                if case .value(let identifier, let level) = edge.evidence {
                    for place in [edge.a, edge.b] {
                        #expect(
                            world.facets[place].showings.contains {
                                $0.identifier == identifier && world.rules.level(of: $0).map { $0 >= level } == true
                            }, "\(edge) in \(world)")
                    }
                }
            }
            for group in result.groups { #expect(Set(group.facets.map { reached[$0] }).count == 1) }
        }
    }

    /// So that a failure of the properties above is one of the resolver.
    @Test func `Contents have one hash, here and in the reference`() {
        var random = Seeded(6_000)
        for _ in 0..<200 {
            let facet = RandomWorld.facet(&random)
            #expect(RandomWorld.reference(facet).hash == CanonicalBytes.contentHash(of: facet.content))
        }
    }

    private func expectEqual(
        _ found: Set<String>, _ expected: Set<String>, _ world: RandomWorld,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let difference = "only found: \(found.subtracting(expected)); only expected: \(expected.subtracting(found))"
        #expect(found == expected, "\(difference) in \(world)", sourceLocation: sourceLocation)
    }
}

extension RandomWorld {
    /// The values of exclusive kinds that a facet shows as its own, by kind and scope.
    func exclusives(of facet: ResolverFacet) -> [String: Set<String>] {
        var found: [String: Set<String>] = [:]
        for showing in facet.showings where rules.level(of: showing) != nil {
            let identifier = showing.identifier
            guard rules[identifier.kind].exclusive else { continue }
            found["\(identifier.kind.name) \(identifier.scope)", default: []].insert(identifier.value)
        }
        return found
    }
}

extension RandomWorld: CustomStringConvertible {
    var description: String {
        let changed = IdentifierKind.all.filter { rules[$0] != Rules.standard[$0] }.map { "\($0.name) \(rules[$0])" }
        return """
            \(facets.map { "\($0.id) = \(Self.reference($0).text)" }.joined(separator: "\n"))
            \(decisions.map { "\($0)" }.joined(separator: "\n"))
            degree \(rules.degree), component \(rules.component), \(changed.joined(separator: ", "))
            """
    }
}
