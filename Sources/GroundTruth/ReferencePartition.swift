/// Who is who: the deterministic layer as a function of sets, plainly.
///
/// Facets and the runs of values are nodes, decisions and showings the edges, joined in one total order; an edge that
/// would put together what may not be together is refused.
package struct ReferencePartition: Sendable {
    /// What an edge stands on; facets by their text.
    package enum Evidence: Hashable, Sendable {
        case decision(String, String)
        case value(String, ReferenceValue, ReferenceStanding, first: Int)
    }

    package enum Reason: String, Hashable, Sendable { case notSame = "not_same", exclusive, `public`, component, guess }

    /// An edge that joined nothing, and whose ends did not come together another way.
    package struct Refused: Hashable, Sendable {
        package let evidence: Evidence
        package let reason: Reason
    }

    package struct Group: Hashable, Sendable {
        /// Texts of its facets, sorted by bytes.
        package let facets: [String]
        package let kind: Answer.Kind
        /// Whether a refused edge ends in it: other facets might belong to it.
        package let isContested: Bool
    }

    /// Sorted by their first facet.
    package private(set) var groups: [Group] = []
    package private(set) var refused: Set<Refused> = []
    /// The values that are shared at a level, by the first period of the run.
    package private(set) var shared: Set<SharedRun> = []

    package struct SharedRun: Hashable, Sendable {
        package let value: ReferenceValue
        package let level: ReferenceStanding
        package let first: Int
    }

    /// Facets are told apart by their text; one given twice counts once.
    package init(
        _ given: [ReferenceFacet], decisions: [ReferenceDecision] = [], rules: ReferenceRules = ReferenceRules()
    ) {
        let facets = Dictionary(given.map { ($0.text, $0) }) { first, _ in first }
            .values.sorted { precedes($0.text, $1.text) }
        let decided = StandingDecisions(decisions, among: facets)
        let runs = ReferenceRun.all(in: facets, sharedByDecision: decided.shared, rules)
        let hashes = facets.map(\.hash)
        var edges = decided.same.map { ReferenceEdge.decision($0.a, $0.b, facets, hashes) }
        for (number, run) in runs.enumerated() where !run.isRepeated {
            edges += ReferenceEdge.edges(of: run, node: facets.count + number, facets, hashes, rules)
        }
        var joining = ReferenceJoining(facets, nodes: facets.count + runs.count, decided, rules)
        joining.run(edges)
        shared = Set(
            runs.filter(\.isShared).map { SharedRun(value: $0.value, level: $0.level, first: $0.first) })
        let apart = joining.refused.filter { one in
            var others = [one.edge.b]
            if one.reason == .component || one.reason == .guess {
                // Of a run that lost all its edges, the others' facets are what might have been joined.
                let run = runs[one.edge.b - facets.count]
                others = run.facets
                func isBetter(_ place: Int) -> Bool {
                    facets[place].shown.contains {
                        $0.value == run.value && rules.takesPart($0, of: facets[place], at: .presented)
                    }
                }
                // What two show on better grounds was no guess; and what could be guessed never joined better ones.
                if one.reason == .guess, isBetter(one.edge.a) { others.removeAll(where: isBetter) }
                if one.reason == .component, one.edge.isGuess { others.removeAll { joining.isStrong($0) } }
            }
            let root = joining.root(one.edge.a)
            return others.contains { joining.root($0) != root }
        }
        refused = Set(apart.map { Refused(evidence: $0.edge.reason, reason: $0.reason) })
        // A guess is nobody's question.
        let contested = Set(
            apart.filter { $0.reason != .guess }.flatMap { [joining.root($0.edge.a), joining.root($0.edge.b)] })
        group(facets, runs, contested, rules, &joining)
    }

    private mutating func group(
        _ facets: [ReferenceFacet], _ runs: [ReferenceRun], _ contested: Set<Int>, _ rules: ReferenceRules,
        _ joining: inout ReferenceJoining
    ) {
        /// Facets that lie in a run that is not shared, and in one that is: of all runs, and without guesses.
        func own(_ runs: [ReferenceRun]) -> Set<Int> { Set(runs.filter { !$0.isShared }.flatMap(\.facets)) }
        func common(_ runs: [ReferenceRun]) -> Set<Int> { Set(runs.filter(\.isShared).flatMap(\.facets)) }
        let better = runs.filter { $0.level != .public || !rules.kind($0.value.kind).guessable }
        let all = (own: own(runs), common: common(runs))
        let known = (own: own(better), common: common(better))
        var members: [Int: [Int]] = [:]
        for place in facets.indices { members[joining.root(place), default: []].append(place) }
        groups = members.map { root, places in
            let runs = joining.isStrong(root) ? known : all
            let isNobodys = places.contains { place in
                runs.common.contains(place)
                    || facets[place].shown.contains(where: \.value.isRoleAddress)
            }
            return Group(
                facets: places.map { facets[$0].text },
                kind: places.contains { facets[$0].isOrganisation }
                    ? .organisation : isNobodys && runs.own.isDisjoint(with: places) ? .shared : .customer,
                isContested: contested.contains(root))
        }
        groups.sort { precedes($0.facets[0], $1.facets[0]) }
    }
}
