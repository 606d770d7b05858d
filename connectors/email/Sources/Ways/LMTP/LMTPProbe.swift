internal import Contact
internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Tries out where a listener would listen.
enum LMTPProbe {
    /// Why it cannot listen, for a person.
    static func failure(_ error: any Error, _ address: LMTPAddress) -> any Error {
        let code = (error as? IOError)?.errnoCode
        switch code {
        case EADDRINUSE:
            return FollowFailure(
                .time,
                "\(address.text) is in use by another program: stop it, or set lmtp to another port")
        case EACCES, EPERM:
            return FollowFailure(
                .person,
                "no permission to listen on \(address.text): take a port above 1023, or a folder that user id \(geteuid()) may write to"
            )
        case EADDRNOTAVAIL:
            return FollowFailure(.person, "\(address.text) is no address of this machine: set lmtp to one that is")
        case ENOENT, ENOTDIR:
            return FollowFailure(.person, "there is no folder for \(address.text): make it")
        default:
            guard let code else { return error }
            return FollowFailure(.time, "cannot listen on \(address.text): \(FileFault(code))")
        }
    }

    /// What answers there within two seconds, by its first line; empty where it says nothing, nil where nobody listens.
    static func greeting(_ address: SocketAddress) async -> String? {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(.seconds(2))
        let connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            connection = try await bootstrap.connect(to: address) { channel in
                channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
            }
        } catch {
            return nil
        }
        let limit = connection.channel.eventLoop.scheduleTask(in: .seconds(2)) {
            connection.channel.close(promise: nil)
        }
        defer { limit.cancel() }
        var text = ""
        // Broken off is answered too.
        try? await connection.executeThenClose { input, _ in
            for try await piece in input {
                text += String(buffer: piece)
                if text.contains("\n") || text.utf8.count > 1_000 { return }
            }
        }
        return String(text.prefix { $0 != "\r\n" && $0 != "\n" })
    }

    static func findings(_ address: LMTPAddress) async -> [Finding] {
        var findings: [Finding] = []
        if let greeting = await greeting(address.socket) {
            if greeting.hasPrefix(LMTPSession.greeting) {
                findings.append(Finding(.good, "the hub listens on \(address.text)"))
            } else {
                findings.append(
                    Finding(
                        .wrong,
                        "\(address.text) is in use by another program: stop it, or set lmtp to another port"))
            }
        } else if let wrong = await listened(address) {
            findings.append(Finding(.wrong, "\(wrong)"))
        } else {
            findings.append(
                Finding(.good, "\(address.text) is free: `contatto serve` or `contatto connect` listens there"))
        }
        findings.append(
            Finding(
                .needed,
                """
                your mail server hands its mail over there. Postfix, for a domain: "virtual_transport = \
                \(address.postfix(port: nil))" in main.cf, or a line "shop.example \(address.postfix(port: nil))" in \
                transport_maps; for a copy of what is delivered elsewhere: recipient_bcc_maps to an address that is routed here
                """
            ))
        return findings
    }

    /// Why it could not listen; nil where it could.
    private static func listened(_ address: LMTPAddress) async -> (any Error)? {
        if let path = address.path {
            // Trying a socket would leave a file: its folder is asked instead.
            let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
            return unsafe access(folder.isEmpty ? "/" : folder, W_OK | X_OK) == 0
                ? nil : failure(IOError(errnoCode: errno, reason: ""), address)
        }
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(to: address.socket).get()
            try await channel.close()
            return nil
        } catch {
            return failure(error, address)
        }
    }
}
