internal import Cluster
internal import Postgres
internal import Storage

/// The server a command works on: how it is entered, and what else belongs to it.
struct HubServer: Sendable {
    /// What migrating did.
    struct Prepared: Sendable {
        let report: Migration.Report
        let madeWorkspace: Bool
    }

    /// As the login itself, who may take on the hub's roles: `login.acting(as:on:)`.
    let login: ConnectionSettings
    let schema: String
    /// How many connections a pool of the hub's role has.
    let connections: Int
    /// What was done to the embedded cluster just now; nil where nobody migrated.
    var prepared: Prepared?
    /// The embedded one; nil on a server of somebody else's.
    var cluster: EmbeddedCluster?
    /// Hears the signals that end the process, where there is an embedded one to leave first.
    var farewell: Farewell?

    /// The key under which the secrets of this database are encrypted.
    var secretKey: SecretKeySource { SecretKeySource(cluster: cluster) }

    /// Runs work on connections as the hub's role, on a schema this build knows, and closes them.
    func withDatabase(_ work: (Database) async throws -> Void) async throws {
        let database = Database(login.acting(as: .hub, on: schema), connections: connections)
        do {
            try await Migration.check(database)
            try await work(database)
        } catch {
            await database.close()
            throw error
        }
        await database.close()
    }

    /// Brings it to this build's schema, and makes the first workspace: of an embedded one also where the start that
    /// should have made it was cut off.
    func migrate(isEmbedded: Bool) async throws -> Prepared {
        let report = try await Migration(login, schema: schema).run(now: currentMicroseconds())
        var madeWorkspace = false
        try await withDatabase { database in
            let workspaces = Workspaces(database)
            guard isEmbedded || report.applied.contains("v0001 workspace"), try await workspaces.list().isEmpty
            else { return }
            _ = try await workspaces.add("main", now: currentMicroseconds())
            madeWorkspace = true
        }
        return Prepared(report: report, madeWorkspace: madeWorkspace)
    }
}
