internal import Contact
internal import Foundation
internal import Postgres
internal import Storage

/// The hub on records that nothing but what they say can join, beside Splink on the same ones: all of them at once, and one
/// more that comes in.
struct SoftBenchmark {
    private static let schema = "soft"

    let records: Int
    /// Records that come in one at a time.
    let singles: Int
    /// Also with so many records there, a million; 0 = not.
    let many: Int
    /// Runs Splink; nil = only the hub is measured.
    let script: String?
    let bench: Bench

    func run() async throws {
        let all = LinkageRecords(records + singles * 3, seed: 11, prefix: "r")
        print("soft: \(records) generated records, of \(Set(all.truth.prefix(records)).count) persons")
        let table = bench.folder.appendingPathComponent("records.csv")
        try all.writeTable(0..<records, to: table)
        let splink = try script.flatMap {
            try SplinkRun.measure(table, singles: min(50, singles), script: $0, bench: bench)
        }
        if let splink { report(splink, all) }

        let hub = try await OpenHub(bench, Self.schema)
        try await bench.checkpoint()
        let seconds = try await hub.importing(records, isTold: true) { try all.writeLines(0..<records, to: $0) }
        let profiles = try await hub.profiles(of: (0..<records).map { "r\($0)" })
        let score = ProfileScore(profiles, Array(all.truth.prefix(records)))
        print("contatto import: \(text(seconds)) s (\(Int(Double(records) / seconds)) records/s); \(score.line)")
        if let splink {
            let ratio = seconds / splink.times.whole
            print("the hub's import by Splink's whole: \(Promise.told(ratio, atMost: 1))")
        }
        let few = try await single(all, records..<(records + singles), hub, "\(records)")
        if let splink {
            let one = Latencies(splink.times.one.map { $0 * 1_000 })
            print(
                """
                one record against \(records), Splink's predict_between: median \(Latencies.text(one.median)), p99 \
                \(Latencies.text(one.at(0.99)))
                  the hub's median by it: \(Promise.told(few.median / one.median, atMost: 0.05, digits: 4))
                """)
        }
        if many > records {
            let more = LinkageRecords(many - records, seed: 12, prefix: "m")
            let seconds = try await hub.importing(more.rows.count) { try more.writeLines(0..<more.rows.count, to: $0) }
            print("\(more.rows.count) more imported in \(text(seconds)) s")
            let late = try await single(all, (records + singles)..<(records + singles * 2), hub, "\(many)")
            print(
                "  the median with \(many) by that with \(records): "
                    + Promise.told(late.median / few.median, atMost: 1.5))
        }
        try await hub.end()
    }

    /// One new record a time, through the whole intake and its commit; beside each one that says nothing of a person, so that
    /// what is searched for can be told from what any record takes.
    private func single(
        _ all: LinkageRecords, _ range: Range<Int>, _ hub: OpenHub, _ there: String
    ) async throws -> Latencies {
        try await hub.superuser.session { (session: borrowing Session) throws(DatabaseError) in
            try session.run("ANALYZE")
        }
        try await bench.checkpoint()
        var (soft, bare) = ([Double](), [Double]())
        let bareOnes = LinkageRecords(range.count, seed: 13, prefix: "bare-\(there)-")
        // The first ones warm the connection and are not counted.
        for (turn, number) in range.enumerated() {
            let one = try await hub.accept(OpenHub.batch([all.line(number)]))
            let other = try await hub.accept(OpenHub.batch([bareOnes.line(turn, withAttributes: false)]))
            guard turn >= min(20, range.count / 4) else { continue }
            soft.append(one)
            bare.append(other)
        }
        let (times, without) = (Latencies(soft), Latencies(bare))
        print(
            """
            one record with \(there) there, through the intake: median \(Latencies.text(times.median)), p99 \
            \(Latencies.text(times.at(0.99))), most \(Latencies.text(times.most)); without what it says median \
            \(Latencies.text(without.median)), p99 \(Latencies.text(without.at(0.99)))
              p99 by the median: \(Promise.told(times.at(0.99) / times.median, atMost: 5))
            """)
        return times
    }

    private func report(_ run: SplinkRun, _ all: LinkageRecords) {
        let times = run.times
        print(
            """
            Splink \(SplinkRun.version), DuckDB, 2 threads: \(text(times.whole)) s (load \(text(times.load)), train \
            \(text(times.train)), predict \(text(times.predict)), cluster \(text(times.cluster))), imports \
            \(text(times.imports)) s besides
            """)
        for (threshold, clusters) in run.clusters.sorted(by: { $0.key < $1.key }) {
            var numbers: [String: Int] = [:]
            let profiles = (0..<records).map { number in
                // A record that is in no cluster is its own.
                let cluster = clusters["r\(number)"] ?? "alone \(number)"
                if let known = numbers[cluster] { return known }
                numbers[cluster] = numbers.count
                return numbers.count - 1
            }
            print("  at \(threshold): \(ProfileScore(profiles, Array(all.truth.prefix(records))).line)")
        }
    }

    private func text(_ seconds: Double) -> String { Spread.rounded(seconds, digits: 2) }
}

extension ProfileScore {
    /// All of it on one line.
    var line: String {
        func text(_ value: Double) -> String { Spread.rounded(value, digits: 4) }
        return """
            P \(text(precision)) R \(text(recall)) F1 \(text(f1)), B-cubed \(text(bCubed)), wrongly merged \(merged), \
            split \(split)
            """
    }
}

extension OpenHub {
    /// The profiles that hold some interactions, as numbers, by their ids at the source.
    func profiles(of ids: [String]) async throws -> [Int] {
        let found = try await superuser.session { (session: borrowing Session) throws(DatabaseError) -> [String: Int] in
            let rows = try session.query(
                text: """
                    SELECT one.body->>'id', dense_rank() OVER (ORDER BY facet.profile)
                    FROM interaction AS one JOIN facet USING (workspace, facet)
                    """, [])
            var found: [String: Int] = [:]
            for row in 0..<rows.count { found[try rows.text(row, 0)] = Int(try rows.int64(row, 1)) }
            return found
        }
        return try ids.map { id in
            guard let profile = found[id] else { throw HubProcess.Unexpected("\(id) is in no profile") }
            return profile
        }
    }
}
