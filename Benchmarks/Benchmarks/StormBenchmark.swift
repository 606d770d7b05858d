internal import Foundation

/// Very many new facets, and one value that all of them, or those from the middle on, show: what each batch takes, and
/// what the one takes in which the value turns out to be nobody's.
struct StormBenchmark {
    private static let schema = "storm"

    let facets: Int
    /// Facets of a batch: as a service posts them, and as an import does.
    let batches: [Int]
    let bench: Bench

    /// How the value turns up.
    private enum Reading: String, CaseIterable {
        case middle = "from the middle on each shows it beside its own"
        case start = "all show it beside their own"
        case customers = "from the middle on customers of the first half show it"
        case cookie = "from the middle on all show it, a cookie, over two half-years"
    }

    func run() async throws {
        print("storm: \(facets) new facets, one value; flushes of 8 kB a second: \(flushRate(in: bench.folder.path))")
        for size in batches { for reading in Reading.allCases { try await measure(reading, size) } }
    }

    private func measure(_ reading: Reading, _ size: Int) async throws {
        let hub = try await OpenHub(bench, Self.schema)
        var times: [Double] = []
        var turning: (number: Int, milliseconds: Double)?
        // A hub that has been at work: the first statements of a connection are planned, and the source is made.
        for number in 0..<20 {
            try await hub.accept(OpenHub.batch([Self.line("warm\(number)", [], "warm\(number)", 7)]))
        }
        try await bench.checkpoint()
        for first in stride(from: 0, to: facets, by: size) {
            let batch = OpenHub.batch((first..<min(first + size, facets)).map { line($0, reading) })
            times.append(try await hub.accept(batch))
            if turning == nil, try await hub.count("SELECT count(*) FROM shared_run") > 0 {
                turning = (times.count, times[times.count - 1])
            }
        }
        let stored = try await hub.count("SELECT count(*) FROM facet")
        let profiles = try await hub.count("SELECT count(*) FROM profile WHERE canonical IS NULL AND NOT gone")
        try await hub.end()
        guard stored == facets + 20, let turning else {
            throw HubProcess.Unexpected("\(stored) facets are stored and the value never turned")
        }
        let all = Latencies(times)
        let (late, slow) = (all.at(0.999), turning.milliseconds)
        print(
            """
            \(reading.rawValue), \(times.count) batches of \(size): \(profiles - 20) profiles; median \
            \(Latencies.text(all.median)), p99 \(Latencies.text(all.at(0.99))), p99.9 \(Latencies.text(late)), most \
            \(Latencies.text(all.most)), the one that turns it (number \(turning.number)) \(Latencies.text(slow))
              p99.9 by the median \(Promise.told(late / all.median, atMost: 10)), the turning one by it \
            \(Promise.told(slow / all.median, atMost: 10))
            """)
    }

    private func line(_ number: Int, _ reading: Reading) -> String {
        let half = facets / 2
        let isLate = number >= half
        let shared = #"{"kind":"email","value":"tutti@storm.example"}"#
        let own = "own\(number)"
        switch reading {
        case .middle: return Self.line("\(number)", isLate ? [shared] : [], own, 7)
        case .start: return Self.line("\(number)", [shared], own, 7)
        case .customers:
            guard isLate else { return Self.line("\(number)", [], own, 7) }
            return Self.line("\(number)", [shared], "own\(number - half)", 7)
        case .cookie:
            let cookie = #"{"kind":"cookie","scope":"storm.example","value":"kiosk-7"}"#
            // The half-years take turns within a batch.
            return Self.line("\(number)", isLate ? [cookie] : [], own, number.isMultiple(of: 2) ? 7 : 3)
        }
    }

    private static func line(_ id: String, _ more: [String], _ own: String, _ month: Int) -> String {
        let shown = [#"{"kind":"email","value":"\#(own)@storm.example"}"#] + more
        return
            #"{"id":"\#(id)","source":"shop","channel":"web","kind":"page.viewed","occurred_at":"2026-0\#(month)-11T10:00:00Z","#
            + #""identifiers":[\#(shown.joined(separator: ","))],"detail":{"page":"/prodotti/7"}}"#
    }
}
