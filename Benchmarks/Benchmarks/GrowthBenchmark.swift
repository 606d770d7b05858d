internal import ContactTesting
internal import Foundation
internal import Postgres

/// Whether the intake stays as quick as a plain COPY when much is stored already: both into tables that hold as many rows.
struct GrowthBenchmark {
    private static let schema = "bench_growth"
    private static let copy = "bench_growth_copy"
    /// Interactions of one file that is imported to grow.
    private static let step = 500_000

    /// How many are stored at each look, ascending.
    let sizes: [Int]
    let rows: Int
    let known: Int
    let runs: Int
    let bench: Bench

    func run() async throws {
        print("flushes of 8 kB a second before: \(flushRate(in: bench.folder.path))")
        // So that a checkpoint falls into each measured stretch, as it does where intake goes on.
        try await bench.administrate("ALTER SYSTEM SET max_wal_size = '1GB'")
        try await bench.administrate("SELECT pg_reload_conf()")
        let plain = PlainCopy(bench: bench)
        var number = 0
        var first: Double?
        for size in sizes {
            var (imports, copies): ([Double], [Double]) = ([], [])
            for run in 0..<runs {
                // What a run adds is little beside what is stored already, or is let go again.
                if run == 0 || size < 4 * rows { try await start(with: size, plain) }
                number += 1
                var lines = Lines(seed: UInt64(1_000 + number), known: known)
                let made = lines.make(rows, newPerMille: 0, prefix: "run\(number)")
                try await bench.checkpoint()
                let before = try await checkpoints()
                let spent = try await Spent(bench)
                let seconds = try load(made)
                try await spent.tell(rows, "row", isTold: run == 0)
                let between = try await checkpoints()
                imports.append(Double(rows) / seconds)
                copies.append(try await plain.run(Self.schema, into: Self.copy, rows: "run\(number)-%"))
                // One of them is the one before COPY.
                let inside = (between - before, try await checkpoints() - between - 1)
                print(
                    """
                    \(size / 1_000) k stored before, run \(run + 1): import \(Int(imports[run])) rows/s, \(inside.0) \
                    checkpoints inside; COPY \(Int(copies[run])), \(inside.1) inside; peak memory of the commands \
                    \(bench.peakOfCommands) MB
                    """)
            }
            let (imported, copied) = (Spread(imports), Spread(copies))
            let ratio = imported.median / max(1, copied.median)
            print(
                """
                \(size / 1_000) k stored before, \(rows) rows, \(runs) runs: COPY \(copied.thousands), import \
                \(imported.thousands); \(Spread.rounded(ratio, digits: 2)) of COPY
                """)
            if let first {
                print("  by that when empty: \(Promise.told(ratio / first, atLeast: 0.9, digits: 2))")
            } else {
                first = ratio
            }
        }
        try await bench.drop(Self.copy)
        try await bench.drop(Self.schema)
        print("flushes of 8 kB a second after: \(flushRate(in: bench.folder.path))")
    }

    /// Tables of both with so many interactions in them.
    private func start(with size: Int, _ plain: PlainCopy) async throws {
        for schema in [Self.copy, Self.schema] {
            try await bench.administrate("DROP SCHEMA IF EXISTS \(schema) CASCADE")
        }
        try await bench.migrate(Self.schema)
        try await plain.makeTables(Self.copy)
        try load(Lines.preload(known))
        for (part, begun) in stride(from: 0, to: size, by: Self.step).enumerated() {
            var lines = Lines(seed: UInt64(1 + part), known: known)
            try load(lines.make(min(Self.step, size - begun), newPerMille: 0, prefix: "old\(part)"))
        }
        for table in ["interaction", "interaction_key"] {
            try await bench.administrate("INSERT INTO \(Self.copy).\(table) SELECT * FROM \(Self.schema).\(table)")
        }
        try await bench.administrate("ANALYZE")
    }

    private func checkpoints() async throws -> Int {
        let database = Database(try ConnectionSettings(uri: bench.server.uri()), connections: 1)
        let count = try await database.session { (session: borrowing Session) throws(DatabaseError) in
            let rows = try session.query(text: "SELECT checkpoints_timed + checkpoints_req FROM pg_stat_bgwriter")
            return try rows.int64(0, 0)
        }
        await database.close()
        return Int(count)
    }

    /// Imports lines; the seconds it took.
    @discardableResult
    private func load(_ lines: [UInt8]) throws -> Double {
        let file = bench.folder.appendingPathComponent("growth.ndjson")
        try Data(lines).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }  // the folder goes at the end
        return try bench.contatto(["import", "interactions", file.path], Self.schema)
    }
}
