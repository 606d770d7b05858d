package import Contact
package import Postgres

/// What one source has been read of: keyed hashes in `source_seen`, which tell nothing to who lacks the workspace's key.
package struct Seen: SeenInputs {
    private let database: Database
    private let workspace: Workspace
    private let key: ContentKey
    private let sources: Sources
    private let source: String

    /// `source` is the source's name. One that does not exist yet has seen nothing, and is there once its first batch
    /// is stored.
    package init(_ database: Database, workspace: Workspace, key: ContentKey, source: String) {
        self.database = database
        self.workspace = workspace
        self.key = key
        self.source = source
        sources = Sources(database, workspace: workspace)
    }

    package func unseen(_ digests: [[UInt8]]) async throws -> [Bool] {
        guard let source = try await sources.find([source])[source]?.id else {
            return digests.map { _ in true }
        }
        let ids = digests.map { key.seen(source: source, sha256: $0) }
        let wanted = Parameter.uuids(Set(ids).sorted())
        let workspace = workspace
        let known = try await database.transaction(opening: workspace.opening, readOnly: true) {
            (session: borrowing Session) throws(DatabaseError) -> Set<HubID> in
            let rows = try session.execute(.seenFind, [.int8(workspace.id), .int8(source), wanted])
            var known: Set<HubID> = []
            for row in 0..<rows.count { known.insert(try rows.id(row, 0)) }
            return known
        }
        return ids.map { !known.contains($0) }
    }

    package func remember(_ digests: [[UInt8]]) async throws {
        guard !digests.isEmpty, let source = try await sources.find([source])[source]?.id else { return }
        // Sorted, so that two imports of one source wait for each other and never in a circle.
        let ids = Parameter.uuids(Set(digests.map { key.seen(source: source, sha256: $0) }).sorted())
        let workspace = workspace
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) in
            _ = try session.execute(.seenAdd, [.int8(workspace.id), .int8(source), ids])
        }
    }
}

extension Statement {
    static let seenFind = Statement(
        """
        /* seen.find */
        SELECT seen FROM source_seen WHERE workspace = $1 AND source = $2 AND seen = ANY ($3::uuid[])
        """, isPlannedAnew: true)
    static let seenAdd = Statement(
        """
        /* seen.add */
        INSERT INTO source_seen (workspace, source, seen)
        SELECT $1, $2, one.seen FROM unnest($3::uuid[]) AS one (seen)
        ON CONFLICT DO NOTHING
        """)
}
