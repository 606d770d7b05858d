package import Postgres

/// What a key may do (FORMATS.md, Workspaces, keys, roles). The rights themselves are one table: `Route.all` of `API`.
package enum KeyRole: String, Sendable, CaseIterable {
    /// Stands in a page that anybody can read; speaks for one source, too.
    case `public`
    /// Speaks for one source.
    case connector
    case reader, subscriber, agent, supervisor, admin

    /// Whether a key of this role is bound to a source: else it could write as any.
    package var needsSource: Bool { self == .public || self == .connector }
}

/// A key that was found to be good, or one of a list.
package struct Key: Sendable {
    /// Of a person who signed in a number below 0, which stands for issuer and subject.
    package let id: Int64
    package let workspace: Int64
    package let role: KeyRole
    /// The source it speaks for, where it is bound to one.
    package let source: String?
    /// That source's settings, a JSON object.
    package let settings: [UInt8]
    package let createdAt: Int64
    package let expiresAt: Int64?
    package let revokedAt: Int64?
    /// To the hour.
    package let usedAt: Int64?
    /// The pages it may stand in, as a browser writes them: `https://shop.example`.
    package var origins: [String] = []
    /// Who signed in; nil of a key that was made here.
    package var person: Person?

    /// A person as an issuer names him.
    package struct Person: Sendable, Hashable {
        package let issuer: Int64
        package let subject: String
        /// For those who read it; it proves nothing.
        package let name: String?

        package init(issuer: Int64, subject: String, name: String?) {
            self.issuer = issuer
            self.subject = subject
            self.name = name
        }
    }

    /// Of a person who signed in, until the token expires.
    package init(of person: Person, id: Int64, workspace: Int64, role: KeyRole, from start: Int64, until end: Int64) {
        self.init(
            id: id, workspace: workspace, role: role, source: nil, settings: Array("{}".utf8), createdAt: start,
            expiresAt: end, revokedAt: nil, usedAt: nil)
        self.person = person
    }

    fileprivate init(
        id: Int64, workspace: Int64, role: KeyRole, source: String?, settings: [UInt8], createdAt: Int64,
        expiresAt: Int64?, revokedAt: Int64?, usedAt: Int64?, origins: [String] = []
    ) {
        self.id = id
        self.workspace = workspace
        self.role = role
        self.source = source
        self.settings = settings
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.usedAt = usedAt
        self.origins = origins
    }

    /// Neither revoked nor expired at a moment.
    package func isGood(at now: Int64) -> Bool { revokedAt == nil && (expiresAt ?? .max) > now }
}

/// The keys of a database, by which touchpoints and services are let in over HTTP.
package struct Keys: Sendable {
    private let database: Database

    package init(_ database: Database) { self.database = database }

    /// Makes a key. Its text is returned here and never again: only its hash is stored. Nil where the source does not
    /// exist, or where none is named for a role that needs one.
    package func create(
        in workspace: Workspace, role: KeyRole, source: String? = nil, origins: [String] = [], expiresAt: Int64? = nil,
        now: Int64
    ) async throws(DatabaseError) -> KeyText? {
        guard source != nil || !role.needsSource else { return nil }
        for attempt in 1... {
            do throws(DatabaseError) {
                return try await store(workspace, role, source, origins, expiresAt, now)
            } catch let error where error.constraint == "api_key_pkey" && attempt < 20 {
                // Another process took the number: the next one.
            }
        }
        return nil
    }

    private func store(
        _ workspace: Workspace, _ role: KeyRole, _ source: String?, _ origins: [String], _ expiresAt: Int64?,
        _ now: Int64
    ) async throws(DatabaseError) -> KeyText? {
        try await database.deciding(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Verdict<KeyText?> in
            let last = try session.execute(.keyLast, [.int8(workspace.id)]).int64(0, 0)
            let key = KeyText(workspace: workspace.id, id: last + 1)
            var number: Int64?
            if let source {
                let rows = try session.execute(.sourceList, [.int8(workspace.id)])
                for row in 0..<rows.count where try rows.text(row, 1) == source { number = try rows.int64(row, 0) }
                if number == nil { return .rollback(nil) }
            }
            _ = try session.execute(
                .keyAdd,
                [
                    .int8(workspace.id), .int8(key.id), .text(role.rawValue), .int8(number), .bytes(key.hash),
                    .timestamp(now), .timestamp(expiresAt), .text(origins.joined(separator: " ")),
                ])
            return .commit(key)
        }
    }

    /// The key of this text, be it revoked or expired; nil where there is none. Notes the hour of its use.
    package func find(_ text: KeyText, now: Int64) async throws(DatabaseError) -> Key? {
        let opening = "SET LOCAL contatto.workspace = '\(text.workspace)'"
        return try await database.transaction(opening: opening) {
            (session: borrowing Session) throws(DatabaseError) -> Key? in
            let own: [Parameter] = [.int8(text.workspace), .int8(text.id)]
            let rows = try session.execute(.keyFind, own)
            guard rows.count == 1, Self.isEqual(try rows.bytes(0, 9), text.hash),
                let key = try Self.key(rows, 0, workspace: text.workspace)
            else { return nil }
            let hour = now - now % 3_600_000_000
            if key.isGood(at: now), (key.usedAt ?? .min) < hour {
                _ = try session.execute(.keyUsed, own + [.timestamp(hour)])
            }
            return key
        }
    }

    /// All keys of a workspace, oldest first.
    package func list(_ workspace: Workspace) async throws(DatabaseError) -> [Key] {
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [Key] in
            let rows = try session.execute(.keyList, [.int8(workspace.id)])
            var found: [Key] = []
            for row in 0..<rows.count {
                if let key = try Self.key(rows, row, workspace: workspace.id) { found.append(key) }
            }
            return found
        }
    }

    /// Takes a key back, for good; false where there is none. Twice changes nothing.
    package func revoke(_ id: Int64, in workspace: Workspace, now: Int64) async throws(DatabaseError) -> Bool {
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Bool in
            try session.execute(.keyRevoke, [.int8(workspace.id), .int8(id), .timestamp(now)]).count == 1
        }
    }

    /// A role that this build does not know is no key of this build.
    private static func key(
        _ rows: borrowing Rows, _ row: Int, workspace: Int64
    ) throws(DatabaseError) -> Key? {
        guard let role = KeyRole(rawValue: try rows.text(row, 1)) else { return nil }
        return Key(
            id: try rows.int64(row, 0), workspace: workspace, role: role, source: try rows.optionalText(row, 2),
            settings: try rows.optionalJSONB(row, 3) ?? Array("{}".utf8), createdAt: try rows.timestamp(row, 4),
            expiresAt: try rows.optionalTimestamp(row, 5), revokedAt: try rows.optionalTimestamp(row, 6),
            usedAt: try rows.optionalTimestamp(row, 7),
            origins: try rows.text(row, 8).split(separator: " ").map(String.init))
    }

    /// In a time that does not tell how much of it agrees.
    private static func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension Statement {
    static let keyLast = Statement(
        """
        /* key.last */
        SELECT coalesce(max(key), 0) FROM api_key WHERE workspace = $1
        """)
    static let keyAdd = Statement(
        """
        /* key.add */
        INSERT INTO api_key (workspace, key, role, source, hash, created_at, expires_at, origins)
        VALUES ($1, $2, $3, $4, $5, $6, $7, string_to_array($8, ' '))
        """)
    static let keyFind = Statement(
        """
        /* key.find */
        SELECT api_key.key, api_key.role, source.name, source.settings, api_key.created_at, api_key.expires_at,
          api_key.revoked_at, api_key.used_at, array_to_string(api_key.origins, ' '), api_key.hash
        FROM api_key LEFT JOIN source ON source.workspace = $1 AND source.source = api_key.source
        WHERE api_key.workspace = $1 AND api_key.key = $2
        """)
    static let keyUsed = Statement(
        """
        /* key.used */
        UPDATE api_key SET used_at = $3 WHERE workspace = $1 AND key = $2 AND (used_at IS NULL OR used_at < $3)
        """)
    static let keyList = Statement(
        """
        /* key.list */
        SELECT api_key.key, api_key.role, source.name, source.settings, api_key.created_at, api_key.expires_at,
          api_key.revoked_at, api_key.used_at, array_to_string(api_key.origins, ' ')
        FROM api_key LEFT JOIN source ON source.workspace = $1 AND source.source = api_key.source
        WHERE api_key.workspace = $1 ORDER BY api_key.key
        """)
    static let keyRevoke = Statement(
        """
        /* key.revoke */
        UPDATE api_key SET revoked_at = coalesce(revoked_at, $3) WHERE workspace = $1 AND key = $2 RETURNING key
        """)
}
