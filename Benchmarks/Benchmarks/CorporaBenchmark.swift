internal import Contact
internal import GroundTruth
internal import Storage

/// Tables of customers whose truth is known, fed to the hub one record at a time in random order, and the profiles it has
/// then.
///
/// Each record shows one identifier that is nobody else's. Whatever else it states, an e-mail address, a telephone or a
/// customer number with its typing errors, it only claims.
///
/// Told twice: under the model that comes with the program, and under the one that the hub then learns from these records
/// without their truth, as `contatto resolver train` does.
struct CorporaBenchmark {
    private static let schema = "corpora"
    /// What is promised of the F1, by the table's name (Febrl's third and fourth, and one of Splink's, of which it must exceed
    /// 0.823).
    private static let bounds = ["dataset3": 0.9999, "dataset4": 0.9996, "fake_1000": 0.8231]

    let folder: String
    /// Records of each set, at most.
    let most: Int
    let bench: Bench

    func run() async throws {
        print("corpora: one record at a time in random order, profiles as the hub has them then; numbers are claimed")
        let sets = try most == .max ? IdentityBenchmark.sets(in: folder) : []
        for set in [CustomerSet.generated(persons: min(1_000, most), seed: 1)] + sets { try await measure(set) }
    }

    private func measure(_ set: CustomerSet) async throws {
        let hub = try await OpenHub(bench, Self.schema)
        var random = SplitMix64(seed: 1)
        var times: [Double] = []
        for row in set.facets.indices.shuffled(using: &random) {
            times.append(try await hub.accept(Batch([try item(row, set)], source: "desk")))
        }
        let shipped = try await score(set, hub)
        let latencies = Latencies(times)
        print(
            """
            \(set.name): \(set.facets.count) records, \(Set(set.truth).count) persons; a record median \
            \(Latencies.text(latencies.median)), p99 \(Latencies.text(latencies.at(0.99)))
              the model shipped: \(shipped.line)
            """)
        do {
            let model = try await hub.ledger.train(who: "benchmark")
            while try await hub.ledger.applyRules() != nil {}
            let learnt = try await score(set, hub)
            print("  learnt by EM from \(model.records) records, \(model.labels) labels: \(learnt.line)")
            if let bound = Self.bounds[set.name] {
                print("  F1 \(Promise.told(learnt.f1, atLeast: bound))")
            }
        } catch let error as TrainingError {
            guard case .tooFew = error else { throw error }
            print("  \(error)")
        }
        try await hub.end()
    }

    private func score(_ set: CustomerSet, _ hub: OpenHub) async throws -> ProfileScore {
        ProfileScore(try await hub.profiles(of: set.facets.indices.map { "r\($0)" }), set.truth)
    }

    private func item(_ row: Int, _ set: CustomerSet) throws -> IntakeItem {
        let own = try Normaliser().identifier(kind: "ticket_requester", scope: "desk", value: "r\(row)")
        let stated = set.facets[row]
        let facet = FacetContent.showing(
            [ShownIdentifier(own, .presented)] + stated.identifiers.map { ShownIdentifier($0.identifier, .claimed) },
            attributes: stated.attributes, at: Bench.now)
        let interaction = Interaction(
            channel: "ticket", kind: "ticket.opened", id: "r\(row)", occurredAt: Bench.now - 86_400_000_000,
            facet: facet, body: Array(#"{"id":"r\#(row)"}"#.utf8))
        return IntakeItem(.success(interaction), raw: RawInput([]))
    }
}
