import API
import Contact
import ContactTesting
import Logging
import Postgres
import ServiceLifecycle
import Storage

/// A server on a schema of its own, spoken to over real sockets.
struct LiveHub {
    static let now: @Sendable () -> Int64 = { TestDatabase.now }

    let database: TestDatabase
    let workspace: TestWorkspace
    let desk: Desk
    let port: Int
    let group: ServiceGroup
    /// The server has stopped.
    let hasEnded: Monitor<Bool>

    static func with(
        receivers: @escaping ReceiverLookup = { _, _ in nil },
        open: (@Sendable (TestDatabase) -> OpenSources)? = nil, pace: KeyPace = KeyPace(rate: 0),
        _ change: (inout ConnectionLimits) -> Void = { _ in }, _ body: (LiveHub) async throws -> Void
    ) async throws {
        var limits = ConnectionLimits()
        limits.linger = .seconds(1)
        change(&limits)
        let fixed = limits
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let desk = Desk(
                intake: database.hub, reads: try database.process(), watch: try database.process(connections: 2),
                feed: try database.process(connections: 2), bells: Bells(),
                receivers: receivers, open: open?(database) ?? OpenSources(),
                audit: try database.process(connections: 1), pace: pace,
                secretKey: { Array(repeating: 7, count: 32) }, logger: logger, now: now)
            let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
            let server = HTTPServer(desk, host: "127.0.0.1", port: 0, limits: fixed) { continuation.yield($0) }
            let services = ServiceGroup(configuration: ServiceGroupConfiguration(services: [server], logger: logger))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                let hasEnded = Monitor(false)
                tasks.addTask {
                    try await services.run()
                    hasEnded.withLock { $0 = true }
                }
                var port = 0
                for await found in ports {
                    port = found
                    break
                }
                let hub = LiveHub(
                    database: database, workspace: workspace, desk: desk, port: port, group: services,
                    hasEnded: hasEnded)
                do {
                    try await body(hub)
                } catch {
                    await services.triggerGracefulShutdown()
                    throw error
                }
                await services.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }

    /// Makes the source a key is for, if it is for one.
    func key(
        _ role: KeyRole, source: String? = nil, in workspace: TestWorkspace? = nil, expiresAt: Int64? = nil,
        settings: String = "{}"
    ) async throws -> String {
        let workspace = workspace ?? self.workspace
        if let source { try await make(source, in: workspace, settings: settings) }
        let key = try await Keys(database.hub).create(
            in: workspace.workspace, role: role, source: source, expiresAt: expiresAt, now: TestDatabase.now)
        return key?.text ?? ""
    }

    func make(_ source: String, in workspace: TestWorkspace? = nil, settings: String = "{}") async throws {
        let workspace = workspace ?? self.workspace
        try await Sources(database.hub, workspace: workspace.workspace)
            .register(source, channel: "store", now: TestDatabase.now)
        try await database.superuser.session { (session: borrowing Session) throws(DatabaseError) in
            _ = try session.query(
                text: "UPDATE source SET settings = $3 WHERE workspace = $1 AND name = $2 RETURNING 1::int4",
                [.int8(workspace.id), .text(source), .jsonb(Array(settings.utf8))])
        }
    }

    func connect() throws -> Wire { try Wire(port: port) }

    /// One request on a connection of its own.
    func ask(
        _ method: String, _ path: String, key: String? = nil, _ body: [UInt8]? = nil, fields: [String] = []
    ) async throws -> Reply {
        let wire = try connect()
        await wire.send(Self.head(method, path, key: key, length: body?.count, fields: fields))
        if let body { await wire.send(body) }
        let bytes = await wire.receiveAll()
        guard let reply = Reply(bytes) else {
            throw Wire.Failure(description: "no answer to \(method) \(path): \(String(decoding: bytes, as: UTF8.self))")
        }
        return reply
    }

    func get(_ path: String, key: String? = nil) async throws -> Reply { try await ask("GET", path, key: key) }

    func post(_ text: String, key: String, type: String = "application/json", query: String = "") async throws -> Reply
    {
        try await ask(
            "POST", "/v1/interactions" + query, key: key, Array(text.utf8), fields: ["Content-Type: \(type)"])
    }

    static func head(
        _ method: String, _ path: String, key: String?, length: Int?, fields: [String] = []
    ) -> [UInt8] {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: hub", "Connection: close"] + fields
        if let key { lines.append("Authorization: Bearer \(key)") }
        if let length { lines.append("Content-Length: \(length)") }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    func count(_ sql: String) async throws -> Int64 {
        try await database.superuser.session { (session: borrowing Session) throws(DatabaseError) -> Int64 in
            try session.query(text: sql).int64(0, 0)
        }
    }

    /// Interactions of the workspace that are stored.
    func stored(_ workspace: TestWorkspace? = nil) async throws -> Int64 {
        try await count("SELECT count(*) FROM interaction WHERE workspace = \((workspace ?? self.workspace).id)")
    }

    /// Polls until it holds, or a minute is over.
    static func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(180)
        while try await !condition() {
            guard ContinuousClock.now < deadline else { throw Wire.Failure(description: "never: \(what)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// An interaction of the shop.
func line(
    _ id: String, email: String = "anna@example.it", at: String = "2026-05-04T10:00:00Z", more: String = ""
) -> String {
    #"{"id":"\#(id)","occurred_at":"\#(at)","identifiers":[{"kind":"email","value":"\#(email)"}]\#(more)}"#
}
