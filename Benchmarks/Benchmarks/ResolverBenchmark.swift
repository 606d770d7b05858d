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
            for seed in 1...seeds { all += score(seed: UInt64(seed), factor) }
            print("\(rates): \(all.line)")
            let causes = all.causes.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
            for (cause, count) in causes { print("  \(count) through \(cause)") }
            guard factor == 1 else { continue }
            print(
                """
                  promised at these rates: at most 1 profile wrong in 10,000: \(all.isRight ? "kept" : "BROKEN"); at most 2 \
                persons split in 1,000: \(all.isWhole ? "kept" : "BROKEN")
                """)
        }
    }

    private func score(seed: UInt64, _ factor: Double) -> SharingScore {
        var settings = Generator.Settings(seed: seed, persons: persons)
        settings.householdShare *= factor
        settings.personsPerKiosk = Int(Double(settings.personsPerKiosk) / factor)
        settings.personsPerRoleMailbox = Int(Double(settings.personsPerRoleMailbox) / factor)
        settings.phoneRecycledPerYear *= factor
        let world = GeneratedWorld(settings)
        let found = partition(world.facets)
        var score = SharingScore()
        for group in found.groups { score.count(group.facets, world) }
        score.countSplit(found.places, world)
        return score
    }
}
