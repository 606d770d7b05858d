import ContactTesting
import Postgres
import Testing

@Suite struct CancellationTests {
    @Test func `cancelling a task ends its statement, rolls back, and the connection serves the next`() async throws {
        try await withDatabase(connections: 1) { database, server in
            let administration = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
            try await database.run("CREATE TABLE kept (n int8)")
            let task = Task {
                try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    try session.run("INSERT INTO kept VALUES (1)")
                    try session.run("/* cancel.sleep */ SELECT pg_sleep(60)")
                }
            }
            try await administration.wait(
                until: "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '/* cancel.sleep */%'", gives: 1)
            let start = ContinuousClock.now
            task.cancel()
            let cancelled = await error { try await task.value }
            #expect(cancelled?.isCancelled == true)
            #expect(cancelled?.statement == "cancel.sleep")
            #expect(ContinuousClock.now - start < .seconds(10))
            #expect(try await database.int64("SELECT count(*) FROM kept") == 0)
            await administration.close()
        }
    }

    @Test func `1,000 cancellations at random moments give no wrong answer and meet no other statement`() async throws {
        try await withDatabase(connections: 8) { database, _ in
            var generator = Seeded(2)
            var cancelled = 0
            var answered = 0
            // Waves, so that cancellations fall on waiting, connecting and running jobs alike.
            for wave in 0..<25 {
                let cases = (0..<40).map { _ in
                    (
                        pause: Int.random(in: 0..<4000, using: &generator),
                        until: Int.random(in: 0..<12_000, using: &generator)
                    )
                }
                let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for (index, one) in cases.enumerated() {
                        let value = Int64(wave * 1000 + index)
                        group.addTask {
                            let task = Task { try await echo(value, after: one.pause, on: database) }
                            // Nobody cancels the group, so this never throws.
                            try? await Task.sleep(for: .microseconds(one.until))
                            task.cancel()
                            do {
                                let answer = try await task.value
                                #expect(answer == value)
                                return false
                            } catch let error as DatabaseError {
                                #expect(error.isCancelled, "\(error)")
                                return true
                            }
                        }
                        // Beside each of them one that nobody cancels, and which must not be met.
                        group.addTask {
                            let answer = try await echo(-value, after: one.until / 8, on: database)
                            #expect(answer == -value)
                            return false
                        }
                    }
                    return try await group.reduce(into: [Bool]()) { $0.append($1) }
                }
                cancelled += outcomes.filter { $0 }.count
                answered += outcomes.filter { !$0 }.count
            }
            #expect(cancelled > 100, "too few were cancelled in time for this to say anything")
            #expect(answered >= 1000)
        }
    }

    @Test func `a task that waits for a connection leaves at once when cancelled`() async throws {
        try await withDatabase(connections: 1) { database, server in
            let administration = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
            let busy = Task { try await database.run("/* cancel.busy */ SELECT pg_sleep(60)") }
            try await administration.wait(
                until: "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '/* cancel.busy */%'", gives: 1)
            let waiting = Task { try await database.run("SELECT 1") }
            waiting.cancel()
            #expect(await error { try await waiting.value }?.isCancelled == true)
            busy.cancel()
            #expect(await error { try await busy.value }?.isCancelled == true)
            await administration.close()
        }
    }

    @Test func `a COMMIT that takes its time is not cancelled, by the task or by statement_timeout`() async throws {
        try await withDatabase(statementTimeout: .milliseconds(100), named: "slow_commit") { database, server in
            let administration = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
            try await database.run(slowCommit(seconds: 0.5, "slow_commit"))
            let task = Task {
                try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    try session.run("INSERT INTO slow_commit VALUES (1)")
                    return "stored"
                }
            }
            try await administration.wait(
                until: """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE query = 'COMMIT' AND wait_event = 'PgSleep' AND application_name = 'slow_commit'
                    """, gives: 1)
            task.cancel()
            #expect(try await task.value == "stored")
            #expect(try await database.int64("SELECT count(*) FROM slow_commit") == 1)
            await administration.close()
        }
    }

    @Test func `a backend terminated during COMMIT leaves the outcome unknown`() async throws {
        try await withDatabase(named: "lost_commit") { database, server in
            let administration = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
            try await database.run(slowCommit(seconds: 60, "lost_commit"))
            let task = Task {
                try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    try session.run("INSERT INTO lost_commit VALUES (1)")
                    return session.backendPID
                }
            }
            let atCommit =
                "FROM pg_stat_activity WHERE query = 'COMMIT' AND wait_event = 'PgSleep' AND application_name = 'lost_commit'"
            try await administration.wait(until: "SELECT count(*) \(atCommit)", gives: 1)
            _ = try await administration.int64("SELECT count(pg_terminate_backend(pid)) \(atCommit)")
            let lost = await error { _ = try await task.value }
            #expect(lost?.isConnectionLost == true)
            #expect(lost?.outcome == .unknown)
            await administration.close()
        }
    }

    @Test func `a commit that no standby confirmed is unknown, and the task cannot cancel the wait`() async throws {
        let server = try await TestServer.start()
        let database = Database(try ConnectionSettings(uri: server.uri()), connections: 2)
        let administration = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
        try await database.run("CREATE TABLE confirmed (n int8 PRIMARY KEY)")
        try await administration.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        // Not by a reload, which takes effect some time after it was asked for.
        try await server.stop()
        try await server.start()
        let waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        for (value, ending) in [(Int64(1), "pg_cancel_backend"), (2, "pg_terminate_backend")] {
            let task = Task {
                try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    _ = try session.execute("/* standby */ INSERT INTO confirmed VALUES ($1)", [.int8(value)])
                }
            }
            try await administration.wait(until: "SELECT count(*) \(waiting)", gives: 1)
            task.cancel()
            // Were the wait cancelled, the backend would leave it within milliseconds: it is asked a hundred times.
            for _ in 0..<100 { #expect(try await administration.int64("SELECT count(*) \(waiting)") == 1) }
            _ = try await administration.int64("SELECT count(\(ending)(pid)) \(waiting)")
            let unknown = await error { try await task.value }
            #expect(unknown?.outcome == .unknown, "\(ending): \(String(describing: unknown))")
            #expect(try await administration.int64("SELECT count(*) FROM confirmed WHERE n = \(value)") == 1)
        }
        await database.close()
        await administration.close()
        try await server.stop(immediately: true)
    }
}

private func echo(_ value: Int64, after microseconds: Int, on database: Database) async throws -> Int64 {
    try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
        _ = try session.execute("/* cancel.pause */ SELECT pg_sleep($1)", [.double(Double(microseconds) / 1_000_000)])
        return try session.execute("/* cancel.echo */ SELECT $1", [.int8(value)]).int64(0, 0)
    }
}

/// A table whose inserts sleep when they are committed.
private func slowCommit(seconds: Double, _ table: String) -> String {
    """
    CREATE TABLE \(table) (n int8);
    CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(\(seconds)); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER doze AFTER INSERT ON \(table) DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION doze();
    """
}
