internal import Contact

/// All edges between facets and what joins them, in one total order by content.
struct EvidenceGraph {
    enum End: Hashable {
        case facet(Int)
        /// A run of a value: what its facets have in common.
        case run(Int)
    }

    struct Edge {
        let facet: Int
        let other: End
        let decision: Decision?
        /// The strength by which a component that is too large is thinned: the greater, the weaker.
        let strength: Int
        /// Anybody may have said so.
        let isPublic: Bool
        /// And of a value that anybody could guess or look up: it joins only what stands on no more than that.
        let isGuess: Bool
    }

    /// The guesses come last.
    let edges: [Edge]
    /// Places of the edges that are no guesses, and of those that are.
    let known: [Int]
    let guesses: [Int]
    /// Facets that a person said are not the same.
    let apart: [(Set<Int>, Set<Int>)]
    private let facets: [ResolverFacet]
    private let values: [ValueShown]
    private let runs: [Run]

    init(
        _ facets: [ResolverFacet], _ values: [ValueShown], _ runs: [Run], _ decisions: [Decision], _ rules: Rules
    ) {
        self.facets = facets
        self.values = values
        self.runs = runs
        var edges: [Edge] = []
        var guesses: [Edge] = []
        // By value and beginning: how many facets a stronger run joins already. Runs of one value lie within each other, so an
        // equal number is the same facets, and their edges would be decided alike again.
        var joined: [[Int]: Int] = [:]
        for (number, run) in runs.enumerated().reversed() where !run.isShared && run.members.count > 1 {
            let place = [run.value, Int(run.first)]
            guard joined[place] != run.members.count else { continue }
            joined[place] = run.members.count
            let kind = rules[values[run.value].identifier.kind]
            let isGuess = run.level == .public && kind.guessable
            let level = Int(Level.verified.rawValue - run.level.rawValue) + (isGuess ? 1 : 0)
            let strength = level * 10_000_000 + kind.tier
            let made = run.members.map { member in
                Edge(
                    facet: member, other: .run(number), decision: nil, strength: strength,
                    isPublic: run.level == .public, isGuess: isGuess)
            }
            if isGuess { guesses += made } else { edges += made }
        }
        var apart: [(Set<Int>, Set<Int>)] = []
        if !decisions.isEmpty {
            let places = Dictionary(uniqueKeysWithValues: facets.enumerated().map { ($0.element.id, $0.offset) })
            for decision in decisions {
                switch decision {
                case .same(let a, let b):
                    guard let a = places[a], let b = places[b], a != b else { continue }
                    edges.append(
                        Edge(
                            facet: a, other: .facet(b), decision: decision, strength: -1, isPublic: false,
                            isGuess: false))
                case .notSame(let left, let right):
                    apart.append((Set(left.compactMap { places[$0] }), Set(right.compactMap { places[$0] })))
                case .shared: continue
                }
            }
        }
        self.edges = edges + guesses
        known = Array(edges.indices)
        self.guesses = guesses.indices.map { edges.count + $0 }
        self.apart = apart.filter { !$0.0.isEmpty && !$0.1.isEmpty }
    }

    /// Places of some edges in the order in which they are joined: decisions, then level, tier, the value's content hash, the
    /// run's beginning, who is `named`, the facet's content hash. Hashes are made only here: nearly every component breaks no
    /// rule.
    func ordered(_ places: [Int], named: Set<Int>) -> [Int] {
        struct Key {
            let strength: Int
            let value: [UInt8]
            let first: Int16
            var isNamed = false
            let facet: [UInt8]
            let edge: Int
        }
        var hashes: [Int: [UInt8]] = [:]
        func hash(_ facet: Int) -> [UInt8] {
            if let known = hashes[facet] { return known }
            let made = CanonicalBytes.contentHash(of: facets[facet].content)
            hashes[facet] = made
            return made
        }
        var ofValue: [Int: [UInt8]] = [:]
        let keys = places.map { number -> Key in
            let edge = edges[number]
            switch edge.other {
            case .facet(let other):
                let pair = [hash(edge.facet), hash(other)].sorted { $0.lexicographicallyPrecedes($1) }
                return Key(strength: -1, value: pair[0], first: 0, facet: pair[1], edge: number)
            case .run(let run):
                let value = runs[run].value
                let made = ofValue[value] ?? CanonicalBytes.contentHash(of: values[value].identifier)
                ofValue[value] = made
                return Key(
                    strength: edge.strength, value: made, first: runs[run].first,
                    isNamed: named.contains(edge.facet), facet: hash(edge.facet), edge: number)
            }
        }
        return keys.sorted { a, b in
            if a.strength != b.strength { return a.strength < b.strength }
            if a.value != b.value { return a.value.lexicographicallyPrecedes(b.value) }
            if a.first != b.first { return a.first < b.first }
            if a.isNamed != b.isNamed { return a.isNamed }
            return a.facet.lexicographicallyPrecedes(b.facet)
        }.map(\.edge)
    }

    /// Facets on a side of "not the same" that hang together with one of its other side by some edges. A value goes to them
    /// before it goes to what lies between the two.
    func named(by places: [Int]) -> Set<Int> {
        guard !apart.isEmpty else { return [] }
        var sets = DisjointSets(count: facets.count + runs.count)
        for place in places { sets.join(edges[place].facet, node(edges[place].other, facets.count)) }
        var named: Set<Int> = []
        for (left, right) in apart {
            for (side, other) in [(left, right), (right, left)] {
                var reached: [Int: Set<Int>] = [:]
                for facet in other { reached[sets.root(of: facet), default: []].insert(facet) }
                for facet in side where reached[sets.root(of: facet)]?.subtracting([facet]).isEmpty == false {
                    named.insert(facet)
                }
            }
        }
        return named
    }

    /// Those of some edges that a component of more facets than allowed does without: its weakest, until it is small enough
    /// or one strength is left. A person's decision always stays.
    func weakest(of places: [Int], most: Int) -> Set<Int> {
        let count = facets.count
        guard count > most else { return [] }
        var dropped: Set<Int> = []
        var pending = [places]
        while let left = pending.popLast() {
            var sets = DisjointSets(count: count + runs.count)
            for edge in left { sets.join(edges[edge].facet, node(edges[edge].other, count)) }
            var members: [Int: Int] = [:]
            for facet in 0..<count { members[sets.root(of: facet), default: 0] += 1 }
            var large: [Int: [Int]] = [:]
            for edge in left {
                let root = sets.root(of: edges[edge].facet)
                if members[root, default: 0] > most { large[root, default: []].append(edge) }
            }
            for component in large.values {
                let strengths = Set(component.map { edges[$0].strength }.filter { $0 >= 0 })
                guard strengths.count > 1, let weakest = strengths.max() else { continue }
                dropped.formUnion(component.filter { edges[$0].strength == weakest })
                pending.append(component.filter { edges[$0].strength != weakest })
            }
        }
        return dropped
    }

    /// The one of some facets that is first by content; nil of none.
    func first(of facets: [Int]) -> Int? {
        facets.count < 2
            ? facets.first
            : facets.map { (CanonicalBytes.contentHash(of: self.facets[$0].content), $0) }
                .min { $0.0.lexicographicallyPrecedes($1.0) }?.1
    }

    /// In the order of the facets' content.
    func sorted<Element>(_ elements: [Element], by facet: (Element) -> Int) -> [Element] {
        elements.map { (CanonicalBytes.contentHash(of: facets[facet($0)].content), $0) }
            .sorted { $0.0.lexicographicallyPrecedes($1.0) }.map(\.1)
    }

    /// A facet's content hash, as what breaks ties among soft edges.
    func softHash(of facet: Int) -> SoftHash {
        // A content hash has 32 bytes.
        SoftHash(bytes: CanonicalBytes.contentHash(of: facets[facet].content)) ?? SoftHash(SIMD4())
    }

    func node(_ end: End, _ count: Int) -> Int {
        switch end {
        case .facet(let facet): facet
        case .run(let run): count + run
        }
    }
}
