package import Contact
package import Postgres

/// What a workspace holds, counted now.
package struct Statistics: Sendable {
    package struct OfSource: Sendable {
        package let name: String
        package let channel: String
        package let interactions: Int64
    }

    package let interactions: Int64
    package let facets: Int64
    package let identifiers: Int64
    /// Live profiles of customers.
    package let profiles: Int64
    /// Live profiles of shared values: nobody's.
    package let shared: Int64
    package let messages: Int64
    package let epoch: HubID
    package let position: Int64
    /// Refusals by reason, then by the source as it was named.
    package let refused: [(reason: String, count: Int64)]
    package let refusedBySource: [(source: String, count: Int64)]
    package let sources: [OfSource]
    /// Rows in the default partitions: interactions of months, changes of days that have none yet.
    package let unpartitioned: Int64

    package static func read(_ database: Database, _ workspace: Workspace) async throws(DatabaseError) -> Statistics {
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Statistics in
            let own: [Parameter] = [.int8(workspace.id)]
            let counts = try session.execute(.statsCounts, own)
            let reasons = try counted(session.execute(.statsRefusals, own))
            let bySource = try counted(session.execute(.statsRefusalsBySource, own))
            let bySources = try session.execute(.statsSources, own)
            var sources: [OfSource] = []
            for row in 0..<bySources.count {
                sources.append(
                    OfSource(
                        name: try bySources.text(row, 0), channel: try bySources.text(row, 1),
                        interactions: try bySources.int64(row, 2)))
            }
            return Statistics(
                interactions: try counts.int64(0, 0), facets: try counts.int64(0, 1),
                identifiers: try counts.int64(0, 2), profiles: try counts.int64(0, 3), shared: try counts.int64(0, 4),
                messages: try counts.int64(0, 5), epoch: try counts.id(0, 6), position: try counts.int64(0, 7),
                refused: reasons.map { ($0.0, $0.1) }, refusedBySource: bySource.map { ($0.0, $0.1) },
                sources: sources, unpartitioned: try counts.int64(0, 8))
        }
    }

    private static func counted(_ rows: borrowing Rows) throws(DatabaseError) -> [(String, Int64)] {
        var found: [(String, Int64)] = []
        for row in 0..<rows.count { found.append((try rows.text(row, 0), try rows.int64(row, 1))) }
        return found
    }
}

extension Statement {
    static let statsCounts = Statement(
        """
        /* stats.counts */
        SELECT
          (SELECT count(*) FROM interaction WHERE workspace = $1),
          (SELECT count(*) FROM facet WHERE workspace = $1),
          (SELECT count(*) FROM identifier WHERE workspace = $1),
          (SELECT count(*) FROM profile WHERE workspace = $1 AND kind = 0 AND canonical IS NULL AND NOT gone),
          (SELECT count(*) FROM profile WHERE workspace = $1 AND kind = 1 AND canonical IS NULL AND NOT gone),
          (SELECT count(*) FROM message WHERE workspace = $1),
          journal.epoch, journal.position,
          (SELECT count(*) FROM interaction_other WHERE workspace = $1)
            + (SELECT count(*) FROM change_other WHERE workspace = $1)
        FROM journal WHERE workspace = $1
        """, mayScan: true)
    static let statsRefusals = Statement(
        """
        /* stats.refusals */
        SELECT reason, count(*) FROM refusal WHERE workspace = $1 GROUP BY reason ORDER BY reason
        """)
    static let statsRefusalsBySource = Statement(
        """
        /* stats.refusals_by_source */
        SELECT source, count(*) FROM refusal WHERE workspace = $1 GROUP BY source ORDER BY source
        """, mayScan: true)
    static let statsSources = Statement(
        """
        /* stats.sources */
        SELECT source.name, source.channel, count(interaction.source)
        FROM source LEFT JOIN interaction ON interaction.workspace = $1 AND interaction.source = source.source
        WHERE source.workspace = $1
        GROUP BY source.source, source.name, source.channel
        ORDER BY source.name
        """, mayScan: true)
}
