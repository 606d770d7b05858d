internal import ContactTesting
internal import Foundation

/// Events of trackers over HTTP, acknowledged when they are durable: beside a plain COPY of the rows they become, and beside
/// what the same server does with requests that hold nothing.
struct WebBenchmark {
    private static let schema = "bench_web"
    private static let perRequest = 100
    private static let turns = 5

    let events: Int
    let singles: Int
    /// At once, of single events.
    let connections: Int
    let known: Int
    let runs: Int
    let bench: Bench

    func run() async throws {
        print("flushes of 8 kB a second before: \(flushRate(in: bench.folder.path))")
        var (copies, batches, alone, empty): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        for run in 0..<runs {
            let schema = "\(Self.schema)_\(run)"
            try await bench.migrate(schema)
            try bench.contatto(["source", "add", "web", "--name", "site", "--set", "write_keys=WK"], schema)
            let server = try HubProcess(
                bench.contatto, ["serve", "--port", "0"], environment: bench.environment(schema))
            let port = try server.port()
            var made = TrackerEvents(seed: UInt64(run + 1), known: known)
            // Every visitor once: from then on they are known.
            _ = try HTTPLoad.run(
                port, Self.spread(made.preload(of: Self.perRequest).map { HTTPLoad.post("/v1/batch", $0) }, over: 4))
            try await bench.checkpoint()

            let many = (0..<events / Self.perRequest).map { _ in
                HTTPLoad.post("/v1/batch", made.batch(of: Self.perRequest, "run"))
            }
            let spent = try await Spent(bench, hub: server.pid)
            let hundred = try HTTPLoad.run(port, Self.spread(many, over: 16))
            batches.append(hundred.perSecond * Double(Self.perRequest))
            tell("100 events a request, 16 connections", hundred, times: Self.perRequest)
            try await spent.tell(many.count * Self.perRequest, "event")

            // More at once than can be held: whoever sends is slowed down, or told to come again.
            let flood = (0..<events / Self.perRequest).map { _ in
                HTTPLoad.post("/v1/batch", made.batch(of: Self.perRequest, "flood"))
            }
            let flooded = try HTTPLoad.run(port, Self.spread(flood, over: 256))
            tell("100 events a request, 256 connections", flooded, times: Self.perRequest)
            let told = flooded.deferred == 0 ? "" : "; \(flooded.deferred) told to come again"
            print("  the hub's peak memory then: \(Memory.of(server.pid)?.peak ?? 0) MB\(told)")

            let (single, nothing) = try await alternating(&made, port, server.pid)
            alone.append(single)
            empty.append(nothing)

            let memory = Memory.of(server.pid)?.peak ?? 0
            print("the hub's peak memory: \(memory) MB (at most 200: \(memory < 200 ? "within" : "BEYOND"))")
            try server.stop()
            try await bench.checkpoint()
            copies.append(try await PlainCopy(bench: bench).run(schema))
            try await bench.drop(schema)
        }
        report(copies, batches, alone, empty)
        print("flushes of 8 kB a second after: \(flushRate(in: bench.folder.path))")
    }

    /// Single events and requests that hold nothing, by turns: a machine whose speed changes by a fifth within a minute then
    /// changes it for both. Both rates.
    private func alternating(
        _ made: inout TrackerEvents, _ port: Int, _ hub: Int32
    ) async throws -> (single: Double, nothing: Double) {
        let each = max(1, singles / Self.turns)
        var (ones, nones) = (HTTPLoad.Outcome(), HTTPLoad.Outcome())
        var (onOnes, onNones) = (Spent.Stretch(), Spent.Stretch())
        for _ in 0..<Self.turns {
            let one = (0..<each).map { _ in HTTPLoad.post("/v1/batch", made.batch(of: 1, "one")) }
            let spent = try await Spent(bench, hub: hub)
            ones += try HTTPLoad.run(port, Self.spread(one, over: connections))
            onOnes += try await spent.ended()

            let none = (0..<each).map { _ in HTTPLoad.post("/v1/m", []) }
            let spentOnNothing = try await Spent(bench, hub: hub)
            nones += try HTTPLoad.run(port, Self.spread(none, over: connections))
            onNones += try await spentOnNothing.ended()
        }
        tell("1 event a request, \(connections) connections, in \(Self.turns) turns", ones, times: 1)
        onOnes.tell(ones.answered, "event")
        tell("an empty POST, \(connections) connections, in between", nones, times: 1)
        onNones.tell(nones.answered, "request")
        return (ones.perSecond, nones.perSecond)
    }

    private func tell(_ what: String, _ outcome: HTTPLoad.Outcome, times: Int) {
        print(
            """
            \(what): \(Spread.rounded(outcome.perSecond * Double(times) / 1_000, digits: 1)) k events/s; a request median \
            \(Spread.rounded(outcome.median, digits: 2)) ms, p99 \(Spread.rounded(outcome.late, digits: 2)) ms
            """)
    }

    private func report(_ copies: [Double], _ batches: [Double], _ alone: [Double], _ empty: [Double]) {
        let (copy, batch, single, nothing) = (Spread(copies), Spread(batches), Spread(alone), Spread(empty))
        func ratio(_ value: Double, _ bound: Double) -> String {
            "\(Spread.rounded(value, digits: 2)) (at least \(bound): \(value >= bound ? "within" : "BEYOND"))"
        }
        print("\(events) events, \(known) visitors known, \(runs) runs; a second, as low – median – high")
        print("plain COPY of the rows, owner, no row-level security, 1 connection: \(copy.thousands)")
        print(
            "POST /v1/batch with 100 events: \(batch.thousands); of COPY \(ratio(batch.median / max(1, copy.median), 0.25))"
        )
        print(
            "POST /v1/batch with 1 event: \(single.thousands); of an empty POST \(ratio(single.median / max(1, nothing.median), 0.4))"
        )
        print("an empty POST: \(nothing.thousands)")
    }

    private static func spread(_ requests: [[UInt8]], over connections: Int) -> [[[UInt8]]] {
        (0..<connections).map { first in stride(from: first, to: requests.count, by: connections).map { requests[$0] } }
    }
}

/// Batches as Segment's libraries send them: page views and clicks of visitors, about 500 bytes an event.
struct TrackerEvents {
    private var state: UInt64
    private let known: Int
    private var next = 0

    init(seed: UInt64, known: Int) {
        state = seed
        self.known = known
    }

    /// One event of each visitor.
    mutating func preload(of count: Int) -> [[UInt8]] {
        stride(from: 0, to: known, by: count).map { start in
            envelope((start..<min(known, start + count)).map { event(visitor: $0, "pre") })
        }
    }

    mutating func batch(of count: Int, _ prefix: String) -> [UInt8] {
        envelope((0..<count).map { _ in event(visitor: random(known), prefix) })
    }

    private func envelope(_ events: [String]) -> [UInt8] {
        Array(
            #"{"batch":[\#(events.joined(separator: ","))],"writeKey":"WK","sentAt":"2026-11-01T00:00:00.000Z"}"#.utf8)
    }

    private mutating func event(visitor: Int, _ prefix: String) -> String {
        next += 1
        let second = random(120 * 86_400)
        let day = second / 86_400
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let stamp =
            "2026-\(padded(7 + day / 30))-\(padded(1 + day % 30))T\(padded(second / 3600 % 24)):\(padded(second / 60 % 60)):"
            + "\(padded(second % 60)).\(100 + random(900))Z"
        let page = "https://shop.example.it/prodotti/\(random(9_000))"
        let what =
            next.isMultiple(of: 3)
            ? #""type":"track","event":"Product Viewed","properties":{"sku":"p\#(random(9_000))","price":\#(random(9_000)),"list":"autunno"}"#
            : #""type":"page","name":"Prodotto","properties":{"url":"\#(page)","title":"Un prodotto","referrer":"https://www.google.com/"}"#
        return
            #"{"anonymousId":"v\#(visitor)","userId":"u\#(visitor)","messageId":"\#(prefix)-\#(next)-\#(state)","timestamp":"\#(stamp)",\#(what),"context":{"library":{"name":"analytics.js","version":"2.1.0"},"locale":"it-IT","page":{"url":"\#(page)","title":"Un prodotto"},"userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0"},"integrations":{}}"#
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    private mutating func random(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) % UInt64(bound))
    }
}
