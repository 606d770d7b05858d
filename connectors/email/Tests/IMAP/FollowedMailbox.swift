import Contact
import ContactTesting
import Foundation
import Postgres
import Storage

@testable import EmailConnector

/// A source that is followed: its cursor in a real ledger, each step under one fence.
actor FencedFeed: SourceFeed {
    private let ledger: Ledger
    private let source: String
    private let box = Monitor(State())
    nonisolated let clock: any Clock<Duration>
    private var place = ""
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    private struct State {
        var steps: [Step] = []
        var signs = 0
        var waiting = 0
        var progress: [String] = []
    }

    struct Step: Sendable {
        let outcomes: [Receipt.Outcome]
        let bytes: Int
        let cursor: String
    }

    init(_ ledger: Ledger, source: String, clock: any Clock<Duration>) {
        self.ledger = ledger
        self.source = source
        self.clock = clock
    }

    var cursor: String { place }
    nonisolated func now() -> Int64 { TestDatabase.now }
    nonisolated var steps: [Step] { box.withLock { $0.steps } }
    nonisolated var signs: Int { box.withLock { $0.signs } }
    nonisolated var known: Int { box.withLock { $0.waiting } }
    nonisolated var progress: [String] { box.withLock { $0.progress } }

    func accept(
        _ items: [IntakeItem], moving move: @escaping @Sendable (String) throws -> String
    ) async throws -> Receipt {
        if isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
        defer {
            isBusy = !waiting.isEmpty
            if isBusy { waiting.removeFirst().resume() }
        }
        let to = try move(place)
        let receipt = try await ledger.accept(
            Batch(items, source: source, cursor: CursorStep(source: source, fence: 1, from: place, to: to)))
        place = to
        let bytes = items.reduce(0) { $0 + $1.raw.bytes.count }
        box.withLock { $0.steps.append(Step(outcomes: receipt.outcomes, bytes: bytes, cursor: to)) }
        return receipt
    }

    nonisolated func seen(waiting: Int, progress: String?) {
        box.withLock { state in
            state.signs += 1
            state.waiting = waiting
            if let progress, state.progress.last != progress { state.progress.append(progress) }
        }
    }
}

/// A mailbox on a real Dovecot, followed into a real ledger.
struct FollowedMailbox {
    let server: DovecotServer
    let database: TestDatabase
    let feed: FencedFeed
    var values: [String: String]
    var user = "maria"

    static func with(
        _ options: DovecotServer.Options = DovecotServer.Options(), clock: any Clock<Duration> = ContinuousClock(),
        values: [String: String] = [:], _ body: (FollowedMailbox) async throws -> Void
    ) async throws {
        try await DovecotServer.with(options) { server in
            try await with(
                server, clock: clock, ["imap": "127.0.0.1:\(server.ports.imap)"].merging(values) { $1 }, body)
        }
    }

    static func with(
        _ server: DovecotServer, clock: any Clock<Duration> = ContinuousClock(), _ values: [String: String],
        _ body: (FollowedMailbox) async throws -> Void
    ) async throws {
        try await withFeed(clock: clock) { database, feed in
            try await body(FollowedMailbox(server: server, database: database, feed: feed, values: values))
        }
    }

    /// A source in a ledger, for a server of any kind.
    static func withFeed(
        clock: any Clock<Duration> = ContinuousClock(), _ body: (TestDatabase, FencedFeed) async throws -> Void
    ) async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            try await Sources(workspace.hub, workspace: workspace.workspace).register(
                "email", channel: "email", now: TestDatabase.now)
            try await database.superuser.session { (session: borrowing Session) throws(DatabaseError) in
                try session.run(
                    "INSERT INTO source_cursor (workspace, source, fence, cursor) SELECT workspace, source, 1, '' FROM source"
                )
            }
            try await body(database, FencedFeed(workspace.ledger(), source: "email", clock: clock))
        }
    }

    func connector(_ more: [String: String] = [:], password: String = DovecotServer.password) throws -> EmailConnector {
        var all = ["own": "bottega.example", "user": user].merging(values) { $1 }.merging(more) { $1 }
        let token = all.removeValue(forKey: "token")
        return try EmailConnector(
            SourceSettings(
                source: "email", values: all,
                secrets: token.map { ["token": Secret($0)] } ?? ["password": Secret(password)],
                normaliser: Normaliser(region: "IT")))
    }

    /// Follows while the body runs, and begins again, as the runtime does, when a server is away.
    func following(_ body: (FollowedMailbox) async throws -> Void) async throws {
        let (connector, feed) = (try connector(), feed)
        let task = Task {
            while !Task.isCancelled {
                do {
                    try await connector.follow(feed)
                } catch let failure as FollowFailure where failure.cure == .time {
                    // Real time: a test's clock may stand still.
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        }
        do {
            try await body(self)
        } catch {
            task.cancel()
            let outcome = await task.result
            print("following ended with \(outcome)")
            throw error
        }
        task.cancel()
        // Only what it was cancelled with may end it.
        guard case .failure(let error) = await task.result, !(error is CancellationError) else { return }
        if case IntakeError.cancelled = error { return }
        throw error
    }

    func count(_ table: String = "interaction") async throws -> Int { try await Self.count(table, in: database) }

    static func count(_ table: String, in database: TestDatabase) async throws -> Int {
        let rows = try await database.superuser.session { (session: borrowing Session) throws(DatabaseError) in
            try session.query(text: "SELECT count(*) FROM \(table)", [])
        }
        return Int(try rows.int64(0, 0))
    }

    func until(_ what: String, _ isSo: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !(try await isSo()) {
            guard ContinuousClock.now < deadline else {
                throw Late(
                    description: "not within a minute: \(what); steps \(feed.steps.count), \(try await count()) stored")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    struct Late: Error, CustomStringConvertible { let description: String }

    static func mail(
        _ number: Int, from: String = "anna@example.it", to: String = "info@bottega.example", _ text: String = "Ciao"
    ) -> [UInt8] {
        Array(
            "From: \(from)\r\nTo: \(to)\r\nMessage-ID: <m\(number)@x>\r\nSubject: Mail \(number)\r\nDate: Sun, 1 Nov 2026 10:00:00 +0100\r\n\r\n\(text)\r\n"
                .utf8)
    }
}
