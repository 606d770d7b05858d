internal import Contact
internal import HubSchema
package import Postgres

/// Brings a database to this build's schema: roles, schema, changes, partitions.
///
/// Run by `contatto migrate`, and by the owner of an embedded cluster before it serves; never by a hub on a URI.
package struct Migration: Sendable {
    package struct Report: Sendable {
        /// `v0001 workspace` …
        package var applied: [String]
        package var version: Int32
        package var partitions: [String]
    }

    /// Why it did not migrate; the message says what to do.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    private let settings: ConnectionSettings
    private let schema: String

    package init(_ settings: ConnectionSettings, schema: String = "contatto") {
        self.settings = settings
        self.schema = schema
    }

    /// Applies what is missing; `now` in microseconds since 1970, from which follow the partitions that are made.
    package func run(now: Int64) async throws -> Report {
        let login = Database(settings, connections: 1)
        defer { Task { await login.close() } }
        try await prepare(login)

        let database = Database(settings.acting(as: .owner, on: schema), connections: 1)
        let applied: [String]
        let made: [String]
        do {
            // The only connection of this pool holds it until it is closed: of several migrations one works at a time.
            try await database.session { (session: borrowing Session) throws(DatabaseError) in
                try session.run("SELECT pg_advisory_lock(hashtext('contatto.migration ' || current_schema()))")
            }
            applied = try await apply(database)
            made = try await Partitions(database).make(now: now)
        } catch {
            await database.close()
            throw error
        }
        await database.close()
        return Report(applied: applied, version: Schema.version, partitions: made)
    }

    /// Makes roles and schema where the login may, else says what the database's administrator has to run.
    private func prepare(_ login: Database) async throws {
        let schema = schema
        let missing = try await login.session { (session: borrowing Session) throws(DatabaseError) -> [String] in
            try Self.missing(schema, in: session)
        }
        guard !missing.isEmpty else { return }
        do throws(DatabaseError) {
            try await login.session { (session: borrowing Session) throws(DatabaseError) in
                // Of several migrations at once the first makes what is missing, and the others find it made.
                try session.run("SELECT pg_advisory_lock(hashtext('contatto.preparation'))")
                for statement in try Self.missing(schema, in: session) {
                    do throws(DatabaseError) {
                        try session.run(statement)
                    } catch let error where error.state == .duplicateObject || error.state == .uniqueViolation {
                        // A migration of another database on this server made the role at the same moment.
                    }
                }
                try session.run("SELECT pg_advisory_unlock(hashtext('contatto.preparation'))")
            }
        } catch {
            guard error.state == .insufficientPrivilege else { throw error }
            throw Failure(
                description: """
                    this login may not make the roles and the schema; an administrator of the database runs:

                    \(missing.map { $0 + ";" }.joined(separator: "\n"))
                    GRANT contatto_owner, contatto_hub TO <this login>;
                    """)
        }
    }

    private static func missing(
        _ schema: String, in session: borrowing Session
    ) throws(DatabaseError) -> [String] {
        let roles = try session.query(
            text: """
                SELECT rolname::text FROM pg_roles WHERE rolname IN ('contatto_owner', 'contatto_hub', 'contatto_search')
                """, [])
        var present: Set<String> = []
        for row in 0..<roles.count { present.insert(try roles.text(row, 0)) }
        let mayHandOver = try session.query(
            text: """
                SELECT 1::int4 FROM pg_auth_members WHERE roleid = to_regrole('contatto_search')
                  AND member = to_regrole('contatto_owner')
                """, [])
        if mayHandOver.count == 1 { present.insert(Self.membership) }
        let hasSchema = try session.query(
            text: "SELECT 1::int4 FROM pg_namespace WHERE nspname = $1", [.text(schema)])
        return preparation(present: present, hasSchema: hasSchema.count == 1, schema: schema)
    }

    /// The owner hands the search functions over to the role that they run as.
    private static let membership = "contatto_search TO contatto_owner"

    private static func preparation(present: Set<String>, hasSchema: Bool, schema: String) -> [String] {
        var statements: [String] = []
        // LOGIN, because Citus enters its nodes as the current role.
        if !present.contains("contatto_owner") { statements.append("CREATE ROLE contatto_owner LOGIN NOBYPASSRLS") }
        if !present.contains("contatto_hub") { statements.append("CREATE ROLE contatto_hub LOGIN NOBYPASSRLS") }
        if !present.contains("contatto_search") {
            statements.append("CREATE ROLE contatto_search NOLOGIN BYPASSRLS")
        }
        if !present.contains(membership) { statements.append("GRANT \(membership)") }
        if !hasSchema { statements.append("CREATE SCHEMA \(quoted(schema)) AUTHORIZATION contatto_owner") }
        return statements
    }

    private static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    private func apply(_ database: Database) async throws -> [String] {
        let schema = schema
        let result = try await database.session {
            (session: borrowing Session) throws(DatabaseError) -> Result<[String], Failure> in
            try session.run("GRANT USAGE ON SCHEMA \(Self.quoted(schema)) TO contatto_hub, contatto_search")
            return try Self.apply(in: session)
        }
        return try result.get()
    }

    private static func apply(
        in session: borrowing Session
    ) throws(DatabaseError) -> Result<[String], Failure> {
        let exists = try session.query(text: "SELECT 1::int4 WHERE to_regclass('schema_change') IS NOT NULL", [])
        if exists.count == 0 {
            try session.run(
                """
                CREATE TABLE schema_change (
                  version integer NOT NULL PRIMARY KEY, name text NOT NULL, checksum bytea NOT NULL,
                  applied_at timestamptz NOT NULL DEFAULT now());
                DO $$ BEGIN
                  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
                    PERFORM create_reference_table('schema_change');
                  END IF; END $$
                """)
        }
        let rows = try session.query(text: "SELECT version, checksum FROM schema_change ORDER BY version", [])
        var checksums: [Int32: [UInt8]] = [:]
        for row in 0..<rows.count { checksums[try rows.int32(row, 0)] = try rows.bytes(row, 1) }
        var applied: [String] = []
        for change in Schema.changes {
            let checksum = Digest.sha256(change.sql)
            if let known = checksums[change.version] {
                guard known == checksum else {
                    return .failure(
                        Failure(
                            description: """
                                schema change \(label(change)) was edited after it was applied to this database; \
                                restore its text and put what is new into a change of its own
                                """))
                }
                continue
            }
            try apply(change, checksum, in: session)
            applied.append(label(change))
        }
        return .success(applied)
    }

    private static func apply(
        _ change: Schema.Change, _ checksum: [UInt8], in session: borrowing Session
    ) throws(DatabaseError) {
        let sql = String(decoding: change.sql, as: UTF8.self)
        if change.isInTransaction { try session.run("BEGIN") }
        do throws(DatabaseError) {
            try session.run(sql)
            _ = try session.query(
                text: "INSERT INTO schema_change (version, name, checksum) VALUES ($1, $2, $3)",
                [.int4(change.version), .text(change.name), .bytes(checksum)])
            if change.isInTransaction { try session.run("COMMIT") }
        } catch {
            // The first error is the one that tells; a failing ROLLBACK only says that the connection is gone.
            if change.isInTransaction { do throws(DatabaseError) { try session.run("ROLLBACK") } catch {} }
            throw error
        }
    }

    private static func label(_ change: Schema.Change) -> String {
        let digits = String(change.version)
        return "v" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + " " + change.name
    }
}

extension Migration {
    /// The schema version of this build.
    package static var knownVersion: Int32 { Schema.version }

    /// Whether a hub of this build may work on the database: its own version or the next.
    package static func check(_ database: Database) async throws {
        let version: Int32?
        do throws(DatabaseError) {
            version = try await database.session { (session: borrowing Session) throws(DatabaseError) -> Int32? in
                let rows = try session.query(text: "SELECT max(version) FROM schema_change", [])
                return try rows.optionalInt32(0, 0)
            }
        } catch {
            // Without the roles, the schema or its log nobody has migrated yet.
            let unmade: [SQLState?] = [.undefinedTable, .undefinedSchema, .invalidParameterValue]
            guard unmade.contains(error.state) else { throw error }
            version = nil
        }
        guard let version else {
            throw Failure(description: "the database has no schema yet: run `contatto migrate`")
        }
        if version < Schema.version {
            throw Failure(
                description:
                    "the database has schema \(version), this build needs \(Schema.version): run `contatto migrate`")
        }
        if version > Schema.version + 1 {
            throw Failure(
                description: "the database has schema \(version), this build knows \(Schema.version): upgrade contatto")
        }
    }
}
