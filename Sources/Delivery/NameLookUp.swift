internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Finds the addresses of a name. It may block, and is called on a thread where that harms nobody.
///
/// Throws a ``NameLookUp/Failure``; a test passes its own, which may answer differently each time.
package struct NameLookUp: Sendable {
    /// Why a name has no addresses.
    package struct Failure: Error, Hashable, Sendable {
        package let text: String
        package init(_ text: String) { self.text = text }
    }

    private let addresses: @Sendable (String) throws(Failure) -> [IPAddress]

    /// Threads that may block, for the whole process. NIO's own pool has as many as the machine has cores: a few dead
    /// name servers would stop whatever else waits there.
    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 16)
        pool.start()
        return pool
    }()

    package init(_ addresses: @escaping @Sendable (String) throws(Failure) -> [IPAddress]) {
        self.addresses = addresses
    }

    /// The system's: /etc/hosts, DNS and whatever else it is set up to ask, in the order in which to try (RFC 6724).
    package static let system = NameLookUp { name throws(Failure) in try systemAddresses(of: name) }

    /// On a thread of its own kind, so that neither an event loop nor Swift's threads wait. What nobody wants any more
    /// when its turn comes is not asked.
    func addresses(
        of name: String, on loop: any EventLoop, isWanted: @escaping @Sendable () -> Bool
    ) -> EventLoopFuture<[IPAddress]> {
        let addresses = addresses
        return Self.threads.runIfActive(eventLoop: loop) {
            guard isWanted() else { throw CancellationError() }
            return try addresses(name)
        }
    }

    private static func systemAddresses(of name: String) throws(Failure) -> [IPAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        // Not asked for: AI_ADDRCONFIG, under which a machine with loopback only finds nothing.
        var first: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(name, nil, &hints, &first)
        guard status == 0 else {
            throw Failure(status == EAI_SYSTEM ? reason(errno) : unsafe String(cString: gai_strerror(status)))
        }
        defer { unsafe freeaddrinfo(first) }
        var found: [IPAddress] = []
        var next = unsafe first
        while let entry = unsafe next {
            if let address = unsafe address(entry.pointee), !found.contains(address) { found.append(address) }
            unsafe next = entry.pointee.ai_next
        }
        return found
    }

    private static func address(_ entry: addrinfo) -> IPAddress? {
        guard let pointer = unsafe entry.ai_addr else { return nil }
        switch unsafe entry.ai_family {
        case AF_INET:
            return unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                IPAddress(v4: UInt32(bigEndian: unsafe pointer.pointee.sin_addr.s_addr))
            }
        case AF_INET6:
            return unsafe pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                IPAddress(unsafe pointer.pointee.sin6_addr)
            }
        default: return nil
        }
    }

    private static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
