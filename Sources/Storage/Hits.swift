package import Contact
package import Postgres

/// What is nobody's, counted.
package struct Hits: Sendable {
    package struct Count: Sendable {
        /// Days since 1970-01-01, of UTC.
        package let day: Int
        package let source: String
        package let kind: Hit.Kind
        /// Of a machine; empty where it gave no name.
        package let agent: String
        package let count: Int64
    }

    private let database: Database
    private let workspace: Workspace

    package init(_ database: Database, workspace: Workspace) {
        self.database = database
        self.workspace = workspace
    }

    /// By day, source, kind and machine, of the days from one on (microseconds since 1970), the latest first.
    package func counts(since start: Int64, limit: Int) async throws(DatabaseError) -> [Count] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [Count] in
            let rows = try session.execute(
                .hitCounts, [.int8(workspace.id), .timestamp(start), .int8(Int64(limit))])
            var found: [Count] = []
            for row in 0..<rows.count {
                // A kind that this build does not know is counted by a later one.
                guard let kind = Hit.Kind(rawValue: try rows.int16(row, 2)) else { continue }
                found.append(
                    Count(
                        day: try rows.date(row, 0), source: try rows.text(row, 1), kind: kind,
                        agent: try rows.text(row, 3),
                        count: try rows.int64(row, 4)))
            }
            return found
        }
    }
}

extension Statement {
    static let hitCounts = Statement(
        """
        /* hit.counts */
        SELECT (hit.occurred_at AT TIME ZONE 'UTC')::date AS day, source.name, hit.kind, coalesce(hit.agent, '') AS agent,
          count(*)
        FROM hit JOIN source ON source.workspace = $1 AND source.source = hit.source
        WHERE hit.workspace = $1 AND hit.occurred_at >= $2
        GROUP BY day, source.name, hit.kind, agent
        ORDER BY day DESC, count(*) DESC, source.name, hit.kind, agent
        LIMIT $3
        """, mayScan: true)
}
