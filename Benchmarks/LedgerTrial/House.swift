internal import ContactTesting
internal import Foundation
internal import Postgres
internal import Storage

/// A server of the trial's own, with databases in it, and the program under trial.
struct House {
    let server: TestServer
    let contatto: String
    /// Where the processes write what they have to say.
    let errors: String

    static func open(contatto: String?) async throws -> House {
        // Writing to a process that has just been killed is no reason to end.
        _ = signal(SIGPIPE, SIG_IGN)
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let program = contatto ?? URL(fileURLWithPath: own).deletingLastPathComponent().appending(path: "contatto").path
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw TrialFailure(
                "\(program) cannot be run: build it (`swift build -c release --product contatto`), or give --contatto")
        }
        // A deadlock is to be noticed, not waited out; and waiting is no news. A database that was empty a second ago
        // has no statistics, and the plans made meanwhile read whole tables: analyse at once.
        let server = try await TestServer.start(settings: [
            "deadlock_timeout": "10ms", "log_lock_waits": "off", "max_connections": "100", "autovacuum_naptime": "1s",
        ])
        let errors = FileManager.default.temporaryDirectory.appending(path: "ledger-trial-\(getpid()).log").path
        return House(server: server, contatto: program, errors: errors)
    }

    /// What the processes said, if they said anything; removes it.
    func lastWords() -> String {
        let data = FileManager.default.contents(atPath: errors) ?? Data()
        try? FileManager.default.removeItem(atPath: errors)  // Left behind in a temporary folder it harms nobody.
        return String(decoding: data.suffix(4000), as: UTF8.self)
    }

    /// Makes a database with the schema and the workspace `trial`, by the commands people use.
    func makeDatabase(_ name: String) async throws -> Int64 {
        let postgres = try connect("postgres")
        try await postgres.session { (session: borrowing Session) throws(DatabaseError) in
            try session.run("CREATE DATABASE \(quoted(identifier: name))")
        }
        await postgres.close()
        let uri = server.uri(database: name)
        _ = try Child.run(contatto, ["migrate", "--database", uri], errors: errors)
        return try await addWorkspace("trial", in: name)
    }

    func addWorkspace(_ workspace: String, in name: String) async throws -> Int64 {
        let uri = server.uri(database: name)
        _ = try Child.run(contatto, ["workspace", "add", workspace, "--database", uri], errors: errors)
        try joinExactly(["--workspace", workspace, "--database", uri])
        let database = try connect(name)
        let id = try await database.session { (session: borrowing Session) throws(DatabaseError) -> Int64 in
            try session.query(
                text: "SELECT workspace FROM contatto.workspace WHERE name = $1", [.text(workspace)]
            ).int64(0, 0)
        }
        await database.close()
        return id
    }

    /// Lets nothing join but what the reference knows: soft evidence is held against the whole set elsewhere.
    func joinExactly(_ options: [String]) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "ledger-trial-rules-\(getpid())")
        defer { try? FileManager.default.removeItem(at: file) }  // Left behind in a temporary folder it harms nobody.
        try Data(#"{"soft":"off"}"#.utf8).write(to: file)
        try run(["rules", "set", file.path, "--why", "the reference knows no soft evidence"] + options)
    }

    /// Runs the program to its end and returns what it printed.
    @discardableResult
    func run(_ arguments: [String]) throws -> String { try Child.run(contatto, arguments, errors: errors) }

    /// Makes the sources the generator speaks for, which nobody can make over HTTP.
    func makeSources(_ options: [String]) throws {
        let sources = [
            ("mail", "email"), ("chat", "chat"), ("forum", "forum"), ("tickets", "ticket"), ("site", "web"),
            ("shop", "store"),
        ]
        for (name, channel) in sources {
            try run(["source", "add", "interactions", "--name", name, "--set", "channel=\(channel)"] + options)
        }
    }

    /// A key that may vouch for anything, and speak for every source.
    func makeKey(_ options: [String]) throws -> String {
        try run(["key", "create", "--role", "admin"] + options)
    }

    /// Kills the server at these moments and starts it again. Returns how many deadlocks it had counted at each of its
    /// deaths, which a crash makes it forget.
    func killServer(counting name: String, at moments: [Duration], _ pace: Pace) async throws -> [Int64] {
        var counted: [Int64] = []
        for moment in moments {
            try await Task.sleep(until: pace.start + moment)
            counted.append(try await countedDeadlocks(name))
            try await server.kill()
            try await server.start()
        }
        return counted
    }

    /// As the superuser, whom no row-level security hides anything from.
    func connect(_ name: String, connections: Int = 1) throws -> Database {
        var settings = try ConnectionSettings(uri: server.uri(database: name))
        settings.applicationName = "ledger trial"
        return Database(settings, connections: connections)
    }

    /// Deadlocks of a database since the server last started: a crash empties these counts.
    func countedDeadlocks(_ name: String) async throws -> Int64 {
        let database = try connect(name)
        let count = try await database.session { (session: borrowing Session) throws(DatabaseError) -> Int64 in
            try session.query(text: "SELECT deadlocks FROM pg_stat_database WHERE datname = $1", [.text(name)])
                .int64(0, 0)
        }
        await database.close()
        return count
    }

    /// The same from the log, which survives.
    var loggedDeadlocks: Int { server.log.ranges(of: "deadlock detected").count }
}
