/// What a person decided; facets by their canonical text.
package enum ReferenceDecision: Hashable, Sendable {
    case same(String, String)
    /// Every facet of the one side is somebody else than every facet of the other.
    case notSame([String], [String])
    case shared(ReferenceValue)
}

/// The decisions, by the places of the facets that are there; what names others says nothing.
struct StandingDecisions {
    private(set) var same: [(a: Int, b: Int)] = []
    /// Of each facet, those it must not be with.
    private(set) var apart: [Int: Set<Int>] = [:]
    private(set) var shared: Set<ReferenceValue> = []

    init(_ decisions: [ReferenceDecision], among facets: [ReferenceFacet]) {
        let places = Dictionary(facets.enumerated().map { ($1.text, $0) }) { first, _ in first }
        for decision in decisions {
            switch decision {
            case .same(let a, let b):
                if let a = places[a], let b = places[b], a != b { same.append((a, b)) }
            case .notSame(let left, let right):
                for a in left.compactMap({ places[$0] }) {
                    for b in right.compactMap({ places[$0] }) where a != b {
                        apart[a, default: []].insert(b)
                        apart[b, default: []].insert(a)
                    }
                }
            case .shared(let value): shared.insert(value)
            }
        }
    }
}
