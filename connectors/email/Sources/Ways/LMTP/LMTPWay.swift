internal import Contact
internal import Glibc
internal import NIOCore
internal import NIOPosix

/// A listener to which the company's own mail server hands each mail (LMTP, RFC 2033): told "delivered" once it is durable.
struct LMTPWay: MailWay {
    static let keys = [
        SettingKey("lmtp", "where to listen for the mail server: 127.0.0.1:2424, or unix:/run/contatto/lmtp"),
        SettingKey("lmtp_open", "yes = listen on an address that other machines reach; it knows no password"),
        SettingKey("lmtp_recipients", "any (default), or own = refuse recipients that are not in own"),
    ]

    let address: LMTPAddress
    let settings: EmailSettings
    private let takesOnlyOwn: Bool

    init(_ settings: SourceSettings, mail: EmailSettings) throws(SettingsError) {
        var problems: [String] = []
        func choice(_ name: String, _ values: [String]) -> String {
            let value = settings[name] ?? values[0]
            if !values.contains(value) {
                problems.append("\(name) is \(values.joined(separator: " or ")), not \(value)")
            }
            return value
        }
        let isOpen = choice("lmtp_open", ["no", "yes"]) == "yes"
        takesOnlyOwn = choice("lmtp_recipients", ["any", "own"]) == "own"
        guard problems.isEmpty else { throw SettingsError(problems) }
        address = try LMTPAddress(settings["lmtp"] ?? "", isOpen: isOpen)
        self.settings = mail
    }

    func follow(_ feed: any SourceFeed) async throws { try await follow(feed) { _ in } }

    /// `listening` is told the port once it listens; 0 for a Unix socket.
    func follow(_ feed: any SourceFeed, door: LMTPDoor = LMTPDoor(), listening: @escaping @Sendable (Int) -> Void)
        async throws
    {
        let arrivals = LMTPArrivals()
        let server = try await bind(arrivals)
        let socket = address.path.flatMap { Self.file($0) }
        defer {
            // Whoever listens there next may have put its own in its place.
            if let path = address.path, let socket, Self.file(path) == socket { unsafe unlink(path) }
        }
        let store = LMTPStore(settings)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.run(feed) }
            group.addTask { try await door.watch(feed.clock) }
            group.addTask {
                do {
                    try await server.executeThenClose { connections in
                        try await serve(connections, arrivals, at: door, into: store) { feed.now() }
                    }
                } catch {
                    arrivals.closeAll()
                    throw error
                }
                arrivals.closeAll()
                try Task.checkCancellation()
                throw FollowFailure(.time, "the listener on \(address.text) was closed")
            }
            listening(server.channel.localAddress?.port ?? 0)
            feed.seen(waiting: 0, progress: nil)
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private func serve(
        _ connections: NIOAsyncChannelInboundStream<any Channel>, _ arrivals: LMTPArrivals, at door: LMTPDoor,
        into store: LMTPStore, now: @escaping @Sendable () -> Int64
    ) async throws {
        let settings = settings
        let isTaken: @Sendable (String) -> Bool = { [takesOnlyOwn] address in
            !takesOnlyOwn || settings.isOwn(MailAddress(name: "", address: address))
        }
        try await withThrowingDiscardingTaskGroup { group in
            for try await channel in connections {
                arrivals.take(channel)
                group.addTask {
                    // A client that breaks off is no failure of the listener.
                    try? await Self.attend(channel) { input in
                        guard let guest = door.enter(channel) else {
                            let busy = ByteBuffer(string: "421 4.3.2 too many connections; come again\r\n")
                            try await channel.writeAndFlush(busy).get()
                            return
                        }
                        defer { door.leave(guest) }
                        var session = LMTPSession(
                            guest, at: door, into: store, input: input.makeAsyncIterator(), isTaken: isTaken, now: now)
                        await session.run()
                    }
                }
            }
        }
    }

    /// Reads from a channel while the work goes on, and closes it.
    private static func attend(
        _ channel: any Channel,
        _ work: @escaping @Sendable (NIOAsyncChannelInboundStream<ByteBuffer>) async throws -> Void
    ) async throws {
        let connection = try await channel.eventLoop.submit {
            // Wrapped while it is open, and with nothing between this and what finishes it.
            guard channel.isActive else { throw ChannelError.ioOnClosedChannel }
            return try Connection(wrappingChannelSynchronously: channel)
        }.get()
        try await connection.executeThenClose { input, _ in
            try await channel.setOption(.autoRead, value: true).get()
            try await work(input)
        }
    }

    private func bind(_ arrivals: LMTPArrivals) async throws -> NIOAsyncChannel<any Channel, Never> {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
        do {
            if let path = address.path {
                guard await LMTPProbe.greeting(address.socket) == nil else {
                    throw IOError(errnoCode: EADDRINUSE, reason: "somebody answers there")
                }
                // What a killed listener left behind; nobody answered there.
                let server = try await bootstrap.bind(
                    unixDomainSocketPath: path, cleanupExistingSocketFile: true,
                    childChannelInitializer: arrivals.prepare)
                // Whoever may enter the folder may deliver, as with the sockets of other mail servers.
                unsafe chmod(path, 0o666)
                return server
            }
            return try await bootstrap.bind(to: address.socket, childChannelInitializer: arrivals.prepare)
        } catch {
            throw LMTPProbe.failure(error, address)
        }
    }

    /// Which file stands at a path: an inode's number is given again, but not at the same time.
    private static func file(_ path: String) -> [Int]? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return [
            Int(truncatingIfNeeded: status.st_dev), Int(truncatingIfNeeded: status.st_ino),
            Int(status.st_ctim.tv_sec), Int(status.st_ctim.tv_nsec),
        ]
    }

    func findings() async -> [Finding] { await LMTPProbe.findings(address) }
}
