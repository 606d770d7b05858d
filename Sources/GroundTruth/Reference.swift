/// The answer the hub must reach, computed plainly from the set of lines that were sent.
///
/// It knows FORMATS.md and DESIGN.md and no code of the hub. It covers the deterministic layer: what is joined
/// by a shared identifier. Exclusive values, values shared by too many, people's decisions and soft evidence are
/// not in it. The order and the number of times in which lines are added make no difference.
package struct Reference {
    /// Facets by their canonical text.
    private var facets: [String: Facet] = [:]
    /// Interactions by `source|id|customer`, and the facet each hangs on.
    private var interactions: [String: String] = [:]
    /// The person each interaction says it was.
    package private(set) var truth: [String: String] = [:]

    private struct Facet {
        let shown: [ReadLine.Shown]
        let period: HalfYear?
        /// Kept observations, by trait and source.
        var traits: [ObservationKey: Observation] = [:]

        /// Shows a role address, and nothing that could link.
        var isRoleOnly: Bool {
            shown.contains(where: \.value.isRoleAddress) && !shown.contains(where: \.links)
        }
    }

    /// Where, and in which half-year, a value that changes hands is shown.
    private struct Showing {
        let half: Int
        let place: Int
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

    /// Takes one NDJSON line. A line sent twice counts once; two different lines for one interaction are an error,
    /// because then the answer depends on which came first.
    package mutating func add(_ line: [UInt8]) throws(ReferenceError) {
        let read = try ReadLine(line)
        let key = "\(read.source)|\(read.id)|\(read.customer)"
        let text = read.facet
        if let known = interactions[key], known != text { throw ReferenceError("two different lines for \(key)") }
        interactions[key] = text
        truth[key] = read.person
        var facet = facets[text] ?? Facet(shown: read.shown, period: read.period)
        for trait in read.traits {
            let observed = Observation(at: read.moment, json: trait.json, hash: sha256(Array(trait.json.utf8)))
            let key = ObservationKey(trait: trait.name, source: read.source)
            if let kept = facet.traits[key], !kept.isBelow(observed) { continue }
            facet.traits[key] = observed
        }
        facets[text] = facet
    }

    package var facetTexts: Set<String> { Set(facets.keys) }

    package func answer() -> Answer {
        let texts = facets.keys.sorted(by: precedes)
        var groups = Groups(count: texts.count)
        join(texts, &groups)
        var byGroup: [Int: [String]] = [:]
        for (place, text) in texts.enumerated() { byGroup[groups.root(place), default: []].append(text) }
        var hanging: [String: [String]] = [:]
        for (key, text) in interactions { hanging[text, default: []].append(key) }
        let profiles = byGroup.values.map { members in
            Answer.Profile(
                kind: members.allSatisfy { facets[$0].map(\.isRoleOnly) ?? false } ? .shared : .customer,
                interactions: members.flatMap { hanging[$0] ?? [] },
                traits: folded(members))
        }
        return Answer(profiles: Array(profiles), facets: facets.count)
    }

    /// Joins the facets that show one value, each at an assurance at which its kind links.
    private func join(_ texts: [String], _ groups: inout Groups) {
        var holders: [ReadLine.Value: [Int]] = [:]
        for (place, text) in texts.enumerated() {
            for shown in facets[text]?.shown ?? [] where shown.links { holders[shown.value, default: []].append(place) }
        }
        for (value, places) in holders {
            guard Kinds.changesHands.contains(value.kind) else {
                for place in places.dropFirst() { groups.join(place, places[0]) }
                continue
            }
            // One holder as long as no more than two empty half-years lie between two that show the value.
            let ordered = places.map { Showing(half: facets[texts[$0]]?.period?.number ?? 0, place: $0) }
                .sorted { $0.half < $1.half }
            for (earlier, later) in zip(ordered, ordered.dropFirst()) where later.half - earlier.half - 1 <= 2 {
                groups.join(earlier.place, later.place)
            }
        }
    }

    /// The profile's traits: the best assured facet's word, then the newest, then the greatest hash.
    private func folded(_ members: [String]) -> [String: String] {
        var winners: [String: (assurance: Int, observation: Observation)] = [:]
        for text in members {
            guard let facet = facets[text] else { continue }
            let assurance = facet.shown.map(\.assurance).max() ?? 0
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

/// Disjoint sets of places, by union and path halving.
private struct Groups {
    private var parent: [Int]

    init(count: Int) { parent = Array(0..<count) }

    mutating func root(_ place: Int) -> Int {
        var place = place
        while parent[place] != place {
            parent[place] = parent[parent[place]]
            place = parent[place]
        }
        return place
    }

    mutating func join(_ a: Int, _ b: Int) {
        let (a, b) = (root(a), root(b))
        if a != b { parent[max(a, b)] = min(a, b) }
    }
}
