internal import Glibc

/// A blocking connection to a server of this machine that speaks in lines, for a thread of one's own.
final class LineSocket {
    private let descriptor: Int32
    private var received: [UInt8] = []
    private var start = 0

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw HubProcess.Unexpected("nobody listens on port \(port)") }
        var one: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    func write(_ text: String) throws { try write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.span.withUnsafeBytes { buffer in
                unsafe send(
                    descriptor, buffer.baseAddress.map { unsafe $0 + sent }, buffer.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw HubProcess.Unexpected("the server does not listen any more") }
            sent += count
        }
    }

    /// The next line without its end.
    func line() throws -> String {
        while true {
            if let end = received[start...].firstIndex(of: 0x0A) {
                defer { start = end + 1 }
                let line = received[start..<end]
                return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            }
            try more()
        }
    }

    /// So many octets.
    func octets(_ count: Int) throws -> [UInt8] {
        while received.count - start < count { try more() }
        defer { start += count }
        return Array(received[start..<(start + count)])
    }

    /// Whatever comes next, at most the size of the buffer, which is given back to be used again.
    func read(into buffer: inout [UInt8]) throws -> Int {
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { throw HubProcess.Unexpected("the server closed the connection") }
        return count
    }

    private func more() throws {
        if start > 0 {
            received.removeFirst(start)
            start = 0
        }
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe piece.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { throw HubProcess.Unexpected("the server closed the connection") }
        received += piece[..<count]
    }
}

/// Hands mails to a server over LMTP (RFC 2033), one at a time.
final class LMTPClient {
    private let socket: LineSocket
    private let user: String

    init(port: Int, user: String) throws {
        socket = try LineSocket(port: port)
        self.user = user
        _ = try socket.line()
        try socket.write("LHLO benchmark.example\r\n")
        while try socket.line().hasPrefix("250-") {}
    }

    /// Returns the moment at which the mail's last byte was sent, once the server has it.
    func deliver(_ mail: [UInt8]) throws -> ContinuousClock.Instant {
        try ask("MAIL FROM:<cliente@example.it>", "250")
        try ask("RCPT TO:<\(user)>", "250")
        try ask("DATA", "354")
        let sent = ContinuousClock.now
        try socket.write(mail + Array("\r\n.\r\n".utf8))
        try expect("250")
        return sent
    }

    private func ask(_ command: String, _ code: String) throws {
        try socket.write(command + "\r\n")
        try expect(code)
    }

    private func expect(_ code: String) throws {
        let line = try socket.line()
        guard line.hasPrefix(code) else { throw HubProcess.Unexpected("the mail server said: \(line)") }
    }
}
