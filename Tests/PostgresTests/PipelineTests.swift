import ContactTesting
import Postgres
import Testing

@Suite struct PipelineTests {
    @Test func `a pipeline returns its results in order, the first time and prepared`() async throws {
        try await withDatabase(connections: 1) { database, _ in
            for _ in 0..<3 {
                try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    var statements: [(StaticString, [Parameter])] = []
                    for index in 0..<25 {
                        statements.append(("/* pipeline.even */ SELECT $1", [.int8(Int64(2 * index))]))
                        statements.append(
                            ("/* pipeline.odd */ SELECT generate_series(1, $1)", [.int4(Int32(2 * index + 1))]))
                    }
                    let rows = try session.pipeline(statements)
                    #expect(rows.count == 50)
                    for index in 0..<50 {
                        if index % 2 == 0 {
                            #expect(try rows[index].int64(0, 0) == Int64(index))
                        } else {
                            #expect(rows[index].count == index)
                        }
                    }
                }
            }
        }
    }

    @Test func `the first error fails a pipeline, by its name, and nothing after it is run`() async throws {
        try await withDatabase(connections: 1) { database, _ in
            try await database.run("CREATE TABLE piped (n int8 PRIMARY KEY)")
            let failing = await error {
                try await database.session { (session: borrowing Session) throws(DatabaseError) in
                    _ = try session.pipeline([
                        ("/* pipeline.first */ INSERT INTO piped VALUES ($1)", [.int8(1)]),
                        ("/* pipeline.second */ INSERT INTO piped VALUES ($1 / $2)", [.int8(2), .int8(0)]),
                        ("/* pipeline.third */ INSERT INTO piped VALUES ($1)", [.int8(3)]),
                    ])
                }
            }
            #expect(failing?.state?.code == "22012")
            #expect(failing?.statement == "pipeline.second")
            // Without a transaction around it the pipeline is one.
            #expect(try await database.int64("SELECT count(*) FROM piped") == 0)
            let misspelt = await error {
                try await database.session { (session: borrowing Session) throws(DatabaseError) in
                    _ = try session.pipeline([
                        ("/* pipeline.first */ INSERT INTO piped VALUES ($1)", [.int8(1)]),
                        ("/* pipeline.misspelt */ INSERT INTO pied VALUES ($1)", [.int8(1)]),
                    ])
                }
            }
            #expect(misspelt?.state == .undefinedTable)
            #expect(misspelt?.statement == "pipeline.misspelt")
            try await database.run("SELECT 1")
            #expect(try await database.int64("SELECT count(*) FROM piped") == 0)
        }
    }

    @Test func `a pipeline with megabytes both ways does not stop`() async throws {
        try await withDatabase(connections: 1) { database, _ in
            let large = [UInt8](repeating: 7, count: 3_000_000)
            let total = try await database.transaction { (session: borrowing Session) throws(DatabaseError) -> Int in
                let rows = try session.pipeline(
                    (0..<20).map { _ in ("/* pipeline.large */ SELECT $1, $1", [.bytes(large)]) })
                var total = 0
                for row in rows { total += try row.withBytes(0, 0) { $0.byteCount } + row.bytes(0, 1).count }
                return total
            }
            #expect(total == 120_000_000)
        }
    }

    @Test func `a statement that cannot be sent leaves the connection usable`() async throws {
        try await withDatabase(connections: 1) { database, _ in
            let tooMany = [Parameter](repeating: .int8(1), count: 70_000)
            let refused = await error {
                try await database.session { (session: borrowing Session) throws(DatabaseError) in
                    _ = try session.pipeline([
                        ("/* pipeline.first */ SELECT 1", []), ("/* pipeline.many */ SELECT 1", tooMany),
                    ])
                }
            }
            #expect(refused?.kind == .usage)
            #expect(refused?.statement == "pipeline.many")
            try await database.run("SELECT 1")
        }
    }

    @Test func `a COPY sent as a statement is refused, and the next task gets a sound connection`() async throws {
        try await withDatabase(connections: 1) { database, _ in
            for sql in ["COPY (SELECT 1) TO STDOUT", "CREATE TABLE c (); COPY c FROM STDIN"] {
                #expect(await error { try await database.run(sql) }?.kind == .usage)
                let three = try await database.int64("SELECT count(*) FROM generate_series(1, 3)")
                #expect(three == 3)
            }
        }
    }
}
