/// What would put two nodes together: a person's decision about two facets, or a facet's part in a run.
struct ReferenceEdge {
    /// A facet's node is its place; those of the runs come after.
    let a: Int
    let b: Int
    let reason: ReferencePartition.Evidence
    /// The one total order, as bytes: decisions by both facets' hashes; then level, guesses last, tier, the value's hash, the
    /// run's first period, the facet's hash.
    let order: [UInt8]

    /// Level, guess and tier, the strongest first; nil for a decision, which the cap never touches.
    var strength: [UInt8]? { order[0] == 0 ? nil : Array(order[1...3]) }

    /// The order where the facets that are named come first within a run: before the hash, of 32 bytes.
    func order(_ named: Set<Int>) -> [UInt8] {
        guard strength != nil else { return order }
        return order.dropLast(32) + [named.contains(a) ? 0 : 1] + order.suffix(32)
    }

    /// Whether anybody may have said so.
    var isPublic: Bool { order[0] == 1 && levels[Int(order[1])] == .public }

    /// Whether anybody may have said so who does not even know the customer's device.
    var isGuess: Bool { order[0] == 1 && order[2] == 1 }

    static func decision(_ a: Int, _ b: Int, _ facets: [ReferenceFacet], _ hashes: [[UInt8]]) -> ReferenceEdge {
        let (low, high) = hashes[a].lexicographicallyPrecedes(hashes[b]) ? (a, b) : (b, a)
        return ReferenceEdge(
            a: low, b: high, reason: .decision(facets[low].text, facets[high].text),
            order: [0] + hashes[low] + hashes[high])
    }

    /// The edges of a run; none where it is shared or one facet's alone.
    static func edges(
        of run: ReferenceRun, node: Int, _ facets: [ReferenceFacet], _ hashes: [[UInt8]], _ rules: ReferenceRules
    ) -> [ReferenceEdge] {
        guard !run.isShared, run.facets.count > 1 else { return [] }
        let strength = UInt8(levels.firstIndex(of: run.level) ?? 0)
        let kind = rules.kind(run.value.kind)
        let guess: UInt8 = run.level == .public && kind.guessable ? 1 : 0
        let beginning = [1, strength, guess, UInt8(clamping: kind.tier)] + run.value.hash + word(run.first)
        return run.facets.map { place in
            ReferenceEdge(
                a: place, b: node, reason: .value(facets[place].text, run.value, run.level, first: run.first),
                order: beginning + hashes[place])
        }
    }
}

/// Disjoint sets of nodes, by union and path halving.
struct DisjointNodes {
    private var parent: [Int]

    init(count: Int) { parent = Array(0..<count) }

    mutating func root(_ node: Int) -> Int {
        var node = node
        while parent[node] != node {
            parent[node] = parent[parent[node]]
            node = parent[node]
        }
        return node
    }

    /// The root of both from now on.
    @discardableResult
    mutating func join(_ a: Int, _ b: Int) -> Int {
        let (a, b) = (root(a), root(b))
        parent[max(a, b)] = min(a, b)
        return min(a, b)
    }
}
