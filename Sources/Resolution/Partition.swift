// The resolver: a pure function of sets. No I/O, no clock, no arrival order.
package import Contact

/// Who is who among some facets, and why.
package struct Partition: Sendable {
    package struct Group: Sendable {
        /// Places of its facets, ascending.
        package var facets: [Int]
        package var kind: ProfileKind
        /// An edge that ends in it was refused: other facets could belong to it but for a rule.
        package var isContested: Bool
    }

    /// Why an edge joined nothing.
    package enum Reason: String, Sendable {
        /// A person said that they are not the same.
        case notSame = "not_same"
        /// Two values of a kind of which a customer has one.
        case exclusive
        /// What only public keys say would bring together what stands on more than that.
        case publiclySaid = "public"
        /// The component is too large for evidence as weak as this.
        case component
        /// The two look alike, but those that stand with them do not.
        case average
        /// They look alike, but not enough to be joined by that alone. Never of an edge that a partition refused.
        case unsure

        /// For people.
        package var words: String {
            switch self {
            case .notSame: "a person said that they are not the same customer"
            case .exclusive: "a customer has one number of that kind, and these would have two"
            case .publiclySaid: "only what anybody could have written says so"
            case .component: "so many facets hang together that evidence as weak as this is not believed"
            case .unsure: "they look alike, but not so much that it is certain"
            case .average: "these two look alike, but what else is known of the customers does not"
            }
        }
    }

    /// What an edge rests on.
    package enum Evidence: Hashable, Sendable {
        /// The facet and the place of another show one value, as one holder. The other is the first of the run that does.
        case value(Identifier, Level)
        case decision(Decision)
        /// What the two say of themselves is alike.
        case soft(SoftScore)
    }

    package struct Edge: Sendable {
        package let a: Int
        package let b: Int
        package let evidence: Evidence
    }

    /// Ordered by their first facet.
    package var groups: [Group] = []
    /// The edges that hold the groups together: a forest. Only of a partition that explains itself.
    package var joined: [Edge] = []
    package var refused: [(edge: Edge, reason: Reason)] = []
    /// The runs of each value over which it is shared, sorted; nothing for a value that is nowhere.
    package var shared: [HubID: [SharedRun]] = [:]

    /// The group of each facet.
    package var places: [Int] {
        var places = Array(repeating: 0, count: groups.reduce(0) { $0 + $1.facets.count })
        for (number, group) in groups.enumerated() { for facet in group.facets { places[facet] = number } }
        return places
    }
}

/// Groups the facets that are one customer (DESIGN.md section 4).
///
/// A value that is shown by facets of one holder's time, and is not shared, joins them. What would break a rule is refused,
/// in one total order of the evidence by its content, so that any order of the input gives the same answer.
///
/// `known` are the runs of a value that are known to be shared with facets that are not given; `soft` is what comparing
/// the facets' records found. `explaining` also tells which edges hold the groups together.
package func partition(
    _ facets: [ResolverFacet], decisions: [Decision] = [], rules: Rules = .standard,
    known: [HubID: [SharedRun]] = [:], soft: SoftEvidence? = nil, explaining: Bool = false
) -> Partition {
    let resolver = Resolver(facets, decisions, rules, known)
    return resolver.partition(rules.soft == .join ? soft : nil, explaining: explaining)
}

/// The runs over which values are shared, of values all of whose facets are given.
package func sharedRuns(
    _ facets: [ResolverFacet], decisions: [Decision], rules: Rules
) -> [HubID: [SharedRun]] {
    Resolver(facets, decisions, rules, [:]).shared
}

/// The state of one partition while it is made.
struct Resolver {
    let facets: [ResolverFacet]
    let rules: Rules
    let runs: [Run]
    let values: [ValueShown]
    let graph: EvidenceGraph
    let shared: [HubID: [SharedRun]]
    /// Facets that show a role address.
    private let roles: Set<Int>

    init(_ facets: [ResolverFacet], _ decisions: [Decision], _ rules: Rules, _ known: [HubID: [SharedRun]]) {
        self.facets = facets
        self.rules = rules
        var places: [HubID: Int] = [:]
        var values: [ValueShown] = []
        var roles: Set<Int> = []
        for (number, facet) in facets.enumerated() {
            for showing in facet.showings {
                if showing.isRole { roles.insert(number) }
                guard let level = rules.level(of: showing) else { continue }
                if let place = places[showing.value] {
                    values[place].members.append((number, level))
                } else {
                    places[showing.value] = values.count
                    values.append(
                        ValueShown(id: showing.value, identifier: showing.identifier, members: [(number, level)]))
                }
            }
        }
        var decided: Set<HubID> = []
        for case .shared(let value) in decisions { decided.insert(value) }
        var runs: [Run] = []
        var shared: [HubID: [SharedRun]] = [:]
        for (place, value) in values.enumerated() {
            let found = rules.runs(
                place, value, facets, known: known[value.id] ?? [], isDecided: decided.contains(value.id))
            shared[value.id] = SharedRun.reduced(
                (known[value.id] ?? [])
                    + (decided.contains(value.id) ? [.always] : [])
                    + found.lazy.filter(\.isShared).map {
                        SharedRun(level: $0.level, first: $0.first, last: $0.last)
                    })
            runs += found
        }
        self.values = values
        self.runs = runs
        self.shared = shared
        self.roles = roles
        graph = EvidenceGraph(facets, values, runs, decisions, rules)
    }

    func partition(_ soft: SoftEvidence?, explaining: Bool) -> Partition {
        var result = Partition()
        result.shared = shared
        var sets = EvidenceSets(facets, rules, runs: runs.count, graph)
        let dropped = graph.withoutWeakest(of: facets.count, runs.count, most: rules.component)
        if !explaining, dropped.isEmpty {
            // Nothing can be refused where joining everything breaks no rule: then the order does not matter.
            for edge in graph.edges where !edge.isPublic { sets.join(edge) }
            for edge in graph.edges where edge.isPublic { sets.join(edge) }
            if sets.breaksNothing {
                joinSoftly(&sets, soft, &result)
                return finish(sets, result)
            }
            sets = EvidenceSets(facets, rules, runs: runs.count, graph)
        }
        // By run: the facet through which it was joined first.
        var anchors: [Int: Int] = [:]
        var refused: [(edge: EvidenceGraph.Edge, reason: Partition.Reason)] = []
        for number in graph.ordered() {
            let edge = graph.edges[number]
            if let reason = dropped.contains(number) ? .component : sets.refusal(of: edge) {
                refused.append((edge, reason))
            } else if sets.join(edge) {
                if case .run(let run) = edge.other, anchors[run] == nil {
                    anchors[run] = edge.facet
                } else if explaining {
                    result.joined.append(tell(edge, anchors))
                }
            } else if case .run(let run) = edge.other, anchors[run] == nil {
                anchors[run] = edge.facet
            }
        }
        joinSoftly(&sets, soft, &result)
        // What was refused and came together another way is no question any more.
        for (edge, reason) in refused where !sets.areJoined(edge) {
            switch edge.other {
            case .facet: result.refused.append((tell(edge, anchors), reason))
            case .run(let run):
                let own = sets.root(edge.facet)
                let others = runs[run].members.filter { sets.root($0) != own }
                guard let other = graph.first(of: others) else { continue }
                result.refused.append((tell(edge, [run: other]), reason))
            }
        }
        return finish(sets, result)
    }

    /// An edge in terms of facets: from one that shows a value to the one through which the value was joined first.
    private func tell(_ edge: EvidenceGraph.Edge, _ anchors: [Int: Int]) -> Partition.Edge {
        switch edge.other {
        case .facet(let other):
            let decision = edge.decision ?? .same(facets[edge.facet].id, facets[other].id)
            return Partition.Edge(a: edge.facet, b: other, evidence: .decision(decision))
        case .run(let run):
            let other = anchors[run] ?? runs[run].members.first { $0 != edge.facet } ?? edge.facet
            return Partition.Edge(
                a: edge.facet, b: other, evidence: .value(values[runs[run].value].identifier, runs[run].level))
        }
    }

    private func finish(_ sets: EvidenceSets, _ partial: Partition) -> Partition {
        var sets = sets
        var result = partial
        var numbers: [Int: Int] = [:]
        for facet in facets.indices {
            let root = sets.root(facet)
            if let number = numbers[root] {
                result.groups[number].facets.append(facet)
            } else {
                numbers[root] = result.groups.count
                result.groups.append(Partition.Group(facets: [facet], kind: .customer, isContested: false))
            }
        }
        for (edge, _) in result.refused {
            for facet in [edge.a, edge.b] {
                if let number = numbers[sets.root(facet)] { result.groups[number].isContested = true }
            }
        }
        kinds(&result)
        return result
    }

    /// A group is an organisation where a facet speaks of one. It belongs to nobody where no value that could be somebody's own
    /// stands in it, and a shared one does.
    private func kinds(_ result: inout Partition) {
        var own = Array(repeating: false, count: facets.count)
        var common = Array(repeating: false, count: facets.count)
        for facet in roles { common[facet] = true }
        for run in runs {
            for member in run.members { if run.isShared { common[member] = true } else { own[member] = true } }
        }
        for number in result.groups.indices {
            let members = result.groups[number].facets
            if members.contains(where: { facets[$0].content.isOrganisation }) {
                result.groups[number].kind = .organisation
            } else if members.contains(where: { common[$0] }), !members.contains(where: { own[$0] }) {
                result.groups[number].kind = .shared
            }
        }
    }
}
