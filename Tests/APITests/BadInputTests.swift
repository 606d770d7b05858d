import API
import Contact
import Storage
import Testing

/// What nobody should send: each gets a clear answer, and the next good request is stored.
@Suite struct BadInputTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let body: [UInt8]
        var type = "application/json"
        var fields: [String] = []
        let status: Int
        /// The problem, or the reason of the refusal.
        let says: String
        var testDescription: String { name }

        init(
            _ name: String, _ body: [UInt8], type: String = "application/json", fields: [String] = [], _ status: Int,
            _ says: String
        ) {
            self.name = name
            self.body = body
            self.type = type
            self.fields = fields
            self.status = status
            self.says = says
        }
    }

    static let cases: [Case] = [
        Case("empty", [], 400, "body_empty"),
        Case("blank", Array(" \r\n\t\n".utf8), 400, "body_empty"),
        Case("no lines", [10, 10], type: "application/x-ndjson", 400, "body_empty"),
        Case("an empty array", Array("[]".utf8), 400, "body_empty"),
        Case("half an object", Array(#"{"id":"1","#.utf8), 422, "malformed_json"),
        Case("half an array", Array("[\(line("1")),".utf8), 422, "malformed_json"),
        Case("no object", Array("17".utf8), 422, "malformed_json"),
        Case("a hundred thousand brackets", [UInt8](repeating: 91, count: 100_000), 422, "too_deep"),
        Case(
            "brackets in lines", [UInt8](repeating: 91, count: 100_000), type: "application/x-ndjson", 422, "too_deep"),
        Case(
            "NUL in an id", Array(#"{"id":"a\u0000","identifiers":[{"kind":"email","value":"a@example.it"}]}"#.utf8),
            422, "identifier_invalid"),
        Case("a raw NUL", Array("{\"id\":\"a".utf8) + [0] + Array("\"}".utf8), 422, "malformed_json"),
        Case(
            "invalid UTF-8",
            Array(#"{"id":"1","identifiers":[{"kind":"user_id","scope":"s","value":"a"#.utf8) + [0xFF]
                + Array(#""}]}"#.utf8), 422, "not_utf8"),
        Case(
            "an object above 1 MB",
            Array(line("1", more: ",\"x_pad\":\"\(String(repeating: "x", count: 1_100_000))\"").utf8), 422, "too_large"),
        Case(
            "a line above 25 MB", [UInt8](repeating: 120, count: 26_000_000), type: "application/x-ndjson", 422,
            "too_large"),
        Case("a text above 8 MB", [UInt8](repeating: 32, count: 9 << 20), 413, "body_too_large"),
        Case(
            "an array of too many", Array("[\(Array(repeating: "1", count: 10_001).joined(separator: ","))]".utf8), 413,
            "body_too_large"),
        Case("encoded", Array(line("1").utf8), fields: ["Content-Encoding: gzip"], 415, "encoding_unknown"),
    ]

    @Test(arguments: cases) func `bad input has a clear answer, and what follows is stored`(one: Case) async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            let reply = try await hub.ask(
                "POST", "/v1/interactions", key: key, one.body, fields: ["Content-Type: \(one.type)"] + one.fields)
            #expect(reply.status == one.status, "\(reply.text.prefix(500))")
            if one.status == 422 {
                let object = reply.json ?? reply.lines.first
                #expect(object?["refused"]?.elements?.first?["reason"]?.string == one.says, "\(reply.text.prefix(500))")
                // Never silent: counted, and kept.
                #expect(try await hub.count("SELECT count(*) FROM refusal WHERE reason = '\(one.says)'") == 1)
            } else {
                #expect(reply.problem == one.says, "\(reply.text.prefix(500))")
            }
            #expect(try await hub.post(line("good"), key: key).status == 200)
            #expect(try await hub.stored() == 1)
        }
    }

    @Test func `a line that is too long is refused, and those around it are stored`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            let long = String(repeating: "x", count: 30_000_000)
            let reply = try await hub.post(
                line("1") + "\n" + long + "\n" + line("2") + "\n", key: key, type: "application/x-ndjson")
            #expect(reply.status == 200)
            #expect(reply.lines.compactMap { $0["accepted"]?.integer }.reduce(0, +) == 2, "\(reply.text.prefix(900))")
            let refused = reply.lines.flatMap { $0["refused"]?.elements ?? [] }
            #expect(refused.map { $0["reason"]?.string } == ["too_large"])
            #expect(refused.map { $0["index"]?.integer } == [1])
            #expect(try await hub.stored() == 2)
        }
    }

    @Test func `a first line that is bad costs those behind it nothing, whatever the type says`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            let bad = #"{"id":"0","#
            let reply = try await hub.post("\(bad)\n\(line("1"))\n\(bad)\n\(line("2"))", key: key)
            #expect(reply.status == 200, "\(reply)")
            #expect(reply.lines.compactMap { $0["accepted"]?.integer }.reduce(0, +) == 2, "\(reply)")
            let refused = reply.lines.flatMap { $0["refused"]?.elements ?? [] }
            #expect(refused.map { $0["index"]?.integer } == [0, 2], "\(reply)")
            // Half an array stays one item, though its elements stand one a line.
            let half = try await hub.post("[\n\(line("3"))\n", key: key)
            #expect(half.status == 422 && half.json?["refused"]?.elements?.count == 1, "\(half)")
            #expect(try await hub.stored() == 2)
        }
    }

    @Test func `an upload that breaks off counts as the sender's fault`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            let broken: [(length: Int?, fields: [String], body: String)] = [
                (5_000, [], line("1")), (nil, ["Transfer-Encoding: chunked"], "40\r\n\(line("2").prefix(20))"),
                (nil, ["Transfer-Encoding: chunked", "Content-Type: application/x-ndjson"], "40\r\nx"),
            ]
            for one in broken {
                let wire = try hub.connect()
                await wire.send(
                    LiveHub.head("POST", "/v1/interactions", key: key, length: one.length, fields: one.fields))
                await wire.send(one.body)
                wire.closeWriting()
                let reply = Reply(await wire.receiveAll())
                #expect(reply?.problem == "body_broken", "\(String(describing: reply))")
            }
            let series = #"contatto_http_requests_total{route="/v1/interactions",method="POST",status="#
            try await LiveHub.eventually("each is counted as a bad request") {
                try await hub.get("/metrics").text.contains(series + #""400"} 3"#)
            }
            #expect(try await !hub.get("/metrics").text.contains(series + #""500"}"#))
        }
    }

    private static let raw: [(name: String, bytes: String, says: Int)] = [
        ("not HTTP", "hello there\r\n\r\n", 400),
        (
            "a length that is no number", "POST /v1/interactions HTTP/1.1\r\nHost: h\r\nContent-Length: many\r\n\r\n",
            400
        ),
        (
            "two lengths",
            "POST /v1/interactions HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400
        ),
        ("a head above 16 kB", "GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n", 431),
    ]

    @Test func `what is not HTTP is answered with a problem, and others are served`() async throws {
        try await LiveHub.with { hub in
            for (name, bytes, status) in Self.raw {
                let wire = try hub.connect()
                await wire.send(bytes)
                let reply = Reply(await wire.receiveAll())
                #expect(reply?.status == status && reply?.problem != nil, "\(name): \(String(describing: reply))")
                #expect(try await hub.get("/healthz").status == 200)
            }
        }
    }

    @Test func `chunks that are none, and bodies shorter than their head says, store nothing`() async throws {
        let limits: (inout ConnectionLimits) -> Void = { $0.pause = .milliseconds(400) }
        try await LiveHub.with(limits) { hub in
            let key = try await hub.key(.connector, source: "shop")
            let chunks = try hub.connect()
            await chunks.send(
                LiveHub.head("POST", "/v1/interactions", key: key, length: nil, fields: ["Transfer-Encoding: chunked"]))
            await chunks.send("zz\r\n\(line("1"))\r\n")
            let garbage = Reply(await chunks.receiveAll())
            #expect(garbage?.status == 400 && garbage?.problem == "body_malformed", "\(String(describing: garbage))")

            let short = try hub.connect()
            await short.send(LiveHub.head("POST", "/v1/interactions", key: key, length: 5_000))
            await short.send(line("2"))
            short.closeWriting()
            let broken = Reply(await short.receiveAll())
            #expect(broken?.status == 400 && broken?.problem == "body_broken", "\(String(describing: broken))")

            let waiting = try hub.connect()
            await waiting.send(LiveHub.head("POST", "/v1/interactions", key: key, length: 5_000))
            await waiting.send(line("3"))
            let slow = Reply(await waiting.receiveAll())
            #expect(slow?.status == 408 && slow?.problem == "too_slow", "\(String(describing: slow))")

            // Longer than its head says: what is left over is no request.
            let long = try hub.connect()
            await long.send(
                "POST /v1/interactions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \(key)\r\nContent-Length: \(line("4").utf8.count)\r\n\r\n\(line("4"))rest of it\r\n\r\n"
            )
            let both = String(decoding: await long.receiveAll(), as: UTF8.self)
            #expect(both.contains(" 200 OK") && both.contains(" 400 Bad Request"), "\(both)")
            #expect(try await hub.stored() == 1)
        }
    }

    @Test func `who is refused before the body is read has the answer, and need not send it all`() async throws {
        try await LiveHub.with { hub in
            let wire = try hub.connect()
            await wire.send(LiveHub.head("POST", "/v1/interactions", key: nil, length: 200_000_000))
            let piece = [UInt8](repeating: 120, count: 1 << 20)
            var sent = 0
            for _ in 0..<200 {
                guard await wire.send(piece) else { break }
                sent += 1
            }
            let reply = Reply(await wire.receiveAll())
            #expect(reply?.status == 401 || sent < 200, "\(String(describing: reply))")
            let small = try await hub.ask("POST", "/v1/interactions", [UInt8](repeating: 120, count: 100_000))
            #expect(small.status == 401 && small.fields["connection"] == "close", "\(small)")
        }
    }
}
