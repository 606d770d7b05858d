import Contact
import ContactTesting
import Postgres
import Testing

@testable import Storage

/// The audit log: written in groups, added to and never changed.
@Suite struct AuditTests {
    private static func entry(
        _ who: String = "key 1 (agent)", at: Int64 = TestDatabase.now, action: String = "profile",
        profiles: [HubID] = []
    ) -> AuditEntry {
        AuditEntry(at: at, who: who, role: "agent", action: action, profiles: profiles, status: 200)
    }

    /// Keeps everybody from the table while `meanwhile` runs.
    private static func holding<Value: Sendable>(
        _ database: TestDatabase, _ meanwhile: () async throws -> Value
    ) async throws -> Value {
        let (held, signal) = AsyncStream<Void>.makeStream()
        let isOver = Monitor(false)
        async let holder: Void = database.superuser.transaction { (session: borrowing Session) throws(DatabaseError) in
            defer { signal.finish() }
            try session.run("LOCK TABLE audit IN ACCESS EXCLUSIVE MODE")
            signal.yield()
            // The lock is the session's, which waits in its own thread until it is told.
            while !isOver.withLock({ $0 }) { try session.run("SELECT pg_sleep(0.002)") }
        }
        for await _ in held { break }
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await meanwhile()) } catch { outcome = .failure(error) }
        isOver.withLock { $0 = true }
        try await holder
        return try outcome.get()
    }

    @Test func `looks of many are written in few transactions, and none is lost or written twice`() async throws {
        try await TestDatabase.with { database in
            let (first, second) = (try await database.workspace("first"), try await database.workspace("second"))
            let log = AuditLog(database.hub)
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for number in 0..<250 {
                            log.note(Self.entry("key \(task)"), in: number % 2 == 0 ? first.id : second.id)
                            if number % 50 == 0 { await Task.yield() }
                        }
                    }
                }
            }
            #expect(await log.flush(within: .seconds(60)))
            #expect(log.load.written == 2_000 && log.load.waiting == 0 && log.load.refused == 0)
            for workspace in [first, second] {
                let count = try await database.superuser.int64(
                    "SELECT count(*) FROM audit WHERE workspace = \(workspace.id)")
                #expect(count == 1_000)
            }
            let transactions = try await database.superuser.int64("SELECT count(DISTINCT xmin::text) FROM audit")
            #expect(transactions <= 100, "\(transactions) transactions for 2,000 rows")
        }
    }

    @Test func `a change is durable when it is answered, and changes at once share a transaction`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let log = AuditLog(database.hub)
            #expect(await log.record(Self.entry("one"), in: workspace.id))
            #expect(try await database.superuser.int64("SELECT count(*) FROM audit WHERE who = 'one'") == 1)
            let all = try await Self.holding(database) {
                let tasks = (0..<50).map { number in
                    Task { await log.record(Self.entry("many \(number)"), in: workspace.id) }
                }
                while log.load.waiting < 50 { await Task.yield() }
                return tasks
            }
            for task in all { #expect(await task.value) }
            #expect(try await database.superuser.int64("SELECT count(*) FROM audit WHERE who LIKE 'many %'") == 50)
            let transactions = try await database.superuser.int64("SELECT count(DISTINCT xmin::text) FROM audit")
            #expect(transactions <= 4, "\(transactions)")
        }
    }

    @Test func `what waits is bounded, and written as soon as the database takes it`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let log = AuditLog(database.hub, most: 20)
            try await Self.holding(database) {
                var noted = 0
                while log.hasRoom {
                    log.note(Self.entry(), in: workspace.id)
                    noted += 1
                }
                #expect(noted == 20)
                #expect(await !log.flush(within: .milliseconds(200)))
            }
            #expect(await log.flush(within: .seconds(60)))
            #expect(log.hasRoom && log.load.written == 20)
        }
    }

    @Test func `a row that cannot be stored keeps no other one back`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let log = AuditLog(database.hub)
            log.note(Self.entry(), in: workspace.id)
            log.note(Self.entry(action: "two words"), in: workspace.id)
            #expect(await log.record(Self.entry(), in: workspace.id))
            #expect(await !log.record(Self.entry(action: ""), in: workspace.id))
            #expect(log.load.written == 2 && log.load.refused == 2)
        }
    }

    @Test func `the hub's role cannot change or take away a row`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            try await Audit(database.hub, workspace: workspace.id).add([Self.entry(profiles: [.random()])])
            for sql in [
                "UPDATE audit SET who = 'nobody'", "DELETE FROM audit", "TRUNCATE audit",
                "UPDATE audit_profile SET profile = entry", "DELETE FROM audit_profile", "DROP TABLE audit",
                "DELETE FROM audit_2026_11", "UPDATE audit_2026_11 SET status = 404",
            ] {
                let refusal = try await database.hub.transaction(opening: workspace.workspace.opening) {
                    (session: borrowing Session) throws(DatabaseError) in try session.refusal(of: sql)
                }
                #expect(refusal?.state == .insufficientPrivilege, "\(sql): \(String(describing: refusal))")
            }
            #expect(try await database.superuser.int64("SELECT count(*) FROM audit_2026_11") == 1)
        }
    }

    @Test func `pages are in order, skip none and show none twice, whatever is asked for`() async throws {
        try await TestDatabase.with { database in
            let (own, other) = (try await database.workspace("first"), try await database.workspace("second"))
            let audit = Audit(database.hub, workspace: own.id)
            var random = Seeded(11)
            let (a, b) = (HubID.random(), HubID.random())
            let entries = (0..<200).map { number in
                Self.entry(
                    "key \(number % 3)", at: TestDatabase.now - Int64.random(in: 0..<40, using: &random),
                    action: number % 2 == 0 ? "profile" : "timeline", profiles: number % 5 == 0 ? [a, b] : [b])
            }
            try await audit.add(entries)
            try await audit.add(Array(entries.prefix(50)))
            try await Audit(database.hub, workspace: other.id).add([Self.entry(profiles: [a])])
            func all(_ change: (inout Audit.Filter) -> Void) async throws -> [AuditEntry] {
                var filter = Audit.Filter()
                change(&filter)
                var found: [AuditEntry] = []
                while true {
                    let page = try await audit.page(filter, before: found.last.map { ($0.at, $0.id) }, limit: 7)
                    found += page
                    if page.count < 7 { return found }
                }
            }
            func expected(_ holds: (AuditEntry) -> Bool) -> [HubID] {
                entries.filter(holds).sorted { ($0.at, $0.id.high, $0.id.low) > ($1.at, $1.id.high, $1.id.low) }
                    .map(\.id)
            }
            let (from, to) = (TestDatabase.now - 30, TestDatabase.now - 10)
            #expect(try await all { _ in }.map(\.id) == expected { _ in true })
            #expect(try await all { $0.profile = a }.map(\.id) == expected { $0.profiles.contains(a) })
            #expect(try await all { $0.who = "key 2" }.map(\.id) == expected { $0.who == "key 2" })
            #expect(try await all { $0.action = "timeline" }.map(\.id) == expected { $0.action == "timeline" })
            let between = try await all { ($0.since, $0.until) = (from, to) }
            #expect(between.map(\.id) == expected { $0.at >= from && $0.at < to })
            let narrow = try await all {
                ($0.profile, $0.who, $0.action, $0.since, $0.until) = (b, "key 0", "profile", from, to)
            }
            #expect(
                narrow.map(\.id)
                    == expected { $0.who == "key 0" && $0.action == "profile" && $0.at >= from && $0.at < to })
            #expect(narrow.isEmpty == false && narrow.allSatisfy { $0.profiles.contains(b) })
        }
    }

    @Test func `months that are over are dropped whole, and the present ones stay`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            try await Audit(database.hub, workspace: workspace.id).add([Self.entry(profiles: [.random()])])
            let partitions = Partitions(database.owner)
            let later = Timestamp.microseconds("2027-02-10T00:00:00Z") ?? 0
            #expect(try await partitions.forgetAudit(olderThan: 3, now: later) == [])
            let gone = try await partitions.forgetAudit(olderThan: 2, now: later)
            #expect(gone == ["audit_2026_11", "audit_profile_2026_11"])
            #expect(try await database.superuser.int64("SELECT count(*) FROM audit") == 0)
            _ = try await database.migrate(now: later)
            let left = try await database.tables(withPartitions: true).filter { $0.hasPrefix("audit_2") }
            #expect(left == ["2026_12", "2027_01", "2027_02", "2027_03", "2027_04", "2027_05"].map { "audit_\($0)" })
        }
    }
}
