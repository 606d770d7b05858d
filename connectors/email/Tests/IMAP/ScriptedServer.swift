import Foundation

/// A server on 127.0.0.1 that says what a test makes it say; each connection has a thread of its own.
final class ScriptedServer: Sendable {
    /// What is answered to a line; nil closes the connection.
    typealias Script = @Sendable (_ line: String) -> [UInt8]?

    let port: Int
    private let socket: Int32

    init(greeting: String, _ script: @escaping Script) throws {
        let listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(listener, pointer, length) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        socket = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread { Self.serve(connection, greeting, script) }
            }
        }
    }

    deinit {
        // Both wake the thread that waits for connections.
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    private static func serve(_ connection: Int32, _ greeting: String, _ script: Script) {
        defer { close(connection) }
        guard send(Array(greeting.utf8), to: connection) else { return }
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while unsafe recv(connection, &byte, 1, 0) == 1 {
            line.append(byte)
            guard byte == 0x0A else { continue }
            guard let answer = script(String(decoding: line.dropLast(2), as: UTF8.self)), send(answer, to: connection)
            else { return }
            line = []
        }
    }

    private static func send(_ bytes: [UInt8], to connection: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { pointer in
                unsafe Glibc.send(connection, pointer.baseAddress, pointer.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
