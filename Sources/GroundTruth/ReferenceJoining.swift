/// Joins nodes by edges in their total order, within what excludes.
struct ReferenceJoining {
    private(set) var refused: [(edge: ReferenceEdge, reason: ReferencePartition.Reason)] = []
    private var nodes: DisjointNodes
    private let count: Int
    private let facets: Int
    private let apart: [Int: Set<Int>]
    private let rules: ReferenceRules
    /// Of each root, the exclusive values of its facets, and those of its facets that must not be with some other.
    private var values: [Int: [ExclusiveKind: Set<String>]] = [:]
    private var wary: [Int: Set<Int>] = [:]
    /// Roots of facets that show something which takes part above the level of public evidence.
    private var strong: Set<Int> = []

    init(_ facets: [ReferenceFacet], nodes count: Int, _ decisions: StandingDecisions, _ rules: ReferenceRules) {
        nodes = DisjointNodes(count: count)
        self.count = count
        self.facets = facets.count
        apart = decisions.apart
        self.rules = rules
        for (place, facet) in facets.enumerated() {
            values[place] = exclusives(of: [facet], at: .public, rules)
            if apart[place] != nil { wary[place] = [place] }
            if facet.shown.contains(where: { rules.takesPart($0, of: facet, at: .presented) }) { strong.insert(place) }
        }
    }

    mutating func root(_ node: Int) -> Int { nodes.root(node) }

    mutating func run(_ edges: [ReferenceEdge]) {
        for edge in capped(edges).sorted(by: { $0.order.lexicographicallyPrecedes($1.order) }) {
            let (a, b) = (root(edge.a), root(edge.b))
            guard a != b else { continue }
            if wary[a]?.contains(where: { !(apart[$0] ?? []).isDisjoint(with: wary[b] ?? []) }) == true {
                refused.append((edge, .notSame))
            } else if edge.strength != nil, excludes(values[a] ?? [:], values[b] ?? [:]) {
                refused.append((edge, .exclusive))
            } else if edge.isPublic, strong.contains(a), strong.contains(b) {
                refused.append((edge, .public))
            } else {
                join(a, b)
            }
        }
    }

    private func excludes(_ a: [ExclusiveKind: Set<String>], _ b: [ExclusiveKind: Set<String>]) -> Bool {
        a.contains { kind, mine in
            guard let theirs = b[kind] else { return false }
            return !mine.isSubset(of: theirs) && !theirs.isSubset(of: mine)
        }
    }

    private mutating func join(_ a: Int, _ b: Int) {
        let together = (values[a] ?? [:]).merging(values[b] ?? [:]) { $0.union($1) }
        let careful = (wary[a] ?? []).union(wary[b] ?? [])
        let root = nodes.join(a, b)
        values[root] = together
        wary[root] = careful
        if strong.contains(a) || strong.contains(b) { strong.insert(root) }
    }

    /// Leaves out the weakest class of edges of each component that is too large, and looks again.
    private mutating func capped(_ all: [ReferenceEdge]) -> [ReferenceEdge] {
        var edges = all
        while true {
            var closure = DisjointNodes(count: count)
            for edge in edges { closure.join(edge.a, edge.b) }
            var sizes: [Int: Int] = [:]
            for place in 0..<facets { sizes[closure.root(place), default: 0] += 1 }
            var classes: [Int: Set<[UInt8]>] = [:]
            for edge in edges {
                let root = closure.root(edge.a)
                if sizes[root, default: 0] > rules.component, let strength = edge.strength {
                    classes[root, default: []].insert(strength)
                }
            }
            let weakest = classes.filter { $0.value.count > 1 }.mapValues { all in
                all.max { $0.lexicographicallyPrecedes($1) }
            }
            guard !weakest.isEmpty else { return edges }
            edges = edges.filter { edge in
                guard let strength = edge.strength, weakest[closure.root(edge.a)] == strength else { return true }
                refused.append((edge, .component))
                return false
            }
        }
    }
}
