/// The answer the hub must reach, computed plainly from the set of lines that were sent.
///
/// It knows FORMATS.md and DESIGN.md and no code of the hub. It covers the deterministic layer
/// (``ReferencePartition``) and the folding of traits; soft evidence is not in it. The order and the number of times in
/// which lines are added make no difference.
package struct Reference {
    /// What links and what excludes; may be changed at any time.
    package var rules = ReferenceRules()
    /// Facets by their canonical text.
    private var facets: [String: Facet] = [:]
    /// Interactions by `source|id|customer`, and the facet each hangs on.
    private var interactions: [String: String] = [:]
    private var erased: Set<String> = []
    private var decisions: [Int: ReferenceDecision] = [:]
    private var decided = 0
    /// The person each interaction says it was.
    package private(set) var truth: [String: String] = [:]

    private struct Facet {
        let content: ReferenceFacet
        /// Kept observations, by trait and source.
        var traits: [ObservationKey: Observation] = [:]
    }

    struct ObservationKey: Hashable {
        let trait: String
        let source: String
    }

    struct Observation {
        let at: Int64
        let json: String
        let hash: [UInt8]

        func isBelow(_ other: Observation) -> Bool {
            at != other.at ? at < other.at : hash.lexicographicallyPrecedes(other.hash)
        }
    }

    package init() {}

    /// Takes one NDJSON line, sent under a public key or not. A line sent twice counts once; two different lines for one
    /// interaction are an error, because then the answer depends on which came first.
    package mutating func add(_ line: [UInt8], isPublic: Bool = false) throws(ReferenceError) {
        let read = try ReadLine(line, isPublic: isPublic)
        let key = "\(read.source)|\(read.id)|\(read.customer)"
        guard !erased.contains(key) else { return }
        let text = read.facet
        if let known = interactions[key], known != text { throw ReferenceError("two different lines for \(key)") }
        interactions[key] = text
        truth[key] = read.person
        var facet = facets[text] ?? Facet(content: read.content)
        for trait in read.traits {
            let observed = Observation(at: read.moment, json: trait.json, hash: sha256(Array(trait.json.utf8)))
            let key = ObservationKey(trait: trait.name, source: read.source)
            if let kept = facet.traits[key], !kept.isBelow(observed) { continue }
            facet.traits[key] = observed
        }
        facets[text] = facet
    }

    /// Takes a person's decision; the number is for ``revoke(_:)``.
    @discardableResult
    package mutating func decide(_ decision: ReferenceDecision) -> Int {
        decided += 1
        decisions[decided] = decision
        return decided
    }

    package mutating func revoke(_ number: Int) { decisions[number] = nil }

    /// Forgets a facet, what hangs on it and what was decided of it. Its interactions never come back; others may make it
    /// anew.
    package mutating func erase(_ facet: String) {
        facets[facet] = nil
        for (key, text) in interactions where text == facet {
            erased.insert(key)
            interactions[key] = nil
            truth[key] = nil
        }
        decisions = decisions.compactMapValues { decision in
            switch decision {
            case .same(let a, let b): a == facet || b == facet ? nil : decision
            case .notSame(let left, let right):
                .notSame(left.filter { $0 != facet }, right.filter { $0 != facet })
            case .shared: decision
            }
        }
    }

    package var facetTexts: Set<String> { Set(facets.keys) }
    /// The facets, in no order.
    package var contents: [ReferenceFacet] { facets.values.map(\.content) }

    /// The facets' grouping, with what was refused and why.
    package func partition() -> ReferencePartition {
        ReferencePartition(contents, decisions: Array(decisions.values), rules: rules)
    }

    package func answer() -> Answer { answer(partition()) }

    /// The answer that goes with a grouping of these facets.
    package func answer(_ partition: ReferencePartition) -> Answer {
        var hanging: [String: [String]] = [:]
        for (key, text) in interactions { hanging[text, default: []].append(key) }
        let profiles = partition.groups.map { group in
            Answer.Profile(
                kind: group.kind, interactions: group.facets.flatMap { hanging[$0] ?? [] },
                traits: folded(group.facets))
        }
        return Answer(profiles: profiles, facets: facets.count)
    }

    /// The profile's traits: the best assured facet's word, then the newest, then the greatest hash.
    private func folded(_ members: [String]) -> [String: String] {
        var winners: [String: (assurance: Standing, observation: Observation)] = [:]
        for text in members {
            guard let facet = facets[text] else { continue }
            // A public key's word weighs no more than an unknown visitor's.
            let assurance =
                facet.content.shown.map { $0.standing == .public ? .claimed : $0.standing }.max() ?? .claimed
            for (key, observation) in facet.traits {
                if let best = winners[key.trait] {
                    guard best.assurance <= assurance else { continue }
                    if best.assurance == assurance, !best.observation.isBelow(observation) { continue }
                }
                winners[key.trait] = (assurance, observation)
            }
        }
        return winners.mapValues(\.observation.json)
    }
}
