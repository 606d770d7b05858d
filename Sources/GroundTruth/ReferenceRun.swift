/// The facets that show one value at one level, as far as they can be one holder's.
struct ReferenceRun {
    let value: ReferenceValue
    let level: ReferenceStanding
    /// Places of its facets; by period where the kind has a gap.
    let facets: [Int]
    /// The period of the first; 0 where the kind has no gap, for then there is one run.
    let first: Int
    var isShared = false
    /// Whether it has just the facets of a run of its value that joins them at a higher level already.
    var isRepeated = false

    /// All runs of all values, each found to be shared or not from what stands beside it.
    static func all(
        in facets: [ReferenceFacet], sharedByDecision: Set<ReferenceValue>, _ rules: ReferenceRules
    ) -> [ReferenceRun] {
        var found: [ReferenceRun] = []
        /// Of each value, what is joined by a run above.
        var joined: [ReferenceValue: Set<[Int]>] = [:]
        for level in levels {
            var showing: [ReferenceValue: [Int]] = [:]
            for (place, facet) in facets.enumerated() {
                for shown in facet.shown where rules.takesPart(shown, of: facet, at: level) {
                    showing[shown.value, default: []].append(place)
                }
            }
            for (value, places) in showing {
                for run in cut(value, level, places, facets, rules) {
                    var run = run
                    run.isShared = sharedByDecision.contains(value) || run.isCrowded(facets, rules)
                    if !run.isShared {
                        run.isRepeated = !joined[value, default: []].insert(run.facets.sorted()).inserted
                    }
                    found.append(run)
                }
            }
        }
        return found
    }

    /// Cuts where more empty periods lie between neighbours than one holder leaves.
    private static func cut(
        _ value: ReferenceValue, _ level: ReferenceStanding, _ places: [Int], _ facets: [ReferenceFacet],
        _ rules: ReferenceRules
    ) -> [ReferenceRun] {
        guard let gap = rules.kind(value.kind).gap else {
            return [ReferenceRun(value: value, level: level, facets: places, first: 0)]
        }
        func period(_ place: Int) -> Int { facets[place].period ?? 0 }
        var runs: [[Int]] = []
        for place in places.sorted(by: { period($0) < period($1) }) {
            if let last = runs.last?.last, period(place) - period(last) - 1 <= gap {
                runs[runs.count - 1].append(place)
            } else {
                runs.append([place])
            }
        }
        return runs.map { ReferenceRun(value: value, level: level, facets: $0, first: period($0[0])) }
    }

    /// Whether it is shared by what its own facets show: too many of them, too many exclusive values, too many names.
    private func isCrowded(_ all: [ReferenceFacet], _ rules: ReferenceRules) -> Bool {
        if facets.count > rules.degree { return true }
        let kind = rules.kind(value.kind)
        if let most = kind.values {
            let beside = exclusives(of: facets.map { all[$0] }, at: level, rules)
            if beside.values.contains(where: { $0.count > most }) { return true }
        }
        guard let most = kind.names else { return false }
        return areIncompatible(facets.compactMap { all[$0].name }, moreThan: most)
    }
}

/// A kind of which a profile has one value at most, and the scope in which.
struct ExclusiveKind: Hashable {
    let kind: String
    let scope: String
}

/// The distinct values of each exclusive kind that take part at a level.
func exclusives(
    of facets: [ReferenceFacet], at level: ReferenceStanding, _ rules: ReferenceRules
) -> [ExclusiveKind: Set<String>] {
    var found: [ExclusiveKind: Set<String>] = [:]
    for facet in facets {
        for shown in facet.shown
        where rules.kind(shown.value.kind).exclusive && rules.takesPart(shown, of: facet, at: level) {
            let kind = ExclusiveKind(kind: shown.value.kind, scope: shown.value.scope)
            found[kind, default: []].insert(shown.value.value)
        }
    }
    return found
}
