package import Contact
package import Postgres
package import Resolution

/// A decision as it was made, and what it is about today.
package struct MadeDecision: Sendable {
    package struct About: Sendable {
        package let facet: HubID
        /// The profile that holds the facet today.
        package let profile: HubID
    }

    package let id: HubID
    /// `same`, `not_same` or `shared`.
    package let kind: String
    package var left: [About]
    package var right: [About]
    package let identifier: Identifier?
    package let who: String
    package let why: String
    package let madeAt: Int64
    package let revokedAt: Int64?
    package let revokedBy: String?
}

/// Two profiles that evidence would join, and a rule keeps apart: for a person to decide.
package struct Review: Sendable {
    package let a: HubID
    package let b: HubID
    package var reasons: [Partition.Reason]
    package var evidence: [Partition.Evidence]
    /// Facets of the lesser side: what would change hands.
    package let facets: Int

    /// Of its soft evidence, in 1,024ths of a bit.
    var weight: Int {
        evidence.map { if case .soft(let score) = $0 { score.weight } else { 0 } }.max() ?? 0
    }
}

/// Why two profiles or facets are one customer, or are not.
package struct PairExplanation: Sendable {
    package let a: HubID
    package let b: HubID
    /// The profiles they belong to today.
    package let profiles: (HubID, HubID)
    /// From the one to the other, where they are one.
    package var path: [Profile.Link]
    /// What would join them, where they are not.
    package var refused: [Profile.Refused]
    /// Of two profiles, those of their facets that look most alike, and how much; nil where nothing can be compared.
    package var alike: Profile.Link?

    /// All that is told of facets that belong together or look as if they did.
    package var links: [Profile.Link] { path + (alike.map { [$0] } ?? []) }
}

extension Profiles {
    /// Decisions, the newest first, or those before a place.
    package func decisions(
        before: (at: Int64, id: HubID)? = nil, limit: Int = 50
    ) async throws(DatabaseError) -> [MadeDecision] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [MadeDecision] in
            let rows = try session.execute(
                .decisionList,
                [
                    .int8(workspace.id), .timestamp(before?.at ?? 9_000_000_000_000_000),
                    .uuid(before?.id ?? HubID(high: .max, low: .max)), .int8(Int64(limit)),
                ])
            var found: [MadeDecision] = []
            for row in 0..<rows.count { found.append(try Self.decision(rows, row)) }
            let sides = try session.execute(
                .decisionSides, [.int8(workspace.id), .uuids(found.map(\.id).sorted())])
            let places = Dictionary(uniqueKeysWithValues: found.enumerated().map { ($1.id, $0) })
            for row in 0..<sides.count {
                guard let place = places[try sides.id(row, 0)] else { continue }
                let about = MadeDecision.About(facet: try sides.id(row, 1), profile: try sides.id(row, 3))
                if try sides.int16(row, 2) == 1 {
                    found[place].left.append(about)
                } else {
                    found[place].right.append(about)
                }
            }
            return found
        }
    }

    private static func decision(_ rows: borrowing Rows, _ row: Int) throws(DatabaseError) -> MadeDecision {
        var identifier: Identifier?
        if let code = try rows.optionalInt16(row, 7), let kind = IdentifierKind(code: code) {
            identifier = Identifier(kind: kind, scope: try rows.text(row, 8), canonical: try rows.text(row, 9))
        }
        let kinds: [Int16: String] = [1: "same", 2: "not_same", 3: "shared"]
        return MadeDecision(
            id: try rows.id(row, 0), kind: kinds[try rows.int16(row, 1)] ?? "", left: [], right: [],
            identifier: identifier, who: try rows.text(row, 2), why: try rows.text(row, 3),
            madeAt: try rows.timestamp(row, 4), revokedAt: try rows.optionalTimestamp(row, 5),
            revokedBy: try rows.optionalText(row, 6))
    }

    /// What waits for a person, what a decision would settle most first.
    package func reviews(limit: Int = 50) async throws(DatabaseError) -> [Review] {
        let workspace = workspace
        let opening = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; " + workspace.opening
        return try await database.transaction(opening: opening) {
            (session: borrowing Session) throws(DatabaseError) -> [Review] in
            let resolving = try book.resolving(try Self.head(workspace, in: session), workspace, in: session)
            let rows = try session.execute(.reviewContested, [.int8(workspace.id), .int8(Int64(4 * limit))])
            var profiles: Set<HubID> = []
            for row in 0..<rows.count { profiles.insert(try rows.id(row, 0)) }
            var reading = ComponentReading(workspace, resolving)
            try reading.add(profiles: profiles, in: session)
            let component = try reading.finished(in: session)
            let found = partition(
                component.facets, decisions: component.decisions, rules: resolving.rules, known: component.known,
                soft: component.soft)
            var reviews: [[HubID]: Review] = [:]
            for (edge, reason) in found.refused {
                guard let a = component.homes[component.facets[edge.a].id],
                    let b = component.homes[component.facets[edge.b].id], a != b
                else { continue }
                let pair = [a, b].sorted()
                let facets = pair.compactMap { component.profiles[$0]?.known.facets }.min() ?? 0
                var review =
                    reviews[pair] ?? Review(a: pair[0], b: pair[1], reasons: [], evidence: [], facets: facets)
                if !review.reasons.contains(reason) { review.reasons.append(reason) }
                if !review.evidence.contains(edge.evidence) { review.evidence.append(edge.evidence) }
                reviews[pair] = review
            }
            for review in try unsure(resolving, limit: limit, in: session) {
                let pair = [review.a, review.b]
                guard var known = reviews[pair] else {
                    reviews[pair] = review
                    continue
                }
                known.evidence += review.evidence.filter { !known.evidence.contains($0) }
                if !known.reasons.contains(.unsure) { known.reasons.append(.unsure) }
                reviews[pair] = known
            }
            // What a person has decided is no question any more.
            let open = reviews.values.filter { !$0.reasons.contains(.notSame) }
            return Array(
                open.sorted { a, b in
                    if a.facets != b.facets { return a.facets > b.facets }
                    if a.evidence.count != b.evidence.count { return a.evidence.count > b.evidence.count }
                    if a.weight != b.weight { return a.weight > b.weight }
                    return (a.a, a.b) < (b.a, b.b)
                }.prefix(limit))
        }
    }

    /// The rules in force, their version (0: the standard ones), and whether everything has been looked at by them.
    package func rules() async throws(DatabaseError) -> (version: Int32, rules: Rules, isApplied: Bool) {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> (version: Int32, rules: Rules, isApplied: Bool) in
            try RuleSets.current(workspace, in: session)
        }
    }

    /// Why two profiles or facets are, or are not, one customer; nil where one of them never was.
    package func explain(_ a: HubID, _ b: HubID) async throws(DatabaseError) -> PairExplanation? {
        let workspace = workspace
        let opening = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; " + workspace.opening
        return try await database.transaction(opening: opening) {
            (session: borrowing Session) throws(DatabaseError) -> PairExplanation? in
            let people = try People.find([a, b], workspace, in: session)
            guard let first = people.first(of: a), let second = people.first(of: b),
                let one = people.homes(of: [a]).first, let other = people.homes(of: [b]).first
            else { return nil }
            let resolving = try book.resolving(try Self.head(workspace, in: session), workspace, in: session)
            var reading = ComponentReading(workspace, resolving)
            try reading.add(profiles: [one, other], in: session)
            let component = try reading.finished(in: session)
            let found = partition(
                component.facets, decisions: component.decisions, rules: resolving.rules, known: component.known,
                soft: component.soft, explaining: true)
            let ids = component.facets.map(\.id)
            var pair = PairExplanation(a: a, b: b, profiles: (one, other), path: [], refused: [])
            if one != other { pair.alike = Self.alike(component, one, other, resolving) }
            if one == other {
                pair.path = Self.path(from: first, to: second, found.joined, ids)
            } else {
                for (edge, reason) in found.refused {
                    let homes = (component.homes[ids[edge.a]], component.homes[ids[edge.b]])
                    guard Set([homes.0, homes.1]) == [one, other] else { continue }
                    let isTurned = homes.0 == other
                    pair.refused.append(
                        Profile.Refused(
                            facet: ids[isTurned ? edge.b : edge.a], other: ids[isTurned ? edge.a : edge.b],
                            profile: other, evidence: edge.evidence, reason: reason))
                }
            }
            return pair
        }
    }

    /// The way through the forest of edges.
    private static func path(
        from start: HubID, to end: HubID, _ edges: [Partition.Edge], _ ids: [HubID]
    ) -> [Profile.Link] {
        var neighbours: [HubID: [(HubID, Profile.Link)]] = [:]
        for edge in edges {
            let link = Profile.Link(a: ids[edge.a], b: ids[edge.b], evidence: edge.evidence)
            neighbours[link.a, default: []].append((link.b, link))
            neighbours[link.b, default: []].append((link.a, link))
        }
        var came: [HubID: (HubID, Profile.Link)] = [:]
        var queue = [start]
        var place = 0
        while place < queue.count, came[end] == nil {
            let here = queue[place]
            place += 1
            for (next, link) in neighbours[here] ?? [] where next != start && came[next] == nil {
                came[next] = (here, link)
                queue.append(next)
            }
        }
        var path: [Profile.Link] = []
        var here = end
        while here != start, let (before, link) = came[here] {
            path.append(link)
            here = before
        }
        return path.reversed()
    }
}

extension Statement {
    static let decisionList = Statement(
        """
        /* decision.list */
        SELECT decision.decision, decision.kind, who, why, made_at, revoked_at, revoked_by, identifier.kind,
          identifier.scope, identifier.value
        FROM decision
        LEFT JOIN identifier ON identifier.workspace = $1 AND identifier.identifier = decision.identifier
        WHERE decision.workspace = $1 AND (made_at, decision.decision) < ($2, $3)
        ORDER BY made_at DESC, decision.decision DESC
        LIMIT $4
        """)
    static let decisionSides = Statement(
        """
        /* decision.sides */
        SELECT about.decision, about.facet, about.side, facet.profile
        FROM decision_facet AS about JOIN facet ON facet.workspace = $1 AND facet.facet = about.facet
        WHERE about.workspace = $1 AND about.decision = ANY ($2::uuid[])
        ORDER BY about.decision, about.side, about.facet
        """, isPlannedAnew: true)
    static let reviewContested = Statement(
        """
        /* review.contested */
        SELECT profile FROM profile WHERE workspace = $1 AND contested ORDER BY facets DESC, profile LIMIT $2
        """)
}
