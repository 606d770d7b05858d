import API
import Contact
import ContactTesting
import Postgres
import ServiceLifecycle
import Testing

@testable import Storage

@Suite struct ConnectionTests {
    @Test func `who sends slowly is cut off with the reason, and others are served meanwhile`() async throws {
        let limits: (inout ConnectionLimits) -> Void = {
            $0.head = .milliseconds(400)
            $0.pause = .milliseconds(400)
            $0.rate = 1_000_000
        }
        try await LiveHub.with(limits) { hub in
            let key = try await hub.key(.connector, source: "shop")
            let silent = try hub.connect()
            let half = try hub.connect()
            await half.send("POST /v1/interactions HTT")
            let trickling = try hub.connect()
            await trickling.send(LiveHub.head("POST", "/v1/interactions", key: key, length: 5_000))
            // Never a pause, but far below the rate.
            let trickle = Task { while await trickling.send("  ") { try await Task.sleep(for: .milliseconds(20)) } }
            #expect(try await hub.post(line("1"), key: key).status == 200)
            for wire in [silent, half, trickling] {
                let reply = Reply(await wire.receiveAll())
                #expect(reply?.status == 408 && reply?.problem == "too_slow", "\(String(describing: reply))")
            }
            trickle.cancel()
            let metrics = try await hub.get("/metrics").text
            #expect(metrics.contains(#"contatto_http_connections_cut_off_total{reason="slow_head"} 2"#))
            #expect(metrics.contains(#"contatto_http_connections_cut_off_total{reason="slow_body"} 1"#))
        }
    }

    @Test func `who leaves a connection unused is cut off, who waits for an answer is not`() async throws {
        let limits: (inout ConnectionLimits) -> Void = {
            $0.idle = .milliseconds(300)
            $0.pause = .milliseconds(300)
        }
        try await LiveHub.with(limits) { hub in
            let key = try await hub.key(.connector, source: "shop")
            let wire = try hub.connect()
            await wire.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
            let bytes = await wire.receiveAll()
            #expect(Reply(bytes)?.text == "ok\n")

            // The hub itself is slow: it waits for the journal's row, for longer than it would wait for the client.
            let locked = try await Lock.take(hub)
            async let waiting = hub.post(line("1"), key: key)
            try await hub.awaitBlocked()
            // What is tried is that a span of real time passes and nothing is cut off: there is no signal for that.
            try await Task.sleep(for: .milliseconds(900))
            await locked.release()
            #expect(try await waiting.status == 200)
        }
    }

    @Test func `no more connections are served at once than the limit`() async throws {
        let limits: (inout ConnectionLimits) -> Void = { $0.connections = 2 }
        try await LiveHub.with(limits) { hub in
            let first = try hub.connect()
            let second = try hub.connect()
            for wire in [first, second] {
                await wire.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(await wire.receive(until: "ok\n").contains("200 OK"))
            }
            let third = try hub.connect()
            await third.send("GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            async let served = third.receiveAll()
            await first.send("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await first.receive(until: "what_to_do").contains("404"))
            first.vanish()
            #expect(Reply(await served)?.status == 200)
        }
    }

    @Test func `a stop answers what was accepted, refuses what is new, and ends`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            let upload = try hub.connect()
            await upload.send(
                LiveHub.head(
                    "POST", "/v1/interactions", key: key, length: 100_000,
                    fields: ["Content-Type: application/x-ndjson"]))
            await upload.send(line("first") + "\n")
            #expect(await upload.receive(until: "position").contains("\"accepted\":1"))

            let locked = try await Lock.take(hub)
            async let waiting = hub.post(line("second"), key: key)
            try await hub.awaitBlocked()
            await hub.group.triggerGracefulShutdown()
            try await LiveHub.eventually("new connections are refused") {
                do {
                    _ = try hub.connect()
                    return false
                } catch is Wire.Failure {
                    return true
                }
            }
            await locked.release()
            let reply = try await waiting
            #expect(reply.status == 200 && reply.json?["accepted"]?.integer == 1, "\(reply)")
            // The upload is told why it ends; what it had acknowledged is stored.
            let rest = String(decoding: await upload.receiveAll(), as: UTF8.self)
            #expect(rest.contains("urn:contatto:error:stopping"), "\(rest)")
            #expect(try await hub.stored() == 2)
        }
    }

    @Test func `senders that reset their connections in mid-body do not keep the hub from ending`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            for round in 0..<4 {
                let wires = try (0..<20).map { _ in try hub.connect() }
                for (number, wire) in wires.enumerated() {
                    let body = line("\(round)-\(number)") + "\n"
                    let type = number % 2 == 0 ? "application/json" : "application/x-ndjson"
                    await wire.send(
                        LiveHub.head(
                            "POST", "/v1/interactions", key: key, length: body.utf8.count + 50,
                            fields: ["Content-Type: \(type)"]))
                    await wire.send(body)
                }
                // Once these are answered, the hub is in the midst of the bodies.
                for (number, wire) in wires.enumerated() where number % 2 == 1 {
                    #expect(await wire.receive(until: "position").contains("\"accepted\":1"))
                }
                for wire in wires { wire.reset() }
            }
            #expect(try await hub.post(line("good"), key: key).status == 200)
            await hub.group.triggerGracefulShutdown()
            await #expect(throws: Never.self) {
                try await LiveHub.eventually("the hub has ended") { hub.hasEnded.withLock { $0 } }
            }
        }
    }

    @Test func `an intake that stays full tells its senders to come again, and stores what it took`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            #expect(try await hub.post(line("first"), key: key).status == 200)
            let locked = try await Lock.take(hub)
            // Two transactions under way, 20,000 items that wait, and one batch held off: five of 10,000.
            let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
                for batch in 0..<5 {
                    let items = (0..<10_000).map { line("\(batch)-\($0)") }.joined(separator: ",")
                    group.addTask { try await hub.post("[\(items)]", key: key) }
                }
                let ledger = try #require(hub.desk.workspaces.all.first).ledger
                try await LiveHub.eventually("a batch is held off") { ledger.load.held > 0 }
                let busy = try await hub.post(line("late"), key: key)
                #expect(busy.status == 503 && busy.problem == "busy", "\(busy)")
                #expect(busy.fields["retry-after"] == "5")
                let metrics = try await hub.get("/metrics").text
                #expect(metrics.contains("contatto_intake_queue_items 20000\n"), "\(metrics)")
                await locked.release()
                var replies: [Reply] = []
                for try await reply in group { replies.append(reply) }
                return replies
            }
            #expect(replies.map(\.status) == [200, 200, 200, 200, 200])
            #expect(try await hub.stored() == 50_001)
        }
    }

    @Test func `a database that does not answer makes the hub unready, and loses nothing`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            #expect(try await hub.post(line("1"), key: key).status == 200)
            for pool in hub.desk.pools { await pool.database.close() }
            let ready = try await hub.get("/readyz")
            #expect(ready.status == 503 && ready.problem == "database_unavailable", "\(ready)")
            #expect(ready.fields["retry-after"] != nil)
            #expect(try await hub.get("/healthz").status == 200)
            // Well-formed, and not remembered.
            let fresh = KeyText(workspace: 1, id: 77).text
            let reply = try await hub.get("/v1/profiles/by/email/a@example.it", key: fresh)
            #expect(reply.status == 503 && reply.problem == "database_unavailable", "\(reply)")
            #expect(try await hub.stored() == 1)
        }
    }
}

/// The journal's row, held so that no batch can be stored.
struct Lock: Sendable {
    private let holder: Database
    private let done: AsyncStream<Void>.Continuation
    private let ended: Task<Void, any Error>

    static func take(_ hub: LiveHub) async throws -> Lock {
        var settings = try ConnectionSettings(uri: hub.database.server.uri())
        settings.searchPath = [hub.database.schema]
        let holder = Database(settings, connections: 1)
        let id = hub.workspace.id
        let (taken, isTaken) = AsyncStream.makeStream(of: Void.self)
        let (done, continuation) = AsyncStream.makeStream(of: Void.self)
        let release = Monitor(false)
        let ended = Task {
            try await holder.transaction { (session: borrowing Session) throws(DatabaseError) in
                _ = try session.query(
                    text: "SELECT 1::int4 FROM journal WHERE workspace = \(id) FOR NO KEY UPDATE")
                isTaken.yield()
                // On the connection's own thread, which may wait.
                _ = release.wait(atMost: .seconds(60)) { $0 ? true : nil }
            }
        }
        for await _ in taken { break }
        let bridge = Task {
            for await _ in done { break }
            release.change { $0 = true }
        }
        _ = bridge
        return Lock(holder: holder, done: continuation, ended: ended)
    }

    func release() async {
        done.yield()
        // What it says is of no interest: the row is free.
        _ = await ended.result
        await holder.close()
    }
}

extension LiveHub {
    /// Until somebody waits for the journal's row.
    func awaitBlocked() async throws {
        let schema = database.schema
        try await Self.eventually("a batch waits for the row") {
            try await count(
                """
                SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
                WHERE NOT granted AND query LIKE '%journal%' AND pid IN (
                  SELECT pid FROM pg_locks WHERE relation = '\(schema).journal'::regclass)
                """) > 0
        }
    }
}
