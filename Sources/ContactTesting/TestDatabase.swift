package import Contact
package import Postgres
package import Storage

/// A hub's schema of its own on a real server, migrated, and dropped when the test is over.
///
/// `TestServer` takes no server but one of this machine, so nobody's data can be near.
package final class TestDatabase: Sendable {
    /// 2026-11-01T00:00:00Z: the present of every test, the day after the generator's last.
    package static let now: Int64 = 1_793_491_200_000_000

    package let server: TestServer
    package let schema: String
    /// Connections as the hub's role.
    package let hub: Database
    /// Connections as the role that owns the tables; FORCEd row-level security binds it too.
    package let owner: Database
    /// Connections as the server's superuser, whom no policy binds: to look at what is really there.
    package let superuser: Database
    private let others = Monitor<[Database]>([])

    /// How many schemas are in use at once: each holds several connections, and the test library starts all at once.
    private static let gate = Gate(6)

    /// Runs a test on a schema of its own, which does not exist yet where it is not to be migrated. Without a server it
    /// is the one that all tests share.
    package static func with(
        server: TestServer? = nil, isMigrated: Bool = true, connections: Int = 4,
        _ body: (TestDatabase) async throws -> Void
    ) async throws {
        await gate.enter()
        do {
            let shared: TestServer
            if let server { shared = server } else { shared = try await TestServer.shared() }
            let database = try TestDatabase(shared, connections: connections)
            do {
                if isMigrated { _ = try await database.migrate() }
                try await body(database)
            } catch {
                await database.close(isDropping: server == nil)
                throw error
            }
            await database.close(isDropping: server == nil)
        } catch {
            await gate.leave()
            throw error
        }
        await gate.leave()
    }

    private init(_ server: TestServer, connections: Int) throws {
        self.server = server
        schema = "hub_\(UInt64.random(in: .min ... .max))"
        hub = Database(try ConnectionSettings(uri: server.uri()).acting(as: .hub, on: schema), connections: connections)
        owner = Database(try ConnectionSettings(uri: server.uri()).acting(as: .owner, on: schema), connections: 2)
        superuser = Database(try Self.asSuperuser(server, schema), connections: 2)
    }

    private static func asSuperuser(_ server: TestServer, _ schema: String) throws -> ConnectionSettings {
        var settings = try ConnectionSettings(uri: server.uri())
        settings.searchPath = [schema]
        return settings
    }

    @discardableResult
    package func migrate(now: Int64 = TestDatabase.now) async throws -> Migration.Report {
        try await Migration(ConnectionSettings(uri: server.uri()), schema: schema).run(now: now)
    }

    /// A further pool of the hub's role, as another process would have.
    package func process(connections: Int = 4) throws -> Database {
        let pool = Database(
            try ConnectionSettings(uri: server.uri()).acting(as: .hub, on: schema), connections: connections)
        others.withLock { $0.append(pool) }
        return pool
    }

    private func close(isDropping: Bool) async {
        for pool in others.withLock({ $0 }) + [hub, owner] { await pool.close() }
        let schema = schema
        if isDropping {
            // What is left behind stands on a test server; the failure that matters is the test's own.
            try? await superuser.session { (session: borrowing Session) throws(DatabaseError) in
                try session.run("DROP SCHEMA IF EXISTS \(schema) CASCADE")
            }
        }
        await superuser.close()
    }
}

/// A workspace of a test, with the key of its content ids.
package struct TestWorkspace: Sendable {
    package let workspace: Workspace
    package let key: ContentKey
    package let hub: Database

    package var id: Int64 { workspace.id }

    /// An intake that makes the sources it meets.
    package func ledger(
        on database: Database? = nil, now: Int64 = TestDatabase.now,
        _ change: (inout Ledger.Settings) -> Void = { _ in }
    ) -> Ledger {
        var settings = Ledger.Settings()
        settings.registersSources = true
        change(&settings)
        return Ledger(database ?? hub, workspace: workspace, key: key, settings: settings, now: { now })
    }
}

extension TestDatabase {
    package func workspace(_ name: String = "acme") async throws -> TestWorkspace {
        let workspaces = Workspaces(hub)
        let workspace = try await workspaces.add(name, now: Self.now)
        return TestWorkspace(workspace: workspace, key: try await workspaces.contentKey(of: workspace), hub: hub)
    }

    /// Reads NDJSON lines as an import does.
    package static func batch(
        _ lines: some Sequence<[UInt8]>, source: String? = nil, cursor: CursorStep? = nil
    ) -> Batch {
        var reader = InteractionReader(InteractionReader.Settings())
        let items = lines.map { IntakeItem(reader.read($0, arrival: now), raw: RawInput($0)) }
        return Batch(items, source: source, cursor: cursor)
    }
}

/// Lets so many in at once.
private actor Gate {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ places: Int) { free = places }

    func enter() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
