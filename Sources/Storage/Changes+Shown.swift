package import Contact
package import Postgres
internal import Resolution

/// A profile as it stands, in short: what a subscriber keeps a copy of.
package struct ProfileState: Sendable {
    package let id: HubID
    /// `customer`, `shared` or `organisation`.
    package let kind: String
    package let version: Int64
    /// Winning values: a JSON object.
    package let traits: [UInt8]
    /// Folded names and companies, at most ``mostNames``.
    package internal(set) var names: [String] = []
    /// Each at its highest assurance, at most ``mostIdentifiers``.
    package internal(set) var identifiers: [(identifier: Identifier, assurance: Assurance)] = []
    /// Ids that redirect here.
    package internal(set) var absorbed: [HubID] = []

    package static let mostNames = 5
    package static let mostIdentifiers = 200
    /// Of a profile with more facets, as a kiosk has, the identifiers of the latest are shown.
    static let mostFacets: Int64 = 1_000
}

extension Changes {
    /// The profiles with these ids as they stand now; an absorbed id stands for its survivor, an erased one for nothing.
    package func states(of ids: some Collection<HubID> & Sendable) async throws(DatabaseError) -> [HubID: ProfileState]
    {
        guard !ids.isEmpty else { return [:] }
        let workspace = workspace
        let wanted = Set(ids).sorted()
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [HubID: ProfileState] in
            let parameters: [Parameter] = [.int8(workspace.id), .uuids(wanted)]
            let survivors = try session.execute(.feedSurvivors, parameters)
            var homes: [(id: HubID, living: HubID)] = []
            for row in 0..<survivors.count { homes.append((try survivors.id(row, 0), try survivors.id(row, 1))) }
            let living = Set(homes.map(\.living)).sorted()
            let states = try Self.states(
                try session.execute(.feedProfiles, [.int8(workspace.id), .uuids(living)]), workspace, in: session)
            var found: [HubID: ProfileState] = [:]
            for (id, home) in homes { found[id] = states[home] }
            return found
        }
    }

    /// A page of all living profiles in the order of their ids, and the place in the journal from which a reader of the
    /// first page hears of everything that comes after it.
    package func snapshot(
        after id: HubID?, limit: Int
    ) async throws(DatabaseError) -> (profiles: [ProfileState], end: JournalCursor) {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> (profiles: [ProfileState], end: JournalCursor) in
            // First: what is committed between the two is in the page, and told once more.
            let head = try session.execute(.feedHead, [.int8(workspace.id)])
            let end = JournalCursor(epoch: try head.id(0, 0), position: try head.int64(0, 1))
            let rows = try session.execute(
                .feedSnapshot,
                [.int8(workspace.id), .uuid(id ?? HubID(high: 0, low: 0)), .int8(Int64(limit))])
            let states = try Self.states(rows, workspace, in: session)
            return (states.values.sorted { $0.id < $1.id }, end)
        }
    }

    private static func states(
        _ rows: borrowing Rows, _ workspace: Workspace, in session: borrowing Session
    ) throws(DatabaseError) -> [HubID: ProfileState] {
        var states: [HubID: ProfileState] = [:]
        for row in 0..<rows.count {
            let id = try rows.id(row, 0)
            states[id] = ProfileState(
                id: id, kind: (ProfileKind(rawValue: try rows.int16(row, 1)) ?? .customer).name,
                version: try rows.int64(row, 2), traits: try rows.jsonb(row, 3))
        }
        guard !states.isEmpty else { return states }
        let living = Parameter.uuids(states.keys.sorted())
        let found = try session.pipeline([
            (.feedIdentifiers, [.int8(workspace.id), living, .int8(ProfileState.mostFacets)]),
            (.resolveAbsorbedIDs, [.int8(workspace.id), living]),
        ])
        let shown = found[0]
        for row in 0..<shown.count {
            let id = try shown.id(row, 0)
            if let name = try shown.optionalText(row, 1) {
                if states[id]?.names.count ?? 0 < ProfileState.mostNames { states[id]?.names.append(name) }
                continue
            }
            guard let kind = IdentifierKind(code: try shown.int16(row, 2)),
                let standing = Standing(rawValue: UInt8(clamping: try shown.int16(row, 5))),
                states[id]?.identifiers.count ?? 0 < ProfileState.mostIdentifiers
            else { continue }
            let identifier = Identifier(kind: kind, scope: try shown.text(row, 3), canonical: try shown.text(row, 4))
            states[id]?.identifiers.append((identifier, standing.assurance))
        }
        let absorbed = found[1]
        for row in 0..<absorbed.count { states[try absorbed.id(row, 2)]?.absorbed.append(try absorbed.id(row, 0)) }
        return states
    }

    /// What interactions were, by their ids.
    package func interactions(
        _ ids: some Collection<HubID> & Sendable
    ) async throws(DatabaseError) -> [HubID: TimelineEntry] {
        guard !ids.isEmpty else { return [:] }
        let workspace = workspace
        let wanted = Set(ids).sorted()
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [HubID: TimelineEntry] in
            let rows = try session.execute(.feedInteractions, [.int8(workspace.id), .uuids(wanted)])
            var found: [HubID: TimelineEntry] = [:]
            for row in 0..<rows.count {
                let entry = try Profiles.entry(rows, row)
                found[entry.interaction] = entry
            }
            let threads = try Threads.resolve(found.values.compactMap(\.thread), workspace, in: session)
            for (id, entry) in found { found[id]?.thread = entry.thread.flatMap { threads[$0] } }
            return found
        }
    }
}

extension Statement {
    static let feedProfiles = Statement(
        """
        /* feed.profiles */
        SELECT profile, kind, version,
          (SELECT coalesce(jsonb_object_agg(key, value->'value'), '{}') FROM jsonb_each(traits))
        FROM profile WHERE workspace = $1 AND profile = ANY ($2::uuid[]) AND canonical IS NULL AND NOT gone
        """, isPlannedAnew: true)
    static let feedSnapshot = Statement(
        """
        /* feed.snapshot */
        SELECT profile, kind, version,
          (SELECT coalesce(jsonb_object_agg(key, value->'value'), '{}') FROM jsonb_each(traits))
        FROM profile WHERE workspace = $1 AND profile > $2 AND canonical IS NULL AND NOT gone
        ORDER BY profile LIMIT $3
        """)
    /// Names first, then identifiers, each at the highest assurance it is shown with (4, under a public key, counts as 2).
    static let feedIdentifiers = Statement(
        """
        /* feed.identifiers */
        WITH latest AS (
          SELECT wanted.profile, one.facet, one.attributes
          FROM unnest($2::uuid[]) AS wanted (profile)
          CROSS JOIN LATERAL (
            SELECT facet, attributes FROM facet WHERE facet.workspace = $1 AND facet.profile = wanted.profile
            ORDER BY last_day DESC, facet LIMIT $3) AS one)
        SELECT DISTINCT latest.profile, given.name, NULL::smallint, NULL, NULL, NULL::smallint
        FROM latest, LATERAL (VALUES (attributes->>'name'), (attributes->>'company')) AS given (name)
        WHERE given.name IS NOT NULL
        UNION ALL
        SELECT latest.profile, NULL, identifier.kind, identifier.scope, identifier.value,
          max(CASE shown.assurance WHEN 4 THEN 2 ELSE shown.assurance END)::smallint
        FROM latest
        JOIN facet_identifier AS shown ON shown.workspace = $1 AND shown.facet = latest.facet
        JOIN identifier ON identifier.workspace = $1 AND identifier.identifier = shown.identifier
        GROUP BY latest.profile, identifier.kind, identifier.scope, identifier.value
        ORDER BY 1, 2 NULLS LAST, 3, 4, 5
        """, isPlannedAnew: true)
    static let feedInteractions = Statement(
        """
        /* feed.interactions */
        SELECT one.interaction, one.occurred_at, one.channel, one.direction, source.name, message.subject, one.body,
          one.thread, one.amount, one.currency
        FROM interaction_key AS known
        CROSS JOIN LATERAL (
          SELECT interaction, occurred_at, channel, direction, source, message, thread, amount, currency, body
          FROM interaction
          WHERE workspace = $1 AND facet = known.facet AND occurred_at = known.occurred_at
            AND interaction = known.interaction LIMIT 1) AS one
        JOIN source ON source.workspace = $1 AND source.source = one.source
        LEFT JOIN message ON message.workspace = $1 AND message.message = one.message
        WHERE known.workspace = $1 AND known.interaction = ANY ($2::uuid[])
        """, isPlannedAnew: true)
}
