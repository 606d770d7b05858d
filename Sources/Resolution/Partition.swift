// The resolver: a pure function of sets. No I/O, no clock, no arrival order.
//
// This is its first, deterministic layer: facets that show the same linking value are one customer. It only ever
// joins, so joining what is known with what is new gives the same groups as starting from all facets; the tests
// hold it to that.
package import Contact

/// One linking value as a part shows it.
package struct Showing: Hashable, Sendable {
    /// Id of the identifier.
    package let value: HubID
    /// The half-year in which it was shown; compared only where the kind changes hands.
    package let period: Int16
    /// For a kind that changes hands, how many empty periods still belong to one holder; nil = it never does.
    package let gap: Int16?

    package init(value: HubID, period: Int16, gap: Int16?) {
        self.value = value
        self.period = period
        self.gap = gap
    }
}

/// What is partitioned: a facet, or facets known to be one customer already.
package struct Part: Sendable {
    package var showings: [Showing]

    package init(_ showings: [Showing] = []) {
        self.showings = showings
    }
}

/// Groups the parts that are one customer.
///
/// Two showings of one value join when the kind never changes hands, or when no more than its gap of empty periods
/// lies between them; a showing in between bridges. Returns, for each part, the number of its group; groups are
/// numbered by their first part.
package func partition(_ parts: [Part]) -> [Int] {
    var joined = DisjointSets(count: parts.count)
    for join in links(parts) { joined.join(join.a, join.b) }
    var groupOfRoot: [Int: Int] = [:]
    return parts.indices.map { part in
        let root = joined.root(of: part)
        if let group = groupOfRoot[root] { return group }
        groupOfRoot[root] = groupOfRoot.count
        return groupOfRoot.count - 1
    }
}

/// Two parts that show one value, as one holder.
package struct Join: Hashable, Sendable {
    package let a: Int
    package let b: Int
    package let value: HubID
}

/// The joins that hold the groups together: a spanning forest, in the order of values and periods.
package func joins(_ parts: [Part]) -> [Join] {
    var joined = DisjointSets(count: parts.count)
    return links(parts).filter { joined.join($0.a, $0.b) }
}

/// Every pair of neighbouring showings of one value that belong to one holder.
private func links(_ parts: [Part]) -> [Join] {
    var shown: [(showing: Showing, part: Int)] = []
    shown.reserveCapacity(parts.reduce(0) { $0 + $1.showings.count })
    for (number, part) in parts.enumerated() {
        for showing in part.showings { shown.append((showing, number)) }
    }
    shown.sort { a, b in
        a.showing.value == b.showing.value ? a.showing.period < b.showing.period : a.showing.value < b.showing.value
    }
    return zip(shown, shown.dropFirst()).compactMap { earlier, later in
        guard earlier.showing.value == later.showing.value, isOneHolder(earlier.showing, later.showing) else {
            return nil
        }
        return Join(a: earlier.part, b: later.part, value: later.showing.value)
    }
}

/// Whether two neighbouring showings of one value belong to one holder (DESIGN.md 4.3).
private func isOneHolder(_ earlier: Showing, _ later: Showing) -> Bool {
    guard let gap = later.gap else { return true }
    return Int(later.period) - Int(earlier.period) - 1 <= Int(gap)
}

/// Union by size with path halving.
private struct DisjointSets {
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
