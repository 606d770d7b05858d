internal import ContactTesting
internal import Foundation
internal import Postgres

/// A mailbox that is followed: how soon a mail that is delivered can be read as a profile, beside a client that only prints
/// it, and what a hundred thousand old mails take.
struct MailboxBenchmark {
    private static let schema = "mailbox"
    private static let user = "bottega"
    private static let senders = 5_000

    /// Mails delivered one at a time.
    let deliveries: Int
    /// Mails that are there before.
    let old: Int
    let bench: Bench

    func run(_ bounds: inout Bounds) async throws {
        try await bench.migrate(Self.schema)
        let key = try bench.makeSources(Self.schema)
        let secret = bench.folder.appendingPathComponent("secret.key")
        try Data((0..<32).map { _ in UInt8.random(in: 0...255) }).write(to: secret)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: secret.path)
        let environment = bench.environment(Self.schema).merging(["CONTATTO_SECRET_KEY_FILE": secret.path]) { $1 }
        let api = try HubProcess(
            bench.contatto, ["serve", "--port", "0", "--no-follow", "--rate", "0"], environment: environment)
        let reader = Reader(port: try api.port(), key: key)
        try await latency(environment, reader)
        try await backfill(environment, reader, &bounds)
        try api.stop()
        try await bench.drop(Self.schema)
    }

    // Delivered one by one

    private func latency(_ environment: [String: String], _ reader: Reader) async throws {
        let dovecot = try await DovecotServer.start()
        let worker = try follow("live", dovecot, environment)
        let lmtp = try LMTPClient(port: dovecot.ports.lmtp, user: Self.user)
        let bare = try IdleClient(
            port: dovecot.ports.imap, user: Self.user, password: DovecotServer.password,
            output: try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/null")))
        let flushes = flushRate(in: bench.folder.path)
        var (hub, printed) = ([Double](), [Double]())
        // The first ones warm everything up and are not counted.
        for number in -5..<deliveries {
            let address = "live\(number + 5)@example.it"
            let subject = "live \(number + 5)"
            let asking = try reader.open()
            let sent = try lmtp.deliver(Self.mail(from: address, subject: subject))
            // Asked only from then on: the server tells both of them after half a second, and a thousand questions until
            // then would take their time from what is measured.
            let shown = try moment(subject, bare)
            let read = try reader.readable(address, asking)
            if number >= 0 {
                hub.append(sent.duration(to: read).inSeconds * 1_000)
                printed.append(sent.duration(to: shown).inSeconds * 1_000)
            }
            // Not at the beat of anything.
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...40)))
        }
        try worker.stop()
        await dovecot.end()
        let flush = 2_000 / Double(max(1, flushes))
        let (median, bareMedian) = (Self.quantile(hub, 0.5), Self.quantile(printed, 0.5))
        let bound = bareMedian + flush + 10
        func text(_ milliseconds: Double) -> String { Spread.rounded(milliseconds, digits: 2) + " ms" }
        print("a mail, from its last byte to the server until it is there; \(deliveries) deliveries, median and p90")
        print("median hub (profile readable): \(text(median)), p90 \(text(Self.quantile(hub, 0.9)))")
        print("median bare (IDLE client printing it): \(text(bareMedian)), p90 \(text(Self.quantile(printed, 0.9)))")
        print("2 fsyncs: \(text(flush)) (\(flushes) flushes of 8 kB a second)")
        print("bare + 2 fsyncs + 10 ms: \(text(bound)); the hub is \(median <= bound ? "within" : "BEYOND") it")
    }

    private func moment(_ subject: String, _ bare: IdleClient) throws -> ContinuousClock.Instant {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if let moment = try bare.moment(subject) { return moment }
            Thread.sleep(forTimeInterval: 0.001)
        }
        throw HubProcess.Unexpected("the bare client never printed the mail \(subject)")
    }

    private static func quantile(_ values: [Double], _ share: Double) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    // Old mail

    private func backfill(
        _ environment: [String: String], _ reader: Reader, _ bounds: inout Bounds
    ) async throws {
        let dovecot = try await DovecotServer.start()
        for number in 0..<old {
            let mail = Self.mail(from: "cliente\(number % Self.senders)@example.it", subject: "vecchia \(number)")
            try await dovecot.deliver(mail, to: Self.user)
        }
        let database = Database(try ConnectionSettings(uri: bench.server.uri()), connections: 1)
        let before = try await stored(database)
        // Its first look at a folder reads all of it, whoever asks.
        _ = try await dovecot.status(of: Self.user, "messages")
        let lmtp = try LMTPClient(port: dovecot.ports.lmtp, user: Self.user)
        let start = ContinuousClock.now
        let worker = try follow("old", dovecot, environment)
        var peaks: [(count: Int, peak: Int)] = []
        var live: [Double] = []
        while true {
            let count = try await stored(database) - before - live.count
            if let next = [old / 10, old].first(where: { $0 > peaks.last?.count ?? 0 }), count >= next {
                peaks.append((next, Memory.of(worker.pid)?.peak ?? 0))
            }
            if peaks.last?.count == old { break }
            guard start.duration(to: .now) < .seconds(1_800) else {
                throw HubProcess.Unexpected("after half an hour \(count) of \(old) old mails are stored")
            }
            let address = "meanwhile\(live.count)@example.it"
            let sent = try lmtp.deliver(Self.mail(from: address, subject: "meanwhile \(live.count)"))
            live.append(sent.duration(to: try reader.readable(address, reader.open())).inSeconds * 1_000)
            try await Task.sleep(for: .milliseconds(250))
        }
        let seconds = start.duration(to: .now).inSeconds
        try worker.stop()
        await database.close()
        await dovecot.end()
        print(
            """
            \(old) old mails: \(Spread.rounded(Double(old) / seconds, digits: 0)) a second; \
            meanwhile \(live.count) new ones, readable after \
            \(Spread.rounded(Self.quantile(live, 0.5), digits: 1)) ms, p90 \
            \(Spread.rounded(Self.quantile(live, 0.9), digits: 1)) ms
            """)
        for (count, peak) in peaks { bounds.check("connect, \(count) old mails", peak) }
    }

    private func stored(_ database: Database) async throws -> Int {
        let schema = Self.schema
        return Int(
            try await database.session { (session: borrowing Session) throws(DatabaseError) -> Int64 in
                try session.query(text: "SELECT count(*) FROM \(schema).interaction", []).int64(0, 0)
            })
    }

    // Both

    /// A worker that follows this server's mailbox, as a source of its own.
    private func follow(
        _ name: String, _ server: DovecotServer, _ environment: [String: String]
    ) throws -> HubProcess {
        let settings = [
            "own=bottega.example", "imap=127.0.0.1:\(server.ports.imap)", "tls=none", "user=\(Self.user)",
            "password=\(DovecotServer.password)", "folders=INBOX",
        ]
        try bench.execute(
            bench.contatto, ["source", "add", "email", "--name", name] + settings.flatMap { ["--set", $0] },
            environment: environment)
        let worker = try HubProcess(bench.contatto, ["connect", name], environment: environment)
        let line = try worker.line()
        guard line == "following \(name)" else { throw HubProcess.Unexpected("the worker wrote \(line)") }
        return worker
    }

    private static func mail(from address: String, subject: String) -> [UInt8] {
        let text = String(
            repeating: "Buongiorno, vorrei sapere quando arriva il mio ordine. Grazie mille.\r\n", count: 20)
        return Array(
            """
            From: Cliente <\(address)>\r\nTo: ciao@bottega.example\r\nSubject: \(subject)\r
            Date: Sat, 21 Nov 2026 10:00:00 +0100\r\nMessage-ID: <\(subject.replacing(" ", with: "."))@example.it>\r
            Content-Type: text/plain; charset=utf-8\r\n\r\n\(text)
            """.utf8)
    }

    /// Asks the hub for a profile until it is there.
    private struct Reader {
        let port: Int
        let key: String

        func open() throws -> HTTPConnection { try HTTPConnection(port: port) }

        func readable(_ address: String, _ connection: HTTPConnection) throws -> ContinuousClock.Instant {
            let deadline = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < deadline {
                let reply = try connection.send(
                    "GET", "/v1/profiles/by/email/\(address)", [("Authorization", "Bearer \(key)")], nil)
                if reply.status == 200 { return .now }
                guard reply.status == 404 else {
                    throw HubProcess.Unexpected("the hub answered with \(reply.status): \(reply.text)")
                }
                Thread.sleep(forTimeInterval: 0.001)
            }
            throw HubProcess.Unexpected("\(address) never became a profile")
        }
    }
}
