/// Soft evidence over records in memory, from the first comparison to the groups: what the hub does over its tables,
/// without them. Measurements and tests run it; the stored way has to give the same answer.
package struct SoftMatcher: Sendable {
    package let model: SoftModel
    private var index: SoftIndex
    private var entries: [SoftEntry] = []
    /// Pairs that were compared when the later of the two came and of which something follows: what the hub stores.
    private var found: [(a: Int, b: Int, score: SoftScore)] = []
    /// How many pairs have been compared.
    package private(set) var compared = 0

    /// Components of up to so many nodes have all their pairs scored, so that no cluster is parted by a pair that
    /// shares no key; in larger ones a pair that was not scored counts as ``SoftLinkage/missing``.
    package static let completeUpTo = 200

    package init(_ model: SoftModel) {
        self.model = model
        index = SoftIndex(wide: model.parameters.wide)
    }

    /// Takes a record under the next number, and returns with how many others it was compared.
    @discardableResult
    package mutating func insert(_ record: SoftRecord) -> Int {
        let entry = model.prepare(record)
        let number = entries.count
        entries.append(entry)
        index.insert(entry)
        let candidates = index.candidates(number)
        for other in candidates {
            let score = model.score(entry, entries[other])
            if score.verdict != .nothing { found.append((number, other, score)) }
        }
        compared += candidates.count
        return candidates.count
    }

    /// The groups of all records taken so far, by number; the records of one `group` are one already. `hashes` orders
    /// ties and must be different for each record of a different group.
    package func clusters(groups: [Int], hashes: [SoftHash], linkage: SoftLinkage = SoftLinkage()) -> [Int] {
        // A key may have turned wide since the two met.
        let edges = found.filter { index.areCompared($0.a, $0.b) }
        var result = groups
        let components = components(edges.filter { $0.score.verdict == .join }.map { ($0.a, $0.b) }, groups)
        var component = [Int](repeating: -1, count: entries.count)
        for (number, nodes) in components.enumerated() { for node in nodes { component[node] = number } }
        var inside = [[Int]](repeating: [], count: components.count)
        for (place, edge) in edges.enumerated() where component[edge.a] >= 0 && component[edge.a] == component[edge.b] {
            inside[component[edge.a]].append(place)
        }
        for (component, inside) in zip(components, inside) {
            let nodes = component.map { SoftNode(hash: hashes[$0], group: groups[$0]) }
            var places: [Int: Int] = [:]
            for (place, number) in component.enumerated() { places[number] = place }
            let within = inside.compactMap { number -> SoftEdge? in
                let edge = edges[number]
                guard let a = places[edge.a], let b = places[edge.b] else { return nil }
                return SoftEdge(a, b, weight: edge.score.weight, joins: edge.score.verdict == .join)
            }
            let scored = component.count <= Self.completeUpTo ? completed(within, component) : within
            let numbers = softClusters(nodes, scored, linkage: linkage)
            var first: [Int: Int] = [:]
            for (place, number) in numbers.enumerated() {
                let group = groups[component[place]]
                first[number] = min(first[number] ?? group, group)
            }
            for (place, number) in numbers.enumerated() { result[component[place]] = first[number] ?? -1 }
        }
        return result
    }

    /// The edges, and those of all other pairs of the component. Pairs that were not found do not join.
    private func completed(_ edges: [SoftEdge], _ component: [Int]) -> [SoftEdge] {
        var edges = edges
        var known: Set<SIMD2<Int>> = []
        for edge in edges { known.insert(SIMD2(min(edge.a, edge.b), max(edge.a, edge.b))) }
        for a in component.indices {
            for b in component.indices where b > a && !known.contains(SIMD2(a, b)) {
                let score = model.score(entries[component[a]], entries[component[b]])
                edges.append(SoftEdge(a, b, weight: score.weight, joins: false))
            }
        }
        return edges
    }

    /// What pairs and groups hold together, where pairs hold more together than the groups do.
    private func components(_ pairs: [(Int, Int)], _ groups: [Int]) -> [[Int]] {
        var parent = Array(entries.indices)
        func root(_ node: Int) -> Int {
            var node = node
            while parent[node] != node {
                parent[node] = parent[parent[node]]
                node = parent[node]
            }
            return node
        }
        var first: [Int: Int] = [:]
        var touched: Set<Int> = []
        for (node, group) in groups.enumerated() {
            if let known = first[group] { parent[root(node)] = root(known) } else { first[group] = node }
        }
        for (a, b) in pairs {
            touched.formUnion([a, b])
            parent[root(a)] = root(b)
        }
        var components: [Int: [Int]] = [:]
        let roots = Set(touched.map(root))
        for node in entries.indices where roots.contains(root(node)) {
            components[root(node), default: []].append(node)
        }
        return components.values.sorted { ($0.first ?? 0) < ($1.first ?? 0) }
    }
}
