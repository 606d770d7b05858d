package import Contact
package import Postgres

extension Profiles {
    /// One interaction by itself, with its message.
    package struct One: Sendable {
        package var entry: TimelineEntry
        /// The living profile.
        package let profile: HubID
        package let facet: HubID
        /// The message's whole text; nil where nothing was said.
        package let text: String?
        /// Bytes of the original; nil where none is kept.
        package let originalBytes: Int64?
    }

    /// Nil where there is none, or it was erased or has expired.
    package func interaction(_ id: HubID) async throws(DatabaseError) -> One? {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> One? in
            let rows = try session.execute(.interactionOne, [.int8(workspace.id), .uuid(id)])
            guard rows.count == 1 else { return nil }
            var entry = try Self.entry(rows, 0)
            if let thread = entry.thread {
                entry.thread = try Threads.resolve([thread], workspace, in: session)[thread]
            }
            return One(
                entry: entry, profile: try rows.id(0, 10), facet: try rows.id(0, 11),
                text: try rows.optionalText(0, 12), originalBytes: try rows.optionalInt64(0, 13))
        }
    }

    /// The bytes as they came, and the channel they came by; nil where none are kept.
    package func original(of interaction: HubID) async throws(DatabaseError) -> (channel: String, bytes: [UInt8])? {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> (channel: String, bytes: [UInt8])? in
            let rows = try session.execute(.interactionOriginal, [.int8(workspace.id), .uuid(interaction)])
            guard rows.count == 1 else { return nil }
            return (try rows.text(0, 0), try rows.bytes(0, 1))
        }
    }

    /// The facets that interactions hang on.
    package func facets(of interactions: [HubID]) async throws(DatabaseError) -> [HubID: HubID] {
        guard !interactions.isEmpty else { return [:] }
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [HubID: HubID] in
            let rows = try session.execute(
                .interactionFacets, [.int8(workspace.id), .uuids(interactions.sorted())])
            var found: [HubID: HubID] = [:]
            for row in 0..<rows.count { found[try rows.id(row, 0)] = try rows.id(row, 1) }
            return found
        }
    }

    /// The scopes of what trackers of the workspace's sites show.
    package func sites() async throws(DatabaseError) -> [String] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [String] in
            let rows = try session.execute(.sourceSites, [.int8(workspace.id)])
            var found: [String] = []
            for row in 0..<rows.count { found.append(try rows.text(row, 0)) }
            return found
        }
    }
}

extension Statement {
    static let interactionOne = Statement(
        """
        /* interaction.one */
        SELECT one.interaction, one.occurred_at, one.channel, one.direction, source.name, message.subject, one.body,
          one.thread, one.amount, one.currency, facet.profile, facet.facet, message.body,
          octet_length(message.original)::bigint
        FROM interaction_key AS known
        JOIN facet ON facet.workspace = $1 AND facet.facet = known.facet
        CROSS JOIN LATERAL (
          SELECT interaction, occurred_at, channel, direction, source, message, thread, amount, currency, body
          FROM interaction
          WHERE workspace = $1 AND facet = known.facet AND occurred_at = known.occurred_at
            AND interaction = known.interaction LIMIT 1) AS one
        JOIN source ON source.workspace = $1 AND source.source = one.source
        LEFT JOIN message ON message.workspace = $1 AND message.message = one.message
        WHERE known.workspace = $1 AND known.interaction = $2
        """)
    static let interactionOriginal = Statement(
        """
        /* interaction.original */
        SELECT one.channel, message.original
        FROM interaction_key AS known
        CROSS JOIN LATERAL (
          SELECT message, channel FROM interaction
          WHERE workspace = $1 AND facet = known.facet AND occurred_at = known.occurred_at
            AND interaction = known.interaction LIMIT 1) AS one
        JOIN message ON message.workspace = $1 AND message.message = one.message
        WHERE known.workspace = $1 AND known.interaction = $2 AND message.original IS NOT NULL
        """)
    static let interactionFacets = Statement(
        """
        /* interaction.facets */
        SELECT interaction, facet FROM interaction_key
        WHERE workspace = $1 AND interaction = ANY ($2::uuid[]) AND facet IS NOT NULL
        """, isPlannedAnew: true)
    static let sourceSites = Statement(
        """
        /* source.sites */
        SELECT DISTINCT coalesce(settings->>'site', name) FROM source WHERE workspace = $1 ORDER BY 1 LIMIT 50
        """)
}
