internal import Contact
internal import Foundation
internal import GroundTruth
internal import Postgres

/// Everything the trial compares, read from the tables themselves in one transaction and by none of the hub's code.
struct Dump: Sendable {
    struct Interaction: Sendable {
        let id: HubID
        /// `source|id|customer`; a mail's id without the hash of its content, which its sender does not know.
        let key: String
        let facet: HubID
    }

    struct Profile: Sendable {
        let id: HubID
        let canonical: HubID?
        let isShared: Bool
        let version: Int64
        let facets: Int32
        let traits: [UInt8]
    }

    struct Change: Sendable {
        let position: Int64
        let first: Int64
        let profile: HubID?
        let version: Int64
        let items: [UInt8]
    }

    var interactions: [Interaction] = []
    /// Facet by interaction; nil = emptied, as after an erasure.
    var keys: [HubID: HubID?] = [:]
    var keyCount = 0
    /// Profile by facet.
    var facets: [HubID: HubID] = [:]
    var profiles: [Profile] = []
    /// By position.
    var changes: [Change] = []
    var head: Int64 = 0
    var messages: Int64 = 0
    var refusals: Int64 = 0
    /// Counts that must be 0, by what they count.
    var orphans: [(name: String, count: Int64)] = orphanCounts.map { ($0.name, 0) }

    static func read(_ workspace: Int64, in session: borrowing Session) throws(DatabaseError) -> Dump {
        let own: [Parameter] = [.int8(workspace)]
        var dump = Dump()
        let rows = try session.query(
            text: """
                SELECT i.interaction, s.name, regexp_replace(i.body ->> 'id', '#[0-9a-f]{16}$', ''),
                  i.body ->> 'customer', i.facet
                FROM interaction AS i JOIN source AS s ON s.workspace = $1 AND s.source = i.source
                WHERE i.workspace = $1
                """, own)
        dump.interactions.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            let id = try rows.optionalText(row, 2) ?? ""
            let customer = try rows.optionalText(row, 3) ?? ""
            dump.interactions.append(
                Interaction(
                    id: try hubID(rows, row, 0), key: "\(try rows.text(row, 1))|\(id)|\(customer)",
                    facet: try hubID(rows, row, 4)))
        }
        let keys = try session.query(
            text: "SELECT interaction, facet FROM interaction_key WHERE workspace = $1", own)
        dump.keyCount = keys.count
        for row in 0..<keys.count {
            dump.keys[try hubID(keys, row, 0)] = .some(try keys.isNull(row, 1) ? nil : try hubID(keys, row, 1))
        }
        let facets = try session.query(text: "SELECT facet, profile FROM facet WHERE workspace = $1", own)
        for row in 0..<facets.count { dump.facets[try hubID(facets, row, 0)] = try hubID(facets, row, 1) }
        try dump.readProfiles(own, in: session)
        try dump.readJournal(own, in: session)
        for (place, one) in Self.orphanCounts.enumerated() {
            dump.orphans[place].count = try session.query(text: one.sql, own).int64(0, 0)
        }
        dump.messages = try session.query(text: "SELECT count(*) FROM message WHERE workspace = $1", own).int64(0, 0)
        dump.refusals = try session.query(text: "SELECT count(*) FROM refusal WHERE workspace = $1", own).int64(0, 0)
        return dump
    }

    private mutating func readProfiles(_ own: [Parameter], in session: borrowing Session) throws(DatabaseError) {
        let rows = try session.query(
            text: "SELECT profile, canonical, kind, version, facets, traits FROM profile WHERE workspace = $1", own)
        for row in 0..<rows.count {
            profiles.append(
                Profile(
                    id: try hubID(rows, row, 0), canonical: try rows.isNull(row, 1) ? nil : try hubID(rows, row, 1),
                    isShared: try rows.int16(row, 2) == 1, version: try rows.int64(row, 3),
                    facets: try rows.int32(row, 4), traits: try rows.jsonb(row, 5)))
        }
    }

    private mutating func readJournal(_ own: [Parameter], in session: borrowing Session) throws(DatabaseError) {
        let rows = try session.query(
            text: """
                SELECT position, first, profile, version, items FROM change WHERE workspace = $1 ORDER BY position, first
                """, own)
        for row in 0..<rows.count {
            changes.append(
                Change(
                    position: try rows.int64(row, 0), first: try rows.int64(row, 1),
                    profile: try rows.isNull(row, 2) ? nil : try hubID(rows, row, 2),
                    version: try rows.optionalInt64(row, 3) ?? 0, items: try rows.optionalBytes(row, 4) ?? []))
        }
        head = try session.query(text: "SELECT position FROM journal WHERE workspace = $1", own).int64(0, 0)
    }

    private static let orphanCounts: [(name: String, sql: String)] = [
        (
            "interactions without their facet",
            """
            SELECT count(*) FROM interaction AS i WHERE workspace = $1 AND NOT EXISTS (
              SELECT FROM facet WHERE workspace = $1 AND facet = i.facet)
            """
        ),
        (
            "facets without their profile",
            """
            SELECT count(*) FROM facet AS f WHERE workspace = $1 AND NOT EXISTS (
              SELECT FROM profile WHERE workspace = $1 AND profile = f.profile)
            """
        ),
        (
            "facets that show no identifier",
            """
            SELECT count(*) FROM facet AS f WHERE workspace = $1 AND NOT EXISTS (
              SELECT FROM facet_identifier WHERE workspace = $1 AND facet = f.facet)
            """
        ),
        (
            "facet_identifiers without facet or identifier",
            """
            SELECT count(*) FROM facet_identifier AS s WHERE workspace = $1 AND NOT (
              EXISTS (SELECT FROM facet WHERE workspace = $1 AND facet = s.facet)
              AND EXISTS (SELECT FROM identifier WHERE workspace = $1 AND identifier = s.identifier))
            """
        ),
        (
            "interactions without their message",
            """
            SELECT count(*) FROM interaction AS i WHERE workspace = $1 AND message IS NOT NULL AND NOT EXISTS (
              SELECT FROM message WHERE workspace = $1 AND message = i.message)
            """
        ),
        (
            "facets whose last_day is not that of their latest interaction",
            """
            SELECT count(*) FROM facet AS f WHERE workspace = $1 AND last_day IS DISTINCT FROM (
              SELECT (max(occurred_at) AT TIME ZONE 'UTC')::date FROM interaction
              WHERE workspace = $1 AND facet = f.facet)
            """
        ),
    ]
}

private func hubID(_ rows: borrowing Rows, _ row: Int, _ column: Int) throws(DatabaseError) -> HubID {
    let uuid = try rows.uuid(row, column)
    return HubID(high: uuid.high, low: uuid.low)
}

extension Dump {
    /// The grouping as the reference states its own.
    var answer: Answer {
        var hanging: [HubID: [String]] = [:]
        for one in interactions {
            if let profile = facets[one.facet] { hanging[profile, default: []].append(one.key) }
        }
        let found = profiles.filter { $0.canonical == nil }.map { profile in
            Answer.Profile(
                kind: profile.isShared ? .shared : .customer, interactions: hanging[profile.id] ?? [],
                traits: Self.values(ofTraits: profile.traits))
        }
        return Answer(profiles: found, facets: facets.count)
    }

    /// `{"plan":{"value":"pro",…}}` to `plan: "pro"`, spelt as the reference spells JSON.
    private static func values(ofTraits json: [UInt8]) -> [String: String] {
        // What cannot be read is handed on as it is: it then differs from the reference, and the check shows it.
        guard let traits = try? JSONSerialization.jsonObject(with: Data(json)) as? [String: [String: Any]] else {
            return ["unreadable": String(decoding: json, as: UTF8.self)]
        }
        return traits.mapValues { trait in
            let value = try? JSONSerialization.data(
                withJSONObject: trait["value"] ?? NSNull(),
                options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
            return String(decoding: value ?? Data(), as: UTF8.self)
        }
    }
}
