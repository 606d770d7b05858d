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

    /// Into empty tables, which are gone afterwards.
    func run(_ schema: String) async throws -> Double {
        let target = schema + "_copy"
        try await makeTables(target)
        let rate = try await run(schema, into: target, rows: "run-%")
        try await bench.drop(target)
        return rate
    }

    /// Tables that COPY may be run into.
    func makeTables(_ target: String) async throws {
        try await bench.migrate(target)
        for table in ["interaction", "interaction_key"] {
            try await bench.administrate("ALTER TABLE \(target).\(table) NO FORCE ROW LEVEL SECURITY")
            try await bench.administrate("ALTER TABLE \(target).\(table) DISABLE ROW LEVEL SECURITY")
        }
    }

    /// Into tables that may hold rows already; of those whose id is like `pattern`.
    func run(_ schema: String, into target: String, rows pattern: String) async throws -> Double {
        let database = try bench.owner(target)
        let keys = try dump(schema, "interaction_key", pattern)
        let interactions = try dump(schema, "interaction", pattern)
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
        return Double(count) / seconds
    }

    /// The measured rows as COPY's text, cut into batches.
    private func dump(_ schema: String, _ table: String, _ pattern: String) throws -> [(bytes: [UInt8], lines: Int)] {
        let file = bench.folder.appendingPathComponent("\(table).copy")
        let condition =
            table == "interaction"
            ? "body->>'id' LIKE '\(pattern)'"
            : "interaction IN (SELECT interaction FROM \(schema).interaction WHERE body->>'id' LIKE '\(pattern)')"
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
