internal import Contact
package import Postgres

/// How a followed source is, for people's eyes and for metrics. Times are microseconds since 1970.
package struct SourceHealth: Hashable, Sendable {
    /// What went wrong, since it last worked.
    package struct Failure: Hashable, Sendable {
        /// How often in a row.
        package var count: Int32
        /// One line for whoever runs the source.
        package var text: String
        package var at: Int64
        /// Trying again will not help: somebody has to do something.
        package var needsPerson: Bool
        /// When it is tried again.
        package var tryAt: Int64?

        package init(count: Int32, text: String, at: Int64, needsPerson: Bool, tryAt: Int64?) {
            self.count = count
            self.text = text
            self.at = at
            self.needsPerson = needsPerson
            self.tryAt = tryAt
        }
    }

    /// When its other side answered last.
    package var seenAt: Int64?
    /// When something of it was stored last.
    package var storedAt: Int64?
    /// Items known to be there and not here yet; nil = not known.
    package var waiting: Int64?
    /// How far it is, in a few words.
    package var progress: String?
    package var failure: Failure?

    package init() {}

    var parameters: [Parameter] {
        [
            .timestamp(seenAt), .timestamp(storedAt), .int8(waiting), .text(progress.map(Text.storable)),
            .int4(failure?.count ?? 0), .text(failure.map { Text.storable($0.text) }), .timestamp(failure?.at),
            .bool(failure?.needsPerson ?? false), .timestamp(failure?.tryAt),
        ]
    }
}

/// A source with whoever holds it, and how it is.
package struct SourceState: Sendable {
    package let name: String
    /// Who holds its lease now; nil = nobody follows it.
    package let holder: String?
    package let health: SourceHealth
}

extension SourceStore {
    /// How the sources of the workspace are that somebody has ever followed, by name.
    package func states() async throws(DatabaseError) -> [String: SourceState] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening, readOnly: true) {
            (session: borrowing Session) throws(DatabaseError) -> [String: SourceState] in
            let rows = try session.execute(.healthList, [.int8(workspace.id)])
            var found: [String: SourceState] = [:]
            for row in 0..<rows.count {
                var health = SourceHealth()
                health.seenAt = try rows.optionalTimestamp(row, 2)
                health.storedAt = try rows.optionalTimestamp(row, 3)
                health.waiting = try rows.optionalInt64(row, 4)
                health.progress = try rows.optionalText(row, 5)
                if let text = try rows.optionalText(row, 7) {
                    health.failure = SourceHealth.Failure(
                        count: try rows.int32(row, 6), text: text, at: try rows.timestamp(row, 8),
                        needsPerson: try rows.bool(row, 9), tryAt: try rows.optionalTimestamp(row, 10))
                }
                let name = try rows.text(row, 0)
                found[name] = SourceState(name: name, holder: try rows.optionalText(row, 1), health: health)
            }
            return found
        }
    }
}

extension Statement {
    static let healthWrite = Statement(
        """
        /* health.write */
        INSERT INTO source_health (workspace, source, seen_at, stored_at, waiting, progress, failures, failure,
          failed_at, needs_person, try_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (workspace, source) DO UPDATE SET seen_at = coalesce(EXCLUDED.seen_at, source_health.seen_at),
          stored_at = coalesce(EXCLUDED.stored_at, source_health.stored_at), waiting = EXCLUDED.waiting,
          progress = EXCLUDED.progress, failures = EXCLUDED.failures, failure = EXCLUDED.failure,
          failed_at = EXCLUDED.failed_at, needs_person = EXCLUDED.needs_person, try_at = EXCLUDED.try_at
        """)
    static let healthList = Statement(
        """
        /* health.list */
        SELECT (SELECT name FROM source WHERE workspace = $1 AND source.source = source_health.source),
          (SELECT holder FROM source_cursor
            WHERE workspace = $1 AND source_cursor.source = source_health.source AND until > now()),
          seen_at, stored_at, waiting, progress, failures, failure, failed_at, needs_person, try_at
        FROM source_health WHERE workspace = $1
        """)
}
