internal import Contact
internal import GroundTruth
internal import Resolution

/// How well the resolver tells generated customers apart who share homes, public computers, mailboxes and numbers, and
/// keeps together what is one customer's.
struct ResolverBenchmark {
    let persons: Int
    let seeds: Int

    func run() {
        print(
            """
            who is who, \(persons) persons of 12 months, \(seeds) \(seeds == 1 ? "seed" : "seeds"); a profile is wrong when two \
            true persons are in its two facets or more
            """)
        for (rates, factor) in [("default rates", 1.0), ("twice the rates", 2.0)] {
            var all = SharingScore()
            var exact = SharingScore()
            for seed in 1...seeds {
                let (whole, withoutSoft) = score(seed: UInt64(seed), factor)
                all += whole
                exact += withoutSoft
            }
            print("\(rates), without soft evidence: \(exact.line)")
            print("\(rates): \(all.line)")
            print("  soft evidence joined \(exact.all - all.all) profiles to others")
            let causes = all.causes.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
            for (cause, count) in causes { print("  \(count) through \(cause.isEmpty ? "what they say" : cause)") }
            for (groups, joins) in all.soft.sorted(by: { $0.key < $1.key }) {
                print("  of \(joins.right + joins.wrong) soft joins by \(groups) \(joins.wrong) wrong\(joins.example)")
            }
            guard factor == 1 else { continue }
            print(
                """
                  promised at these rates: at most 1 profile wrong in 10,000: \
                \(all.isRight ? "kept" : "BROKEN"); at most 2 persons split in 1,000: \(all.isWhole ? "kept" : "BROKEN")
                """)
        }
    }

    /// With soft evidence, and without it.
    private func score(seed: UInt64, _ factor: Double) -> (SharingScore, SharingScore) {
        var settings = Generator.Settings(seed: seed, persons: persons)
        settings.householdShare *= factor
        settings.personsPerKiosk = Int(Double(settings.personsPerKiosk) / factor)
        settings.personsPerRoleMailbox = Int(Double(settings.personsPerRoleMailbox) / factor)
        settings.phoneRecycledPerYear *= factor
        let world = GeneratedWorld(settings)
        let soft = SoftEvidence(model: .standard, comparing: world.facets)
        let scores = [soft, nil].map { soft in
            let found = partition(world.facets, soft: soft, explaining: soft != nil)
            var score = SharingScore()
            for edge in found.joined { score.count(edge, world) }
            for group in found.groups { score.count(group.facets, world) }
            score.countSplit(found.places, world)
            return score
        }
        return (scores[0], scores[1])
    }
}
