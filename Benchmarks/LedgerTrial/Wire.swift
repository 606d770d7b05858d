internal import Foundation
internal import Glibc

/// One TCP connection on this machine: a blocking socket, for a thread of one's own. It is closed when nobody has it any
/// more.
final class Wire: Sendable {
    private let descriptor: Int32

    fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Connects to 127.0.0.1; nil where nobody listens.
    static func connect(port: Int) -> Wire? {
        let wire = Wire(socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        return unsafe withAddress(port) { unsafe Glibc.connect(wire.descriptor, $0, $1) } == 0 ? wire : nil
    }

    /// Writes all of it; false where nobody reads.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes.span.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor, buffer.baseAddress.map { unsafe $0 + start }, buffer.count - start, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno != EINTR { return false }
            start += max(0, count)
        }
        return true
    }

    /// What has come, waited for no longer than this: nil where nothing came, and nothing of it at the connection's end.
    func receive(within milliseconds: Int32) -> [UInt8]? {
        guard isReadable(descriptor, within: milliseconds) else { return nil }
        return unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            count = unsafe max(0, recv(descriptor, buffer.baseAddress, 65_536, 0))
        }
    }

    /// No more of it can be sent or received, by either side.
    func cut() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// As `cut`, and the other side is told that the connection was broken.
    func reset() {
        var how = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &how, socklen_t(MemoryLayout<linger>.size))
    }
}

/// A place on 127.0.0.1 where connections are taken, until nobody has it any more.
final class WireListener: Sendable {
    private let descriptor: Int32

    init(port: Int) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        var yes: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard unsafe withAddress(port, { unsafe bind(descriptor, $0, $1) }) == 0, listen(descriptor, 128) == 0 else {
            throw TrialFailure("port \(port) cannot be listened on")
        }
    }

    deinit { close(descriptor) }

    /// The next who comes, waited for no longer than this.
    func accept(within milliseconds: Int32) -> Wire? {
        guard isReadable(descriptor, within: milliseconds) else { return nil }
        let taken = Glibc.accept(descriptor, nil, nil)
        guard taken >= 0 else { return nil }
        _ = fcntl(taken, F_SETFD, FD_CLOEXEC)
        var one: Int32 = 1
        unsafe setsockopt(taken, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        return Wire(taken)
    }
}

private func isReadable(_ descriptor: Int32, within milliseconds: Int32) -> Bool {
    var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&state, 1, milliseconds) > 0
}

private func withAddress(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            unsafe body(pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
