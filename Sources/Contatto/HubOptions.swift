import ArgumentParser
internal import Cluster
internal import Contact
internal import Postgres
internal import Storage

/// The options that every command on a database takes.
struct HubOptions: ParsableArguments {
    @Option(help: "The database: embedded (the default), embedded:FOLDER, or postgresql://….")
    var database: String?

    @Option(help: "Name of the workspace; default: the only one.")
    var workspace: String?

    @Option(help: "Settings file; default: the user's, then the system's contatto.yaml.")
    var config: String?

    func settings() throws -> ProcessSettings {
        var options: [ProcessSettings.Key: String] = [:]
        options[.database] = database
        options[.workspace] = workspace
        return try ProcessSettings.read(options: options, file: config)
    }

    /// Runs a command's work with the database's server reachable; an embedded one is started, migrated and, as
    /// `holding` says, stopped again around it.
    ///
    /// With `.owned` this process owns an embedded cluster until the work returns, and starts it again if it dies; on a
    /// server of somebody else's the two are the same.
    func withServer(
        _ command: String, holding: EmbeddedCluster.Holding = .attached, _ work: (HubServer) async throws -> Void
    ) async throws {
        try await ending {
            let settings = try settings()
            let schema = try schema(settings)
            guard let connections = settings[.connections].flatMap({ Int($0) }), (2...64).contains(connections) else {
                throw Ending(.settings, "connections is a number from 2 to 64")
            }
            switch try DatabaseChoice(settings[.database] ?? "embedded") {
            case .server(var connection):
                connection.applicationName = "contatto/\(command)"
                try await work(HubServer(login: connection, schema: schema, connections: connections))
            case .embedded(let folder):
                try await EmbeddedRun(command: command, schema: schema, connections: connections)
                    .run(folder, holding, work)
            }
        }
    }

    /// Runs a command's work on connections as the hub's role, on a schema this build knows, and closes them.
    func withDatabase(
        _ command: String, holding: EmbeddedCluster.Holding = .attached,
        _ work: (HubServer, Database) async throws -> Void
    ) async throws {
        try await withServer(command, holding: holding) { server in
            try await server.withDatabase { database in try await work(server, database) }
        }
    }

    /// Runs a command's work on an open database, in one workspace.
    func withHub(
        _ command: String, holding: EmbeddedCluster.Holding = .attached, _ work: (Hub) async throws -> Void
    ) async throws {
        try await withDatabase(command, holding: holding) { server, database in
            let workspace = try await choose(database)
            let key = try await Workspaces(database).contentKey(of: workspace)
            try await work(Hub(server: server, database: database, workspace: workspace, key: key))
        }
    }

    /// How long the journal is kept.
    func retention() throws -> JournalRetention {
        let settings = try settings()
        guard let days = settings[.journalDays].flatMap({ Int($0) }), (1...3_650).contains(days),
            let most = settings[.journalMostDays].flatMap({ Int($0) }), (days...3_650).contains(most)
        else {
            throw Ending(
                .settings, "journal_days is a number of days from 1, and journal_most_days one that is no less")
        }
        return JournalRetention(days: days, mostDays: most)
    }

    /// Months that the audit log is kept.
    func auditMonths() throws -> Int {
        guard let months = try settings()[.auditMonths].flatMap({ Int($0) }), (1...240).contains(months) else {
            throw Ending(.settings, "audit_months is a number of months from 1 to 240")
        }
        return months
    }

    private func schema(_ settings: ProcessSettings) throws -> String {
        let schema = settings[.schema] ?? "contatto"
        guard schema.utf8.count <= 63, schema.utf8.allSatisfy({ $0 == 95 || (48...57) ~= $0 || (97...122) ~= $0 }),
            !schema.isEmpty
        else { throw Ending(.settings, "schema is 1 to 63 of a-z, 0-9 and _, not \(schema)") }
        guard !schema.hasPrefix("pg_"), !["extension", "public", "information_schema"].contains(schema) else {
            throw Ending(.settings, "the schema \(schema) belongs to others: name one of the hub's own")
        }
        return schema
    }

    private func choose(_ database: Database) async throws -> Workspace {
        let all = try await Workspaces(database).list()
        if let name = try settings()[.workspace] {
            guard let found = all.first(where: { $0.name == name }) else {
                throw Ending(.settings, "there is no workspace \(name); `contatto workspace list` shows them")
            }
            return found
        }
        guard let only = all.first else {
            throw Ending(.settings, "there is no workspace yet: `contatto workspace add NAME` makes one")
        }
        guard all.count == 1 else {
            throw Ending(.usage, "there are \(all.count) workspaces: say which with --workspace NAME")
        }
        return only
    }
}

/// A database, one workspace of it, and the key of its content ids.
struct Hub {
    let server: HubServer
    let database: Database
    let workspace: Workspace
    let key: ContentKey

    /// Opens and closes what is sealed for sources.
    func seal() throws -> Seal { Seal(try server.secretKey.read()) }

    func profiles() -> Profiles { Profiles(database, workspace: workspace, key: key) }

    /// For what a command writes by itself, without a batch.
    func ledger() -> Ledger { Ledger(database, workspace: workspace, key: key, now: currentMicroseconds) }
}
