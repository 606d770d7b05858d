internal import Contact
internal import ContactTesting
internal import Foundation
internal import Storage

/// A profile with its latest interactions, asked for by identifier over HTTP, beside pgbench with the same
/// statements; the same for customers of whom much is known; and what reads and intake do to each other.
struct ReadsBenchmark {
    private static let schema = "bench_reads"
    /// Interactions of one request of the intake, which goes over so many connections.
    private static let batch = 200
    private static let senders = 4

    let world: ReadsWorld
    /// Of each figure.
    let seconds: Double
    /// Of the two kinds whose times are compared, together.
    let calls: Int
    let bench: Bench

    func run() async throws {
        print("flushes of 8 kB a second before: \(flushRate(in: bench.folder.path))")
        let hub = try await OpenHub(bench, Self.schema)
        try await world.fill(hub)
        try bench.contatto(["source", "add", "interactions", "--name", "shop", "--set", "channel=store"], Self.schema)
        let reader = try bench.key(["--role", "reader"], Self.schema)
        let admin = try bench.key(["--role", "admin"], Self.schema)
        let server = try HubProcess(
            bench.contatto, ["serve", "--port", "0", "--rate", "0", "--no-follow", "--no-deliver"],
            environment: bench.environment(Self.schema))
        let port = try server.port()
        let asking = ReadsRequests(port: port, reader: reader, admin: admin, persons: world.persons)
        let pgbench = PgbenchReads(
            bench: bench, schema: Self.schema, workspace: hub.workspace.id, persons: world.persons,
            somebody: try ReadsWorld.identifier(ReadsWorld.address(of: 1), hub).id.description)
        for clients in [8, 32] { try await beside(pgbench, asking, clients, server.pid) }
        try tellApart(asking)
        try eachOther(asking)
        try server.stop()
        try await hub.end()
        print("flushes of 8 kB a second after: \(flushRate(in: bench.folder.path))")
    }

    /// In turns, so that whatever else the machine does falls on both.
    private func beside(
        _ pgbench: PgbenchReads, _ asking: ReadsRequests, _ clients: Int, _ pid: Int32
    ) async throws {
        _ = try asking.load(clients, ReadsRequests.anybody).run(for: seconds / 2)
        _ = try pgbench.run(clients: clients, seconds: 2)
        var (plain, ours): ([TimedLoad.Outcome], [TimedLoad.Outcome]) = ([], [])
        for turn in 0..<3 {
            plain.append(try pgbench.run(clients: clients, seconds: seconds))
            let spent = try await Spent(bench, hub: pid)
            ours.append(try asking.load(clients, ReadsRequests.anybody).run(for: seconds))
            try await spent.tell(ours[turn].latencies.count, "read", isTold: turn == 0)
        }
        let (pgbenchs, hubs) = (Self.middle(plain), Self.middle(ours))
        print("\(clients) clients: pgbench \(pgbenchs.told); the hub \(hubs.told)")
        print(
            "  throughput by pgbench's: "
                + Promise.told(hubs.perSecond / max(1e-9, pgbenchs.perSecond), atLeast: 0.5, digits: 2)
                + ", 99% by pgbench's: "
                + Promise.told(hubs.latencies.at(0.99) / max(1e-9, pgbenchs.latencies.at(0.99)), atMost: 3))
        try tell(
            "a profile of \(ReadsWorld.manyFacets) facets", asking.load(clients, ReadsRequests.many), hubs, atMost: 5)
        try tell("a facet of \(world.long) interactions", asking.load(clients, ReadsRequests.long), hubs, atMost: 5)
        let recognition = TimedLoad(port: asking.port, connections: clients) { number in
            asking.recognise(ReadsRequests.person(number, asking.persons))
        }
        try tell("recognition", recognition, hubs, atMost: 3)
    }

    /// The run whose throughput is the middle one.
    private static func middle(_ runs: [TimedLoad.Outcome]) -> TimedLoad.Outcome {
        runs.sorted { $0.perSecond < $1.perSecond }[runs.count / 2]
    }

    /// Measures any request beside the look-up of a profile.
    private func tell(
        _ name: String, _ load: TimedLoad, _ usual: TimedLoad.Outcome, atMost bound: Double
    ) throws {
        _ = try load.run(for: seconds / 4, warming: 0)
        let outcome = try load.run(for: seconds)
        print("  \(name): \(outcome.told)")
        print(
            "    by the usual profile's: median "
                + Promise.told(outcome.latencies.median / max(1e-9, usual.latencies.median), atMost: bound)
                + ", time of each "
                + Promise.told(usual.perSecond / max(1e-9, outcome.perSecond), atMost: bound)
                + ", 99% \(Spread.rounded(outcome.latencies.at(0.99) / max(1e-9, usual.latencies.at(0.99)), digits: 2))"
        )
    }

    /// Recognition; and the instrument itself, by two kinds of requests that nothing tells apart, and two that anything may.
    private func tellApart(_ asking: ReadsRequests) throws {
        let persons = world.persons
        func known(_ number: Int) -> [UInt8] { asking.get(ReadsRequests.anybody(number, persons)) }
        func unknown(_ number: Int) -> [UInt8] {
            asking.get("/v1/profiles/by/email/ignoto\(number)@example.it?interactions=20")
        }
        func somebody(_ number: Int) -> [UInt8] { asking.recognise(ReadsRequests.person(number, persons)) }
        func nobody(_ number: Int) -> [UInt8] { asking.recognise("ignoto\(number)@example.it") }
        let area = try TimingOracle.area(port: asking.port, calls: calls, seed: 3, somebody, nobody)
        print(
            "recognition told apart by its time, \(calls) calls, known from unknown: area "
                + "\(Spread.rounded(area, digits: 3)) (0.5 ± 0.03: \(abs(area - 0.5) <= 0.03 ? "within" : "BEYOND"))")
        let same = try TimingOracle.area(port: asking.port, calls: calls, seed: 4, known, known)
        print("  the instrument: profiles, known from known: area \(Spread.rounded(same, digits: 3))")
        let other = try TimingOracle.area(port: asking.port, calls: calls, seed: 5, known, unknown)
        print(
            "  for those who may look anybody up, known from unknown (nothing is promised): area "
                + Spread.rounded(other, digits: 3)
        )
    }

    private func eachOther(_ asking: ReadsRequests) throws {
        let intake = asking.intake(batch: Self.batch, connections: Self.senders)
        // Customers that are sent for the first time make facets; afterwards they are known.
        _ = try intake.run(for: seconds, warming: 0)
        let reads = asking.load(8, ReadsRequests.anybody)
        let fullIntake = try intake.run(for: seconds)
        let fullReads = try reads.run(for: seconds)
        print(
            "alone at full speed: intake "
                + "\(Spread.rounded(fullIntake.perSecond * Double(Self.batch), digits: 0)) interactions/s, "
                + "reads \(Spread.rounded(fullReads.perSecond, digits: 0))/s")
        try disturb("intake", intake, fullIntake, by: reads, "reads")
        try disturb("reads", reads, fullReads, by: intake, "intake")
    }

    /// One at half its speed alone, then with the other at full speed beside it.
    private func disturb(
        _ name: String, _ load: TimedLoad, _ full: TimedLoad.Outcome, by other: TimedLoad, _ otherName: String
    ) throws {
        var half = load
        half.rate = full.perSecond / 2
        let alone = try half.run(for: seconds)
        let disturber = other.start(for: seconds + 1, warming: 0)
        let disturbed = try half.run(for: seconds)
        let beside = try disturber.outcome()
        let loss = 1 - disturbed.perSecond / max(1e-9, alone.perSecond)
        print("\(name) at half speed: alone \(alone.told)")
        print(
            "  with \(otherName) at full speed (\(Spread.rounded(beside.perSecond, digits: 0)) requests/s): "
                + disturbed.told
        )
        print("  slower by \(Promise.told(max(0, loss), atMost: 0.2, digits: 3))")
    }
}

/// What is asked of the hub, and what it is sent.
struct ReadsRequests: Sendable {
    let port: Int
    let reader: String
    let admin: String
    let persons: Int

    /// Paths, by the number of the request and how many customers there are.
    static let anybody: @Sendable (Int, Int) -> String = { number, persons in path(person(number, persons)) }
    static func person(_ number: Int, _ persons: Int) -> String {
        ReadsWorld.address(of: 1 + Int(truncatingIfNeeded: mixed(number) % UInt64(persons)))
    }
    static let many: @Sendable (Int, Int) -> String = { number, _ in
        path(ReadsWorld.manyAddress(number % (ReadsWorld.manyFacets / ReadsWorld.facetsOfAddress)))
    }
    static let long: @Sendable (Int, Int) -> String = { _, _ in path(ReadsWorld.longAddress) }

    private static func path(_ email: String) -> String { "/v1/profiles/by/email/\(email)?interactions=20" }

    /// The output function of SplitMix64 (Steele, Lea, Flood 2014).
    private static func mixed(_ number: Int) -> UInt64 {
        var z = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    func get(_ path: String) -> [UInt8] { HTTPLoad.get(path, key: reader) }

    /// Somebody who has proven his address, at a page.
    func recognise(_ email: String) -> [UInt8] {
        let body = #"{"touchpoint":"web","identifiers":[{"kind":"email","value":"\#(email)","assurance":"verified"}]}"#
        return Array(
            ("POST /v1/recognise HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer \(reader)\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8)
    }

    func load(_ clients: Int, _ path: @escaping @Sendable (Int, Int) -> String) -> TimedLoad {
        TimedLoad(port: port, connections: clients) { number in get(path(number, persons)) }
    }

    /// Batches of interactions of 20,000 customers of its own; no two have the same id, in any run.
    func intake(batch: Int, connections: Int) -> TimedLoad {
        TimedLoad(port: port, connections: connections) { number in
            let run = UInt64.random(in: 0...UInt64.max)
            let items = (0..<batch).map { place in
                let customer = Int(truncatingIfNeeded: Self.mixed(number * batch + place) % 20_000)
                return #"{"v":1,"id":"\#(run)-\#(place)","source":"shop","channel":"store","kind":"page.viewed","#
                    + #""occurred_at":"2026-11-\#(10 + place % 10)T10:00:00Z","#
                    + #""identifiers":[{"kind":"email","value":"nuovo\#(customer)@example.it"},"#
                    + #"{"kind":"customer_number","scope":"crm","value":"n\#(customer)","assurance":"presented"}],"#
                    + #""detail":{"page":"/prodotti/\#(place)","referrer":"https://example.it/"}}"#
            }
            let body = Array("[\(items.joined(separator: ","))]".utf8)
            return Array(
                ("POST /v1/interactions HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer \(admin)\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n").utf8) + body
        }
    }
}
