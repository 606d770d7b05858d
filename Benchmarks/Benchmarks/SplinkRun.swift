internal import Foundation

/// Splink on one table: what its script measured, and the clusters it found.
struct SplinkRun {
    static let version = "5.0.0"

    /// What the script prints, in seconds.
    struct Times: Decodable {
        let imports: Double
        let load: Double
        let train: Double
        let predict: Double
        let cluster: Double
        /// Load, train, predict and cluster.
        let whole: Double
        /// Of one record against the table, each.
        let one: [Double]
    }

    let times: Times
    /// The whole process, what is measured besides included.
    let process: Double
    /// By threshold, the cluster of each record, by the record's id.
    let clusters: [Double: [String: String]]

    /// nil where Splink cannot be had, which is said.
    static func measure(_ table: URL, singles: Int, script: String, bench: Bench) throws -> SplinkRun? {
        guard FileManager.default.fileExists(atPath: script) else {
            print("no \(script): run from the package's folder, or name it; Splink is left out")
            return nil
        }
        guard let python = interpreter(bench) else {
            print("Splink \(version) cannot be had here: the hub's own figures alone")
            return nil
        }
        let found = bench.folder.appendingPathComponent("clusters.csv")
        let answer = bench.folder.appendingPathComponent("splink.json")
        _ = FileManager.default.createFile(atPath: answer.path, contents: nil)
        let output = try FileHandle(forWritingTo: answer)
        let start = ContinuousClock.now
        try bench.execute(python, [script, table.path, found.path, String(singles)], output: output)
        let process = start.duration(to: .now).inSeconds
        try output.close()
        return SplinkRun(
            times: try JSONDecoder().decode(Times.self, from: try Data(contentsOf: answer)), process: process,
            clusters: try clusters(found))
    }

    private static func clusters(_ file: URL) throws -> [Double: [String: String]] {
        var found: [Double: [String: String]] = [:]
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            let parts = line.split(separator: ",")
            guard parts.count == 3, let threshold = Double(parts[0]) else { continue }
            found[threshold, default: [:]][String(parts[1])] = String(parts[2])
        }
        return found
    }

    /// A Python that has it: the usual one, or one of an environment beside this program, made at need.
    private static func interpreter(_ bench: Bench) -> String? {
        let own = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let folder = own.appendingPathComponent("splink-\(version)").path
        let python = "\(folder)/bin/python"
        func has(_ python: String) -> Bool {
            let check = """
                import sys
                try:
                    import splink
                    sys.exit(splink.__version__ != '\(version)')
                except ImportError:
                    sys.exit(1)
                """
            return attempt(bench, python, ["-c", check])
        }
        if has("python3") { return "python3" }
        if has(python) { return python }
        guard attempt(bench, "python3", ["-m", "venv", folder]),
            attempt(bench, "\(folder)/bin/pip", ["install", "-q", "splink==\(version)"]), has(python)
        else { return nil }
        return python
    }

    /// Whether it works is the question; why not is told by the program itself.
    private static func attempt(_ bench: Bench, _ program: String, _ arguments: [String]) -> Bool {
        do {
            try bench.execute(program, arguments)
            return true
        } catch {
            return false
        }
    }
}
