import Testing

@testable import Delivery

@Suite(.timeLimit(.minutes(3))) struct WebhookClientTests {
    private func answer(_ text: String) async throws -> WebhookAnswer {
        let receiver = try await Receiver.start { _, _ in [.send(text), .close] }
        return try await ClientBundle.make().send(to: receiver)
    }

    private func failure(_ acts: [Receiver.Act], within limit: Duration = .seconds(90)) async throws -> WebhookError {
        let receiver = try await Receiver.start { _, _ in acts }
        let failure = try await ClientBundle.make().failure(to: receiver, within: limit)
        #expect(receiver.seen.connections == 1)
        await receiver.wait { $0.open == 0 }
        return failure
    }

    @Test func `sends one request as HTTP has it`() async throws {
        let receiver = try await Receiver.start { _, _ in [.send(ClientBundle.okay)] }
        let answer = try await ClientBundle.make().send(to: receiver)
        #expect(answer.status == 200 && answer.isSuccess && answer.isWhole && answer.text == "ok")
        #expect(answer.latency > .zero && answer.latency < .seconds(90))
        let request = try #require(receiver.seen.requests.first)
        #expect(request.head.hasPrefix("POST /x?y=1 HTTP/1.1\r\n"))
        #expect(request.field("host") == "hooks.example:\(receiver.port)")
        #expect(request.field("user-agent") == "Contatto/1")
        #expect(request.field("webhook-id") == "msg_1")
        #expect(request.field("content-length") == "7")
        #expect(request.head.lowercased().components(of: "content-length:") == 1)
        #expect(request.body == Array(#"{"a":1}"#.utf8))
    }

    @Test func `sends nothing, and much`() async throws {
        let receiver = try await Receiver.start { _, _ in [.send(ClientBundle.okay)] }
        let bundle = try await ClientBundle.make()
        var random = SplitMix(seed: 3)
        let much = (0..<3_000_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        for body in [[], much, [0]] {
            #expect(try await bundle.send("http://127.0.0.1:\(receiver.port)/", body).status == 200)
            #expect(receiver.seen.requests.last?.body == body)
        }
        #expect(receiver.seen.connections == 1)
    }

    @Test func `an empty answer is an answer`() async throws {
        let answer = try await answer("HTTP/1.1 204 No Content\r\n\r\n")
        #expect(answer.status == 204 && answer.isSuccess && answer.isWhole && answer.text.isEmpty)
        #expect(try await self.answer("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n").status == 410)
        #expect(try await self.answer("HTTP/1.0 200 OK\r\n\r\nold").text == "old")
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is not followed`(status: Int) async throws {
        let other = try await Receiver.start { _, _ in [.send(ClientBundle.okay)] }
        let answer = try await answer(
            "HTTP/1.1 \(status) There\r\nLocation: http://127.0.0.1:\(other.port)/\r\nContent-Length: 0\r\n\r\n")
        #expect(answer.status == status && !answer.isSuccess)
        #expect(other.seen.connections == 0)
    }

    @Test(arguments: [("120", 120), ("Sun, 06 Nov 1994 08:50:37 GMT", 60), ("999999999", 86_400)])
    func `says how long to wait`(field: String, seconds: Int) async throws {
        let answer = try await answer("HTTP/1.1 429 Slow\r\nretry-after: \(field)\r\nContent-Length: 0\r\n\r\n")
        #expect(answer.status == 429)
        #expect(answer.retryAfter == .seconds(seconds))
    }

    @Test func `chunks and interim answers are read through`() async throws {
        let chunked = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n"
        let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
        let answer = try await answer("\(interim)HTTP/1.1 202 Accepted\r\n\(chunked)")
        #expect(answer.status == 202 && answer.isWhole && answer.text == "abcde")
        let upgrade = "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
        #expect(try await self.answer(upgrade).status == 101)
    }

    @Test func `an endless answer is dropped, and its status stands`() async throws {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let receiver = try await Receiver.start { _, _ in [.send(head), .flood] }
        let answer = try await ClientBundle.make().send(to: receiver)
        #expect(answer.status == 200 && !answer.isWhole)
        #expect(answer.text == String(repeating: "a", count: 1_024))
        await receiver.wait { $0.open == 0 }
    }

    @Test func `a body that breaks off or stops does not undo the status`() async throws {
        let broken = try await answer("HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nabc")
        #expect(broken.status == 500 && !broken.isWhole && broken.text == "abc")
        let malformed = try await answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        #expect(malformed.status == 200 && !malformed.isWhole)
        let receiver = try await Receiver.start { _, _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")] }
        let slow = try await ClientBundle.make().send(to: receiver, within: .seconds(2))
        #expect(slow.status == 200 && !slow.isWhole && slow.text == "abc")
        await receiver.wait { $0.open == 0 }
    }

    @Test func `an answer before the request was read is one`() async throws {
        let text = "HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nmuch"
        let body = [UInt8](repeating: 0x20, count: 8 << 20)
        for acts in [[Receiver.Act.deafen, .send(text)], [.send(text), .close], [.deafen, .send(text), .close]] {
            let receiver = try await Receiver.start(atHead: true) { _, _ in acts }
            let bundle = try await ClientBundle.make()
            let answer = try await bundle.send("http://127.0.0.1:\(receiver.port)/", body)
            #expect(answer.status == 413)
            #expect(bundle.client.idleConnections == 0)
        }
    }

    @Test func `no answer in time is told from no way to send`() async throws {
        // Long for a machine with nothing else to do, and all three at once.
        let limit = Duration.seconds(6)
        async let silent = failure([], within: limit)
        async let slow = failure([.send("HTTP/1.1 200 OK\r\nx-"), .dribble], within: limit)
        // The TLS handshake that nobody answers.
        let receiver = try await Receiver.start { _, _ in [] }
        let url = "https://hooks.example:\(receiver.port)/"
        #expect(try await ClientBundle.make().failure(url, within: limit) == .timeout(sent: false))
        await receiver.wait { $0.open == 0 }
        #expect(try await silent == .timeout(sent: true))
        #expect(try await slow == .timeout(sent: true))
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.6\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "\0\0\0\0", "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: \(String(repeating: "y", count: 200_000))",
        String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 4_000),
        "HTTP/1.1 200 OK\r\n" + String(repeating: "x: \(String(repeating: "y", count: 1_000))\r\n", count: 250),
    ])
    func `what is not HTTP is a broken answer`(text: String) async throws {
        guard case .brokenAnswer(let words) = try await failure([.send(text), .close]) else {
            return #expect(Bool(false), "it was believed")
        }
        #expect(words.contains("hooks.example") && words.contains("is not HTTP/1.1"))
    }

    @Test func `a connection closed without an answer is one failure, tried once`() async throws {
        for act in [Receiver.Act.close, .reset] {
            guard case .brokenAnswer(let words) = try await failure([act]) else {
                return #expect(Bool(false), "it was answered")
            }
            #expect(words.contains("without an answer"))
        }
    }

    @Test func `says that nobody is there`() async throws {
        let receiver = try await Receiver.start { _, _ in [] }
        try await receiver.stop()
        guard case .noConnection(let words) = try await ClientBundle.make().failure(to: receiver) else {
            return #expect(Bool(false), "it was connected")
        }
        #expect(words.contains("refuses connections on port \(receiver.port)"))
    }

    @Test func `no field ends the head or frames the message`() throws {
        let url = try WebhookURL("https://hooks.example/")
        for (name, value) in [
            ("x", "a\r\nHost: b"), ("x", "a\nb"), ("x", "a\rb"), ("x", "a\0"), ("x", "ü"), ("x\r\ny", "a"), ("x:", "a"),
            ("x y", "a"), ("", "a"), ("é", "a"), ("Host", "a"), ("content-LENGTH", "1"), ("te", "x"),
            ("transfer-encoding", "chunked"), ("connection", "close"), ("User-Agent", "x"), ("expect", "100-continue"),
            ("upgrade", "h2c"),
        ] {
            #expect(throws: WebhookRequest.Fault.self, "\(name): \(value)") {
                try WebhookRequest(url, fields: [(name, value)], body: [])
            }
        }
    }

    @Test func `the text of an answer is repaired`() {
        #expect(WebhookAnswer.text(Array("a\u{0}b\u{1B}[31m\r\n\tü".utf8)) == "a\u{FFFD}b\u{FFFD}[31m\r\n\tü")
        #expect(WebhookAnswer.text([0x61, 0xFF, 0xC3]) == "a\u{FFFD}\u{FFFD}")
        for (lead, kept) in [(1_023, 1_023), (1_022, 1_024)] {
            let text = String(repeating: "a", count: lead) + "üüü"
            #expect(WebhookAnswer.text(Array(text.utf8.prefix(1_027))).utf8.count == kept)
        }
        let four = String(repeating: "a", count: 1_021) + "😀😀"
        #expect(WebhookAnswer.text(Array(four.utf8.prefix(1_027))) == String(repeating: "a", count: 1_021))
    }
}

extension String {
    /// How often a text stands in it.
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
