internal import Contact
internal import Postgres
internal import Resolution

// What soft evidence does not dare to join by itself.

extension Profiles {
    /// Pairs of profiles whose records are alike, the most alike first, where nobody has said anything yet.
    func unsure(
        _ resolving: Resolving, limit: Int, in session: borrowing Session
    ) throws(DatabaseError) -> [Review] {
        guard resolving.rules.soft != .off else { return [] }
        var edges: [(Int64, Int64)] = []
        // Where nothing is joined by it, what would be is asked first.
        for verdict in resolving.joinsSoftly ? [1] : [2, 1] {
            let rows = try session.execute(
                .softReviews, [.int8(workspace.id), .int2(Int16(verdict)), .int8(Int64(4 * limit))])
            for row in 0..<rows.count { edges.append((try rows.int64(row, 0), try rows.int64(row, 1))) }
        }
        guard !edges.isEmpty else { return [] }
        let records = Set(edges.flatMap { [$0.0, $0.1] }).sorted()
        var profiles: Set<HubID> = []
        let stating = try session.execute(.softStating, [.int8(workspace.id), .int8s(records)])
        for row in 0..<stating.count { profiles.insert(try stating.id(row, 0)) }
        var reading = ComponentReading(workspace, resolving)
        try reading.add(profiles: profiles, in: session)
        let component = try reading.finished(in: session)
        var facets: [Int64: [ResolverFacet]] = [:]
        for facet in component.facets { if let record = facet.soft { facets[record, default: []].append(facet) } }
        var reviews: [Review] = []
        var seen: Set<[HubID]> = []
        for (one, other) in edges {
            for a in facets[one] ?? [] {
                for b in facets[other] ?? [] {
                    guard let review = Self.review(a, b, component, resolving),
                        seen.insert([review.a, review.b]).inserted
                    else { continue }
                    reviews.append(review)
                }
            }
        }
        return reviews
    }

    private static func review(
        _ a: ResolverFacet, _ b: ResolverFacet, _ component: Component, _ resolving: Resolving
    ) -> Review? {
        guard let one = component.homes[a.id], let other = component.homes[b.id], one != other,
            !areApart(one, other, component), let score = softScore(a, b, resolving.model, resolving.rules),
            score.verdict != .nothing
        else { return nil }
        let pair = [one, other].sorted()
        let facets = pair.compactMap { component.profiles[$0]?.known.facets }.min() ?? 0
        return Review(a: pair[0], b: pair[1], reasons: [.unsure], evidence: [.soft(score)], facets: facets)
    }

    /// Whether a person said that facets of the two are not the same.
    private static func areApart(_ one: HubID, _ other: HubID, _ component: Component) -> Bool {
        component.decisions.contains { decision in
            guard case .notSame(let left, let right) = decision else { return false }
            let homes = [left, right].map { Set($0.compactMap { component.homes[$0] }) }
            return homes[0].contains(one) && homes[1].contains(other)
                || homes[0].contains(other) && homes[1].contains(one)
        }
    }

    /// Facets of the two profiles that are compared at most: for a person one good example says enough.
    private static let mostCompared = 50

    /// The facets of two profiles that look most alike.
    static func alike(
        _ component: Component, _ one: HubID, _ other: HubID, _ resolving: Resolving
    ) -> Profile.Link? {
        func facets(_ home: HubID) -> [ResolverFacet] {
            Array(component.facets.filter { component.homes[$0.id] == home && $0.soft != nil }.prefix(mostCompared))
        }
        let others = facets(other)
        var best: (a: HubID, b: HubID, score: SoftScore)?
        for a in facets(one) {
            for b in others {
                guard let score = softScore(a, b, resolving.model, resolving.rules) else { continue }
                if best.map({ score.weight > $0.score.weight }) ?? true { best = (a.id, b.id, score) }
            }
        }
        return best.map { Profile.Link(a: $0.a, b: $0.b, evidence: .soft($0.score)) }
    }
}

extension Statement {
    static let softReviews = Statement(
        """
        /* soft.reviews */
        SELECT record, other FROM soft_edge WHERE workspace = $1 AND verdict = $2 AND record < other
        ORDER BY weight DESC, record, other LIMIT $3
        """)
}
