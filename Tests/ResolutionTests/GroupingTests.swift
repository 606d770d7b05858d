import Contact
import Testing

@testable import Resolution

@Suite struct GroupingTests {
    @Test(arguments: 0..<8)
    func `The partition is that of the definition, in any order`(seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<500 {
            let parts = randomParts(&random)
            let groups = partition(parts)
            #expect(groups == bruteForce(parts), "\(parts)")

            let order = parts.indices.shuffled(using: &random)
            let shuffled = partition(order.map { Part(parts[$0].showings.shuffled(using: &random)) })
            var back = Array(repeating: -1, count: parts.count)
            for (place, part) in order.enumerated() { back[part] = shuffled[place] }
            #expect(numbered(back) == groups, "\(parts)")
        }
    }

    /// As the hub works: what is known are profiles, each of which shows all that its facets show.
    @Test(arguments: 0..<8)
    func `Joining what is new to groups that are known gives what starting over gives`(seed: UInt64) {
        var random = Seeded(100 + seed)
        for _ in 0..<500 {
            let parts = randomParts(&random)
            var known: [(part: Part, members: [Int])] = []
            var rest = parts.indices.shuffled(using: &random)[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...rest.count, using: &random)
                let now = known + rest.prefix(count).map { (parts[$0], [$0]) }
                rest = rest.dropFirst(count)
                let groups = partition(now.map(\.part))
                known = Array(repeating: (Part(), []), count: (groups.max() ?? -1) + 1)
                for (one, group) in zip(now, groups) {
                    known[group].part.showings += one.part.showings
                    known[group].members += one.members
                }
            }
            var groups = Array(repeating: -1, count: parts.count)
            for (number, group) in known.enumerated() { for member in group.members { groups[member] = number } }
            #expect(numbered(groups) == partition(parts), "\(parts)")
        }
    }

    /// The hub loads of a profile only the showings of the values that are new: that must be enough.
    @Test(arguments: 0..<4)
    func `Only the values of what is new need be looked at`(seed: UInt64) {
        var random = Seeded(200 + seed)
        for _ in 0..<500 {
            let parts = randomParts(&random)
            let cut = Int.random(in: 0...parts.count, using: &random)
            let before = partition(Array(parts[..<cut]))
            let values = Set(parts[cut...].flatMap(\.showings).map(\.value))
            var profiles = Array(repeating: Part(), count: (before.max() ?? -1) + 1)
            for (part, group) in zip(parts, before) {
                profiles[group].showings += part.showings.filter { values.contains($0.value) }
            }
            let joined = partition(profiles + parts[cut...])
            let groups = before.map { joined[$0] } + joined[profiles.count...]
            #expect(numbered(groups) == partition(parts), "\(parts)")
        }
    }

    @Test(arguments: 0..<4)
    func `The joins are a spanning forest of the groups, each by a value that both show`(seed: UInt64) {
        var random = Seeded(300 + seed)
        for _ in 0..<500 {
            let parts = randomParts(&random)
            let groups = partition(parts)
            let joins = joins(parts)
            let count = (groups.max() ?? -1) + 1
            // As many edges as a forest with these trees has, and they alone connect what is connected: so no cycle.
            #expect(joins.count == parts.count - count)
            var reached = Array(parts.indices)
            for join in joins {
                #expect(parts[join.a].showings.contains { $0.value == join.value })
                #expect(parts[join.b].showings.contains { $0.value == join.value })
                let (low, high) = (min(reached[join.a], reached[join.b]), max(reached[join.a], reached[join.b]))
                #expect(low != high, "a cycle in \(joins)")
                for place in parts.indices where reached[place] == high { reached[place] = low }
            }
            #expect(numbered(reached) == groups)
        }
    }

    @Test func `A late arrival in the gap joins what it lies between`() {
        func part(_ period: Int16) -> Part {
            Part([Showing(value: HubID(high: 1, low: 1), period: period, gap: 2)])
        }
        #expect(partition([part(4050), part(4053)]) == [0, 0])
        #expect(partition([part(4050), part(4054)]) == [0, 1])
        #expect(partition([part(4050), part(4054), part(4052)]) == [0, 0, 0])
        // The extremes of what a period can be.
        #expect(partition([part(.min), part(.max)]) == [0, 1])
        #expect(partition([]) == [])
        #expect(partition([Part(), Part()]) == [0, 1])
    }
}
