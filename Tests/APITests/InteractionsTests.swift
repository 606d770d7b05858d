import API
import Contact
import Storage
import Testing

@Suite struct InteractionsTests {
    @Test func `one object, an array and lines are stored once each, and answered for`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            let one = try await hub.post(line("1"), key: key)
            #expect(one.status == 200 && one.json?["accepted"]?.integer == 1, "\(one)")
            #expect(one.fields["content-type"] == "application/json")
            #expect(one.json?["items"]?.elements?.first?["profile"]?.string.flatMap { HubID($0) } != nil)
            let again = try await hub.post(line("1"), key: key)
            #expect(again.json?["known"]?.integer == 1 && again.json?["accepted"]?.integer == 0, "\(again)")
            let array = try await hub.post("[\(line("2")),\n \(line("3"))]", key: key)
            #expect(array.status == 200 && array.json?["accepted"]?.integer == 2, "\(array)")
            let lines = try await hub.post(line("4") + "\n" + line("5"), key: key, type: "application/x-ndjson")
            #expect(lines.status == 200 && lines.lines.compactMap { $0["accepted"]?.integer }.reduce(0, +) == 2)
            #expect(lines.fields["content-type"] == "application/x-ndjson")
            // By being lines, whatever the type says.
            let silent = try await hub.post("\n" + line("6") + "\r\n\r\n" + line("7") + "\n", key: key)
            #expect(silent.fields["content-type"] == "application/x-ndjson")
            #expect(silent.lines.compactMap { $0["accepted"]?.integer }.reduce(0, +) == 2, "\(silent)")
            let pretty = line("8").split(separator: ",").joined(separator: ",\n  ")
            #expect(try await hub.post(pretty, key: key).json?["accepted"]?.integer == 1)
            #expect(try await hub.stored() == 8)
        }
    }

    @Test func `422 only where all are refused, with each reason`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            let mixed = try await hub.post("[\(line("1")),{\"id\":\"2\"},5]", key: key)
            #expect(mixed.status == 200, "\(mixed)")
            let refused = mixed.json?["refused"]?.elements ?? []
            #expect(refused.map { $0["index"]?.integer } == [1, 2])
            #expect(refused.map { $0["reason"]?.string } == ["no_identifier", "malformed_json"], "\(mixed)")
            let none = try await hub.post("[{\"id\":\"3\"}]", key: key)
            #expect(none.status == 422 && none.json?["refused"]?.elements?.count == 1, "\(none)")
            let lines = try await hub.post("{\"id\":\"4\"}\nx\n", key: key, type: "application/x-ndjson")
            #expect(lines.status == 422 && lines.lines.count == 1, "\(lines)")
            #expect(lines.lines.first?["refused"]?.elements?.map { $0["index"]?.integer } == [0, 1])
        }
    }

    @Test func `a public key claims, a connector speaks for its source, an admin names one`() async throws {
        try await LiveHub.with { hub in
            func show(_ id: String, _ kind: String, _ assurance: String, scope: String? = nil, source: String? = nil)
                -> String
            {
                let scope = scope.map { #""scope":"\#($0)","# } ?? ""
                let source = source.map { #""source":"\#($0)","# } ?? ""
                let value = kind == "email" ? "anna@example.it" : "77ab19f0c2"
                return
                    #"{"id":"\#(id)",\#(source)"identifiers":[{"kind":"\#(kind)",\#(scope)"value":"\#(value)","assurance":"\#(assurance)"}]}"#
            }
            func reason(_ reply: Reply) -> String? { reply.json?["refused"]?.elements?.first?["reason"]?.string }

            let open = try await hub.key(.public, source: "site")
            #expect(reason(try await hub.post(show("1", "email", "presented"), key: open)) == "assurance_too_high")
            #expect(try await hub.post(show("2", "email", "claimed"), key: open).status == 200)
            #expect(try await hub.post(show("3", "cookie", "presented", scope: "shop"), key: open).status == 200)
            #expect(
                reason(try await hub.post(show("4", "cookie", "verified", scope: "shop"), key: open))
                    == "assurance_too_high")

            let usual = try await hub.key(.connector, source: "desk")
            #expect(try await hub.post(show("5", "email", "presented"), key: usual).status == 200)
            #expect(reason(try await hub.post(show("6", "email", "verified"), key: usual)) == "assurance_too_high")
            #expect(
                reason(try await hub.post(show("7", "email", "presented", source: "site"), key: usual))
                    == "source_unknown")
            #expect(try await hub.post(show("8", "email", "presented", source: "desk"), key: usual).status == 200)
            #expect(
                try await hub.post(show("9", "email", "presented"), key: usual, query: "?source=site").status == 403)
            let trusted = try await hub.key(
                .connector, source: "till", settings: #"{"trust":"claimed","trust.email":"verified"}"#)
            #expect(try await hub.post(show("10", "email", "verified"), key: trusted).status == 200)
            #expect(
                reason(try await hub.post(show("11", "cookie", "presented", scope: "shop"), key: trusted))
                    == "assurance_too_high")

            let admin = try await hub.key(.admin)
            #expect(reason(try await hub.post(show("12", "email", "verified"), key: admin)) == "source_unknown")
            #expect(
                try await hub.post(show("13", "email", "verified"), key: admin, query: "?source=desk").status == 200)
            #expect(try await hub.post(show("14", "email", "verified", source: "site"), key: admin).status == 200)
            // A name that nobody has made is not made over HTTP.
            #expect(
                reason(try await hub.post(show("15", "email", "verified", source: "new"), key: admin))
                    == "source_unknown")
            #expect(try await hub.count("SELECT count(*) FROM source WHERE name = 'new'") == 0)
        }
    }

    @Test func `an upload of lines is acknowledged while it goes on`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            let wire = try hub.connect()
            await wire.send(
                LiveHub.head(
                    "POST", "/v1/interactions", key: key, length: nil,
                    fields: ["Content-Type: application/x-ndjson", "Transfer-Encoding: chunked"]))
            for number in 1...3 {
                let text = line("\(number)") + "\n"
                await wire.send("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
                let acknowledged = await wire.receive(until: "position")
                #expect(acknowledged.contains("\"accepted\":1"), "\(acknowledged)")
                #expect(try await hub.stored() == number)
            }
            await wire.send("0\r\n\r\n")
            #expect(String(decoding: await wire.receiveAll(), as: UTF8.self).hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func `an upload that breaks off has stored its whole lines, and nothing of the half one`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            for (number, vanishes) in [false, true].enumerated() {
                let wire = try hub.connect()
                let text = line("a\(number)") + "\n" + line("b\(number)") + "\n" + line("half\(number)").dropLast(3)
                await wire.send(
                    LiveHub.head(
                        "POST", "/v1/interactions", key: key, length: 10_000,
                        fields: ["Content-Type: application/x-ndjson"]))
                await wire.send(text)
                let acknowledged = await wire.receive(until: "position")
                #expect(acknowledged.contains("\"accepted\":2"), "\(acknowledged)")
                if vanishes {
                    wire.vanish()
                } else {
                    wire.closeWriting()
                    _ = await wire.receiveAll()
                }
                #expect(try await hub.post(line("good\(number)"), key: key).status == 200)
                #expect(try await hub.stored() == Int64(number + 1) * 3)
            }
            #expect(try await hub.count("SELECT count(*) FROM refusal") == 0)
        }
    }

    @Test func `a connection takes one request after the other`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            let wire = try hub.connect()
            for number in 1...3 {
                let body = line("\(number)")
                await wire.send(
                    "POST /v1/interactions HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer \(key)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                )
                #expect(await wire.receive(until: "position\":").contains(" 200 OK"))
            }
            #expect(try await hub.stored() == 3)
        }
    }

    @Test func `requests sent all at once are answered each in its turn, before the connection ends`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            for round in ["last", "half", "close"] {
                let requests = (1...3).map { number in
                    let items = (1...number).map { line("\(round)-\(number)-\($0)") }.joined(separator: ",")
                    let body = "[\(items)]"
                    // The last one says so, or the sender ends his side behind it.
                    let close = number == 3 && round != "half" ? "Connection: close\r\n" : ""
                    return
                        "POST /v1/interactions HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer \(key)\r\n\(close)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
                }
                let wire = try hub.connect()
                await wire.send(requests.joined())
                if round != "last" { wire.closeWriting() }
                let answers = String(decoding: await wire.receiveAll(), as: UTF8.self)
                let accepted = answers.split(separator: "\"accepted\":").dropFirst().compactMap(\.first)
                #expect(accepted == ["1", "2", "3"], "\(round): \(answers)")
            }
            #expect(try await hub.stored() == 18)
        }
    }

    @Test func `an answer of lines to HTTP 1.0 bears no chunks, and ends with the connection`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            for (number, field) in ["", "Connection: keep-alive\r\n"].enumerated() {
                let body = line("\(number)") + "\n"
                let wire = try hub.connect()
                await wire.send(
                    "POST /v1/interactions HTTP/1.0\r\n\(field)Authorization: Bearer \(key)\r\nContent-Type: application/x-ndjson\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                )
                let reply = try #require(Reply(await wire.receiveAll()))
                #expect(reply.status == 200 && reply.fields["transfer-encoding"] == nil, "\(reply)")
                #expect(reply.fields["connection"] == "close", "\(reply)")
                #expect(reply.body.first == UInt8(ascii: "{") && reply.body.last == 10, "\(reply)")
                #expect(reply.lines.compactMap { $0["accepted"]?.integer } == [1], "\(reply)")
            }
        }
    }

    @Test func `a public key writes for its source alone, and nothing only the company can say`() async throws {
        try await LiveHub.with { hub in
            #expect(try await hub.key(.public).isEmpty)

            let key = try await hub.key(.public, source: "site")
            let lines = [
                line("1", more: #","direction":"out""#), line("2", more: #","corrects":"1""#),
                line("3", more: #","source":"shop""#), line("4", more: #","direction":"in","corrects":null"#),
            ]
            for type in ["application/x-ndjson", "application/json"] {
                let isLines = type != "application/json"
                let text = isLines ? lines.joined(separator: "\n") : "[\(lines.joined(separator: ","))]"
                let reply = try await hub.post(text, key: key, type: type)
                let items = (isLines ? reply.lines : [reply.json].compactMap { $0 }).flatMap {
                    $0["refused"]?.elements ?? []
                }
                #expect(
                    items.map { $0["reason"]?.string } == [
                        "assurance_too_high", "assurance_too_high", "source_unknown",
                    ], "\(reply)")
                #expect(items.first?["detail"]?.string?.contains("direction") == true, "\(reply)")
            }
            #expect(try await hub.stored() == 1)
        }
    }
}
