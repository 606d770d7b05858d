internal import Contact

// After everything else has joined what it joins, soft evidence joins what is still apart: groups that hold records which
// look alike, as far as the average over all of their records bears it.

extension Resolver {
    /// One record in one group; several facets may state it.
    private struct Node {
        let record: Int64
        /// The first of them by content.
        let facet: Int
        let root: Int
        /// What they show so that it links. Where two nodes show one such value and it did not join them, it was judged to say
        /// nothing (shared, handed on, or refused), and is no evidence here either.
        let judged: Set<Identifier>
    }

    /// Joins groups by the records of their trusted facets, and adds to `result` what joined and what was refused.
    func joinSoftly(_ sets: inout EvidenceSets, _ evidence: SoftEvidence?, _ result: inout Partition) {
        guard let evidence else { return }
        let nodes = self.nodes(&sets)
        guard nodes.count > 1 else { return }
        var places: [Int64: [Int]] = [:]
        for (place, node) in nodes.enumerated() { places[node.record, default: []].append(place) }
        var scoring = Scoring(evidence.model, nodes.map { ($0.record, facets[$0.facet].content, $0.judged) })
        var known: [SIMD2<Int>: (weight: Int, joins: Bool)] = [:]
        for pair in evidence.pairs {
            for a in places[pair.a] ?? [] {
                for b in places[pair.b] ?? [] where nodes[a].root != nodes[b].root {
                    let score = scoring.areJudged(a, b) ? scoring.score(a, b) : nil
                    known[SIMD2(min(a, b), max(a, b))] = (
                        score?.weight ?? pair.weight, pair.joins && (score.map { $0.verdict == .join } ?? true)
                    )
                }
            }
        }
        // One record in several groups: each is compared with the first.
        for (_, same) in places where same.count > 1 {
            for other in same.dropFirst() {
                let score = scoring.score(same[0], other)
                if score.verdict == .join { known[SIMD2(same[0], other)] = (score.weight, true) }
            }
        }
        let components = components(nodes, known.filter(\.value.joins).map(\.key))
        guard !components.isEmpty else { return }
        var sizes: [Int: Int] = [:]
        for place in facets.indices { sizes[sets.root(place), default: 0] += 1 }
        for component in components {
            let size = Set(component.map { nodes[$0].root }).reduce(0) { $0 + sizes[$1, default: 0] }
            join(component, nodes, known, isTooLarge: size > rules.component, &scoring, &sets, &result)
        }
    }

    /// The records of each group, ordered by the content of the facets that state them.
    private func nodes(_ sets: inout EvidenceSets) -> [Node] {
        var stating: [Int: [Int64: [Int]]] = [:]
        for (place, facet) in facets.enumerated() {
            guard let record = facet.soft, facet.isTrusted else { continue }
            stating[sets.root(place), default: [:]][record, default: []].append(place)
        }
        var nodes: [Node] = []
        for (root, records) in stating {
            for (record, places) in records {
                guard let first = graph.first(of: places) else { continue }
                let judged = places.flatMap { facets[$0].showings }.filter { rules.level(of: $0) != nil }.map(
                    \.identifier)
                nodes.append(Node(record: record, facet: first, root: root, judged: Set(judged)))
            }
        }
        return graph.sorted(nodes, by: \.facet)
    }

    /// The nodes of all groups that hang together by pairs which join; of those that stand alone none.
    private func components(_ nodes: [Node], _ pairs: [SIMD2<Int>]) -> [[Int]] {
        guard !pairs.isEmpty else { return [] }
        var sets = DisjointSets(count: nodes.count)
        var first: [Int: Int] = [:]
        for (place, node) in nodes.enumerated() {
            if let known = first[node.root] { sets.join(known, place) } else { first[node.root] = place }
        }
        for pair in pairs { sets.join(pair.x, pair.y) }
        let wanted = Set(pairs.map { sets.root(of: $0.x) })
        var found: [Int: [Int]] = [:]
        for place in nodes.indices {
            let root = sets.root(of: place)
            if wanted.contains(root) { found[root, default: []].append(place) }
        }
        return found.values.sorted { $0[0] < $1[0] }
    }

    private func join(
        _ component: [Int], _ nodes: [Node], _ known: [SIMD2<Int>: (weight: Int, joins: Bool)], isTooLarge: Bool,
        _ scoring: inout Scoring, _ sets: inout EvidenceSets, _ result: inout Partition
    ) {
        var numbers: [Int: Int] = [:]
        for (number, place) in component.enumerated() { numbers[place] = number }
        var edges: [SoftEdge] = []
        if component.count <= SoftMatcher.completeUpTo {
            for (number, a) in component.enumerated() {
                for b in component[(number + 1)...] where nodes[a].root != nodes[b].root {
                    let weight = scoring.score(a, b).weight
                    let joins = known[SIMD2(a, b)]?.joins ?? false
                    edges.append(SoftEdge(number, numbers[b] ?? 0, weight: weight, joins: joins))
                }
            }
        } else {
            for (pair, found) in known {
                guard let a = numbers[pair.x], let b = numbers[pair.y] else { continue }
                edges.append(SoftEdge(a, b, weight: found.weight, joins: found.joins))
            }
        }
        let soft = component.map {
            SoftNode(hash: graph.softHash(of: nodes[$0].facet), group: nodes[$0].root)
        }
        func tell(_ edge: SoftEdge) -> Partition.Edge {
            let (a, b) = (component[edge.a], component[edge.b])
            return Partition.Edge(
                a: nodes[a].facet, b: nodes[b].facet, evidence: .soft(scoring.score(a, b)))
        }
        if !isTooLarge {
            _ = softClusters(soft, edges) { edge, _, _ in
                let (one, other) = (nodes[component[edge.a]].facet, nodes[component[edge.b]].facet)
                guard sets.softRefusal(one, other) == nil else { return false }
                sets.join(one, other)
                result.joined.append(tell(edge))
                return true
            }
        }
        for edge in edges where edge.joins {
            let (one, other) = (nodes[component[edge.a]].facet, nodes[component[edge.b]].facet)
            guard sets.root(one) != sets.root(other) else { continue }
            let reason = isTooLarge ? .component : sets.softRefusal(one, other) ?? .average
            result.refused.append((tell(edge), reason))
        }
    }
}

/// How much two facets are alike; nil where there is nothing to compare. What both show so that it would have joined them
/// counts nothing: it was judged already.
package func softScore(
    _ a: ResolverFacet, _ b: ResolverFacet, _ model: SoftModel, _ rules: Rules
) -> SoftScore? {
    func judged(_ facet: ResolverFacet) -> Set<Identifier> {
        Set(facet.showings.filter { rules.level(of: $0) != nil }.map(\.identifier))
    }
    let common = judged(a).intersection(judged(b))
    guard let one = SoftRecord(a.content, leavingOut: common), let other = SoftRecord(b.content, leavingOut: common)
    else { return nil }
    return model.score(one, other)
}

/// The records of some nodes, each read once.
private struct Scoring {
    private let model: SoftModel
    private let nodes: [(record: Int64, content: FacetContent, judged: Set<Identifier>)]
    private var entries: [Int64: SoftEntry] = [:]

    init(_ model: SoftModel, _ nodes: [(record: Int64, content: FacetContent, judged: Set<Identifier>)]) {
        self.model = model
        self.nodes = nodes
    }

    /// Whether both show a value that links.
    func areJudged(_ a: Int, _ b: Int) -> Bool { !nodes[a].judged.isDisjoint(with: nodes[b].judged) }

    mutating func score(_ a: Int, _ b: Int) -> SoftScore {
        let common = nodes[a].judged.intersection(nodes[b].judged)
        guard let one = entry(a, common), let other = entry(b, common) else { return SoftScore() }
        return model.score(one, other)
    }

    private mutating func entry(_ node: Int, _ judged: Set<Identifier>) -> SoftEntry? {
        let (record, content, _) = nodes[node]
        if judged.isEmpty, let known = entries[record] { return known }
        guard let read = SoftRecord(content, leavingOut: judged) else { return nil }
        let entry = model.prepare(read)
        if judged.isEmpty { entries[record] = entry }
        return entry
    }
}
