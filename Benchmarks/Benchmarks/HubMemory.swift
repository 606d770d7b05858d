internal import ContactTesting
internal import Foundation

/// What the hub has of the machine's memory: idle, and at most, whatever it is sent.
struct HubMemory {
    private static let schema = "hub_memory"

    /// Of the mail that is too large, of the mailbox, and of what is posted.
    let mailMegabytes: Int
    let mailboxMegabytes: Int
    let bench: Bench

    func run(_ bounds: inout Bounds) async throws {
        try await bench.migrate(Self.schema)
        let key = try bench.makeSources(Self.schema)
        try idle()
        try idleOnItsOwnCluster()
        try importing(&bounds)
        try serving("a mail of \(mailMegabytes) MB", &bounds) { port in try postMail(port, key) }
        try serving("\(mailMegabytes) MB of NDJSON", &bounds) { port in try postLines(port, key) }
        try await bench.drop(Self.schema)
    }

    private func idle() throws {
        let server = try serve()
        _ = try server.port()
        Thread.sleep(forTimeInterval: 2)
        if let memory = Memory.of(server.pid) {
            print("contatto serve, idle, the hub alone: \(memory.resident) MB resident, at most \(memory.peak) MB")
        }
        try server.stop()
    }

    private func idleOnItsOwnCluster() throws {
        // Not below the temporary folder of a user, which PostgreSQL's own may not be let into.
        let folder = "/tmp/contatto-bench-embedded-\(getpid())"
        let server = try HubProcess(bench.contatto, ["serve", "--port", "0", "--database", "embedded:\(folder)"])
        _ = try server.port()
        Thread.sleep(forTimeInterval: 2)
        let file = try String(contentsOfFile: "\(folder)/cluster/postmaster.pid", encoding: .utf8)
        guard let postmaster = file.split(separator: "\n").first.flatMap({ Int32($0) }) else {
            throw HubProcess.Unexpected("the embedded cluster has no server")
        }
        let own = Memory.shared(by: [server.pid])
        let cluster = Memory.shared(by: Memory.family(of: postmaster))
        print("contatto serve, idle, on its own cluster (PSS): \(own) MB, its PostgreSQL \(cluster) MB")
        try server.stop()
        try FileManager.default.removeItem(atPath: folder)
    }

    private func importing(_ bounds: inout Bounds) throws {
        var mails = LargeMail()
        let mail = bench.folder.appendingPathComponent("large.eml")
        try write(mail) { handle in
            var pieces = mails.pieces(mailMegabytes << 20)
            while let piece = pieces.next() { try handle.write(contentsOf: Data(piece)) }
        }
        let one = try imported(mail)
        bounds.check("import email, a mail of \(mailMegabytes) MB", one.peak, " (exit status \(one.status))")

        let mailbox = bench.folder.appendingPathComponent("large.mbox")
        var count = 0
        try write(mailbox) { handle in count = try mails.writeMailbox(mailboxMegabytes << 20, to: handle) }
        let many = try imported(mailbox)
        bounds.check(
            "import email, an mbox of \(mailboxMegabytes) MB with \(count) mails", many.peak,
            ", \(Spread.rounded(many.seconds, digits: 1)) s")
        guard one.status == 2, many.status == 0 else {
            throw HubProcess.Unexpected("the imports ended with \(one.status) and \(many.status), not with 2 and 0")
        }
    }

    private func imported(_ file: URL) throws -> (status: Int32, peak: Int, seconds: Double) {
        let clock = ContinuousClock()
        let start = clock.now
        let process = try HubProcess(
            bench.contatto, ["import", "email", file.path, "--source", "mail"],
            environment: bench.environment(Self.schema))
        let end = try process.end()
        try FileManager.default.removeItem(at: file)
        return (end.status, end.peak, start.duration(to: clock.now).inSeconds)
    }

    private func serve() throws -> HubProcess {
        try HubProcess(bench.contatto, ["serve", "--port", "0"], environment: bench.environment(Self.schema))
    }

    /// A server of its own for each, so that each has a peak of its own.
    private func serving(_ name: String, _ bounds: inout Bounds, _ post: (Int) throws -> String) throws {
        let server = try serve()
        let clock = ContinuousClock()
        let answer = try server.port()
        let start = clock.now
        let told = try post(answer)
        let seconds = start.duration(to: clock.now).inSeconds
        guard let memory = Memory.of(server.pid) else {
            throw HubProcess.Unexpected("the server is gone after \(name)")
        }
        bounds.check("serve, \(name) posted", memory.peak, ", \(Spread.rounded(seconds, digits: 1)) s, \(told)")
        try server.stop()
    }

    private func postMail(_ port: Int, _ key: String) throws -> String {
        var mails = LargeMail()
        var pieces = mails.pieces(mailMegabytes << 20)
        let connection = try HTTPConnection(port: port)
        let reply = try connection.send(
            "POST", "/v1/sources/mail/messages", fields(key, "message/rfc822"),
            .pieces(length: nil) { pieces.next() })
        guard reply.status == 422 || reply.status == 413 else {
            throw HubProcess.Unexpected("a mail that is too large was answered with \(reply.status): \(reply.text)")
        }
        return "answered with \(reply.status)"
    }

    private func postLines(_ port: Int, _ key: String) throws -> String {
        var lines = Lines(seed: 10, known: 20_000)
        var left = mailMegabytes << 20
        var sent = 0
        let connection = try HTTPConnection(port: port, patience: .seconds(120))
        var answers: [UInt8] = []
        let reply = try connection.send(
            "POST", "/v1/interactions", fields(key, "application/x-ndjson"),
            .pieces(length: nil) {
                guard left > 0 else { return nil }
                let piece = lines.make(1_000, newPerMille: 100)
                sent += 1_000
                left -= piece.count
                return piece
            }
        ) { answers += $0 }
        var taken = 0
        for line in answers.split(separator: 10) {
            let answer = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] ?? [:]
            taken += (answer["accepted"] as? Int ?? 0) + (answer["known"] as? Int ?? 0)
        }
        guard reply.status == 200, taken == sent else {
            throw HubProcess.Unexpected("of \(sent) lines \(taken) were acknowledged, with \(reply.status)")
        }
        return "\(sent) lines acknowledged"
    }

    private func fields(_ key: String, _ type: String) -> [(name: String, value: String)] {
        [("Authorization", "Bearer \(key)"), ("Content-Type", type)]
    }

    private func write(_ url: URL, _ fill: (FileHandle) throws -> Void) throws {
        try Data().write(to: url)
        let handle = try FileHandle(forWritingTo: url)
        try fill(handle)
        try handle.close()
    }
}
