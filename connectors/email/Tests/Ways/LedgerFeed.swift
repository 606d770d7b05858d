import Contact
import ContactTesting
import Foundation
import Postgres
import Storage
import Testing

@testable import EmailConnector

/// A feed over a real ledger, its cursor in memory; it remembers what a follower did.
final class LedgerFeed: SourceFeed {
    struct Seen: Sendable {
        var cursor: String
        var steps = 0
        var items = 0
        var told = 0
        var note: String?
        /// The next steps fail as with a database that is away.
        var isAway = false
        /// The next steps wait until it is false.
        var isHeld = false
        /// How many steps had to wait so.
        var held = 0
    }

    let clock: any Clock<Duration> = ContinuousClock()
    private let intake: any Intake
    private let state: Monitor<Seen>

    init(_ intake: any Intake, cursor: String = "") {
        self.intake = intake
        state = Monitor(Seen(cursor: cursor))
    }

    var seen: Seen { state.withLock { $0 } }
    func change(_ body: (inout Seen) -> Void) { state.withLock { body(&$0) } }

    var cursor: String { get async { seen.cursor } }
    func now() -> Int64 { TestDatabase.now }

    func accept(
        _ items: [IntakeItem], moving move: @escaping @Sendable (String) throws -> String
    ) async throws -> Receipt {
        change { $0.held += $0.isHeld ? 1 : 0 }
        while seen.isHeld { try await Task.sleep(for: .milliseconds(5)) }
        if seen.isAway { throw IntakeError.unavailable("the database is away") }
        let to = try move(seen.cursor)
        let receipt = try await intake.accept(Batch(items, source: "email"))
        change { seen in
            seen.cursor = to
            seen.steps += 1
            seen.items += items.count
        }
        return receipt
    }

    func seen(waiting: Int, progress: String?) {
        change { seen in
            seen.told += 1
            seen.note = progress
        }
    }
}

/// Runs a follower beside the body and stops it, which it must heed.
func following(
    _ follow: @escaping @Sendable () async throws -> Void, _ body: () async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            do {
                try await follow()
                Issue.record("following ended by itself")
            } catch is CancellationError {
            } catch {
                Issue.record("following ended with \(error)")
            }
        }
        do { try await body() } catch {
            group.cancelAll()
            throw error
        }
        let stopped = ContinuousClock.now
        group.cancelAll()
        try await group.waitForAll()
        // A second, on a machine that has nothing else to do.
        #expect(ContinuousClock.now - stopped < .seconds(20))
    }
}

/// Polls until it holds, or a minute is over; `telling` is what to know where it never holds.
func eventually(
    _ what: String, telling: @autoclosure () -> String = "", _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("never: \(what) \(telling())")
            throw CancellationError()
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

extension TestDatabase {
    func count(_ sql: String) async throws -> Int64 {
        try await superuser.session { (session: borrowing Session) throws(DatabaseError) -> Int64 in
            try session.query(text: sql, []).int64(0, 0)
        }
    }

    func stored() async throws -> Int64 { try await count("SELECT count(*) FROM interaction") }

    func texts(_ sql: String) async throws -> [String] {
        try await superuser.session { (session: borrowing Session) throws(DatabaseError) -> [String] in
            let rows = try session.query(text: sql, [])
            return try (0..<rows.count).map { (row) throws(DatabaseError) in try rows.text(row, 0) }
        }
    }
}

func mailText(_ number: Int, _ more: String = "") -> String {
    "From: Anna <anna\(number)@example.it>\r\nTo: info@bottega.example\r\nMessage-ID: <\(number)@example.it>\r\n"
        + "Date: Sat, 31 Oct 2026 10:00:00 +0100\r\nSubject: Numero \(number)\r\n\r\nBuongiorno.\r\n\(more)"
}
