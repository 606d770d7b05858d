import ArgumentParser
internal import Contact
internal import Postgres
internal import Storage

/// The options that every command on a database takes.
struct HubOptions: ParsableArguments {
    @Option(help: "URI of the database (postgresql://…).")
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

    /// How the database is reached, with nothing opened yet.
    func connection(_ command: String) throws -> (settings: ConnectionSettings, schema: String, connections: Int) {
        let settings = try settings()
        guard let uri = settings[.database] else {
            throw Ending(.settings, "no database is set: give --database URI, or set CONTATTO_DATABASE")
        }
        let schema = settings[.schema] ?? "contatto"
        guard schema.utf8.count <= 63, schema.utf8.allSatisfy({ $0 == 95 || (48...57) ~= $0 || (97...122) ~= $0 }),
            !schema.isEmpty
        else { throw Ending(.settings, "schema is 1 to 63 of a-z, 0-9 and _, not \(schema)") }
        guard let connections = settings[.connections].flatMap({ Int($0) }), (2...64).contains(connections) else {
            throw Ending(.settings, "connections is a number from 2 to 64")
        }
        var connection: ConnectionSettings
        do {
            connection = try ConnectionSettings(uri: uri)
        } catch {
            throw Ending(.settings, "the database's address cannot be read: \(error.message)")
        }
        connection.applicationName = "contatto/\(command)"
        return (connection, schema, connections)
    }

    /// Connections as the hub's role, on a schema this build knows.
    func open(_ command: String) async throws -> Database {
        let (connection, schema, connections) = try connection(command)
        let database = Database(connection.acting(as: .hub, on: schema), connections: connections)
        do {
            try await Migration.check(database)
        } catch {
            await database.close()
            throw error
        }
        return database
    }

    /// Runs a command's work on an open database, in one workspace, and closes it.
    func withHub(_ command: String, _ work: (Hub) async throws -> Void) async throws {
        try await ending {
            let database = try await open(command)
            do {
                let workspace = try await choose(database)
                let key = try await Workspaces(database).contentKey(of: workspace)
                try await work(Hub(database: database, workspace: workspace, key: key))
            } catch {
                await database.close()
                throw error
            }
            await database.close()
        }
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
    let database: Database
    let workspace: Workspace
    let key: ContentKey

    /// Opens and closes what is sealed for sources.
    func seal() throws -> Seal {
        throw Ending(.settings, "secrets need secret.key")
    }
}
