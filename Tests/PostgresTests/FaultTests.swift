import ContactTesting
import Postgres
import Testing

@Suite struct FaultTests {
    @Test func `a backend terminated in mid-transaction stores nothing, and the pool recovers`() async throws {
        try await withDatabase(connections: 1) { database, server in
            let administration = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
            try await database.run("CREATE TABLE stored (n int8)")
            let task = Task {
                try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    try session.run("INSERT INTO stored VALUES (1)")
                    try session.run("/* fault.sleep */ SELECT pg_sleep(60)")
                }
            }
            let sleeping = "FROM pg_stat_activity WHERE query LIKE '/* fault.sleep */%'"
            try await administration.wait(until: "SELECT count(*) \(sleeping)", gives: 1)
            _ = try await administration.int64("SELECT count(pg_terminate_backend(pid)) \(sleeping)")
            let lost = await error { try await task.value }
            #expect(lost?.isConnectionLost == true)
            #expect(lost?.state == .adminShutdown)
            #expect(lost?.isRetryable == true)
            #expect(lost?.outcome == .failed, "COMMIT was never sent")
            #expect(lost?.statement == "fault.sleep")
            #expect(try await database.int64("SELECT count(*) FROM stored") == 0)
            await administration.close()
        }
    }

    @Test func `an idle connection that was cut is replaced without anybody noticing`() async throws {
        try await withDatabase(connections: 1) { database, server in
            let administration = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
            for _ in 0..<10 {
                let backend = try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    session.backendPID
                }
                _ = try await administration.int64("SELECT count(pg_terminate_backend(\(backend), 5000))")
                let next = try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    session.backendPID
                }
                #expect(next != backend)
            }
            await administration.close()
        }
    }

    @Test func `a server restarted and killed under load loses no acknowledged commit`() async throws {
        let server = try await TestServer.start()
        let database = Database(try ConnectionSettings(uri: server.uri()), connections: 4)
        try await database.run("CREATE TABLE acknowledged (n int8 PRIMARY KEY)")
        let isOver = Locked(false)
        let progress = Locked(0)
        let retries = Locked(0)
        let stored = try await withThrowingTaskGroup(of: Set<Int64>.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var stored: Set<Int64> = []
                    var next = Int64(worker) * 1_000_000
                    while !isOver.value {
                        let value = next
                        do throws(DatabaseError) {
                            try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                                // Idempotent, because an unknown outcome is repeated.
                                _ = try session.execute(
                                    "/* fault.store */ INSERT INTO acknowledged VALUES ($1) ON CONFLICT DO NOTHING",
                                    [.int8(value)])
                            }
                            stored.insert(value)
                            progress.change { $0 += 1 }
                            next += 1
                        } catch {
                            guard error.isRetryable || error.outcome == .unknown else { throw error }
                            retries.change { $0 += 1 }
                        }
                    }
                    return stored
                }
            }
            group.addTask {
                defer { isOver.value = true }
                var round = 0
                // On a quick machine it may go down between two transactions: then once more.
                while round < 4 || (retries.value == 0 && round < 40) {
                    try await progress.wait(forAnother: 200)
                    switch round {
                    case 0: try await server.stop()
                    case 1: try await server.stop(immediately: true)
                    default: try await server.kill()
                    }
                    try await server.start()
                    round += 1
                }
                try await progress.wait(forAnother: 200)
                return []
            }
            return try await group.reduce(into: Set<Int64>()) { $0.formUnion($1) }
        }
        #expect(stored.count > 100)
        #expect(retries.value > 0, "the server went down without anybody noticing: nothing was tried here")
        let present = try await database.session { (session: borrowing Session) throws(DatabaseError) in
            let rows = try session.query(text: "SELECT n FROM acknowledged")
            var present: Set<Int64> = []
            for row in 0..<rows.count { present.insert(try rows.int64(row, 0)) }
            return present
        }
        #expect(stored.subtracting(present).isEmpty, "acknowledged and lost")
        #expect(present == stored, "every value was repeated until it was acknowledged")
        await database.close()
        try await server.stop(immediately: true)
    }

    @Test func `a server that is down is waited for, until it is up or the time is over`() async throws {
        let server = try await TestServer.start()
        try await server.stop(immediately: true)
        let hasty = Database(
            try ConnectionSettings(uri: server.uri()), connections: 1, acquireTimeout: .milliseconds(200))
        let refused = await error { try await hasty.run("SELECT 1") }
        #expect(refused?.isConnectionLost == true)
        #expect(refused?.isRetryable == true)
        #expect(refused?.message.contains("cannot connect to host=") == true)
        await hasty.close()
        let patient = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
        async let answer = patient.int64("SELECT 7::int8")
        let leaving = Task { try await patient.run("SELECT 1") }
        leaving.cancel()
        #expect(await error { try await leaving.value }?.isCancelled == true)
        try await server.start()
        #expect(try await answer == 7)
        await patient.close()
        try await server.stop(immediately: true)
    }

    @Test func `several hosts are tried in order, and a silent one costs no more than its time`() async throws {
        let server = try await TestServer.shared()
        guard let port = server.port else { return }
        // TEST-NET-1: packets to it go nowhere, or come back as unreachable.
        var settings = try ConnectionSettings(
            uri: "postgresql://postgres@192.0.2.1:1,127.0.0.1:1,127.0.0.1:\(port)/postgres")
        settings.connectTimeout = .milliseconds(300)
        let database = Database(settings, connections: 1)
        #expect(try await database.int64("SELECT 1::int8") == 1)
        await database.close()
    }
}
