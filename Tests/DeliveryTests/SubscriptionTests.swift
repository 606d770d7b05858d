import Contact
import ContactTesting
import Glibc
import Logging
import Postgres
import Storage
import Testing

@testable import Delivery

/// Subscriptions on a real database and real sockets: told, kept waiting, taken over, set anew.
@Suite struct SubscriptionTests {
    /// A workspace, and what tells of it.
    private struct Rig {
        let database: TestDatabase
        let workspace: TestWorkspace
        let subscribing: Subscribing
        let client: WebhookClient
        let ledger: Ledger

        static let key: [UInt8] = Array(repeating: 9, count: 32)

        static func with(_ body: (Rig) async throws -> Void) async throws {
            try await TestDatabase.with { database in
                let workspace = try await database.workspace()
                var exceptions = AddressGuard.Exceptions()
                exceptions.ranges = [try #require(AddressRange("127.0.0.0/8"))]
                let client = WebhookClient(AddressGuard(exceptions), tls: try await WebhookTLS.make())
                defer { client.close() }
                let rig = Rig(
                    database: database, workspace: workspace,
                    subscribing: Subscribing(
                        database.hub, workspace: workspace.workspace, addressGuard: AddressGuard(exceptions),
                        seal: { Seal(key) }, now: { TestDatabase.now }),
                    client: client, ledger: workspace.ledger())
                try await body(rig)
            }
        }

        var subscriptions: Subscriptions { subscribing.subscriptions }

        /// A worker for as long as the body runs.
        func served(by holder: String = "worker", _ body: () async throws -> Void) async throws {
            var settings = DeliverySettings(holder: holder) { Self.now() }
            settings.look = .milliseconds(50)
            settings.lease = .seconds(2)
            settings.firstPause = .milliseconds(50)
            let deliveries = Deliveries(
                try database.process(), bells: Bells(), client: client, settings: settings,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, secretKey: { Self.key })
            let running = Task { try await deliveries.run() }
            do { try await body() } catch {
                running.cancel()
                _ = await running.result
                throw error
            }
            running.cancel()
            _ = await running.result
        }

        static func now() -> Int64 {
            var now = timespec()
            unsafe clock_gettime(CLOCK_REALTIME, &now)
            return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
        }

        func add(
            _ name: String, _ receiver: Receiver, _ more: [String: String] = [:],
            from start: Subscriptions.Start = .oldest
        ) async throws -> Subscription {
            var values = more
            values["url"] = "http://127.0.0.1:\(receiver.port)/hook"
            _ = try await subscribing.add(name, kind: .webhook, values: values, from: start)
            return try #require(try await subscriptions.find(name))
        }

        /// Interactions of some customers, each in a batch of its own.
        func happen(_ numbers: Range<Int>, customers: Int = 4) async throws {
            for number in numbers {
                let line =
                    #"{"id":"i\#(number)","source":"shop","identifiers":[{"kind":"email","value":"c\#(number % customers)@example.it"}]}"#
                _ = try await ledger.accept(TestDatabase.batch([Array(line.utf8)]))
            }
        }

        func end() async throws -> Int64 {
            try await Changes(database.hub, workspace: workspace.workspace).bounds().end.position
        }

        func health(_ subscription: Subscription) async throws -> SubscriptionHealth {
            try #require(try await subscriptions.health()[subscription.id])
        }

        /// Polls what a worker writes down, for a minute and a half at most.
        func eventually(_ what: String, _ isSo: () async throws -> Bool) async throws {
            let deadline = ContinuousClock.now + .seconds(90)
            while try await !isSo() {
                if ContinuousClock.now >= deadline {
                    let all = try await subscriptions.health().values.map { "\($0)" }
                    Issue.record("never: \(what); \(all)")
                    return
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }

        func isTold(_ subscription: Subscription) async throws -> Bool {
            let health = try await health(subscription)
            return try await health.cursor.position == end() && health.waiting == 0
        }
    }

    private static let okay = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"

    private static func position(_ request: Receiver.Request) -> Int64 {
        request.field("webhook-id").flatMap { $0.split(separator: "-").last }.flatMap { Int64($0) } ?? 0
    }

    private static func event(_ request: Receiver.Request) -> JSONValue? {
        do throws(Refusal) { return try JSONValue(request.body) } catch { return nil }
    }

    @Test func `a webhook is told of everything once, in order for each profile, signed`() async throws {
        try await Rig.with { rig in
            let receiver = try await Receiver.start { _, _ in [.send(Self.okay)] }
            try await rig.happen(0..<30)
            let made = try await rig.subscribing.add(
                "crm", kind: .webhook, values: ["url": "http://127.0.0.1:\(receiver.port)/hook", "payload": "full"],
                from: .oldest)
            let one = try #require(try await rig.subscriptions.find("crm"))
            try await rig.served {
                try await rig.eventually("all is told") { try await rig.isTold(one) }
                try await rig.happen(30..<40)
                try await rig.eventually("the rest is told") { try await rig.isTold(one) }
            }
            let requests = receiver.seen.requests
            #expect(requests.map(Self.position).sorted() == Array(1...(try await rig.end())))
            var last: [String: Int64] = [:]
            for request in requests {
                let subject = Self.event(request)?["subject"]?.string ?? ""
                #expect(last[subject] ?? 0 < Self.position(request))
                last[subject] = Self.position(request)
                #expect(Self.event(request)?["data"]?["snapshot"]?["id"]?.string == subject)
                let doubt = try WebhookSignature.verify(
                    id: request.field("webhook-id") ?? "", timestamp: request.field("webhook-timestamp") ?? "",
                    body: request.body, signatures: request.field("webhook-signature") ?? "",
                    keys: [made.verifyWith ?? ""], now: Rig.now() / 1_000_000)
                #expect(doubt == nil)
            }
            #expect(last.count == 4)
            #expect(try await rig.health(one).delivered == requests.count)
            let log = try await rig.subscriptions.log(one, limit: 1_000)
            #expect(log.count == requests.count && log.allSatisfy { $0.status == 204 && $0.failure == nil })
        }
    }

    @Test func `a profile whose changes fail waits, others do not, and all arrives in the end`() async throws {
        try await Rig.with { rig in
            try await rig.happen(0..<20)
            let whole = Changes(rig.database.hub, workspace: rig.workspace.workspace)
            guard case .page(let page) = try await whole.page(after: try await whole.bounds().oldest, limit: 100) else {
                return
            }
            let poisoned = try #require(page.changes.first?.profile).description
            let isHealed = Monitor(false)
            let receiver = try await Receiver.start { request, _ in
                let isPoison = Self.event(request)?["subject"]?.string == poisoned
                return [
                    .send(
                        isPoison && !isHealed.withLock { $0 }
                            ? "HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nnever" : Self.okay)
                ]
            }
            // Tries for longer than a slow machine needs to see the others parked: four seconds apart, so many that none dies.
            let pauses = (["100ms"] + Array(repeating: "4s", count: 49)).joined(separator: ",")
            let one = try await rig.add("crm", receiver, ["retry": pauses])
            try await rig.served {
                let others = page.changes.filter { $0.profile?.description != poisoned }.count
                await receiver.wait { seen in
                    seen.requests.filter { Self.event($0)?["subject"]?.string != poisoned }.count >= others
                }
                try await rig.eventually("the others of its line are parked") {
                    let health = try await rig.health(one)
                    return health.waiting == Int64(page.changes.count - others) && health.failures > 0
                }
                #expect(try await rig.health(one).failure == "it answered 500: never")
                isHealed.withLock { $0 = true }
                try await rig.eventually("all is told") { try await rig.isTold(one) }
            }
            let line = receiver.seen.requests.filter { Self.event($0)?["subject"]?.string == poisoned }.map(
                Self.position)
            #expect(line == line.sorted())
            #expect(Set(receiver.seen.requests.map(Self.position)) == Set(1...(try await rig.end())))
            #expect(try await rig.health(one).failures == 0)
        }
    }

    @Test func `what nobody takes dies, and is tried again when people say so`() async throws {
        try await Rig.with { rig in
            try await rig.happen(0..<3, customers: 3)
            let isHealed = Monitor(false)
            let receiver = try await Receiver.start { _, _ in
                [.send(isHealed.withLock { $0 } ? Self.okay : "HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n")]
            }
            let one = try await rig.add("crm", receiver, ["retry": "1ms,1ms", "types": "profile.created"])
            try await rig.served {
                try await rig.eventually("all are dead") { try await rig.health(one).dead == 3 }
                let dead = try await rig.subscriptions.parked(one, areDead: true, limit: 10)
                #expect(dead.allSatisfy { $0.attempts == 3 && $0.failure == "it answered 404" && $0.deadAt != nil })
                #expect(try await rig.health(one).waiting == 0)
                isHealed.withLock { $0 = true }
                #expect(try await rig.subscriptions.revive(one, position: dead[0].position, now: Rig.now()) == 1)
                try await rig.eventually("one lives") {
                    let dead = try await rig.health(one).dead
                    return try await dead == 2 ? rig.isTold(one) : false
                }
                #expect(try await rig.subscriptions.revive(one, position: nil, now: Rig.now()) == 2)
                try await rig.eventually("all live") {
                    let dead = try await rig.health(one).dead
                    return try await dead == 0 ? rig.isTold(one) : false
                }
            }
            #expect(try await rig.health(one).delivered == 3)
        }
    }

    @Test func `an endpoint that wants no more is disabled, and resumed by people`() async throws {
        try await Rig.with { rig in
            try await rig.happen(0..<5)
            let isGone = Monitor(true)
            let receiver = try await Receiver.start { _, _ in
                [.send(isGone.withLock { $0 } ? "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n" : Self.okay)]
            }
            let one = try await rig.add("crm", receiver, ["retry": "1ms,1h"])
            try await rig.served {
                try await rig.eventually("it is disabled") { try await rig.subscriptions.find("crm")?.disabled != nil }
                #expect(try await rig.subscriptions.find("crm")?.disabled?.contains("410") == true)
                isGone.withLock { $0 = false }
                try await rig.subscriptions.pause(one, false)
                // What failed is due after an hour; until then its line waits, or people replay.
                _ = try await rig.subscribing.replay(one, from: .oldest)
                try await rig.eventually("all is told") { try await rig.isTold(one) }
                try await rig.subscriptions.pause(one, true)
                try await rig.eventually("nobody serves it") { try await rig.health(one).holder == nil }
                let before = receiver.seen.requests.count
                try await rig.happen(5..<8)
                #expect(receiver.seen.requests.count == before)
                try await rig.subscriptions.pause(one, false)
                try await rig.eventually("the rest is told") { try await rig.isTold(one) }
            }
        }
    }

    @Test func `told once more, everything has the id it had; of a new secret both sign`() async throws {
        try await Rig.with { rig in
            let receiver = try await Receiver.start { _, _ in [.send(Self.okay)] }
            try await rig.happen(0..<5)
            let made = try await rig.subscribing.add(
                "crm", kind: .webhook, values: ["url": "http://127.0.0.1:\(receiver.port)/"], scheme: .ed25519,
                from: .oldest)
            #expect(made.verifyWith?.hasPrefix("whpk_") == true)
            let one = try #require(try await rig.subscriptions.find("crm"))
            let new = try await rig.subscribing.rotate(one)
            #expect(new != made.verifyWith)
            try await rig.served {
                try await rig.eventually("all is told") { try await rig.isTold(one) }
                let first = receiver.seen.requests
                _ = try await rig.subscribing.replay(one, from: .oldest)
                await receiver.wait { $0.requests.count >= 2 * first.count }
                try await rig.eventually("all is told again") { try await rig.isTold(one) }
                let all = receiver.seen.requests.map { $0.field("webhook-id") }
                #expect(Set(all).count == first.count && all.count >= 2 * first.count)
                for request in receiver.seen.requests {
                    for key in [new, made.verifyWith ?? ""] {
                        let doubt = try WebhookSignature.verify(
                            id: request.field("webhook-id") ?? "", timestamp: request.field("webhook-timestamp") ?? "",
                            body: request.body, signatures: request.field("webhook-signature") ?? "", keys: [key],
                            now: Rig.now() / 1_000_000)
                        #expect(doubt == nil)
                    }
                }
                try await rig.subscribing.dropPrevious(one)
                let (isGood, text) = try await rig.subscribing.test(one, client: rig.client)
                #expect(isGood, "\(text)")
                let last = try #require(
                    receiver.seen.requests.last { $0.field("webhook-id")?.hasPrefix("test-") == true })
                #expect(last.field("webhook-signature")?.split(separator: " ").count == 1)
            }
        }
    }

    @Test func `another worker goes on where one has died, and one at a time`() async throws {
        try await Rig.with { rig in
            let receiver = try await Receiver.start { _, _ in [.send(Self.okay)] }
            try await rig.happen(0..<10)
            let one = try await rig.add("crm", receiver)
            // Somebody takes it, delivers half, and is heard of no more.
            guard case .taken(let dead) = try await rig.subscriptions.take(one, holder: "dead", for: .seconds(2)) else {
                Issue.record("not taken")
                return
            }
            #expect(
                try await rig.subscriptions.record(DeliveryProgress(position: 6), dead, attempts: 0, now: Rig.now()))
            try await rig.served(by: "a") {
                try await rig.served(by: "b") {
                    try await rig.eventually("all is told") { try await rig.isTold(one) }
                    try await rig.happen(10..<20)
                    try await rig.eventually("the rest is told") { try await rig.isTold(one) }
                }
            }
            let positions = receiver.seen.requests.map(Self.position)
            #expect(positions.sorted() == Array(7...(try await rig.end())))
            // He comes back, and writes nothing.
            let isTaken = try await rig.subscriptions.record(
                DeliveryProgress(position: 1), dead, attempts: 0, now: Rig.now())
            #expect(!isTaken)
            #expect(try await !rig.subscriptions.renew(dead, for: .seconds(2)))
        }
    }

    @Test func `a subscription that cannot go on says so, and a change of settings begins it anew`() async throws {
        try await Rig.with { rig in
            let receiver = try await Receiver.start { _, _ in [.send(Self.okay)] }
            try await rig.happen(0..<6)
            let behind = try await rig.add("behind", receiver)
            let anew = try await rig.add("anew", receiver)
            try await rig.database.superuser.session { (session: borrowing Session) throws(DatabaseError) in
                try session.run(
                    """
                    DELETE FROM change WHERE position <= 3; UPDATE journal SET gone = 3;
                    UPDATE subscription_cursor SET epoch = gen_random_uuid() WHERE subscription = \(anew.id)
                    """)
            }
            try await rig.served {
                try await rig.eventually("both are disabled") {
                    try await rig.subscriptions.list().allSatisfy { $0.disabled != nil }
                }
                #expect(try await rig.subscriptions.find("behind")?.disabled?.contains("fell behind") == true)
                #expect(try await rig.subscriptions.find("anew")?.disabled?.contains("begun anew") == true)
                #expect(receiver.seen.requests.isEmpty)
                let other = try await Receiver.start { _, _ in [.send(Self.okay)] }
                try await rig.subscribing.change(
                    behind, ["url": "http://127.0.0.1:\(other.port)/", "types": "interaction.recorded"])
                _ = try await rig.subscribing.replay(behind, from: .oldest)
                try await rig.subscriptions.pause(behind, false)
                try await rig.eventually("it is told") { try await rig.isTold(behind) }
                #expect(other.seen.requests.count >= 4 && receiver.seen.requests.isEmpty)
                try await rig.subscriptions.remove(behind)
                #expect(try await rig.subscriptions.find("behind") == nil)
            }
        }
    }

    @Test func `settings that cannot be are refused, and say what can`() async throws {
        try await Rig.with { rig in
            for (values, words) in [
                ([:], "url is missing"), (["url": "ftp://x.example"], "url"), (["url": "https://10.0.0.1/"], "private"),
                (["url": "https://8.8.8.8:22/"], "port"), (["url": "https://x.example", "colour": "red"], "colour"),
                (["url": "https://x.example", "types": "profile.gone"], "there is no type"),
                (["url": "https://x.example", "concurrency": "0"], "concurrency"),
                (["url": "https://x.example", "retry": "soon"], "retry"),
                (["url": "https://x.example", "payload": "fat"], "payload"),
            ] as [([String: String], String)] {
                let fault = await #expect(throws: SubscriptionFault.self) {
                    _ = try await rig.subscribing.add("crm", kind: .webhook, values: values, from: .now)
                }
                #expect(fault?.description.contains(words) == true, "\(values): \(String(describing: fault))")
            }
            for (values, words) in [
                ([:], "servers is missing"), (["servers": "127.0.0.1:1"], "topic is missing"),
                (["servers": "127.0.0.1:1", "topic": "t", "property.acks": "0"], "acks"),
                (["servers": "127.0.0.1:1", "topic": "t", "property.no.such": "0"], "no.such"),
            ] as [([String: String], String)] {
                let fault = await #expect(throws: SubscriptionFault.self) {
                    _ = try await rig.subscribing.add("topic", kind: .kafka, values: values, from: .now)
                }
                #expect(fault?.description.contains(words) == true, "\(values): \(String(describing: fault))")
            }
            _ = try await rig.subscribing.add("crm", kind: .webhook, values: ["url": "https://x.example"], from: .now)
            await #expect(throws: SubscriptionFault.self) {
                _ = try await rig.subscribing.add(
                    "crm", kind: .webhook, values: ["url": "https://x.example"], from: .now)
            }
            #expect(throws: SubscriptionFault.self) { _ = try Subscribing.start("yesterday") }
            #expect(throws: SubscriptionFault.self) { _ = try AddressGuard.Exceptions("10.0.0.0/99") }
        }
    }
}
