import ContactTesting
import Postgres
import Testing

@Suite struct CopyTests {
    @Test func `rows are copied in as text and as binary`() async throws {
        try await withDatabase { database, _ in
            try await database.run("CREATE TABLE copied (n int8, t text, b bytea, u uuid)")
            try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                let asText = try session.copyIn("COPY copied (n, t) FROM STDIN") {
                    (writer: inout CopyWriter) throws(DatabaseError) in
                    for n in 0..<1000 { try writer.write(text: "\(n)\tcittà\n") }
                }
                #expect(asText == 1000)
                let asBinary = try session.copyIn("COPY copied FROM STDIN (FORMAT binary)") {
                    (writer: inout CopyWriter) throws(DatabaseError) in
                    try writer.binaryHeader()
                    for n in 1000..<3000 {
                        try writer.binaryRow([
                            .int8(Int64(n)), .null(.text), .bytes([1, 2]), .uuid(high: 1, low: UInt64(n)),
                        ])
                    }
                    try writer.binaryTrailer()
                }
                #expect(asBinary == 2000)
                let rows = try session.query(
                    text:
                        "SELECT sum(n)::int8, count(t), count(*) FILTER (WHERE b = '\\x0102'), max(u::text) FROM copied"
                )
                #expect(try rows.int64(0, 0) == 2999 * 3000 / 2)
                #expect(try rows.int64(0, 1) == 1000)
                #expect(try rows.int64(0, 2) == 2000)
                #expect(try rows.text(0, 3) == "00000000-0000-0001-0000-000000000bb7")
            }
        }
    }

    @Test func `a sender that gives up stores nothing and gets its own error back`() async throws {
        try await withDatabase(connections: 1) { database, _ in
            try await database.run("CREATE TABLE copied (n int8)")
            let givenUp = await error {
                try await database.session { (session: borrowing Session) throws(DatabaseError) in
                    _ = try session.copyIn("COPY copied FROM STDIN") {
                        (writer: inout CopyWriter) throws(DatabaseError) in
                        for n in 0..<100_000 { try writer.write(text: "\(n)\n") }
                        throw DatabaseError(.usage, "the source ran dry")
                    }
                }
            }
            #expect(givenUp?.message == "the source ran dry")
            #expect(try await database.int64("SELECT count(*) FROM copied") == 0)
        }
    }

    @Test func `a row the server refuses stops the stream, with the server's reason`() async throws {
        try await withDatabase(connections: 1) { database, _ in
            try await database.run("CREATE TABLE copied (n int8)")
            let written = Locked(0)
            let refused = await error {
                try await database.session { (session: borrowing Session) throws(DatabaseError) in
                    _ = try session.copyIn("/* copy.bad */ COPY copied FROM STDIN") {
                        (writer: inout CopyWriter) throws(DatabaseError) in
                        try writer.write(text: "seven\n")
                        for n in 0..<20_000_000 {
                            try writer.write(text: "\(n)\n")
                            written.value = n
                        }
                    }
                }
            }
            #expect(refused?.state == .invalidTextRepresentation)
            #expect(refused?.statement == "copy.bad")
            #expect(written.value < 10_000_000, "it went on long after the server had refused")
            #expect(try await database.int64("SELECT count(*) FROM copied") == 0)
        }
    }

    @Test func `a stream waits while the server takes nothing, and goes on when it does`() async throws {
        try await withDatabase { database, _ in
            try await database.run(
                """
                CREATE TABLE copied (t text);
                CREATE TABLE gate ();
                CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN LOCK TABLE gate; RETURN NULL; END $$;
                CREATE TRIGGER pass BEFORE INSERT ON copied FOR EACH ROW EXECUTE FUNCTION pass();
                """)
            let line = [UInt8](repeating: 0x78, count: 99_999) + [0x0A]
            let (written, open, isHeld) = (Locked(0), Locked(false), Locked(false))
            let gate = Task {
                try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    try session.run("LOCK TABLE gate")
                    isHeld.value = true
                    while !open.value { try session.run("SELECT pg_sleep(0.01)") }
                }
            }
            while !isHeld.value { try await Task.sleep(for: .milliseconds(5)) }
            let copy = Task {
                try await database.session { (session: borrowing Session) throws(DatabaseError) in
                    try session.copyIn("COPY copied FROM STDIN") { (writer: inout CopyWriter) throws(DatabaseError) in
                        for _ in 0..<1000 {
                            try writer.write(line)
                            written.change { $0 += line.count }
                        }
                    }
                }
            }
            // Until nothing more was taken for half a second: what the system's buffers hold, and one piece of ours.
            var (last, still) = (-1, 0)
            while still < 50 {
                try await Task.sleep(for: .milliseconds(10))
                let now = written.value
                (last, still) = (now, now == last && now > 0 ? still + 1 : 0)
            }
            #expect(last < 20_000_000, "of 100 MB, \(last) bytes were taken from the sender while the server took none")
            open.value = true
            #expect(try await copy.value == 0)
            #expect(written.value == 100_000_000)
            try await gate.value
        }
    }

    @Test func `cancelling the task ends a COPY`() async throws {
        try await withDatabase(connections: 1) { database, _ in
            try await database.run("CREATE TABLE copied (n int8)")
            let begun = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                try await database.session { (session: borrowing Session) throws(DatabaseError) in
                    _ = try session.copyIn("COPY copied FROM STDIN") {
                        (writer: inout CopyWriter) throws(DatabaseError) in
                        while true {
                            try writer.write(text: "1\n")
                            begun.continuation.finish()
                        }
                    }
                }
            }
            for await _ in begun.stream {}
            task.cancel()
            #expect(await error { try await task.value }?.isCancelled == true)
            #expect(try await database.int64("SELECT count(*) FROM copied") == 0)
        }
    }

    @Test func `a statement that is no COPY is refused`() async throws {
        try await withDatabase(connections: 1) { database, _ in
            for (sql, kind) in [("SELECT 1", DatabaseError.Kind.usage), ("COPY nowhere FROM STDIN", .server)] {
                let refused = await error {
                    try await database.session { (session: borrowing Session) throws(DatabaseError) in
                        _ = try session.copyIn(sql) { (_: inout CopyWriter) throws(DatabaseError) in }
                    }
                }
                #expect(refused?.kind == kind)
                try await database.run("SELECT 1")
            }
        }
    }
}
