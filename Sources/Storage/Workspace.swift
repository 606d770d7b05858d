package import Contact
package import Postgres

/// One company's data: the wall nobody reads across.
package struct Workspace: Sendable {
    package let id: Int64
    package let name: String
    /// ISO 3166-1 alpha-2: how numbers without a country code are read.
    package let region: String
    /// IANA time zone in which its people read times.
    package let zone: String
    /// ISO 639-1.
    package let language: String
    /// How long interactions are kept; nil = without end.
    package let retentionMonths: Int?

    /// The text that opens each of its transactions: only digits can stand in it.
    package var opening: String { "SET LOCAL contatto.workspace = '\(id)'" }

    /// What happened before this moment is not kept; nil = everything is. In microseconds since 1970.
    package func oldest(at now: Int64) -> Int64? {
        retentionMonths.map { months in
            let today = CivilDate(microseconds: now)
            let month = max(1970 * 12, today.year * 12 + today.month - 1 - months)
            let day = CivilDate(year: month / 12, month: month % 12 + 1, day: 1).daysSince1970 + today.day - 1
            return Int64(day) * 86_400_000_000
        }
    }
}

/// The workspaces of a database.
package struct Workspaces: Sendable {
    private let database: Database

    package init(_ database: Database) { self.database = database }

    package func list() async throws(DatabaseError) -> [Workspace] {
        try await database.transaction { (session: borrowing Session) throws(DatabaseError) -> [Workspace] in
            let rows = try session.execute(.workspaceList)
            var found: [Workspace] = []
            for row in 0..<rows.count {
                found.append(
                    Workspace(
                        id: try rows.int64(row, 0), name: try rows.text(row, 1), region: try rows.text(row, 2),
                        zone: try rows.text(row, 3), language: try rows.text(row, 4),
                        retentionMonths: try rows.optionalInt32(row, 5).map(Int.init)))
            }
            return found
        }
    }

    /// Makes a workspace with its journal and the random key of its content ids; `now` in microseconds since 1970. A
    /// name that is taken is a unique violation (23505).
    package func add(
        _ name: String, region: String = "IT", zone: String = "Europe/Rome", language: String = "it",
        retentionMonths: Int? = nil, now: Int64
    ) async throws(DatabaseError) -> Workspace {
        // Ids are given in order; two at once meet at the primary key, and the later one takes the next.
        for attempt in 1... {
            let id = (try await list().map(\.id).max() ?? 0) + 1
            let workspace = Workspace(
                id: id, name: name, region: region, zone: zone, language: language, retentionMonths: retentionMonths)
            do throws(DatabaseError) {
                try await store(workspace, now: now)
                return workspace
            } catch let error
                where error.state == .uniqueViolation && error.constraint == "workspace_pkey" && attempt < 20
            {
                continue
            }
        }
        throw DatabaseError(.usage, "no free workspace id was found")
    }

    private func store(_ workspace: Workspace, now: Int64) async throws(DatabaseError) {
        var random = SystemRandomNumberGenerator()
        let key = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        let epoch = HubID.random()
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) in
            _ = try session.execute(
                .workspaceAdd,
                [
                    .int8(workspace.id), .text(workspace.name), .text(workspace.region), .text(workspace.zone),
                    .text(workspace.language),
                    workspace.retentionMonths.map { .int4(Int32(clamping: $0)) } ?? .null(.int4), .timestamp(now),
                ])
            _ = try session.execute(.workspaceSecret, [.int8(workspace.id), .text("content"), .bytes(key)])
            _ = try session.execute(.workspaceJournal, [.int8(workspace.id), .uuid(epoch)])
            _ = try session.execute(.workspaceRules, [.int8(workspace.id), .timestamp(now)])
            _ = try session.execute(.workspaceModel, [.int8(workspace.id), .timestamp(now)])
        }
    }

    /// The key of its content ids.
    package func contentKey(of workspace: Workspace) async throws(DatabaseError) -> ContentKey {
        let bytes = try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [UInt8]? in
            let rows = try session.execute(.workspaceKey, [.int8(workspace.id)])
            return rows.count == 1 ? try rows.bytes(0, 0) : nil
        }
        guard let bytes else {
            throw DatabaseError(.usage, "workspace \(workspace.name) has lost the key of its content ids")
        }
        return ContentKey(bytes)
    }
}

extension Statement {
    static let workspaceList = Statement(
        """
        /* workspace.list */
        SELECT workspace, name, region, zone, language, retention_months FROM workspace ORDER BY workspace
        """, mayScan: true)
    static let workspaceAdd = Statement(
        """
        /* workspace.add */
        INSERT INTO workspace (workspace, name, region, zone, language, retention_months, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """)
    static let workspaceSecret = Statement(
        """
        /* workspace.secret */
        INSERT INTO workspace_secret (workspace, name, value) VALUES ($1, $2, $3)
        """)
    static let workspaceKey = Statement(
        """
        /* workspace.key */
        SELECT value FROM workspace_secret WHERE workspace = $1 AND name = 'content'
        """)
    static let workspaceJournal = Statement(
        """
        /* workspace.journal */
        INSERT INTO journal (workspace, epoch, rules, model) VALUES ($1, $2, 1, 1)
        """)
    /// The model that comes with the program.
    static let workspaceModel = Statement(
        """
        /* workspace.model */
        INSERT INTO soft_model (workspace, version, records, who, made_at, stage, applied_at)
        VALUES ($1, 1, 0, 'contatto', $2, 2, $2)
        """)
    /// The standard rules, which have nothing to be taken to yet.
    static let workspaceRules = Statement(
        """
        /* workspace.rules */
        INSERT INTO rule_set (workspace, version, rules, who, why, made_at, applied_at)
        VALUES ($1, 1, '{}', 'contatto', 'the standard rules', $2, $2)
        """)
}
