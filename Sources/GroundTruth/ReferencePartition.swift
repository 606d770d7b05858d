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

    package enum Reason: String, Hashable, Sendable { case notSame = "not_same", exclusive, `public`, component }

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
            // Of a run that lost all its edges, the others' facets are what might have been joined.
            let others = one.reason == .component ? runs[one.edge.b - facets.count].facets : [one.edge.b]
            let root = joining.root(one.edge.a)
            return others.contains { joining.root($0) != root }
        }
        refused = Set(apart.map { Refused(evidence: $0.edge.reason, reason: $0.reason) })
        let contested = Set(apart.flatMap { [joining.root($0.edge.a), joining.root($0.edge.b)] })
        group(facets, runs, contested, &joining)
    }

    private mutating func group(
        _ facets: [ReferenceFacet], _ runs: [ReferenceRun], _ contested: Set<Int>, _ joining: inout ReferenceJoining
    ) {
        /// Facets that lie in a run that is not shared, and in one that is.
        let own = Set(runs.filter { !$0.isShared }.flatMap(\.facets))
        let common = Set(runs.filter(\.isShared).flatMap(\.facets))
        var members: [Int: [Int]] = [:]
        for place in facets.indices { members[joining.root(place), default: []].append(place) }
        groups = members.map { root, places in
            let isNobodys = places.contains { place in
                common.contains(place)
                    || facets[place].shown.contains(where: \.value.isRoleAddress)
            }
            return Group(
                facets: places.map { facets[$0].text },
                kind: places.contains { facets[$0].isOrganisation }
                    ? .organisation : isNobodys && own.isDisjoint(with: places) ? .shared : .customer,
                isContested: contested.contains(root))
        }
        groups.sort { precedes($0.facets[0], $1.facets[0]) }
    }
}
