import Dispatch
import Glibc

/// A connection to a listener on this machine, on threads of its own.
final class TextWire: Sendable {
    struct Failure: Error, CustomStringConvertible { let description: String }

    private let descriptor: Int32
    private let sending = DispatchQueue(label: "text-wire.sending")
    private let receiving = DispatchQueue(label: "text-wire.receiving")
    private nonisolated(unsafe) var received: [UInt8] = []

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            close(descriptor)
            throw Failure(description: "no connection")
        }
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) async {
        await withCheckedContinuation { continuation in
            sending.async {
                var start = 0
                while start < bytes.count {
                    let sent = unsafe bytes.span.withUnsafeBytes { buffer in
                        unsafe Glibc.send(
                            self.descriptor, buffer.baseAddress.map { unsafe $0 + start }, buffer.count - start,
                            Int32(MSG_NOSIGNAL))
                    }
                    guard sent > 0 else { break }
                    start += sent
                }
                continuation.resume()
            }
        }
    }

    func send(_ text: String) async { await send(Array(text.utf8)) }

    /// The next line without its end; nil where the other side has ended it.
    func line() async -> String? {
        await withCheckedContinuation { continuation in
            receiving.async { continuation.resume(returning: self.read()) }
        }
    }

    /// The next reply, its lines joined.
    func reply() async -> String {
        var lines: [String] = []
        while let line = await line() {
            lines.append(line)
            if line.dropFirst(3).first != "-" { break }
        }
        return lines.joined(separator: "|")
    }

    /// Sends a line and waits for its reply.
    func ask(_ line: String) async -> String {
        await send(line + "\r\n")
        return await reply()
    }

    private func read() -> String? {
        while true {
            if let end = unsafe received.firstIndex(of: 0x0A) {
                let line = unsafe received[..<end].filter { $0 != 0x0D }
                unsafe received.removeSubrange(...end)
                return String(decoding: line, as: UTF8.self)
            }
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                count = max(0, unsafe recv(descriptor, buffer.baseAddress, 65_536, 0))
            }
            if bytes.isEmpty { return nil }
            unsafe received += bytes
        }
    }
}
