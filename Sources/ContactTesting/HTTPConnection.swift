internal import Glibc

/// One keep-alive connection to a server on this machine: HTTP/1.1 over a blocking socket, for a thread of one's own.
///
/// It shares no code with the server that is tried. The answer is read while the request is still being sent, as a
/// server that acknowledges while it is being sent to expects.
package final class HTTPConnection {
    /// Why no whole answer came; whatever was handed on before stands.
    package enum Failure: Error, CustomStringConvertible {
        case connection(String)
        /// Nothing moved for as long as was agreed.
        case silence
        case notHTTP(String)

        package var description: String {
            switch self {
            case .connection(let text): "the connection broke: \(text)"
            case .silence: "the server neither read nor answered"
            case .notHTTP(let text): "not an HTTP answer: \(text)"
            }
        }
    }

    /// What is sent, and how its length is told.
    package enum Body {
        case whole([UInt8])
        /// Pieces as they come, until nil; their length is announced, or they go as chunks.
        case pieces(length: Int?, () -> [UInt8]?)
    }

    private let descriptor: Int32
    private let patience: Duration
    /// What came after the last answer's end.
    private var received: [UInt8] = []
    /// Whether another request may be sent.
    package private(set) var isOpen = true

    /// Connects to 127.0.0.1; gives up on a server that moves nothing for `patience`.
    package init(port: Int, patience: Duration = .seconds(60)) throws(Failure) {
        self.patience = patience
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .connection(Self.reason) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw .connection(Self.reason) }
        var one: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Sends a request and returns its answer; each piece of the answer's body is also handed on as it comes.
    package func send(
        _ method: String, _ path: String, _ fields: [(name: String, value: String)], _ body: Body?,
        onBody: ([UInt8]) -> Void = { _ in }
    ) throws(Failure) -> HTTPReply {
        var outgoing = Outgoing(method, path, fields, body)
        var parser = HTTPReply.Parser()
        parser.take(received, onBody)
        received = []
        var isSending = true
        while !parser.isDone {
            var state = pollfd(fd: descriptor, events: Int16(POLLIN | (isSending ? POLLOUT : 0)), revents: 0)
            let ready = unsafe poll(&state, 1, Int32(patience / .milliseconds(1)))
            guard ready != 0 else { throw .silence }
            if ready < 0 { continue }
            if isSending, Int32(state.revents) & POLLOUT != 0 {
                // Who closes early may still have answered: that is read below.
                isSending = outgoing.fill() && sendSome(&outgoing)
            }
            guard Int32(state.revents) & (POLLIN | POLLHUP | POLLERR) != 0 else { continue }
            let bytes = try receive()
            guard !bytes.isEmpty else {
                parser.end()
                isOpen = false
                guard parser.isDone else { throw .connection("closed before the answer's end") }
                break
            }
            parser.take(bytes, onBody)
            if let text = parser.fault { throw .notHTTP(text) }
        }
        let reply = parser.reply
        received = parser.rest
        // An answer that came before all was sent leaves a connection nobody can go on with.
        if reply.closes || !outgoing.isDone { isOpen = false }
        return reply
    }

    /// Whether sending is to go on.
    private func sendSome(_ outgoing: inout Outgoing) -> Bool {
        let count = unsafe outgoing.bytes.span.withUnsafeBytes { buffer in
            unsafe Glibc.send(
                descriptor, buffer.baseAddress.map { unsafe $0 + outgoing.sent }, buffer.count - outgoing.sent,
                Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        guard count >= 0 else { return errno == EAGAIN || errno == EINTR }
        outgoing.sent += count
        return !outgoing.isDone
    }

    private func receive() throws(Failure) -> [UInt8] {
        var code: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            var got: Int
            repeat { got = unsafe recv(descriptor, buffer.baseAddress, 65_536, 0) } while got < 0 && errno == EINTR
            if got < 0 { code = errno }
            count = max(0, got)
        }
        guard code == 0 else { throw .connection(unsafe String(cString: strerror(code))) }
        return bytes
    }

    private static var reason: String { unsafe String(cString: strerror(errno)) }

    /// The request as far as it is not sent.
    private struct Outgoing {
        private(set) var bytes: [UInt8]
        var sent = 0
        private var next: (() -> [UInt8]?)?
        private let isChunked: Bool

        init(_ method: String, _ path: String, _ fields: [(name: String, value: String)], _ body: Body?) {
            var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            for field in fields { head += "\(field.name): \(field.value)\r\n" }
            switch body {
            case nil:
                isChunked = false
                bytes = Array((head + "\r\n").utf8)
            case .whole(let whole):
                isChunked = false
                bytes = Array((head + "Content-Length: \(whole.count)\r\n\r\n").utf8) + whole
            case .pieces(let length, let next):
                isChunked = length == nil
                head += length.map { "Content-Length: \($0)\r\n\r\n" } ?? "Transfer-Encoding: chunked\r\n\r\n"
                bytes = Array(head.utf8)
                self.next = next
            }
        }

        var isDone: Bool { next == nil && sent == bytes.count }

        /// Fetches the next piece once the last one is gone; false when nothing is left.
        mutating func fill() -> Bool {
            guard sent == bytes.count, let next else { return sent < bytes.count }
            sent = 0
            if let piece = next() {
                bytes = isChunked ? Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10] : piece
            } else {
                self.next = nil
                bytes = isChunked ? Array("0\r\n\r\n".utf8) : []
            }
            return !bytes.isEmpty
        }
    }
}
