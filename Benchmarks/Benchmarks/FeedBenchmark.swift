internal import API
internal import Contact
internal import ContactTesting
internal import Delivery
internal import Foundation
internal import Glibc
internal import Logging
internal import Postgres
internal import ServiceLifecycle
internal import Storage

/// The change feed: from commit to reader beside a bare NOTIFY, pages beside a plain COPY of the same rows, what subscribers
/// cost the intake, and what idle ones cost in memory.
struct FeedBenchmark {
    private static let schema = "feed"
    private static let known = 20_000
    private static let perBatch = 10
    /// Changes a second while latency is measured.
    private static let rate = 2_000

    let interactions: Int
    let seconds: Int
    let idle: Int
    let runs: Int
    let bench: Bench

    func run() async throws {
        print("flushes of 8 kB a second before: \(flushRate(in: bench.folder.path))")
        try await bench.migrate(Self.schema)
        let key = try bench.makeSources(Self.schema)
        let preload = bench.folder.appendingPathComponent("preload.ndjson")
        try Data(Lines.preload(Self.known)).write(to: preload)
        try bench.contatto(["import", "interactions", preload.path], Self.schema)

        let notify = try await roundTrips()
        print("LISTEN/NOTIFY, bare, there: \(notify.text)")
        let between = try await betweenProcesses(key)
        let bound = max(10 * notify.median, 10)
        print(
            """
            from commit to SSE reader, between processes, \(Self.rate) changes/s for \(seconds) s: \(between.text) \
            (median at most \(Spread.rounded(bound, digits: 1)) ms: \(between.median <= bound ? "within" : "BEYOND"); \
            99th percentile \(Spread.rounded(between.p99 / max(0.001, between.median), digits: 1)) of the median, \
            at most 10: \(between.p99 <= 10 * between.median ? "within" : "BEYOND"))
            """)
        let within = try await withinOneProcess(key)
        print(
            "the same within one process: \(within.text) (median at most 3 ms: \(within.median <= 3 ? "within" : "BEYOND"))"
        )
        try await pages(key)
        try idleReaders(key)
        try await subscribers(key)
        print("flushes of 8 kB a second after: \(flushRate(in: bench.folder.path))")
        try await bench.drop(Self.schema)
    }

    /// Milliseconds.
    private struct Latencies {
        let sorted: [Double]
        init(_ values: [Double]) { sorted = values.sorted() }
        var median: Double { sorted.isEmpty ? .infinity : sorted[sorted.count / 2] }
        var p99: Double { sorted.isEmpty ? .infinity : sorted[min(sorted.count - 1, sorted.count * 99 / 100)] }
        var text: String {
            let parts = [median, p99, sorted.last ?? .infinity].map { Spread.rounded($0, digits: 2) }
            return
                "median \(parts[0]) ms, 99th percentile \(parts[1]) ms, longest \(parts[2]) ms, \(sorted.count) of them"
        }
    }

    private func login() throws -> ConnectionSettings {
        try ConnectionSettings(uri: bench.server.uri()).acting(as: .hub, on: Self.schema)
    }

    private func roundTrips() async throws -> Latencies {
        let listener = Listener(try login())
        let database = Database(try login(), connections: 1)
        var heard = listener.wakeups(on: "benchmark").makeAsyncIterator()
        // That it listens.
        _ = await heard.next()
        var found: [Double] = []
        for number in 0..<1_000 {
            let start = ContinuousClock.now
            try await Bells.tell("\(number)", on: "benchmark", by: database)
            while let wakeup = await heard.next(), wakeup.payload != "\(number)" {}
            found.append(start.duration(to: .now).inSeconds * 1_000)
        }
        listener.close()
        await database.close()
        return Latencies(found)
    }

    /// The hub is another process; it hears of what this one commits.
    private func betweenProcesses(_ key: String) async throws -> Latencies {
        let serve = try HubProcess(
            bench.contatto, ["serve", "--port", "0"], environment: bench.environment(Self.schema))
        let port = try serve.port()
        let herald = Herald(try login(), schema: Self.schema, hears: false)
        let crying = Task { try await herald.run() }
        let found = try await latencies(port, key, herald.bells)
        crying.cancel()
        _ = await crying.result
        try serve.stop()
        return found
    }

    /// The hub's own HTTP server, in this process.
    private func withinOneProcess(_ key: String) async throws -> Latencies {
        let logger = Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        let bells = Bells()
        func pool(_ count: Int) throws -> Database { Database(try login(), connections: count) }
        let pools = [try pool(2), try pool(2), try pool(2), try pool(2)]
        let desk = Desk(
            intake: pools[0], reads: pools[1], watch: pools[2], feed: pools[3], bells: bells,
            receivers: { _, _ in nil },
            secretKey: { [] }, logger: logger, now: { Bench.now })
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let server = HTTPServer(desk, host: "127.0.0.1", port: 0) { told.yield($0) }
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [server], logger: logger))
        let running = Task { try await group.run() }
        var port = 0
        for await found in ports {
            port = found
            break
        }
        let found = try await latencies(port, key, bells)
        await group.triggerGracefulShutdown()
        _ = await running.result
        for pool in pools { await pool.close() }
        return found
    }

    /// Stores small batches at a steady pace; from the return of each, which is its commit, to its last event at the reader.
    private func latencies(_ port: Int, _ key: String, _ bells: Bells) async throws -> Latencies {
        let database = Database(try login(), connections: 2)
        let workspaces = Workspaces(database)
        guard let workspace = try await workspaces.list().first else { throw HubProcess.Unexpected("no workspace") }
        var settings = Ledger.Settings()
        settings.answersProfiles = false
        let ledger = Ledger(
            database, workspace: workspace, key: try await workspaces.contentKey(of: workspace), settings: settings,
            bell: bells.bell(of: workspace.id), now: { Bench.now })
        let stream = try EventStream(port: port, key: key)
        var lines = Lines(seed: UInt64.random(in: 0 ... .max), known: Self.known)
        let interval = Duration.seconds(1) * Self.perBatch / Self.rate
        var committed: [(position: Int64, at: ContinuousClock.Instant)] = []
        var next = ContinuousClock.now
        let count = seconds * Self.rate / Self.perBatch
        // The hub has just begun: it makes the partitions of days to come, and everybody meets cold caches.
        let warmUp = 2 * Self.rate / Self.perBatch
        for number in 0..<(count + warmUp) {
            let text = String(decoding: lines.make(Self.perBatch, newPerMille: 0), as: UTF8.self)
            // Each its own, whatever the generator has given before.
            let unique = text.split(separator: "\n").map {
                $0.replacing("\"id\":\"", with: "\"id\":\"\(UInt64.random(in: 0 ... .max))-", maxReplacements: 1)
            }
            try await Task.sleep(until: next, clock: .continuous)
            next = max(next + interval, ContinuousClock.now - .seconds(1))
            let receipt = try await ledger.accept(OpenHub.batch(unique.map(String.init)))
            if number >= warmUp { committed.append((receipt.position, .now)) }
        }
        let arrivals = try stream.wait(until: committed.last?.position ?? 0)
        await database.close()
        return Latencies(
            committed.compactMap { one in
                arrivals[one.position].map { max(0, one.at.duration(to: $0).inSeconds * 1_000) }
            })
    }

    /// One reader through the whole journal, beside COPY of the same rows.
    private func pages(_ key: String) async throws {
        let rows = bench.folder.appendingPathComponent("rows.ndjson")
        var lines = Lines(seed: 77, known: Self.known)
        try Data(lines.make(interactions, newPerMille: 100)).write(to: rows)
        try bench.contatto(["import", "interactions", rows.path], Self.schema)
        try await bench.administrate("VACUUM ANALYZE")
        let serve = try HubProcess(
            bench.contatto, ["serve", "--port", "0"], environment: bench.environment(Self.schema))
        let port = try serve.port()
        let events = """
            SELECT c.first + n - 1, c.type, c.at, item.interaction, item.facet, coalesce(f.profile, c.profile),
              coalesce(p.version, c.version), c.body
            FROM \(Self.schema).change AS c
            CROSS JOIN LATERAL generate_series(1, c.position - c.first + 1) AS n
            CROSS JOIN LATERAL (SELECT
              encode(substring(c.items FROM (32 * (n - 1) + 1)::int FOR 16), 'hex')::uuid AS interaction,
              encode(substring(c.items FROM (32 * (n - 1) + 17)::int FOR 16), 'hex')::uuid AS facet) AS item
            LEFT JOIN \(Self.schema).facet AS f ON f.workspace = 1 AND f.facet = item.facet
            LEFT JOIN \(Self.schema).profile AS p ON p.workspace = 1 AND p.profile = f.profile
            WHERE c.workspace = 1 ORDER BY c.position, n
            """
        let plain = "SELECT * FROM \(Self.schema).change WHERE workspace = 1 AND type <> 1 ORDER BY position"
        for (name, query, types) in [
            ("every change, an event a row, with its profile", events, ""),
            ("profile.*, which stand in the table as they are told", plain, "&types=profile.*"),
        ] {
            var copies: [Double] = []
            var reads: [Double] = []
            for _ in 0..<runs {
                let start = ContinuousClock.now
                try bench.execute(
                    "psql", ["-q", "-d", bench.server.uri(), "-c", "COPY (\(query)) TO STDOUT"])
                let seconds = start.duration(to: .now).inSeconds
                let begun = ContinuousClock.now
                let count = try PageReader(port: port, key: key).readAll(types)
                reads.append(Double(count) / begun.duration(to: .now).inSeconds)
                copies.append(Double(count) / seconds)
            }
            let ratio = Spread(reads).median / Spread(copies).median
            print(
                """
                \(name): COPY \(Spread(copies).thousands)/s, pages of 5,000 over HTTP \(Spread(reads).thousands)/s; \
                \(Spread.rounded(ratio, digits: 2)) of COPY (at least 0.5: \(ratio >= 0.5 ? "within" : "BEYOND"))
                """)
        }
        try serve.stop()
    }

    private func idleReaders(_ key: String) throws {
        let serve = try HubProcess(
            bench.contatto, ["serve", "--port", "0"], environment: bench.environment(Self.schema))
        let port = try serve.port()
        _ = try PageReader(port: port, key: key).page("?limit=1")
        Thread.sleep(forTimeInterval: 1)
        let before = Memory.of(serve.pid)?.resident ?? 0
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var sockets: [LineSocket] = []
        for _ in 0..<idle {
            let socket = try LineSocket(port: port)
            try socket.write(EventStream.request(key))
            sockets.append(socket)
        }
        for socket in sockets { while try !socket.line().hasPrefix("retry:") {} }
        Thread.sleep(forTimeInterval: 2)
        let after = Memory.of(serve.pid)?.resident ?? 0
        print(
            """
            \(idle) idle SSE readers: \(after - before) MB more than without (\(before) to \(after) MB; under 100: \
            \(after - before < 100 ? "within" : "BEYOND"))
            """)
        sockets = []
        try serve.stop()
    }

    /// The same import with nobody told, and with five readers of the stream.
    private func subscribers(_ key: String) async throws {
        var rates: [Int: [Double]] = [0: [], 5: []]
        let serve = try HubProcess(
            bench.contatto, ["serve", "--port", "0"], environment: bench.environment(Self.schema))
        let port = try serve.port()
        for run in 0..<runs {
            for count in run % 2 == 0 ? [0, 5] : [5, 0] {
                let streams = try (0..<count).map { _ in try EventStream(port: port, key: key, isTimed: false) }
                let rows = bench.folder.appendingPathComponent("told.ndjson")
                var lines = Lines(seed: UInt64(1_000 + run * 10 + count), known: Self.known)
                let text = String(decoding: lines.make(interactions, newPerMille: 0), as: UTF8.self)
                try Data(text.replacing("\"id\":\"run", with: "\"id\":\"told-\(run)-\(count)").utf8).write(to: rows)
                try await bench.checkpoint()
                let seconds = try bench.contatto(["import", "interactions", rows.path], Self.schema)
                rates[count, default: []].append(Double(interactions) / seconds)
                let end = try PageReader(port: port, key: key).end()
                for stream in streams { _ = try stream.wait(until: end) }
            }
        }
        try serve.stop()
        let (alone, told) = (Spread(rates[0] ?? []), Spread(rates[5] ?? []))
        let slower = 1 - told.median / alone.median
        print(
            """
            import of \(interactions), nobody told: \(alone.thousands)/s; with five SSE readers \(told.thousands)/s; \
            \(Spread.rounded(slower * 100, digits: 0))% slower (less than 20: \(slower < 0.2 ? "within" : "BEYOND"))
            """)
    }
}
