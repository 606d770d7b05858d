import Foundation
import Postgres

/// A relay to a server of this machine that adds bytes of its own, once, to the packet that holds a word.
final class InjectingRelay: Sendable {
    let port: Int
    private let listener: Int32
    private let flag: Flag

    /// Whether the word came by.
    var hasInjected: Bool { flag.isSet }

    init(to target: Int, after word: String, _ injected: [UInt8]) throws {
        let (listener, port) = try Self.listen()
        (self.listener, self.port) = (listener, port)
        let flag = Flag()
        self.flag = flag
        Thread.detachNewThread {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                guard let server = Self.connection(to: target) else {
                    close(client)
                    continue
                }
                Thread.detachNewThread { Self.pump(client, server) { $0 } }
                Thread.detachNewThread {
                    Self.pump(server, client) { bytes in
                        guard !flag.isSet, String(decoding: bytes, as: UTF8.self).contains(word) else { return bytes }
                        flag.set()
                        return bytes + injected
                    }
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func listen() throws -> (Int32, Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(listener, pointer, length) == 0 && Glibc.listen(listener, 8) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func connection(to port: Int) -> Int32? {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = loopback(port)
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(connection, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return status == 0 ? connection : nil
    }

    /// Carries what comes until either end closes; each thread closes the end it reads from.
    private static func pump(_ from: Int32, _ to: Int32, _ change: ([UInt8]) -> [UInt8]) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            let bytes = change(Array(buffer[..<count]))
            let sent = unsafe send(to, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            guard sent == bytes.count else { break }
        }
        shutdown(to, Int32(SHUT_RDWR))
        shutdown(from, Int32(SHUT_RDWR))
        close(from)
    }
}

/// Set once, seen by all threads.
final class Flag: Sendable {
    private let value = Monitor(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
}
