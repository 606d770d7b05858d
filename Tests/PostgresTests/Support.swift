import ContactTesting
import Postgres
import Testing

/// A pool on the shared server, with an empty schema of its own in front of the search path. Who looks for its backends
/// gives it a name: tests beside it have theirs on the same server.
func withDatabase(
    connections: Int = 4, acquireTimeout: Duration = .seconds(30),
    statementTimeout: Duration? = nil, lockTimeout: Duration? = nil, named name: String? = nil,
    _ body: (Database, TestServer) async throws -> Void
) async throws {
    let server = try await TestServer.shared()
    let schema = "test_\(UInt64.random(in: .min ... .max))"
    var settings = try ConnectionSettings(uri: server.uri())
    settings.searchPath = [schema]
    settings.statementTimeout = statementTimeout
    settings.lockTimeout = lockTimeout
    if let name { settings.applicationName = name }
    let administration = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
    try await administration.run("CREATE SCHEMA \(schema)")
    let database = Database(settings, connections: connections, acquireTimeout: acquireTimeout)
    do {
        try await body(database, server)
    } catch {
        await database.close()
        await administration.close()
        throw error
    }
    await database.close()
    try await administration.run("DROP SCHEMA \(schema) CASCADE")
    await administration.close()
}

/// SplitMix64: the same cases in every run.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

func error(_ body: () async throws -> Void) async -> DatabaseError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? DatabaseError
    }
}

/// A value that tasks share.
final class Locked<Value: Sendable>: Sendable {
    private let mutex: Monitor<Value>

    init(_ value: Value) {
        mutex = Monitor(value)
    }

    var value: Value {
        get { mutex.withLock { $0 } }
        set { mutex.withLock { $0 = newValue } }
    }

    func change(_ body: (inout Value) -> Void) {
        mutex.withLock { body(&$0) }
    }
}

extension Locked<Int> {
    /// Polls until the number has grown by so many; throws after thirty seconds.
    func wait(forAnother more: Int) async throws {
        let goal = value + more
        let deadline = ContinuousClock.now + .seconds(120)
        while value < goal {
            guard ContinuousClock.now < deadline else { throw Overdue(sql: "progress", last: Int64(value)) }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
