import Dispatch
import Glibc

/// A TCP connection to the server under test, on a thread of its own: it may wait without holding up anybody.
final class Wire: Sendable {
    struct Failure: Error, CustomStringConvertible { let description: String }

    private let descriptor: Int32
    private let sending = DispatchQueue(label: "wire.sending")
    private let receiving = DispatchQueue(label: "wire.receiving")

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
            let message = unsafe String(cString: strerror(errno))
            Glibc.close(descriptor)
            throw Failure(description: "no connection: \(message)")
        }
        // A test that waits for ever tells nobody what it waits for.
        var patience = timeval(tv_sec: 300, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { Glibc.close(descriptor) }

    /// Sends all of it; false where the other side has ended the connection.
    @discardableResult
    func send(_ bytes: [UInt8]) async -> Bool {
        await withCheckedContinuation { continuation in
            sending.async {
                var start = 0
                while start < bytes.count {
                    let sent = unsafe bytes.span.withUnsafeBytes { buffer in
                        unsafe Glibc.send(
                            self.descriptor, buffer.baseAddress.map { unsafe $0 + start }, buffer.count - start,
                            Int32(MSG_NOSIGNAL))
                    }
                    guard sent > 0 else { return continuation.resume(returning: false) }
                    start += sent
                }
                continuation.resume(returning: true)
            }
        }
    }

    @discardableResult
    func send(_ text: String) async -> Bool { await send(Array(text.utf8)) }

    /// The next bytes; empty at the end.
    func receive() async -> [UInt8] {
        await withCheckedContinuation { continuation in
            receiving.async {
                let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                    count = max(0, unsafe recv(self.descriptor, buffer.baseAddress, buffer.count, 0))
                }
                continuation.resume(returning: bytes)
            }
        }
    }

    /// Everything until the other side closes.
    func receiveAll() async -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let piece = await receive()
            if piece.isEmpty { return all }
            all += piece
        }
    }

    /// Everything until a text has come.
    func receive(until text: String) async -> String {
        var all = ""
        while !all.contains(text) {
            let piece = await receive()
            if piece.isEmpty { break }
            all += String(decoding: piece, as: UTF8.self)
        }
        return all
    }

    func closeWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Breaks off at once: the other side gets a reset, and no end before it.
    func reset() {
        var nobody = sockaddr()
        nobody.sa_family = sa_family_t(AF_UNSPEC)
        // To Linux a connection to nobody is the end of the one there is.
        unsafe connect(descriptor, &nobody, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Vanishes: the other side gets a reset.
    func vanish() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
