internal import Foundation

/// Peak memory of `contatto import interactions` with a line of 200 MB and with a large file.
struct MemoryBenchmark {
    let fileMegabytes: Int
    let bench: Bench

    func run() async throws {
        try await bench.migrate("memory")
        let long = bench.folder.appendingPathComponent("long.ndjson")
        try write(long) { handle in
            try handle.write(contentsOf: Data(Lines.preload(1)))
            let piece = Data(repeating: 0x78, count: 1_000_000)
            for _ in 0..<200 { try handle.write(contentsOf: piece) }
            try handle.write(contentsOf: Data("\n".utf8) + Data(Lines.preload(2)))
        }
        try bench.contatto(["import", "interactions", long.path], "memory", mayRefuse: true)
        print("a line of 200 MB between good ones: peak memory \(bench.peakOfCommands) MB")

        let many = bench.folder.appendingPathComponent("many.ndjson")
        try write(many) { handle in
            let piece = Data(repeating: 0x78, count: 24_000_000)
            for _ in 0..<8 { try handle.write(contentsOf: piece + Data("\n".utf8)) }
        }
        try bench.contatto(["import", "interactions", many.path], "memory", mayRefuse: true)
        print("eight lines of 24 MB, each kept whole: peak memory \(bench.peakOfCommands) MB")

        let fresh = bench.folder.appendingPathComponent("fresh.ndjson")
        try write(fresh) { handle in
            var lines = Lines(seed: 8, known: 1)
            for _ in 0..<(fileMegabytes >= 1024 ? 125 : 5) {
                try handle.write(contentsOf: Data(lines.make(2_000, newPerMille: 1000)))
            }
        }
        try bench.contatto(["import", "interactions", fresh.path], "memory")
        print("every line a new facet: peak memory \(bench.peakOfCommands) MB")

        let large = bench.folder.appendingPathComponent("large.ndjson")
        try write(large) { handle in
            var lines = Lines(seed: 9, known: 20_000)
            var bytes = 0
            while bytes < fileMegabytes << 20 {
                let piece = lines.make(2_000, newPerMille: 100)
                bytes += piece.count
                try handle.write(contentsOf: Data(piece))
            }
        }
        let seconds = try bench.contatto(["import", "interactions", large.path], "memory")
        print(
            "a file of \(fileMegabytes) MB, a tenth of its lines new facets: peak memory \(bench.peakOfCommands) MB, "
                + "\(Spread.rounded(seconds, digits: 1)) s")
    }

    private func write(_ url: URL, _ fill: (FileHandle) throws -> Void) throws {
        try Data().write(to: url)
        let handle = try FileHandle(forWritingTo: url)
        try fill(handle)
        try handle.close()
    }
}
