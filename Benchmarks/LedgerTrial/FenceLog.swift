internal import Foundation
internal import Postgres

/// Every change of a source's cursor and lease, in their order, with who made it: written by the database itself, by a
/// trigger of the trial's own, under the lock of the cursor's row.
struct FenceLog: Sendable {
    struct Step: Sendable {
        /// What the worker calls itself to the database.
        var worker: String
        var fence: Int64
        var isHeld: Bool
        /// The cursor before and after.
        var from: String
        var to: String
        /// Its time of day, UTC.
        var at: String
    }

    var steps: [Step] = []

    static let names = [rising, alone, onwards]
    private static let rising = "Fences only rise, and each is one worker's"
    private static let alone = "The cursor is moved by whoever holds it alone, from where it stood"
    private static let onwards = "No folder's place goes back while its UIDs mean the same"

    /// Before anything is followed.
    static func begin(in database: Database) async throws {
        try await database.session { (session: borrowing Session) throws(DatabaseError) in
            try session.run(
                """
                CREATE TABLE contatto.trial_step (step bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, worker text NOT NULL,
                  fence bigint NOT NULL, is_held boolean NOT NULL, was text NOT NULL, cursor text NOT NULL,
                  at timestamptz NOT NULL DEFAULT clock_timestamp());
                CREATE FUNCTION contatto.trial_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
                BEGIN
                  INSERT INTO contatto.trial_step (worker, fence, is_held, was, cursor) VALUES
                    (current_setting('application_name'), new.fence, new.holder IS NOT NULL, old.cursor, new.cursor);
                  RETURN NULL;
                END $$;
                CREATE TRIGGER trial_note AFTER UPDATE ON contatto.source_cursor
                  FOR EACH ROW EXECUTE FUNCTION contatto.trial_note()
                """)
        }
    }

    static func read(_ database: Database) async throws -> FenceLog {
        try await database.session { (session: borrowing Session) throws(DatabaseError) -> FenceLog in
            let rows = try session.query(
                text: """
                    SELECT worker, fence, is_held, was, cursor, to_char(at AT TIME ZONE 'UTC', 'HH24:MI:SS.MS')
                    FROM contatto.trial_step ORDER BY step
                    """, [])
            var log = FenceLog()
            for row in 0..<rows.count {
                log.steps.append(
                    Step(
                        worker: try rows.text(row, 0), fence: try rows.int64(row, 1), isHeld: try rows.bool(row, 2),
                        from: try rows.text(row, 3), to: try rows.text(row, 4), at: try rows.text(row, 5)))
            }
            return log
        }
    }

    /// Workers that had the source, in their order.
    var holders: [String] {
        var holders: [String] = []
        var last: Int64 = -1
        for step in steps where step.isHeld && step.fence > last {
            holders.append(step.worker)
            last = step.fence
        }
        return holders
    }

    func check(_ report: inout Report) {
        var owners: [Int64: String] = [:]
        var (highest, at) = (0 as Int64, steps.first?.from ?? "")
        var (backwards, shared, moves, strange, behind) = (0, 0, 0, 0, 0)
        for step in steps {
            if step.fence < highest { backwards += 1 }
            highest = max(highest, step.fence)
            let owner = owners[step.fence] ?? step.worker
            owners[step.fence] = owner
            if owner != step.worker { shared += 1 }
            if step.from != step.to {
                moves += 1
                if !step.isHeld || owner != step.worker || step.from != at { strange += 1 }
                if Self.goesBack(from: step.from, to: step.to) { behind += 1 }
            }
            at = step.to
        }
        report.check(
            Self.rising, "\(owners.count) fences, \(backwards) lower than one before, \(shared) steps under another's",
            backwards == 0 && shared == 0 && !owners.isEmpty)
        report.check(Self.alone, "\(moves) moves, \(strange) others", strange == 0 && moves > 0)
        report.check(Self.onwards, "\(moves) moves, \(behind) back", behind == 0 && moves > 0)
    }

    /// Changes the log as a fault would have, in three ways; each of the checks must see one.
    func tryFaults(_ report: inout Report) {
        var unproven = Set(Self.names)
        var unseen = 0
        let faults: [(inout FenceLog) -> Void] = [
            { log in log.steps.append(log.steps[0]) },
            { log in
                guard let move = log.steps.lastIndex(where: { $0.from != $0.to }) else { return }
                log.steps[move].worker = "another"
            },
            { log in
                guard var move = log.steps.last(where: { $0.from != $0.to && $0.isHeld }) else { return }
                move.from = log.steps.last?.to ?? ""
                move.to = log.steps.first { !$0.to.isEmpty }?.to ?? ""
                log.steps.append(move)
            },
        ]
        for fault in faults {
            var log = self
            fault(&log)
            var found = Report(isSilent: true)
            log.check(&found)
            if found.failed.isEmpty { unseen += 1 }
            unproven.subtract(found.failed)
        }
        report.check(
            "A planted step of another worker, an old fence, and a cursor set back are seen",
            "\(faults.count) planted, \(unseen) unseen\(unproven.sorted().map { ", not seen to fail: " + $0 }.joined())",
            unseen == 0 && unproven.isEmpty)
    }

    private static func goesBack(from: String, to: String) -> Bool {
        let (before, after) = (places(from), places(to))
        return before.contains { name, old in
            guard let new = after[name] else { return true }
            guard new["validity"] == old["validity"] else { return false }
            return (new["next"] ?? 0) < (old["next"] ?? 0) || (new["low"] ?? 0) > (old["low"] ?? 0)
        }
    }

    /// The folders of a mailbox's cursor, as the connector writes it.
    static func places(_ cursor: String) -> [String: [String: Int]] {
        // An empty one has none; what is none at all is told by the folders that are missing from it.
        let value = try? JSONSerialization.jsonObject(with: Data(cursor.utf8)) as? [String: Any]
        return value?["folders"] as? [String: [String: Int]] ?? [:]
    }
}
