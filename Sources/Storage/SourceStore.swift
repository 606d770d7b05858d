package import Contact
package import Postgres

/// A source with what was set for it.
package struct ConfiguredSource: Sendable {
    package let id: Int64
    package let name: String
    /// Which connector reads it; `interactions` for what speaks the hub's own JSON.
    package let kind: String
    package let channel: String
    package let precedence: Int16
    /// Plain settings, as they were typed.
    package let values: [String: String]
    /// Names of the secrets that are set.
    package let secrets: [String]
    /// Microseconds since 1970.
    package let createdAt: Int64
    /// People have said that it is not to be followed for now.
    package let isPaused: Bool
    /// Another whenever a setting or a secret is changed, and telling nothing of them.
    package let fingerprint: String
}

/// The sources of one workspace as people set them up: their settings, and their secrets under seal.
package struct SourceStore: Sendable {
    /// What is to be set for a source; a value of nil takes a setting away.
    package struct Changes: Sendable {
        package var values: [String: String?]
        package var secrets: [String: Secret?]
        package var precedence: Int16?

        package init(values: [String: String?] = [:], secrets: [String: Secret?] = [:], precedence: Int16? = nil) {
            self.values = values
            self.secrets = secrets
            self.precedence = precedence
        }
    }

    let database: Database
    let workspace: Workspace

    package init(_ database: Database, workspace: Workspace) {
        self.database = database
        self.workspace = workspace
    }

    package func list() async throws(DatabaseError) -> [ConfiguredSource] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [ConfiguredSource] in
            let rows = try session.execute(.sourceSettings, [.int8(workspace.id)])
            var found: [ConfiguredSource] = []
            for row in 0..<rows.count {
                found.append(
                    ConfiguredSource(
                        id: try rows.int64(row, 0), name: try rows.text(row, 1), kind: try rows.text(row, 2),
                        channel: try rows.text(row, 3), precedence: try rows.int16(row, 4),
                        values: try Self.strings(rows.jsonb(row, 5)),
                        secrets: try rows.text(row, 6).split(separator: " ").map(String.init),
                        createdAt: try rows.timestamp(row, 7), isPaused: try rows.bool(row, 8),
                        fingerprint: try rows.text(row, 9)))
            }
            return found
        }
    }

    package func find(_ name: String) async throws(DatabaseError) -> ConfiguredSource? {
        try await list().first { $0.name == name }
    }

    /// Makes a source; false where one has that name. Its secrets are sealed for it by `seal`.
    package func add(
        _ name: String, kind: String, channel: String, changes: Changes, seal: Seal?, now: Int64
    ) async throws -> Bool {
        let sealed = try Self.sealed(changes.secrets, workspace, name, seal)
        let values = Self.object(changes.values.compactMapValues { $0 })
        let workspace = workspace
        for attempt in 1... {
            do throws(DatabaseError) {
                try await database.transaction(opening: workspace.opening) {
                    (session: borrowing Session) throws(DatabaseError) in
                    let made = try session.execute(
                        .sourceAddConfigured,
                        [
                            .int8(workspace.id), .text(name), .text(kind), .text(channel),
                            .int2(changes.precedence ?? 0), .jsonb(values), .timestamp(now),
                        ])
                    try Self.write(sealed, of: made.int64(0, 0), workspace, in: session)
                }
                return true
            } catch {
                guard error.state == .uniqueViolation, attempt < 20 else { throw error }
                // The name is taken; or another process took the number, and the next one is free.
                if error.constraint == "source_name_key" { return false }
            }
        }
        return false
    }

    /// Changes what is set for a source; what is not named stays as it is, also what somebody else changes meanwhile.
    package func change(_ source: ConfiguredSource, _ changes: Changes, seal: Seal?) async throws {
        let sealed = try Self.sealed(changes.secrets, workspace, source.name, seal)
        let written = Self.object(changes.values.compactMapValues { $0 })
        var removed = ArrayBuilder(.text)
        for (name, value) in changes.values.sorted(by: { $0.key < $1.key }) where value == nil {
            removed.append(text: name)
        }
        let parameters: [Parameter] = [
            .int8(workspace.id), .int8(source.id), .array(removed), .jsonb(written),
            changes.precedence.map { .int2($0) } ?? .null(.int2),
        ]
        let workspace = workspace
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) in
            _ = try session.execute(.sourceChange, parameters)
            try Self.write(sealed, of: source.id, workspace, in: session)
        }
    }

    /// Says that a source is not to be followed for now, or is to be followed again. Whoever follows it hears of it within
    /// seconds.
    package func pause(_ source: ConfiguredSource, _ isPaused: Bool) async throws(DatabaseError) {
        let workspace = workspace
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) in
            _ = try session.execute(.sourcePause, [.int8(workspace.id), .int8(source.id), .bool(isPaused)])
        }
    }

    /// What the source's connector gets to see; without `seal` it gets no secrets.
    package func settings(of source: ConfiguredSource, seal: Seal?, now: Int64) async throws -> SourceSettings {
        var secrets: [String: Secret] = [:]
        if let seal, !source.secrets.isEmpty {
            let workspace = workspace
            let sealed = try await database.transaction(opening: workspace.opening) {
                (session: borrowing Session) throws(DatabaseError) -> [(String, [UInt8])] in
                let rows = try session.execute(.sourceSecrets, [.int8(workspace.id), .int8(source.id)])
                var found: [(String, [UInt8])] = []
                for row in 0..<rows.count { found.append((try rows.text(row, 0), try rows.bytes(row, 1))) }
                return found
            }
            for (name, bytes) in sealed {
                secrets[name] = try seal.open(bytes, for: Self.sealName(workspace, source.name, name))
            }
        }
        return SourceSettings(
            source: source.name, values: source.values, secrets: secrets,
            normaliser: Normaliser(region: workspace.region), oldest: workspace.oldest(at: now))
    }

    private static func sealName(_ workspace: Workspace, _ source: String, _ name: String) -> String {
        "\(workspace.id)/\(source)/\(name)"
    }

    /// The rows to write: the sealed bytes, or nil for what is taken away.
    private static func sealed(
        _ secrets: [String: Secret?], _ workspace: Workspace, _ source: String, _ seal: Seal?
    ) throws -> [(name: String, bytes: [UInt8]?)] {
        try secrets.sorted { $0.key < $1.key }.map { name, secret in
            guard let secret else { return (name, nil) }
            guard let seal else { throw Seal.Failure.notOurs }
            return (name, try seal.seal(secret, for: sealName(workspace, source, name)))
        }
    }

    private static func write(
        _ secrets: [(name: String, bytes: [UInt8]?)], of source: Int64, _ workspace: Workspace,
        in session: borrowing Session
    ) throws(DatabaseError) {
        for (name, bytes) in secrets {
            if let bytes {
                _ = try session.execute(
                    .sourceSecretSet, [.int8(workspace.id), .int8(source), .text(name), .bytes(bytes)])
            } else {
                _ = try session.execute(.sourceSecretRemove, [.int8(workspace.id), .int8(source), .text(name)])
            }
        }
    }

    static func object(_ values: [String: String]) -> [UInt8] {
        JSONWriter.object(values.sorted { $0.key < $1.key }.map { ($0.key, JSONWriter.string($0.value)) })
    }

    static func strings(_ json: [UInt8]) throws(DatabaseError) -> [String: String] {
        let members: [(key: String, value: JSONValue)]
        do throws(Refusal) { members = try JSONValue(json).members ?? [] } catch {
            throw DatabaseError(.usage, "the settings do not hold JSON: \(error.detail)")
        }
        var values: [String: String] = [:]
        for (name, value) in members { values[name] = value.string }
        return values
    }
}

extension Statement {
    static let sourceSettings = Statement(
        """
        /* source.settings */
        SELECT source, name, kind, channel, precedence, settings,
          coalesce((SELECT string_agg(secret.name, ' ' ORDER BY secret.name) FROM source_secret AS secret
            WHERE secret.workspace = $1 AND secret.source = source.source), ''), created_at, paused,
          encode(sha256(convert_to(settings::text || coalesce((
            SELECT string_agg(secret.name || encode(sha256(secret.sealed), 'hex'), ' ' ORDER BY secret.name)
            FROM source_secret AS secret WHERE secret.workspace = $1 AND secret.source = source.source), ''), 'UTF8')), 'hex')
        FROM source WHERE workspace = $1 ORDER BY name
        """)
    static let sourceAddConfigured = Statement(
        """
        /* source.add_configured */
        INSERT INTO source (workspace, source, name, kind, channel, precedence, settings, created_at)
        SELECT $1, coalesce(max(source), 0) + 1, $2, $3, $4, $5, $6, $7 FROM source WHERE workspace = $1
        RETURNING source
        """)
    static let sourceChange = Statement(
        """
        /* source.change */
        UPDATE source SET settings = (settings - $3::text[]) || $4::jsonb,
          precedence = coalesce($5::smallint, precedence)
        WHERE workspace = $1 AND source = $2
        """)
    static let sourcePause = Statement(
        """
        /* source.pause */
        UPDATE source SET paused = $3 WHERE workspace = $1 AND source = $2
        """)
    static let sourceSecrets = Statement(
        """
        /* source.secrets */
        SELECT name, sealed FROM source_secret WHERE workspace = $1 AND source = $2
        """)
    static let sourceSecretSet = Statement(
        """
        /* source.secret_set */
        INSERT INTO source_secret (workspace, source, name, sealed) VALUES ($1, $2, $3, $4)
        ON CONFLICT (workspace, source, name) DO UPDATE SET sealed = EXCLUDED.sealed
        """)
    static let sourceSecretRemove = Statement(
        """
        /* source.secret_remove */
        DELETE FROM source_secret WHERE workspace = $1 AND source = $2 AND name = $3
        """)
}
