internal import Contact

/// A stretch of half-years over which a value is shared, at a level (0 to 0 for a kind that keeps its holder).
package struct SharedRun: Hashable, Comparable, Sendable {
    package let level: Level
    package let first: Int16
    package let last: Int16

    package init(level: Level, first: Int16, last: Int16) {
        self.level = level
        self.first = first
        self.last = last
    }

    /// Of a value that a person said is shared: whenever it is shown, and whoever vouches for it.
    static let always = SharedRun(level: .verified, first: .min, last: .max)

    /// Without those that lie within another of the same level or a higher one, sorted.
    static func reduced(_ runs: [SharedRun]) -> [SharedRun] {
        guard runs.count > 1 else { return runs }
        let distinct = Set(runs)
        return distinct.filter { run in
            !distinct.contains { other in
                other != run && other.level >= run.level && other.first <= run.first && other.last >= run.last
            }
        }.sorted()
    }

    package static func < (a: SharedRun, b: SharedRun) -> Bool {
        a.level == b.level ? a.first < b.first : a.level < b.level
    }
}

/// All facets that show one value at a level, and in one holder's time.
struct Run {
    let value: Int
    let level: Level
    let first: Int16
    let last: Int16
    /// Places of the facets.
    var members: [Int]
    var isShared: Bool
}

/// One value and the facets that show it.
struct ValueShown {
    let id: HubID
    let identifier: Identifier
    /// Facets and the highest level at which each takes part, by facet.
    var members: [(facet: Int, level: Level)]
}

extension Rules {
    /// Cuts the showings of a value into runs at each level, and says which are shared.
    ///
    /// `known` are runs that were found shared before, with facets that are not among these; `isDecided`, that a person
    /// said the value is several people's.
    func runs(
        _ place: Int, _ value: ValueShown, _ facets: [ResolverFacet], known: [SharedRun], isDecided: Bool
    ) -> [Run] {
        let kind = self[value.identifier.kind]
        var found: [Run] = []
        for level in Level.allCases {
            let members = value.members.filter { $0.level >= level }.map(\.facet)
            if members.isEmpty { continue }
            let spans = known.filter { $0.level >= level }
            for run in cut(members, facets, spans, kind) {
                let isShared = isDecided || run.isKnown || isShared(run.members, facets, value, kind, at: level)
                found.append(
                    Run(
                        value: place, level: level, first: run.first, last: run.last, members: run.members,
                        isShared: isShared))
            }
        }
        return found
    }

    private func cut(
        _ members: [Int], _ facets: [ResolverFacet], _ known: [SharedRun], _ kind: Kind
    ) -> [(first: Int16, last: Int16, members: [Int], isKnown: Bool)] {
        guard let gap = kind.gap else { return [(0, 0, members, !known.isEmpty)] }
        struct Span {
            let first: Int16
            let last: Int16
            let member: Int?
        }
        var spans = members.map { Span(first: facets[$0].period, last: facets[$0].period, member: $0) }
        spans += known.map { Span(first: $0.first, last: $0.last, member: nil) }
        spans.sort { $0.first < $1.first }
        var runs: [(first: Int16, last: Int16, members: [Int], isKnown: Bool)] = []
        for span in spans {
            if let run = runs.last, Int(span.first) - Int(run.last) - 1 <= Int(gap) {
                let end = runs.count - 1
                runs[end].last = max(run.last, span.last)
                if let member = span.member { runs[end].members.append(member) } else { runs[end].isKnown = true }
            } else {
                runs.append((span.first, span.last, span.member.map { [$0] } ?? [], span.member == nil))
            }
        }
        return runs.filter { !$0.members.isEmpty }
    }

    private func isShared(
        _ members: [Int], _ facets: [ResolverFacet], _ value: ValueShown, _ kind: Kind, at level: Level
    ) -> Bool {
        if members.count > degree { return true }
        if let most = kind.values, exceeds(most, members, facets, at: level) { return true }
        guard let most = kind.names else { return false }
        var names: Set<NameTokens> = []
        for member in members {
            if let name = facets[member].content["name"].flatMap(NameTokens.init) { names.insert(name) }
        }
        return names.count > most && NameTokens.exceed(most, names)
    }

    /// Whether more than so many values of one exclusive kind and scope stand beside the value.
    private func exceeds(_ most: Int, _ members: [Int], _ facets: [ResolverFacet], at level: Level) -> Bool {
        var beside: [ExclusiveKind: Set<HubID>] = [:]
        for member in members {
            for showing in facets[member].showings {
                guard self[showing.identifier.kind].exclusive, let own = self.level(of: showing), own >= level else {
                    continue
                }
                beside[ExclusiveKind(showing.identifier), default: []].insert(showing.value)
            }
        }
        return beside.values.contains { $0.count > most }
    }
}

/// Of what there is at most one value a profile.
struct ExclusiveKind: Hashable, Sendable {
    let kind: IdentifierKind
    let scope: String

    init(_ identifier: Identifier) {
        kind = identifier.kind
        scope = identifier.scope
    }
}
