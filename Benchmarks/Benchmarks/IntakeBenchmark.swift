internal import ContactTesting
internal import Foundation
internal import Postgres
internal import Storage

/// `contatto import interactions` beside a plain COPY of the rows it has stored.
struct IntakeBenchmark {
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
                let spent = try await Spent(bench)
                let seconds = try bench.contatto(["import", "interactions", file.path], schema)
                if run == 0 {
                    print("import of \(rows) rows, \(share / 10)% new facets: \(Spread.rounded(seconds, digits: 1)) s")
                }
                try await spent.tell(rows, "row", isTold: run == 0)
                imports[share, default: []].append(Double(rows) / seconds)
                if share == 0 { copies.append(try await PlainCopy(bench: bench).run(schema)) }
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
}
