import ContactTesting
import Postgres
import Testing

@Suite struct PoolTests {
    @Test func `64 tasks share 4 connections and each gets its own answer`() async throws {
        try await withDatabase { database, _ in
            try await database.run("CREATE TABLE counter (n int8 NOT NULL); INSERT INTO counter VALUES (0)")
            let backends = try await withThrowingTaskGroup(of: Int32.self) { group in
                for task in 0..<64 {
                    group.addTask {
                        var backend: Int32 = 0
                        for round in 0..<10 {
                            let value = Int64(task * 1000 + round)
                            backend = try await database.transaction {
                                (session: borrowing Session) throws(DatabaseError) in
                                let rows = try session.execute("/* pool.echo */ SELECT $1", [.int8(value)])
                                #expect(try rows.int64(0, 0) == value)
                                _ = try session.execute("/* pool.count */ UPDATE counter SET n = n + 1")
                                return session.backendPID
                            }
                        }
                        return backend
                    }
                }
                return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }
            }
            #expect(backends.count <= 4)
            #expect(try await database.int64("SELECT n FROM counter") == 640)
        }
    }

    @Test func `a transaction commits what its body returned and rolls back what it threw or decided against`()
        async throws
    {
        try await withDatabase { database, _ in
            try await database.run("CREATE TABLE kept (n int8 PRIMARY KEY)")
            try await database.transaction(opening: "SET LOCAL contatto.workspace = '7'") {
                (session: borrowing Session) throws(DatabaseError) in
                let rows = try session.execute("/* pool.setting */ SELECT current_setting('contatto.workspace')")
                #expect(try rows.text(0, 0) == "7")
                let inserted = try session.execute(
                    "/* pool.keep */ INSERT INTO kept VALUES ($1), ($2)", [.int8(1), .int8(2)])
                #expect(inserted.affected == 2)
            }
            let decided = try await database.deciding { (session: borrowing Session) throws(DatabaseError) in
                _ = try session.execute("/* pool.keep */ INSERT INTO kept VALUES ($1)", [.int8(3)])
                return Verdict.rollback("no")
            }
            #expect(decided == "no")
            let violated = await error {
                try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    _ = try session.execute("/* pool.keep */ INSERT INTO kept VALUES ($1)", [.int8(4)])
                    _ = try session.execute("/* pool.twice */ INSERT INTO kept VALUES ($1)", [.int8(1)])
                }
            }
            #expect(violated?.state == .uniqueViolation)
            #expect(violated?.statement == "pool.twice")
            #expect(violated?.table == "kept")
            #expect(violated?.constraint == "kept_pkey")
            #expect(violated?.outcome == .failed)
            #expect(violated?.isRetryable == false)
            #expect(try await database.int64("SELECT sum(n)::int8 FROM kept") == 3)
        }
    }

    @Test func `a body that swallows an error does not pass for committed`() async throws {
        try await withDatabase { database, _ in
            let swallowed = await error {
                try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    do throws(DatabaseError) { try session.run("SELECT 1/0") } catch {
                        #expect(error.state?.code == "22012")
                    }
                }
            }
            #expect(swallowed?.state == .inFailedTransaction)
        }
    }

    @Test func `a reading transaction writes nothing`() async throws {
        try await withDatabase { database, _ in
            let refused = await error {
                try await database.transaction(readOnly: true) { (session: borrowing Session) throws(DatabaseError) in
                    try session.run("CREATE TABLE written ()")
                }
            }
            #expect(refused?.state?.code == "25006")
        }
    }

    @Test func `a task that finds no free connection in time is told so`() async throws {
        try await withDatabase(connections: 1, acquireTimeout: .milliseconds(50)) { database, server in
            let administration = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
            let busy = Task { try await database.run("/* pool.busy */ SELECT pg_sleep(60)") }
            let running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '/* pool.busy */%'"
            try await administration.wait(until: running, gives: 1)
            let late = await error { try await database.run("SELECT 1") }
            #expect(late?.kind == .pool)
            #expect(late?.message.contains("no connection became free") == true)
            _ = try await administration.int64(
                "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE query LIKE '/* pool.busy */%'")
            let cancelled = await error { try await busy.value }
            #expect(cancelled?.state == .queryCancelled)
            #expect(cancelled?.isCancelled == false, "an administrator cancelled it, not the task")
            try await database.run("SELECT 1")
            await administration.close()
        }
    }

    @Test func `statement_timeout and lock_timeout end a statement`() async throws {
        try await withDatabase(statementTimeout: .milliseconds(100), lockTimeout: .milliseconds(20)) {
            database, server in
            let slow = await error { try await database.run("SELECT pg_sleep(60)") }
            #expect(slow?.state == .queryCancelled)
            #expect(slow?.isCancelled == false)
            try await database.run("CREATE TABLE locked ()")
            let other = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
            let schema = try await database.session { (session: borrowing Session) throws(DatabaseError) in
                try session.query(text: "SELECT current_schema()").text(0, 0)
            }
            let holding = AsyncStream.makeStream(of: Void.self)
            let holder = Task {
                try await other.transaction { (session: borrowing Session) throws(DatabaseError) in
                    try session.run("LOCK TABLE \(schema).locked")
                    holding.continuation.finish()
                    try session.run("SELECT pg_sleep(60)")
                }
            }
            for await _ in holding.stream {}
            let blocked = await error {
                try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    try session.run("LOCK TABLE locked")
                }
            }
            #expect(blocked?.state == .lockNotAvailable)
            holder.cancel()
            #expect(await error { try await holder.value }?.isCancelled == true)
            await other.close()
        }
    }

    @Test func `a plan that no longer fits is forgotten and the error may be retried`() async throws {
        try await withDatabase(connections: 1) { database, _ in
            try await database.run("CREATE TABLE shape (a int8)")
            @Sendable func read() async throws -> Int {
                try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    try session.execute("/* pool.shape */ SELECT * FROM shape").columnCount
                }
            }
            #expect(try await read() == 1)
            try await database.run("ALTER TABLE shape ADD COLUMN b text")
            let stale = await error { _ = try await read() }
            #expect(stale?.isRetryable == true)
            #expect(try await read() == 2)
            try await database.run("DEALLOCATE ALL")
            #expect(await error { _ = try await read() }?.isRetryable == true)
            #expect(try await read() == 2)
        }
    }

    @Test func `a role that may not be taken on is named with the remedy, at once`() async throws {
        let server = try await TestServer.shared()
        var settings = try ConnectionSettings(uri: server.uri(user: "contatto_hub"))
        settings.role = "contatto_owner"
        let database = Database(settings, connections: 1)
        let refused = await error { try await database.run("SELECT 1") }
        #expect(refused?.state == .insufficientPrivilege)
        #expect(refused?.description.contains(#"GRANT "contatto_owner" TO "contatto_hub""#) == true)
        await database.close()
    }

    @Test func `a closed pool refuses`() async throws {
        let server = try await TestServer.shared()
        let database = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
        try await database.run("SELECT 1")
        await database.close()
        #expect(await error { try await database.run("SELECT 1") }?.kind == .pool)
    }

    @Test func `an address that cannot be read is refused without repeating it`() {
        do throws(DatabaseError) {
            _ = try ConnectionSettings(uri: "postgresql://u:secret@host:1/db?nonsense=secret")
            Issue.record("it was taken")
        } catch {
            #expect(!error.description.contains("secret"))
        }
    }

    @Test func `a password never shows`() throws {
        let settings = try ConnectionSettings(uri: "postgresql://ada:secret@a:1,b:2/hub?sslmode=verify-full")
        #expect(settings.redacted == "host=a,b port=1,2 dbname=hub user=ada sslmode=verify-full")
    }
}
