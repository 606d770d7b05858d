import Contact
import Testing

@testable import Resolution

@Suite struct TraitsTests {
    /// Values from so few choices that they tie in every place of the order.
    private func randomObservation(_ random: inout Seeded) -> (String, Observation) {
        let value = UInt8.random(in: 0...2, using: &random)
        return (
            ["plan", "language", "city"].randomElement(using: &random) ?? "plan",
            Observation(
                assurance: Assurance.allCases.randomElement(using: &random) ?? .claimed,
                precedence: Int16.random(in: -1...1, using: &random),
                occurredAt: Int64.random(in: 0...2, using: &random), hash: [value],
                facet: HubID(
                    high: 0, low: UInt64.random(in: 0...2, using: &random)),
                source: Int64.random(in: 1...2, using: &random), value: [value])
        )
    }

    private func folded(_ observations: [(String, Observation)]) -> Traits {
        var traits = Traits()
        for (trait, observation) in observations { traits.fold(trait, observation) }
        return traits
    }

    @Test(arguments: 0..<8)
    func `The fold is commutative, associative and idempotent`(seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<500 {
            let all = (0..<Int.random(in: 0...12, using: &random)).map { _ in randomObservation(&random) }
            let whole = folded(all)
            #expect(folded(all.shuffled(using: &random)) == whole)
            #expect(folded(all + all.shuffled(using: &random)) == whole)

            let cut = Int.random(in: 0...all.count, using: &random)
            var left = folded(Array(all[..<cut]))
            var right = folded(Array(all[cut...]))
            let (first, second) = (left, right)
            left.fold(second)
            right.fold(first)
            #expect(left == whole)
            #expect(right == whole)
            #expect(left.fold(whole) == false)
            #expect(left == whole)
        }
    }

    @Test(arguments: 0..<4)
    func `The winner is the greatest in the order of the design`(seed: UInt64) {
        var random = Seeded(50 + seed)
        for _ in 0..<500 {
            let all = (0..<Int.random(in: 1...10, using: &random)).map { _ in randomObservation(&random) }
            let winners = folded(all).winners
            #expect(Set(winners.keys) == Set(all.map(\.0)))
            for (trait, winner) in winners {
                // Written as what remains when each rule has its say, and not as one comparison.
                var left = all.filter { $0.0 == trait }.map(\.1)
                let assurance = left.map(\.assurance).max()
                left.removeAll { $0.assurance != assurance }
                let precedence = left.map(\.precedence).max()
                left.removeAll { $0.precedence != precedence }
                let newest = left.map(\.occurredAt).max()
                left.removeAll { $0.occurredAt != newest }
                let hash = left.map { $0.hash[0] }.max()
                left.removeAll { $0.hash[0] != hash }
                #expect(left.contains(winner))
            }
        }
    }

    @Test(arguments: 0..<4)
    func `It says that something changed exactly when a value does`(seed: UInt64) {
        var random = Seeded(90 + seed)
        for _ in 0..<500 {
            var traits = Traits()
            for _ in 0..<8 {
                let (trait, observation) = randomObservation(&random)
                let before = traits.winners[trait]?.value
                let isChanged = traits.fold(trait, observation)
                #expect(isChanged == (traits.winners[trait]?.value != before))
            }
        }
    }

    /// The table keeps of each facet, trait and source only the greatest by (time, hash).
    @Test(arguments: 0..<4)
    func `What the table keeps folds to what was ever observed`(seed: UInt64) {
        struct Key: Hashable { let trait: String, facet: HubID, source: Int64 }
        var random = Seeded(130 + seed)
        for _ in 0..<500 {
            // Of one facet and source assurance and precedence never differ.
            let all = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                var (trait, one) = randomObservation(&random)
                one.assurance = one.facet.low == 0 ? .verified : .presented
                one.precedence = Int16(one.source)
                return (trait, one)
            }
            var kept: [Key: Observation] = [:]
            for (trait, one) in all {
                let key = Key(trait: trait, facet: one.facet, source: one.source)
                if let known = kept[key], (known.occurredAt, known.hash[0]) >= (one.occurredAt, one.hash[0]) {
                    continue
                }
                kept[key] = one
            }
            #expect(folded(kept.map { ($0.key.trait, $0.value) }) == folded(all))
        }
    }
}
