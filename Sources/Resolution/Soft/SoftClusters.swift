/// One soft record in a component: its content hash, and the group in which it is already.
package struct SoftNode: Hashable, Sendable {
    package let hash: SoftHash
    /// Nodes of one group are one customer by other evidence and stay together.
    package let group: Int

    package init(hash: SoftHash, group: Int) {
        self.hash = hash
        self.group = group
    }
}

/// A pair of nodes that was scored.
package struct SoftEdge: Hashable, Sendable {
    package let a: Int
    package let b: Int
    /// ``SoftScore/weight``: 1,024ths of a bit.
    package let weight: Int
    /// The verdict is to join; otherwise the edge only counts in averages.
    package let joins: Bool

    package init(_ a: Int, _ b: Int, weight: Int, joins: Bool) {
        self.a = a
        self.b = b
        self.weight = weight
        self.joins = joins
    }
}

/// From what on clusters are joined, in 1,024ths of a bit.
package struct SoftLinkage: Hashable, Sendable {
    /// The least average weight over all cross pairs.
    package var least = -1 * Bits.one
    /// What a pair counts that was not scored.
    package var missing = -2 * Bits.one

    package init() {}

    package init(least: Int, missing: Int) {
        self.least = least
        self.missing = missing
    }
}

/// Joins clusters along edges, the strongest first, where the average over all pairs across bears it.
///
/// Kruskal's algorithm in one total order: weight descending, then the content hashes of both ends; each edge is
/// looked at once. Two clusters that an edge would join are joined if the mean weight of all pairs across is at
/// least ``SoftLinkage/least``, a pair that was not scored counting as ``SoftLinkage/missing``, and if `mayJoin`
/// allows it: it gets the edge, the nodes of its `a`'s cluster and those of its `b`'s, must not depend on their order,
/// and what it refuses it must refuse for all larger clusters too. It is asked last: where it says true, the two are
/// one from then on. Returns the number of each node's cluster; clusters are numbered by their first node.
///
/// The answer depends on the set of nodes and edges alone, not on the order in which they are given. Where two edges
/// between the same two nodes are given, the first counts.
package func softClusters(
    _ nodes: [SoftNode], _ edges: [SoftEdge], linkage: SoftLinkage = SoftLinkage(),
    mayJoin: (SoftEdge, [Int], [Int]) -> Bool = { _, _, _ in true }
) -> [Int] {
    var clusters = Clusters(nodes, edges, linkage)
    for edge in ordered(edges.filter(\.joins), nodes) { clusters.consider(edge, mayJoin) }
    var numbers: [Int: Int] = [:]
    return nodes.indices.map { node in
        let root = clusters.root[node]
        if let number = numbers[root] { return number }
        numbers[root] = numbers.count
        return numbers.count - 1
    }
}

/// The one order in which edges are looked at.
func ordered(_ edges: [SoftEdge], _ nodes: [SoftNode]) -> [SoftEdge] {
    edges.sorted { left, right in
        if left.weight != right.weight { return left.weight > right.weight }
        let one = ends(left, nodes)
        let other = ends(right, nodes)
        return one.low == other.low ? one.high < other.high : one.low < other.low
    }
}

private func ends(_ edge: SoftEdge, _ nodes: [SoftNode]) -> (low: SoftHash, high: SoftHash) {
    let (a, b) = (nodes[edge.a].hash, nodes[edge.b].hash)
    return a < b ? (a, b) : (b, a)
}

private struct Clusters {
    /// The cluster of each node, by one of its nodes.
    var root: [Int]
    private var members: [Int: [Int]] = [:]
    /// Sum and number of the scored pairs between two clusters, kept at both.
    private var across: [Int: [Int: (sum: Int, count: Int)]] = [:]
    private let linkage: SoftLinkage

    init(_ nodes: [SoftNode], _ edges: [SoftEdge], _ linkage: SoftLinkage) {
        self.linkage = linkage
        var first: [Int: Int] = [:]
        root = Array(nodes.indices)
        for (place, node) in nodes.enumerated() {
            if let known = first[node.group] { root[place] = known } else { first[node.group] = place }
            members[root[place], default: []].append(place)
        }
        var seen: Set<SIMD2<Int>> = []
        for edge in edges where seen.insert(SIMD2(min(edge.a, edge.b), max(edge.a, edge.b))).inserted {
            let (a, b) = (root[edge.a], root[edge.b])
            if a != b { add((edge.weight, 1), a, b) }
        }
    }

    private mutating func add(_ pairs: (sum: Int, count: Int), _ a: Int, _ b: Int) {
        for (one, other) in [(a, b), (b, a)] {
            let known = across[one]?[other] ?? (0, 0)
            across[one, default: [:]][other] = (known.sum + pairs.sum, known.count + pairs.count)
        }
    }

    mutating func consider(_ edge: SoftEdge, _ mayJoin: (SoftEdge, [Int], [Int]) -> Bool) {
        let (a, b) = (root[edge.a], root[edge.b])
        guard a != b, let left = members[a], let right = members[b], let scored = across[a]?[b] else { return }
        let pairs = left.count * right.count
        guard scored.sum + (pairs - scored.count) * linkage.missing >= linkage.least * pairs,
            mayJoin(edge, left, right)
        else { return }
        let isLess = left.count < right.count
        join(isLess ? a : b, into: isLess ? b : a)
    }

    private mutating func join(_ small: Int, into large: Int) {
        let moved = members.removeValue(forKey: small) ?? []
        for node in moved { root[node] = large }
        members[large, default: []] += moved
        across[large]?[small] = nil
        for (other, pairs) in across.removeValue(forKey: small) ?? [:] where other != large {
            across[other]?[small] = nil
            add(pairs, large, other)
        }
    }
}
