internal import GroundTruth
internal import Postgres

/// Faults planted to see that the checks see them: a trial that cannot fail shows nothing.
enum Fault: String, CaseIterable, Sendable {
    case lose, twice, foreign, untold, gap, torn, moved, chain, astray, counter, version, orphan, day, trait
    case faceless, homeless, mute, unsaid, refused

    /// `$1` is the workspace. Every fault is one that the tables' own rules let through, or are told to.
    var sql: String {
        switch self {
        case .lose:
            """
            DELETE FROM interaction WHERE workspace = $1 AND interaction =
              (SELECT interaction FROM interaction_key WHERE workspace = $1 ORDER BY interaction LIMIT 1)
            """
        case .twice:
            """
            INSERT INTO interaction SELECT workspace, facet, occurred_at, gen_random_uuid(), source, channel, direction,
              message, thread, amount, currency, body FROM interaction WHERE workspace = $1 LIMIT 1
            """
        case .foreign:
            """
            UPDATE interaction SET body = body || '{"id":"nobody sent this"}' WHERE workspace = $1 AND interaction =
              (SELECT interaction FROM interaction_key WHERE workspace = $1 ORDER BY interaction LIMIT 1)
            """
        case .untold:
            """
            UPDATE change SET items = overlay(items PLACING '\\x00000000'::bytea FROM 1) WHERE workspace = $1
              AND position = (SELECT max(position) FROM change WHERE workspace = $1 AND type = 1)
            """
        case .gap:
            """
            DELETE FROM change WHERE workspace = $1 AND position =
              (SELECT min(position) FROM change WHERE workspace = $1 AND type = 3)
            """
        case .torn:
            """
            DELETE FROM interaction WHERE workspace = $1 AND interaction =
              (SELECT min(interaction::text)::uuid FROM interaction WHERE workspace = $1 AND message IS NOT NULL
               GROUP BY message HAVING count(*) > 1 LIMIT 1)
            """
        case .moved:
            """
            UPDATE facet SET profile = (SELECT max(profile::text)::uuid FROM profile WHERE workspace = $1 AND facets > 0)
            WHERE workspace = $1 AND facet = (SELECT facet FROM facet WHERE workspace = $1 ORDER BY profile LIMIT 1)
            """
        case .chain:
            """
            UPDATE profile SET canonical = (SELECT b.profile FROM profile AS b WHERE b.workspace = $1
              AND b.canonical IS NOT NULL AND b.profile <> a.profile LIMIT 1) FROM (SELECT profile FROM profile
              WHERE workspace = $1 AND canonical IS NOT NULL ORDER BY profile DESC LIMIT 1) AS a
            WHERE workspace = $1 AND profile.profile = a.profile
            """
        case .astray:
            """
            UPDATE profile SET canonical = gen_random_uuid(), facets = 0 WHERE workspace = $1 AND profile =
              (SELECT profile FROM profile WHERE workspace = $1 AND facets > 0 LIMIT 1)
            """
        case .counter:
            """
            UPDATE profile SET facets = facets + 1 WHERE workspace = $1 AND profile =
              (SELECT profile FROM profile WHERE workspace = $1 AND facets > 0 LIMIT 1)
            """
        case .version:
            """
            UPDATE change SET version = version + 1 WHERE workspace = $1 AND position =
              (SELECT min(position) FROM change WHERE workspace = $1 AND type = 3)
            """
        case .orphan:
            """
            DELETE FROM identifier WHERE workspace = $1
              AND identifier = (SELECT min(identifier::text)::uuid FROM identifier WHERE workspace = $1)
            """
        case .day:
            """
            UPDATE facet SET last_day = last_day - 1 WHERE workspace = $1
              AND facet = (SELECT facet FROM facet WHERE workspace = $1 LIMIT 1)
            """
        case .trait:
            """
            UPDATE profile SET traits = jsonb_set(traits, '{language,value}', '"xx"') WHERE workspace = $1 AND profile =
              (SELECT profile FROM profile WHERE workspace = $1 AND traits ? 'language' LIMIT 1)
            """
        case .faceless:
            "DELETE FROM facet WHERE workspace = $1 AND facet = (SELECT min(facet::text)::uuid FROM facet WHERE workspace = $1)"
        case .homeless:
            """
            DELETE FROM profile WHERE workspace = $1 AND profile =
              (SELECT profile FROM profile WHERE workspace = $1 AND facets > 0 LIMIT 1)
            """
        case .mute:
            """
            DELETE FROM facet_identifier WHERE workspace = $1 AND facet = (SELECT facet FROM facet_identifier
              WHERE workspace = $1 GROUP BY facet HAVING count(*) = 1 LIMIT 1)
            """
        case .unsaid:
            "DELETE FROM message WHERE workspace = $1 AND message = (SELECT min(message::text)::uuid FROM message WHERE workspace = $1)"
        case .refused:
            """
            INSERT INTO refusal (workspace, refusal, source, reason, detail, raw, length, sha256, refused_at)
            VALUES ($1, gen_random_uuid(), '', 'too_deep', '', '', 0, sha256(''), now())
            """
        }
    }
}

/// Reads the database and checks it.
struct Verification {
    let database: Database
    let workspace: Int64
    let expected: Expected

    /// What the checks say; a fault is planted before reading, and taken back after it.
    func report(planting fault: Fault? = nil, silently isSilent: Bool = false) async throws -> Report {
        Checks(expected: expected, dump: try await read(planting: fault)).run(silently: isSilent)
    }

    private func read(planting fault: Fault?) async throws -> Dump {
        let workspace = workspace
        return try await database.deciding { (session: borrowing Session) throws(DatabaseError) -> Verdict<Dump> in
            try session.run("SET LOCAL search_path TO contatto")
            if let fault {
                // Without this the foreign keys would refuse some of them, which is their merit and not the trial's.
                try session.run("SET LOCAL session_replication_role TO replica")
                let done = try session.query(text: fault.sql, [.int8(workspace)])
                guard done.affected == 1 else {
                    throw DatabaseError(.usage, "the fault \(fault.rawValue) met \(done.affected) rows instead of one")
                }
            }
            return .rollback(try Dump.read(workspace, in: session))
        }
    }

    /// Plants each fault in turn: some check must see it, and each check must see some. Nothing of them stays. Left out
    /// are those for which there is no row, as where no two profiles became one.
    func tryFaults(without absent: Set<Fault> = [], _ report: inout Report) async throws {
        var unproven = Set(Checks(expected: expected, dump: Dump()).run(silently: true).names)
        let all = unproven.count
        var unseen: [String] = []
        let faults = Fault.allCases.filter { !absent.contains($0) }
        for fault in faults {
            let found = Checks(expected: expected, dump: try await read(planting: fault)).run(silently: true)
            if found.failed.isEmpty { unseen.append(fault.rawValue) }
            unproven.subtract(found.failed)
        }
        report.check(
            "Every planted fault is seen",
            "\(faults.count) planted\(unseen.map { ", unseen: " + $0 }.joined())",
            unseen.isEmpty)
        report.check(
            "Each of these checks is seen to fail",
            "\(all - unproven.count) of \(all)\(unproven.sorted().map { ", not: " + $0 }.joined())",
            unproven.isEmpty)
    }
}
