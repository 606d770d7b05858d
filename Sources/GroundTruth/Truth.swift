/// How well a grouping agrees with who the customers really were, counted over pairs of interactions.
package struct PairwiseScore: Equatable, Sendable {
    /// Pairs of one person.
    package var truePairs = 0
    /// Pairs that were put together.
    package var joinedPairs = 0
    /// Pairs that are both.
    package var rightPairs = 0

    /// Of what was put together, how much belongs together; 1 when nothing was.
    package var precision: Double { joinedPairs == 0 ? 1 : Double(rightPairs) / Double(joinedPairs) }
    /// Of what belongs together, how much was put together; 1 when nothing does.
    package var recall: Double { truePairs == 0 ? 1 : Double(rightPairs) / Double(truePairs) }

    /// Scores groups of items against each item's person. Items without a known person are left out.
    package init(groups: [[String]], truth: [String: String]) {
        var persons: [String: Int] = [:]
        for group in groups {
            var inGroup: [String: Int] = [:]
            for item in group {
                guard let person = truth[item] else { continue }
                inGroup[person, default: 0] += 1
                persons[person, default: 0] += 1
            }
            joinedPairs += pairs(inGroup.values.reduce(0, +))
            rightPairs += inGroup.values.reduce(0) { $0 + pairs($1) }
        }
        truePairs = persons.values.reduce(0) { $0 + pairs($1) }
    }
}

extension Answer {
    /// Compares with the truth. A shared profile says nothing of who somebody is: its interactions stand alone.
    package func score(against truth: [String: String]) -> PairwiseScore {
        let groups = profiles.flatMap { profile in
            profile.kind == .shared ? profile.interactions.map { [$0] } : [profile.interactions]
        }
        return PairwiseScore(groups: groups, truth: truth)
    }
}

private func pairs(_ count: Int) -> Int { count * (count - 1) / 2 }
