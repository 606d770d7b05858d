package import Postgres

/// The sources of one workspace, remembered by name: every interaction needs its source's number.
package final class Sources: Sendable {
    package struct Source: Sendable {
        package let id: Int64
        package let name: String
        package let channel: String
        /// The greater wins where two sources observe one trait.
        package let precedence: Int16
    }

    /// What the table's CHECK takes (1 to 64 characters, none of them a control), and not with white space at an end,
    /// which nobody would see.
    package static func isValid(_ name: String) -> Bool {
        (1...64).contains(name.unicodeScalars.count) && name.first?.isWhitespace == false
            && name.last?.isWhitespace == false
            && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    private let database: Database
    private let workspace: Workspace
    private let known = Monitor<[String: Source]>([:])

    package init(_ database: Database, workspace: Workspace) {
        self.database = database
        self.workspace = workspace
    }

    /// One that was read before.
    func remembered(_ name: String) -> Source? { known.withLock { $0[name] } }

    /// Forgets what was remembered: a source was taken away.
    func forget() { known.withLock { $0 = [:] } }

    /// The named ones that exist; names not yet known are looked up in one read.
    package func find(_ names: Set<String>) async throws(DatabaseError) -> [String: Source] {
        let remembered = known.withLock { known in known.filter { names.contains($0.key) } }
        guard remembered.count < names.count else { return remembered }
        return try await list().filter { names.contains($0.key) }
    }

    /// All of them, read now.
    package func list() async throws(DatabaseError) -> [String: Source] {
        let workspace = workspace
        let read = try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [String: Source] in
            let rows = try session.execute(.sourceList, [.int8(workspace.id)])
            var found: [String: Source] = [:]
            for row in 0..<rows.count {
                let source = Source(
                    id: try rows.int64(row, 0), name: try rows.text(row, 1), channel: try rows.text(row, 2),
                    precedence: try rows.int16(row, 3))
                found[source.name] = source
            }
            return found
        }
        known.withLock { $0 = read }
        return read
    }

    /// Makes a source unless one of that name exists.
    package func register(_ name: String, channel: String, now: Int64) async throws(DatabaseError) {
        let workspace = workspace
        for attempt in 1... {
            do throws(DatabaseError) {
                try await database.transaction(opening: workspace.opening) {
                    (session: borrowing Session) throws(DatabaseError) in
                    _ = try session.execute(
                        .sourceAdd, [.int8(workspace.id), .text(name), .text(channel), .timestamp(now)])
                }
                return
            } catch let error where error.state == .uniqueViolation && attempt < 20 {
                // Another process took the number, or made this very source: look again.
                if try await list()[name] != nil { return }
            }
        }
    }
}

extension Statement {
    static let sourceList = Statement(
        """
        /* source.list */
        SELECT source, name, channel, precedence FROM source WHERE workspace = $1 ORDER BY source
        """)
    static let sourceAdd = Statement(
        """
        /* source.add */
        INSERT INTO source (workspace, source, name, channel, created_at)
        SELECT $1, coalesce(max(source), 0) + 1, $2, $3, $4 FROM source WHERE workspace = $1
        RETURNING source
        """)
    static let sourceCursorAdd = Statement(
        """
        /* source.cursor_add */
        INSERT INTO source_cursor (workspace, source) VALUES ($1, $2) ON CONFLICT DO NOTHING
        """)
}
