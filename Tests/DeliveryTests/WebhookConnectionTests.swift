import Dispatch
import NIOConcurrencyHelpers
import Testing

@testable import Delivery

/// Which connections are made, kept and closed.
@Suite(.timeLimit(.minutes(3))) struct WebhookConnectionTests {
    @Test func `a connection is kept, and closed when nobody wants it`() async throws {
        let receiver = try await Receiver.start { _, _ in [.send(ClientBundle.okay)] }
        let bundle = try await ClientBundle.make(idleTime: .seconds(2))
        for _ in 0..<3 { #expect(try await bundle.send(to: receiver).status == 200) }
        #expect(receiver.seen.connections == 1)
        await receiver.wait { $0.open == 0 }
        #expect(bundle.client.idleConnections == 0)
    }

    @Test func `a server that ends its connections is connected to again`() async throws {
        let text = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        let receiver = try await Receiver.start { _, _ in [.send(text), .close] }
        let bundle = try await ClientBundle.make()
        for _ in 0..<3 { #expect(try await bundle.send(to: receiver).status == 200) }
        #expect(receiver.seen.connections == 3)
        #expect(bundle.client.idleConnections == 0)
    }

    /// Either the close is noticed before, or as the request is sent: both must end well.
    @Test func `a kept connection that was closed is replaced`() async throws {
        let receiver = try await Receiver.start { _, _ in [.send(ClientBundle.okay), .close] }
        let bundle = try await ClientBundle.make()
        for _ in 0..<50 { #expect(try await bundle.send(to: receiver).status == 200) }
        #expect(receiver.seen.connections == 50)
    }

    @Test func `a kept connection closed at the next request is replaced once`() async throws {
        for act in [Receiver.Act.close, .reset] {
            let receiver = try await Receiver.start { request, count in
                request.connection == 1 && count == 1 || request.connection == 3
                    ? [act] : [.send(ClientBundle.okay)]
            }
            let bundle = try await ClientBundle.make()
            for _ in 0..<2 { #expect(try await bundle.send(to: receiver).status == 200) }
            #expect(receiver.seen.requests.map(\.connection) == [1, 1, 2])
        }
        // Where the new one fails too, that is the outcome.
        let receiver = try await Receiver.start { request, count in
            request.connection == 1 && count == 0 ? [.send(ClientBundle.okay)] : [.close]
        }
        let bundle = try await ClientBundle.make()
        #expect(try await bundle.send(to: receiver).status == 200)
        guard case .brokenAnswer = try await bundle.failure(to: receiver) else {
            return #expect(Bool(false), "it was answered")
        }
        #expect(receiver.seen.requests.map(\.connection) == [1, 1, 2])
    }

    @Test func `once a byte of the answer came nothing is sent again`() async throws {
        let receiver = try await Receiver.start { _, count in
            count == 0 ? [.send(ClientBundle.okay)] : [.send("HTTP/1.1 2"), .close]
        }
        let bundle = try await ClientBundle.make()
        #expect(try await bundle.send(to: receiver).status == 200)
        guard case .brokenAnswer = try await bundle.failure(to: receiver) else {
            return #expect(Bool(false), "it was answered")
        }
        #expect(receiver.seen.connections == 1)
    }

    @Test func `a connection that speaks unasked is not used again`() async throws {
        let receiver = try await Receiver.start { _, _ in [.send(ClientBundle.okay + ClientBundle.okay)] }
        let bundle = try await ClientBundle.make()
        #expect(try await bundle.send(to: receiver).status == 200)
        await receiver.wait { $0.open == 0 }
        #expect(try await bundle.send(to: receiver).status == 200)
        #expect(receiver.seen.connections == 2)
    }

    @Test func `many at once all get their answer, and few connections stay`() async throws {
        let receiver = try await Receiver.start { request, _ in
            let text = String(decoding: request.body, as: UTF8.self)
            return [.send("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")]
        }
        let bundle = try await ClientBundle.make()
        try await withThrowingTaskGroup { group in
            for number in 0..<100 {
                group.addTask {
                    let answer = try await bundle.send("http://a.example:\(receiver.port)/", Array("n\(number)".utf8))
                    #expect(answer.text == "n\(number)")
                }
            }
            try await group.waitForAll()
        }
        #expect(bundle.client.idleConnections <= 2)
        bundle.client.close()
        await receiver.wait { $0.open == 0 }
        #expect(try await bundle.send(to: receiver).status == 200)
        #expect(bundle.client.idleConnections == 0)
    }

    @Test func `cancellation ends the connection`() async throws {
        let receiver = try await Receiver.start { _, _ in [] }
        let bundle = try await ClientBundle.make()
        let sending = Task { try await bundle.failure(to: receiver) }
        await receiver.wait { $0.requests.count == 1 }
        sending.cancel()
        #expect(try await sending.value == .cancelled)
        await receiver.wait { $0.open == 0 }
        let late = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return try await bundle.failure(to: receiver)
        }
        #expect(try await late.value == .cancelled)
        await receiver.wait { $0.open == 0 }
        #expect(receiver.seen.requests.count == 1)
    }

    @Test func `giving up at any moment leaves no connection behind`() async throws {
        let receiver = try await Receiver.start { _, _ in [.send(ClientBundle.okay)] }
        let bundle = try await ClientBundle.make()
        var random = SplitMix(seed: 5)
        for _ in 0..<200 {
            let limit = Duration.microseconds(Int.random(in: 0...1_500, using: &random))
            do throws(any Error) {
                #expect(try await bundle.send(to: receiver, within: limit).status == 200)
            } catch let error as WebhookError {
                guard case .timeout = error else { throw error }
            }
        }
        #expect(bundle.client.idleConnections <= 2)
        bundle.client.close()
        await receiver.wait { $0.open == 0 }
    }

    @Test func `a look-up that takes too long is given up`() async throws {
        let gate = DispatchSemaphore(value: 0)
        let bundle = try await ClientBundle.make(
            names: NameLookUp { _ in
                gate.wait()
                return []
            })
        #expect(try await bundle.failure("https://slow.example/", within: .milliseconds(100)) == .timeout(sent: false))
        gate.signal()
    }

    @Test func `an unknown name is said to be one`() async throws {
        let nobody = NameLookUp { _ throws(NameLookUp.Failure) in throw .init("nobody") }
        let bundle = try await ClientBundle.make(names: nobody)
        #expect(try await bundle.failure("https://no.example/") == .unknownName("no.example has no address: nobody"))
        let empty = try await ClientBundle.make(names: NameLookUp { _ in [] })
        let failure = try await empty.failure("https://no.example/")
        #expect(failure == .unknownName("no.example has no address: none is known"))
        // The system's own: RFC 6761 keeps this name from ever being one.
        let system = try await ClientBundle.make(names: .system)
        guard case .unknownName = try await system.failure("https://contatto.invalid/") else {
            return #expect(Bool(false), "it was found")
        }
    }

    @Test func `the next address is tried where nobody is at the first`() async throws {
        // No test listens at 127.0.0.3: a port that is free there and taken here is no chance.
        let receiver = try await Receiver.start { _, _ in [.send(ClientBundle.okay)] }
        let bundle = try await ClientBundle.make(
            names: NameLookUp { _ in [IPAddress(v4: 0x7F00_0003), IPAddress(v4: 0x7F00_0001)] })
        #expect(try await bundle.send(to: receiver).status == 200)
        #expect(try await bundle.send(to: receiver).status == 200)
        #expect(receiver.seen.connections == 1)
    }

    @Test func `the system's look-up finds this machine, which is refused`() async throws {
        let receiver = try await Receiver.start { _, _ in [.send(ClientBundle.okay)] }
        let bundle = try await ClientBundle.make(allowing: "192.0.2.0/24", names: .system)
        for host in ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"] {
            guard case .refused = try await bundle.failure("http://\(host):\(receiver.port)/") else {
                return #expect(Bool(false), "it was not refused")
            }
        }
        #expect(receiver.seen.connections == 0)
    }

    /// 127.0.0.2 stands for a public address, and 127.0.0.1 for what must not be reached.
    @Test func `a name that changes its address is judged again, and never looked up twice`() async throws {
        let inner = try await Receiver.start { _, _ in [.send(ClientBundle.okay)] }
        let outer = try await Receiver.start(on: "127.0.0.2", port: inner.port) { _, _ in [.send(ClientBundle.okay)] }
        let (good, bad) = (IPAddress(v4: 0x7F00_0002), IPAddress(v4: 0x7F00_0001))
        let answers = NIOLockedValueBox([[good], [bad], [good, bad], [good]])
        let bundle = try await ClientBundle.make(
            allowing: "127.0.0.2", names: NameLookUp { _ in answers.withLockedValue { $0.removeFirst() } })
        #expect(try await bundle.send(to: outer).status == 200)
        #expect(answers.withLockedValue { $0.count } == 3)
        // The connection that is kept is no way around the judgement.
        #expect(bundle.client.idleConnections == 1)
        for _ in 0..<2 {
            guard case .refused(let words) = try await bundle.failure(to: outer) else {
                return #expect(Bool(false), "it was not refused")
            }
            #expect(words.contains("hooks.example leads to 127.0.0.1, which is this machine itself"))
        }
        #expect(try await bundle.send(to: outer).status == 200)
        #expect(outer.seen.connections == 1)
        #expect(inner.seen.connections == 0)
    }
}
