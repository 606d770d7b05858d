internal import ContactTesting
internal import Foundation
internal import Postgres
internal import Storage

/// What the disk and PostgreSQL can do: a plain COPY of the rows that a run has stored (those whose id begins with `run-`),
/// as the owner and without row-level security, over one connection, into empty tables with the same columns, keys, indexes
/// and partitions. In rows a second.
struct PlainCopy {
    private static let batch = 5_000

    let bench: Bench

    func run(_ schema: String) async throws -> Double {
        let target = schema + "_copy"
        try await bench.migrate(target)
        let database = try bench.owner(target)
        try await database.session { (session: borrowing Session) throws(DatabaseError) in
            try session.run(
                """
                ALTER TABLE interaction NO FORCE ROW LEVEL SECURITY; ALTER TABLE interaction DISABLE ROW LEVEL SECURITY;
                ALTER TABLE interaction_key NO FORCE ROW LEVEL SECURITY;
                ALTER TABLE interaction_key DISABLE ROW LEVEL SECURITY
                """)
        }
        let keys = try dump(schema, "interaction_key")
        let interactions = try dump(schema, "interaction")
        try await bench.checkpoint()
        let clock = ContinuousClock()
        let start = clock.now
        for (keys, interactions) in zip(keys, interactions) {
            try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                _ = try session.copyIn("COPY interaction_key FROM STDIN") {
                    (writer: inout CopyWriter) throws(DatabaseError) in try writer.write(keys.bytes)
                }
                _ = try session.copyIn("COPY interaction FROM STDIN") {
                    (writer: inout CopyWriter) throws(DatabaseError) in try writer.write(interactions.bytes)
                }
            }
        }
        let seconds = start.duration(to: clock.now).inSeconds
        let count = interactions.map(\.lines).reduce(0, +)
        await database.close()
        try await bench.drop(target)
        return Double(count) / seconds
    }

    /// The measured rows as COPY's text, cut into batches.
    private func dump(_ schema: String, _ table: String) throws -> [(bytes: [UInt8], lines: Int)] {
        let file = bench.folder.appendingPathComponent("\(table).copy")
        let condition =
            table == "interaction"
            ? "body->>'id' LIKE 'run-%'"
            : "interaction IN (SELECT interaction FROM \(schema).interaction WHERE body->>'id' LIKE 'run-%')"
        try bench.execute(
            "psql",
            [
                "-q", "-d", bench.server.uri(), "-c",
                "\\copy (SELECT * FROM \(schema).\(table) WHERE \(condition)) TO '\(file.path)'",
            ])
        var batches: [(bytes: [UInt8], lines: Int)] = []
        var start = 0, lines = 0
        let bytes = [UInt8](try Data(contentsOf: file))
        for place in bytes.indices where bytes[place] == 10 {
            lines += 1
            if lines == Self.batch || place == bytes.count - 1 {
                batches.append((Array(bytes[start...place]), lines))
                start = place + 1
                lines = 0
            }
        }
        return batches
    }
}
