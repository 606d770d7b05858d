internal import Contact

/// The sets that edges have joined so far, and what stands in each that a rule looks at.
struct EvidenceSets {
    private var sets: DisjointSets
    private let count: Int
    private let graph: EvidenceGraph
    /// By root: the values of each exclusive kind.
    private var exclusives: [Int: [ExclusiveKind: Set<HubID>]] = [:]
    /// By root: on which side of which decision its facets stand.
    private var sides: [Int: Set<Side>] = [:]
    /// By root: whether a facet is in it that somebody who is trusted showed.
    private var isStrong: [Bool]
    private var isBroken = false

    private struct Side: Hashable {
        let decision: Int
        let isLeft: Bool
    }

    init(_ facets: [ResolverFacet], _ rules: Rules, runs: Int, _ graph: EvidenceGraph) {
        count = facets.count
        self.graph = graph
        sets = DisjointSets(count: facets.count + runs)
        isStrong = Array(repeating: false, count: facets.count + runs)
        for (number, facet) in facets.enumerated() {
            isStrong[number] = facet.isTrusted
            for showing in facet.showings
            where rules[showing.identifier.kind].exclusive && rules.level(of: showing) != nil {
                exclusives[number, default: [:]][ExclusiveKind(showing.identifier), default: []].insert(showing.value)
            }
        }
        for (number, apart) in graph.apart.enumerated() {
            for facet in apart.0 { sides[facet, default: []].insert(Side(decision: number, isLeft: true)) }
            for facet in apart.1 { sides[facet, default: []].insert(Side(decision: number, isLeft: false)) }
        }
    }

    /// Of a facet, or of what stands for a run, behind the facets.
    mutating func root(_ node: Int) -> Int { sets.root(of: node) }

    mutating func areJoined(_ edge: EvidenceGraph.Edge) -> Bool {
        sets.root(of: edge.facet) == sets.root(of: graph.node(edge.other, count))
    }

    /// Whether a facet is where something stands that anybody's guess may not touch.
    mutating func isStrong(_ facet: Int) -> Bool { isStrong[sets.root(of: facet)] }

    /// Whether everything that was joined could be joined in any order: no set holds two values of an exclusive kind.
    var breaksNothing: Bool { !isBroken }

    /// Why the two ends may not be in one set; nil where they may.
    mutating func refusal(of edge: EvidenceGraph.Edge) -> Partition.Reason? {
        let a = sets.root(of: edge.facet)
        let b = sets.root(of: graph.node(edge.other, count))
        guard a != b else { return nil }
        // First: what anybody may write is not even a contradiction.
        if edge.isGuess, isStrong[a] || isStrong[b] { return .guess }
        if areApart(a, b) { return .notSame }
        guard edge.decision == nil else { return nil }
        if areExclusive(a, b) { return .exclusive }
        return edge.isPublic && isStrong[a] && isStrong[b] ? .publiclySaid : nil
    }

    /// Why two facets' sets may not be joined because they look alike; nil where they may.
    mutating func softRefusal(_ one: Int, _ other: Int) -> Partition.Reason? {
        let (a, b) = (sets.root(of: one), sets.root(of: other))
        guard a != b else { return nil }
        if areApart(a, b) { return .notSame }
        return areExclusive(a, b) ? .exclusive : nil
    }

    /// False where they were one set already.
    @discardableResult
    mutating func join(_ edge: EvidenceGraph.Edge) -> Bool {
        let a = sets.root(of: edge.facet)
        let b = sets.root(of: graph.node(edge.other, count))
        guard a != b else { return false }
        if areApart(a, b) || differ(a, b) || edge.isPublic && isStrong[a] && isStrong[b] { isBroken = true }
        return join(a, b)
    }

    /// False where they were one set already.
    @discardableResult
    mutating func join(_ one: Int, _ other: Int) -> Bool {
        let (a, b) = (sets.root(of: one), sets.root(of: other))
        guard a != b else { return false }
        let isStrong = isStrong[a] || isStrong[b]
        sets.join(a, b)
        let root = sets.root(of: a)
        self.isStrong[root] = isStrong
        let absorbed = root == a ? b : a
        if let values = exclusives.removeValue(forKey: absorbed) {
            exclusives[root, default: [:]].merge(values) { $0.union($1) }
        }
        if let other = sides.removeValue(forKey: absorbed) { sides[root, default: []].formUnion(other) }
        return true
    }

    private func areExclusive(_ a: Int, _ b: Int) -> Bool {
        guard let left = exclusives[a], let right = exclusives[b] else { return false }
        return left.contains { kind, values in
            guard let others = right[kind] else { return false }
            return !values.isSubset(of: others) && !others.isSubset(of: values)
        }
    }

    private func differ(_ a: Int, _ b: Int) -> Bool {
        guard let left = exclusives[a], let right = exclusives[b] else { return false }
        return left.contains { kind, values in right[kind].map { $0 != values } ?? false }
    }

    private func areApart(_ a: Int, _ b: Int) -> Bool {
        guard let left = sides[a], let right = sides[b] else { return false }
        return left.contains { right.contains(Side(decision: $0.decision, isLeft: !$0.isLeft)) }
    }
}

/// Union by size with path halving.
struct DisjointSets {
    private var parent: [Int]
    private var size: [Int]

    init(count: Int) {
        parent = Array(0..<count)
        size = Array(repeating: 1, count: count)
    }

    mutating func root(of element: Int) -> Int {
        var element = element
        while parent[element] != element {
            parent[element] = parent[parent[element]]
            element = parent[element]
        }
        return element
    }

    /// False where they were one set already.
    @discardableResult
    mutating func join(_ a: Int, _ b: Int) -> Bool {
        let (a, b) = (root(of: a), root(of: b))
        guard a != b else { return false }
        let (small, large) = size[a] < size[b] ? (a, b) : (b, a)
        parent[small] = large
        size[large] += size[small]
        return true
    }
}
