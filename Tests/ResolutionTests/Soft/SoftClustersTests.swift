import Contact
import Testing

@testable import Resolution

@Suite struct SoftClustersTests {
    /// The definition, without a thought for speed: every mean is summed up anew.
    private func reference(
        _ nodes: [SoftNode], _ edges: [SoftEdge], _ linkage: SoftLinkage,
        _ mayJoin: (SoftEdge, [Int], [Int]) -> Bool
    ) -> [Int] {
        var cluster = nodes.indices.map { place in nodes.firstIndex { $0.group == nodes[place].group } ?? place }
        func weight(_ a: Int, _ b: Int) -> Int {
            edges.first { ($0.a, $0.b) == (a, b) || ($0.a, $0.b) == (b, a) }?.weight ?? linkage.missing
        }
        func ends(_ edge: SoftEdge) -> [SoftHash] { [nodes[edge.a].hash, nodes[edge.b].hash].sorted() }
        let order = edges.filter(\.joins).sorted { a, b in
            a.weight == b.weight ? ends(a).lexicographicallyPrecedes(ends(b)) : a.weight > b.weight
        }
        for edge in order where cluster[edge.a] != cluster[edge.b] {
            let left = nodes.indices.filter { cluster[$0] == cluster[edge.a] }
            let right = nodes.indices.filter { cluster[$0] == cluster[edge.b] }
            let sum = left.reduce(0) { sum, a in right.reduce(sum) { $0 + weight(a, $1) } }
            guard sum >= linkage.least * left.count * right.count, mayJoin(edge, left, right) else { continue }
            for node in right { cluster[node] = cluster[edge.a] }
        }
        return numbered(cluster)
    }

    private func randomCase(_ random: inout Seeded) -> ([SoftNode], [SoftEdge]) {
        let count = Int.random(in: 1...12, using: &random)
        let nodes = (0..<count).map { place in
            let group =
                Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0..<count, using: &random) : 100 + place
            return SoftNode(hash: SoftHash(SIMD4(random.next(), 0, 0, UInt64(place))), group: group)
        }
        var edges: [SoftEdge] = []
        for a in nodes.indices {
            for b in nodes.indices where b > a && Int.random(in: 0..<3, using: &random) > 0 {
                // Few weights, so that many tie.
                let weight = Int.random(in: -6...8, using: &random) * Bits.one
                edges.append(SoftEdge(a, b, weight: weight, joins: weight >= 2 * Bits.one))
            }
        }
        return (nodes, edges)
    }

    @Test(arguments: 0..<8)
    func `The clusters are those of the definition, in any order, under any rule`(seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<400 {
            let (nodes, edges) = randomCase(&random)
            let linkage = SoftLinkage(
                least: Int.random(in: -3...1, using: &random) * Bits.one,
                missing: Int.random(in: -4...0, using: &random) * Bits.one)
            // No cluster with two of the nodes that bear a mark: as no profile has two customer numbers.
            let marks = Set(nodes.filter { $0.hash.words.x % 3 == 0 }.map(\.hash))
            func mayJoin(_ nodes: [SoftNode]) -> (SoftEdge, [Int], [Int]) -> Bool {
                { edge, left, right in
                    #expect(left.contains(edge.a) && right.contains(edge.b))
                    let counts = [left, right].map { $0.count { marks.contains(nodes[$0].hash) } }
                    return counts[0] == 0 || counts[1] == 0
                }
            }
            let expected = reference(nodes, edges, linkage, mayJoin(nodes))
            #expect(softClusters(nodes, edges, linkage: linkage, mayJoin: mayJoin(nodes)) == expected)

            let order = nodes.indices.shuffled(using: &random)
            var places = Array(repeating: 0, count: nodes.count)
            for (place, node) in order.enumerated() { places[node] = place }
            let moved = order.map { nodes[$0] }
            let turned = edges.shuffled(using: &random).map { edge in
                Bool.random(using: &random)
                    ? SoftEdge(places[edge.a], places[edge.b], weight: edge.weight, joins: edge.joins)
                    : SoftEdge(places[edge.b], places[edge.a], weight: edge.weight, joins: edge.joins)
            }
            let shuffled = softClusters(moved, turned, linkage: linkage, mayJoin: mayJoin(moved))
            #expect(numbered(places.map { shuffled[$0] }) == expected)
        }
    }

    @Test(arguments: 0..<4)
    func `Whoever may join is told of each edge that joins, and true means that it did`(seed: UInt64) {
        var random = Seeded(100 + seed)
        for _ in 0..<200 {
            let (nodes, edges) = randomCase(&random)
            var cluster = nodes.indices.map { place in nodes.firstIndex { $0.group == nodes[place].group } ?? place }
            let clusters = softClusters(nodes, edges) { edge, left, right in
                #expect(Set(left.map { cluster[$0] }) == [cluster[edge.a]])
                #expect(Set(right.map { cluster[$0] }) == [cluster[edge.b]])
                guard (edge.a ^ edge.b) % 3 > 0 else { return false }
                let (old, new) = (cluster[edge.b], cluster[edge.a])
                for node in nodes.indices where cluster[node] == old { cluster[node] = new }
                return true
            }
            #expect(clusters == numbered(cluster))
        }
    }

    @Test func `A chain of lookalikes is not one person`() {
        let nodes = (0..<4).map { SoftNode(hash: SoftHash(SIMD4(UInt64($0), 0, 0, 0)), group: $0) }
        let edges = [
            SoftEdge(0, 1, weight: 9 * Bits.one, joins: true), SoftEdge(2, 3, weight: 9 * Bits.one, joins: true),
            SoftEdge(1, 2, weight: 7 * Bits.one, joins: true), SoftEdge(0, 3, weight: -9 * Bits.one, joins: false),
            SoftEdge(0, 2, weight: -6 * Bits.one, joins: false), SoftEdge(1, 3, weight: -6 * Bits.one, joins: false),
        ]
        #expect(softClusters(nodes, edges) == [0, 0, 1, 1])
        #expect(softClusters([], []) == [])
    }
}
