package import Contact
package import Postgres

extension Profiles {
    /// One of the interactions that showed what a link rests on.
    package struct Moment: Sendable {
        package let interaction: HubID
        package let occurredAt: Int64
        package let channel: String
        package let source: String
    }

    /// When and where a facet was shown.
    package struct Shown: Sendable {
        package let first: Moment
        package let last: Moment
        /// How many interactions did, counted no further than ``mostCounted``.
        package let interactions: Int
        package var isMore: Bool { interactions >= mostCounted }
    }

    /// Interactions of a facet are counted up to here: its history may be as long as it likes.
    package static let mostCounted = 100
    /// Facets that are looked up at once; a profile of thousands is asked about by pairs.
    package static let mostShown = 100

    /// The first and last interactions of the facets at both ends of some links and refused links, of the first
    /// ``mostShown`` of those facets. All that a facet shows was shown by each of its interactions.
    ///
    /// A facet whose interactions have expired or were erased meanwhile is not among them.
    package func shown(
        _ links: [Profile.Link], _ refused: [Profile.Refused] = []
    ) async throws(DatabaseError) -> [HubID: Shown] {
        var facets: [HubID] = []
        var seen: Set<HubID> = []
        for facet in links.flatMap({ [$0.a, $0.b] }) + refused.flatMap({ [$0.facet, $0.other] })
        where facets.count < Self.mostShown && seen.insert(facet).inserted {
            facets.append(facet)
        }
        return try await shown(facets: facets)
    }

    /// The same of the first ``mostShown`` of some facets.
    package func shown(facets: [HubID]) async throws(DatabaseError) -> [HubID: Shown] {
        guard !facets.isEmpty else { return [:] }
        let workspace = workspace
        let parameters: [Parameter] = [
            .int8(workspace.id), .uuids(Array(facets.prefix(Self.mostShown))), .int8(Int64(Self.mostCounted)),
        ]
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [HubID: Shown] in
            let rows = try session.execute(.profileShown, parameters)
            var found: [HubID: Shown] = [:]
            for row in 0..<rows.count {
                found[try rows.id(row, 0)] = Shown(
                    first: try Self.moment(rows, row, from: 1), last: try Self.moment(rows, row, from: 5),
                    interactions: Int(try rows.int64(row, 9)))
            }
            return found
        }
    }

    private static func moment(
        _ rows: borrowing Rows, _ row: Int, from column: Int
    ) throws(DatabaseError) -> Moment {
        Moment(
            interaction: try rows.id(row, column), occurredAt: try rows.timestamp(row, column + 1),
            channel: try rows.text(row, column + 2), source: try rows.text(row, column + 3))
    }
}

extension Statement {
    /// The last one lies on the facet's last day, so that one partition is touched for it; the first one is the first entry
    /// of an index in each partition. (`AT TIME ZONE 'UTC'`: months are of UTC, whatever the session's zone.)
    static let profileShown = Statement(
        """
        /* profile.shown */
        SELECT facet.facet, early.interaction, early.occurred_at, early.channel, begun.name,
          late.interaction, late.occurred_at, late.channel, ended.name, counted.interactions
        FROM facet
        CROSS JOIN LATERAL (
          SELECT interaction, occurred_at, channel, source FROM interaction
          WHERE workspace = $1 AND facet = facet.facet
          ORDER BY occurred_at, interaction LIMIT 1) AS early
        CROSS JOIN LATERAL (
          SELECT interaction, occurred_at, channel, source FROM interaction
          WHERE workspace = $1 AND facet = facet.facet
            AND occurred_at >= facet.last_day::timestamp AT TIME ZONE 'UTC'
            AND occurred_at < (facet.last_day::timestamp + interval '1 day') AT TIME ZONE 'UTC'
          ORDER BY occurred_at DESC, interaction DESC LIMIT 1) AS late
        CROSS JOIN LATERAL (
          SELECT count(*) AS interactions FROM (
            SELECT FROM interaction WHERE workspace = $1 AND facet = facet.facet LIMIT $3) AS few) AS counted
        JOIN source AS begun ON begun.workspace = $1 AND begun.source = early.source
        JOIN source AS ended ON ended.workspace = $1 AND ended.source = late.source
        WHERE facet.workspace = $1 AND facet.facet = ANY ($2::uuid[])
        """, isPlannedAnew: true)
}
