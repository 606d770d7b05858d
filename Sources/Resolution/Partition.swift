// The resolver: a pure function of sets. No I/O, no clock, no arrival order.
package import Contact

/// Who is who among some facets, and why.
package struct Partition: Sendable {
    package struct Group: Sendable {
        /// Places of its facets, ascending.
        package var facets: [Int]
        package var kind: ProfileKind
        /// An edge that ends in it was refused: other facets could belong to it but for a rule. A guess makes nobody contested.
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
        /// What could be guessed was written under a public key, and the other side stands on more.
        case guess
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
            case .guess: "under a public key anybody can write that, for it can be guessed or looked up"
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
    /// Guesses are told only by a partition that explains itself.
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
        let dropped = graph.weakest(of: graph.known, most: rules.component)
        if !explaining, dropped.isEmpty, var sets = joinedAtOnce() {
            joinSoftly(&sets, soft, &result)
            return finish(sets, result)
        }
        var joining = Joining(sets: EvidenceSets(facets, rules, runs: runs.count, graph))
        join(graph.known, within: graph.known, without: dropped, &joining, explaining: explaining)
        let open = graph.guesses.filter { !joining.sets.isStrong(graph.edges[$0].facet) }
        let around = joining.taken.filter { !joining.sets.isStrong(graph.edges[$0].facet) }
        let guessed = open.isEmpty ? [] : graph.weakest(of: around + open, most: rules.component)
        join(
            explaining ? graph.guesses : open, within: around + open, without: guessed, &joining,
            explaining: explaining)
        result.joined = joining.joined
        joinSoftly(&joining.sets, soft, &result)
        // What was refused and came together another way is no question any more.
        for (edge, reason) in joining.refused where !joining.sets.areJoined(edge) {
            switch edge.other {
            case .facet: result.refused.append((tell(edge, joining.anchors), reason))
            case .run(let run):
                let others = apart(edge, run, reason, &joining.sets)
                guard let other = graph.first(of: others) else { continue }
                result.refused.append((tell(edge, [run: other]), reason))
            }
        }
        return finish(joining.sets, result)
    }

    /// Everything joined; nil where something must be refused, for then the order matters. Guesses of what stands on more
    /// join nothing, whatever the order.
    private func joinedAtOnce() -> EvidenceSets? {
        var sets = EvidenceSets(facets, rules, runs: runs.count, graph)
        for place in graph.known where !graph.edges[place].isPublic { sets.join(graph.edges[place]) }
        for place in graph.known where graph.edges[place].isPublic { sets.join(graph.edges[place]) }
        guard sets.breaksNothing, !graph.guesses.isEmpty else { return sets.breaksNothing ? sets : nil }
        let open = graph.guesses.filter { !sets.isStrong(graph.edges[$0].facet) }
        if facets.count > rules.component, !open.isEmpty {
            let around = graph.known.filter { !sets.isStrong(graph.edges[$0].facet) }
            guard graph.weakest(of: around + open, most: rules.component).isEmpty else { return nil }
        }
        for place in open { sets.join(graph.edges[place]) }
        return sets.breaksNothing ? sets : nil
    }

    /// What one edge after the other has come to.
    private struct Joining {
        var sets: EvidenceSets
        /// By run: the facet through which it was joined first.
        var anchors: [Int: Int] = [:]
        /// Places of the edges that were not refused.
        var taken: [Int] = []
        var joined: [Partition.Edge] = []
        var refused: [(edge: EvidenceGraph.Edge, reason: Partition.Reason)] = []

        init(sets: EvidenceSets) { self.sets = sets }
    }

    private func join(
        _ places: [Int], within all: [Int], without dropped: Set<Int>, _ joining: inout Joining, explaining: Bool
    ) {
        for number in graph.ordered(places, named: graph.named(by: all)) {
            let edge = graph.edges[number]
            if let reason = dropped.contains(number) ? .component : joining.sets.refusal(of: edge) {
                joining.refused.append((edge, reason))
                continue
            }
            joining.taken.append(number)
            let isNew = joining.sets.join(edge)
            if case .run(let run) = edge.other, joining.anchors[run] == nil {
                joining.anchors[run] = edge.facet
            } else if isNew, explaining {
                joining.joined.append(tell(edge, joining.anchors))
            }
        }
    }

    /// The facets that one of a run would be joined with but for the reason: those that have the value, or, where nobody was
    /// left it, all that are not with it. Of a guess one of the two at least shows the value as such.
    private func apart(
        _ edge: EvidenceGraph.Edge, _ run: Int, _ reason: Partition.Reason, _ sets: inout EvidenceSets
    ) -> [Int] {
        let (own, holder) = (sets.root(edge.facet), sets.root(facets.count + run))
        let holding = runs[run].members.filter { sets.root($0) == holder }
        guard holding.isEmpty else { return holding }
        var others = runs[run].members.filter { sets.root($0) != own }
        if reason == .guess {
            let guessing = Set(values[runs[run].value].members.lazy.filter { $0.level == .public }.map(\.facet))
            if !guessing.contains(edge.facet) { others.removeAll { !guessing.contains($0) } }
        } else if edge.isGuess {
            others.removeAll { sets.isStrong($0) }
        }
        return others
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
        for (edge, reason) in result.refused where reason != .guess {
            for facet in [edge.a, edge.b] {
                if let number = numbers[sets.root(facet)] { result.groups[number].isContested = true }
            }
        }
        kinds(&result)
        return result
    }

    /// A group is an organisation where a facet speaks of one. It belongs to nobody where no value that could be somebody's own
    /// stands in it, and a shared one does. Guesses say nothing of it where something better stands.
    private func kinds(_ result: inout Partition) {
        struct Shown {
            var own = false
            var common = false
        }
        var known = Array(repeating: Shown(), count: facets.count)
        var guessed = known
        for facet in roles { known[facet].common = true }
        for run in runs {
            let isGuess = run.level == .public && rules[values[run.value].identifier.kind].guessable
            for member in run.members {
                switch (isGuess, run.isShared) {
                case (false, false): known[member].own = true
                case (false, true): known[member].common = true
                case (true, false): guessed[member].own = true
                case (true, true): guessed[member].common = true
                }
            }
        }
        for number in result.groups.indices {
            let members = result.groups[number].facets
            if members.contains(where: { facets[$0].content.isOrganisation }) {
                result.groups[number].kind = .organisation
                continue
            }
            var shown = members.map { known[$0] }
            if !members.contains(where: { facets[$0].isTrusted }) { shown += members.map { guessed[$0] } }
            if shown.contains(where: \.common), !shown.contains(where: \.own) {
                result.groups[number].kind = .shared
            }
        }
    }
}
