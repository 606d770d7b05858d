internal import ContactTesting
internal import Foundation

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
        try await bench.migrate(Self.schema)
        let plain = PlainCopy(bench: bench)
        try await plain.makeTables(Self.copy)
        try load(Lines.preload(known))
        var stored = 0
        var number = 0
        var first: Double?
        for size in sizes {
            while stored < size {
                number += 1
                let count = min(Self.step, size - stored)
                var lines = Lines(seed: UInt64(1_000 + number), known: known)
                try load(lines.make(count, newPerMille: 0, prefix: "old\(number)"))
                try await add("old\(number)-%")
                stored += count
            }
            var (imports, copies): ([Double], [Double]) = ([], [])
            for _ in 0..<runs {
                number += 1
                var lines = Lines(seed: UInt64(1_000 + number), known: known)
                let made = lines.make(rows, newPerMille: 0, prefix: "run\(number)")
                try await bench.checkpoint()
                imports.append(Double(rows) / (try load(made)))
                copies.append(try await plain.run(Self.schema, into: Self.copy, rows: "run\(number)-%"))
                stored += rows
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

    /// Imports lines; the seconds it took.
    @discardableResult
    private func load(_ lines: [UInt8]) throws -> Double {
        let file = bench.folder.appendingPathComponent("growth.ndjson")
        try Data(lines).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }  // the folder goes at the end
        return try bench.contatto(["import", "interactions", file.path], Self.schema)
    }

    /// The same rows into the tables of COPY.
    private func add(_ pattern: String) async throws {
        let (from, to) = (Self.schema, Self.copy)
        try await bench.administrate(
            """
            INSERT INTO \(to).interaction SELECT * FROM \(from).interaction WHERE body->>'id' LIKE '\(pattern)';
            INSERT INTO \(to).interaction_key SELECT * FROM \(from).interaction_key WHERE interaction IN (
              SELECT interaction FROM \(from).interaction WHERE body->>'id' LIKE '\(pattern)')
            """)
    }
}
