internal import ContactTesting
internal import Foundation
internal import Postgres
internal import Storage

/// `contatto import interactions` beside a plain COPY of the rows it has stored.
struct IntakeBenchmark {
    private static let batch = 5_000

    let rows: Int
    let known: Int
    let runs: Int
    let bench: Bench

    func run() async throws {
        let folder = bench.folder
        print("flushes of 8 kB a second before: \(flushRate(in: folder.path))")
        let preload = folder.appendingPathComponent("preload.ndjson")
        try Data(Lines.preload(known)).write(to: preload)
        var copies: [Double] = []
        var imports: [Int: [Double]] = [:]
        let shares = [0, 100, 360]
        for run in 0..<runs {
            for share in shares {
                let schema = "bench_\(run)_\(share)"
                try await bench.migrate(schema)
                try bench.contatto(["import", "interactions", preload.path], schema)
                let file = folder.appendingPathComponent("run.ndjson")
                var lines = Lines(seed: UInt64(run + 1), known: known)
                try Data(lines.make(rows, newPerMille: share)).write(to: file)
                try await bench.checkpoint()
                let seconds = try bench.contatto(["import", "interactions", file.path], schema)
                imports[share, default: []].append(Double(rows) / seconds)
                if share == 0 { copies.append(try await copy(schema)) }
                try await bench.drop(schema)
            }
        }
        report(copies, imports, shares)
        print("flushes of 8 kB a second after: \(flushRate(in: folder.path))")
    }

    private func report(_ copies: [Double], _ imports: [Int: [Double]], _ shares: [Int]) {
        let copy = Spread(copies)
        print("\(rows) rows, \(known) customers known, \(runs) runs; rows/s as low – median – high")
        print("plain COPY, owner, no row-level security, 1 connection: \(copy.thousands)")
        for share in shares {
            let spread = Spread(imports[share] ?? [])
            let ratio = Spread.rounded(spread.median / max(1, copy.median), digits: 2)
            print("contatto import, \(share / 10)% new facets: \(spread.thousands); \(ratio) of COPY")
        }
    }

    /// COPY of the final rows, as they stand, into empty tables with the same columns, keys, indexes and partitions.
    private func copy(_ schema: String) async throws -> Double {
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
                    (writer: inout CopyWriter) throws(DatabaseError) in try writer.write(keys)
                }
                _ = try session.copyIn("COPY interaction FROM STDIN") {
                    (writer: inout CopyWriter) throws(DatabaseError) in try writer.write(interactions)
                }
            }
        }
        let seconds = start.duration(to: clock.now).inSeconds
        await database.close()
        try await bench.drop(target)
        return Double(rows) / seconds
    }

    /// The measured rows as COPY's text, cut into batches.
    private func dump(_ schema: String, _ table: String) throws -> [[UInt8]] {
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
        var batches: [[UInt8]] = []
        var start = 0, lines = 0
        let bytes = [UInt8](try Data(contentsOf: file))
        for place in bytes.indices where bytes[place] == 10 {
            lines += 1
            if lines == Self.batch || place == bytes.count - 1 {
                batches.append(Array(bytes[start...place]))
                start = place + 1
                lines = 0
            }
        }
        return batches
    }
}
