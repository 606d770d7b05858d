/// One POST to an endpoint. The client adds `Host`, `User-Agent` and `Content-Length`, and nobody else may.
package struct WebhookRequest: Sendable {
    /// A field that would change what the request is, or end it early.
    package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    package let url: WebhookURL
    package let fields: [(name: String, value: String)]
    package let body: [UInt8]

    /// What frames the message or belongs to the connection (RFC 9110, 7.6.1), and what only the client says.
    private static let ours: Set<String> = [
        "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade", "user-agent",
    ]

    package init(
        _ url: WebhookURL, fields: [(name: String, value: String)], body: [UInt8]
    ) throws(Fault) {
        for (name, value) in fields {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else {
                throw Fault(description: "a field's name is of letters, digits and hyphens")
            }
            guard !Self.ours.contains(name.lowercased()) else {
                throw Fault(description: "the field \(name) is the hub's own: leave it out")
            }
            guard value.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else {
                throw Fault(description: "the field \(name) may hold printable ASCII only")
            }
        }
        self.url = url
        self.fields = fields
        self.body = body
    }

    /// RFC 9110, 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
