import Testing

@testable import Delivery

/// A client for which every name leads to this machine, and what a test sends with it.
struct ClientBundle {
    let client: WebhookClient

    static let okay = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    static func make(
        trusting authorities: String? = nil, allowing range: String = "127.0.0.0/8", idleTime: Duration = .seconds(20),
        now: Int64 = 784_111_777, names: NameLookUp = NameLookUp { _ in [IPAddress(v4: 0x7F00_0001)] }
    ) async throws -> ClientBundle {
        var exceptions = AddressGuard.Exceptions()
        exceptions.ranges = [try #require(AddressRange(range))]
        let tls = try await WebhookTLS.make(trusting: authorities)
        return ClientBundle(
            client: WebhookClient(AddressGuard(exceptions), tls: tls, names: names, idleTime: idleTime) { now })
    }

    func send(
        _ url: String, _ body: [UInt8] = Array(#"{"a":1}"#.utf8), within limit: Duration = .seconds(90)
    ) async throws -> WebhookAnswer {
        let fields = [(name: "webhook-id", value: "msg_1"), (name: "content-type", value: "application/json")]
        return try await client.send(
            try WebhookRequest(try WebhookURL(url), fields: fields, body: body), within: limit)
    }

    func send(to receiver: Receiver, within limit: Duration = .seconds(90)) async throws -> WebhookAnswer {
        try await send("http://hooks.example:\(receiver.port)/x?y=1", within: limit)
    }

    /// The error that sending ends with.
    func failure(_ url: String, within limit: Duration = .seconds(90)) async throws -> WebhookError {
        try await #require(throws: WebhookError.self) { _ = try await send(url, within: limit) }
    }

    func failure(to receiver: Receiver, within limit: Duration = .seconds(90)) async throws -> WebhookError {
        try await failure("http://hooks.example:\(receiver.port)/", within: limit)
    }
}
