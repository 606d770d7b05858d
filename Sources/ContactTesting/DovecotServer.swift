import Foundation

/// A real Dovecot for tests: IMAP with STARTTLS and implicit TLS, and LMTP, on free ports of 127.0.0.1.
///
/// Any user name exists, with the password `test`; each has INBOX, Sent and Junk, in a Maildir. It lives in a temporary
/// folder and goes with the process that started it, however that ends. Run as root, its mail belongs to `nobody`.
package actor DovecotServer {
    /// How it is set up.
    package struct Options: Sendable {
        /// Nil: no TLS at all.
        package var tls: TestServer.TLSFiles?
        /// What it says it can do once a user is in (`imap_capability`); nil: all that it can.
        package var capability: String?
        /// Further lines of dovecot.conf, below all others.
        package var lines = ""

        package init() {}
    }

    package struct Ports: Sendable {
        package let imap: Int
        /// With TLS from the first byte; closed where there is no certificate.
        package let imaps: Int
        package let lmtp: Int
    }

    package static let password = "test"

    package nonisolated let folder: String
    package nonisolated let ports: Ports
    private let dovecot: String
    private let doveadm: String
    private let janitor: Pipe
    private var process: Process?
    private var delivered = 0

    package static func start(_ options: Options = Options()) async throws -> DovecotServer {
        var failure: any Error = Command.Failure(description: "no free port was found")
        for _ in 0..<8 {
            let server = try DovecotServer()
            do {
                try await server.configure(options)
                try await server.start()
                return server
            } catch {
                failure = error
                guard server.log.contains("Address already in use") else { throw error }
            }
        }
        throw failure
    }

    /// Runs a test on a server of its own, which is gone afterwards.
    package static func with(
        _ options: Options = Options(), _ body: (DovecotServer) async throws -> Void
    ) async throws {
        let server = try await start(options)
        do {
            try await body(server)
        } catch {
            let log = server.log.suffix(4000)
            await server.end()
            // Without the server's own words a failure here is a riddle.
            print("Dovecot logged:\n\(log)")
            throw error
        }
        await server.end()
    }

    private init() throws {
        folder = "/tmp/contatto-dovecot-\(UUID().uuidString.prefix(8).lowercased())"
        // Below the range from which the system itself gives out ports.
        let first = Int.random(in: 15_000..<31_000)
        ports = Ports(imap: first, imaps: first + 1, lmtp: first + 2)
        dovecot = try Command.find("dovecot", in: ["/usr/sbin"])
        doveadm = try Command.find("doveadm", in: ["/usr/bin"])
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        janitor = try Self.hireJanitor(for: folder)
    }

    /// What it has logged since it was made.
    package nonisolated var log: String {
        String(decoding: FileManager.default.contents(atPath: folder + "/log") ?? Data(), as: UTF8.self)
    }

    private func configure(_ options: Options) async throws {
        let text = DovecotConfiguration(folder: folder, ports: ports, options: options).text
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/dovecot.conf"))
        for name in ["mail", "run"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: false)
        }
        try DovecotConfiguration.give(folder + "/mail")
    }

    /// Starts it, again or for the first time, and returns when it lets users in.
    package func start() async throws {
        let process = Process()
        // The threads of the concurrency runtime block signals, a program inherits that, and Dovecot leaves it so.
        process.executableURL = URL(fileURLWithPath: try Command.find("env"))
        process.arguments = ["--default-signal", dovecot, "-F", "-c", folder + "/dovecot.conf"]
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let errors = folder + "/errors"
        _ = FileManager.default.createFile(atPath: errors, contents: nil)
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
        try process.run()
        self.process = process
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do {
                // It listens before it can tell a password: a user who is let in shows that all of it is up.
                try await run(["auth", "test", "probe", Self.password])
                return
            } catch {
                guard process.isRunning, ContinuousClock.now < deadline else {
                    // Told by the log alone when not even that could be opened.
                    let said = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
                    throw Command.Failure(description: "Dovecot does not start: \(error)\n\(said)\n\(log.suffix(4000))")
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Stops it in order: who is logged in is told BYE.
    package func stop() async throws { try await end(SIGTERM) }

    /// SIGKILL to all of it: connections end without a word.
    package func kill() async throws { try await end(SIGKILL) }

    package func restart() async throws {
        try await stop()
        try await start()
    }

    private func end(_ signal: Int32) async throws {
        guard let process else { throw Command.Failure(description: "Dovecot does not run") }
        let group = process.processIdentifier
        let deadline = ContinuousClock.now + .seconds(60)
        Foundation.kill(signal == SIGKILL ? -group : group, signal)
        // The master first, then what it leaves behind of its own group.
        while process.isRunning, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        while Foundation.kill(-group, SIGKILL) == 0, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        guard ContinuousClock.now < deadline else {
            throw Command.Failure(description: "Dovecot does not stop:\n\(log.suffix(4000))")
        }
        self.process = nil
    }

    /// Ends it, if it runs, and removes its files.
    package func end() async {
        // What resists is left to the janitor.
        if process != nil { try? await end(SIGKILL) }
        // The janitor, who hears of this end last, removes what is left.
        try? FileManager.default.removeItem(atPath: folder)
        try? janitor.fileHandleForWriting.close()
    }

    /// Runs `doveadm` on this server: expunge, move, flags, mailbox, … Returns what it printed.
    @discardableResult
    package func run(_ arguments: [String]) async throws -> String {
        try await Command(doveadm, ["-c", folder + "/dovecot.conf"] + arguments).run(in: "/")
    }

    /// Delivers a mail as a mail server does: written whole beside the others, then renamed into their sight.
    package func deliver(_ mail: [UInt8], to user: String, in mailbox: String = "INBOX") throws {
        let path = try maildir(of: user, mailbox)
        delivered += 1
        let name = "\(Int(Date().timeIntervalSince1970)).M\(delivered)P\(getpid()).test"
        try Data(mail).write(to: URL(fileURLWithPath: "\(path)/tmp/\(name)"))
        try FileManager.default.moveItem(atPath: "\(path)/tmp/\(name)", toPath: "\(path)/new/\(name)")
    }

    /// The flags of each mail in a mailbox as the Maildir keeps them ("S" is \Seen), sorted.
    package func flags(of user: String, in mailbox: String = "INBOX") throws -> [String] {
        let path = try maildir(of: user, mailbox)
        return try ["new", "cur"].flatMap { part in
            try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(part)").map { name in
                name.split(separator: ":2,", omittingEmptySubsequences: false).dropFirst().joined()
            }
        }.sorted()
    }

    /// Gives a mailbox another UIDVALIDITY, and its mails other UIDs, as a restore from a backup does.
    package func renumber(_ mailbox: String = "INBOX", of user: String) throws {
        let path = try maildir(of: user, mailbox)
        // The last UIDVALIDITY that was given stays known beside, and the next one is another.
        for name in try FileManager.default.contentsOfDirectory(atPath: path)
        where name.hasPrefix("dovecot-uidlist") || name.hasPrefix("dovecot.index") {
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
    }

    /// A number that `doveadm mailbox status` knows: `messages`, `uidnext`, `uidvalidity`.
    package func status(of user: String, in mailbox: String = "INBOX", _ field: String) async throws -> Int {
        let printed = try await run(["mailbox", "status", "-u", user, field, mailbox])
        guard let text = printed.split(separator: "=").last,
            let number = Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { throw Command.Failure(description: "doveadm tells no \(field): \(printed)") }
        return number
    }

    /// The folder of a mailbox, made if it is not there.
    private func maildir(of user: String, _ mailbox: String) throws -> String {
        let home = "\(folder)/mail/\(user)"
        let path = mailbox == "INBOX" ? home : "\(home)/.\(mailbox.replacing("/", with: "."))"
        for folder in [home, path] + ["tmp", "new", "cur"].map({ "\(path)/\($0)" })
        where !FileManager.default.fileExists(atPath: folder) {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            try DovecotConfiguration.give(folder)
        }
        return path
    }

    /// A process that waits for the end of this one, be it a crash, and then removes the server and its folder.
    private static func hireJanitor(for folder: String) throws -> Pipe {
        let pipe = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c",
            """
            cat >/dev/null
            pid=$(cat "$0/run/master.pid" 2>/dev/null)
            [ -z "$pid" ] || kill -KILL -- "-$pid" 2>/dev/null
            rm -rf "$0"
            """,
            folder,
        ]
        process.standardInput = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // The janitor waits until nobody holds this end: the server, and whatever else is started, must not inherit it.
        guard fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            throw Command.Failure(description: "the pipe to the janitor cannot be kept from other processes")
        }
        return pipe
    }
}
