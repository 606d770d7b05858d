internal import Postgres

/// Who has held each subscription, from when: written by the database itself, by a trigger of the trial's own.
struct HoldLog: Sendable {
    struct Step: Sendable {
        let subscription: Int64
        /// What the worker calls itself to the database.
        let worker: String
        let fence: Int64
        let isHeld: Bool
        /// Seconds since 1970.
        let at: Double
    }

    var steps: [Step] = []

    /// Before anything is delivered.
    static func begin(in database: Database) async throws {
        try await database.session { (session: borrowing Session) throws(DatabaseError) in
            try session.run(
                """
                CREATE TABLE contatto.trial_hold (step bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                  subscription bigint NOT NULL, worker text NOT NULL, fence bigint NOT NULL, is_held boolean NOT NULL,
                  at timestamptz NOT NULL DEFAULT clock_timestamp());
                CREATE FUNCTION contatto.trial_hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
                BEGIN
                  INSERT INTO contatto.trial_hold (subscription, worker, fence, is_held) VALUES
                    (new.subscription, current_setting('application_name'), new.fence, new.holder IS NOT NULL);
                  RETURN NULL;
                END $$;
                CREATE TRIGGER trial_hold AFTER UPDATE ON contatto.subscription_cursor FOR EACH ROW
                  WHEN (old.fence <> new.fence OR old.holder IS DISTINCT FROM new.holder)
                  EXECUTE FUNCTION contatto.trial_hold()
                """)
        }
    }

    static func read(_ database: Database) async throws -> HoldLog {
        try await database.session { (session: borrowing Session) throws(DatabaseError) -> HoldLog in
            let rows = try session.query(
                text: """
                    SELECT subscription, worker, fence, is_held, extract(epoch FROM at)::text FROM contatto.trial_hold
                    ORDER BY step
                    """, [])
            var log = HoldLog()
            for row in 0..<rows.count {
                log.steps.append(
                    Step(
                        subscription: try rows.int64(row, 0), worker: try rows.text(row, 1),
                        fence: try rows.int64(row, 2),
                        isHeld: try rows.bool(row, 3), at: Double(try rows.text(row, 4)) ?? 0))
            }
            return log
        }
    }

    /// Of each subscription, who has it.
    var holders: [Int64: String] {
        var holders: [Int64: String] = [:]
        for step in steps { holders[step.subscription] = step.isHeld ? step.worker : nil }
        return holders
    }

    /// Seconds from each kill until another had what the killed one held, once for each subscription; infinite where nobody
    /// ever had.
    func takeovers(_ kills: [Deliverers.Kill]) -> [Double] {
        var found: [Double] = []
        for kill in kills {
            for subscription in Set(steps.map(\.subscription)) {
                let own = steps.filter { $0.subscription == subscription }
                guard let last = own.last(where: { $0.at <= kill.at }), last.isHeld, last.worker == kill.worker else {
                    continue
                }
                let next = own.first { $0.fence > last.fence && $0.isHeld && $0.at > kill.at }
                found.append(next.map { $0.at - kill.at } ?? .infinity)
            }
        }
        return found
    }
}
