package import Contact
package import Postgres
internal import Resolution

/// A customer at a glance: what a touchpoint shows while he is there. It is bounded, however much is known of him.
package struct Glance: Sendable {
    package let state: ProfileState
    /// The latest first.
    package let interactions: [TimelineEntry]
    /// Other profiles that show the identifier.
    package let others: [HubID]
}

extension Profiles {
    /// Facets of which the identifiers and names are shown, the latest first.
    static let mostGlanced = 50
    /// Up to so many facets all months are read in one statement, each facet's latest interactions at once. With more,
    /// months are walked: a statement then reads so many times the page at most. Stands in `glance.home`, too.
    private static let fewFacets: Int32 = 16

    /// How its statements are planned. Each finds few rows by their keys, whatever the tables hold: a plan that is
    /// kept is the right one if only it uses the keys.
    package static let glancing = [
        (name: "plan_cache_mode", value: "force_generic_plan"), (name: "enable_seqscan", value: "off"),
        (name: "enable_hashjoin", value: "off"), (name: "enable_mergejoin", value: "off"),
    ]
    static let openingOfGlance =
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; "
        + glancing.map { "SET LOCAL \($0.name) = \($0.value); " }.joined()

    /// The profile that showed an identifier last, with its latest interactions; nil where nobody shows it.
    package func glance(showing identifier: Identifier, limit: Int) async throws(DatabaseError) -> Glance? {
        let workspace = workspace
        // One state for all of its statements: a merge in between would tear the profile.
        return try await database.transaction(opening: Self.openingOfGlance + workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Glance? in
            guard let identifier = try own.spelt(identifier, in: session) else { return nil }
            let homes = try session.keeping(
                .glanceHome, [.int8(workspace.id), .uuid(key.identifier(identifier))])
            guard !homes.isEmpty else { return nil }
            let id = try homes.id(0, 0)
            var state = ProfileState(
                id: id, kind: (ProfileKind(rawValue: try homes.int16(0, 1)) ?? .customer).name,
                version: try homes.int64(0, 2), traits: try homes.jsonb(0, 4))
            var others: [HubID] = []
            for row in 1..<max(1, homes.count) { others.append(try homes.id(row, 0)) }
            let shown: [Parameter] = [.int8(workspace.id), .uuid(id), .int8(Int64(Self.mostGlanced))]
            var entries: [TimelineEntry] = []
            if try homes.int32(0, 3) <= Self.fewFacets {
                let found = try session.keeping([
                    (.glanceIdentifiers, shown),
                    (.profileTimeline, Self.span(workspace, id, try homes.optionalDate(0, 5), limit)),
                ])
                try state.read(found[0])
                for row in 0..<found[1].count { entries.append(try Self.entry(found[1], row)) }
            } else {
                let found = try session.keeping(.glanceIdentifiers, shown)
                try state.read(found)
                entries = try TimelineWalk.latest(
                    of: id, workspace, limit: limit, days: try Self.days(found), in: session)
            }
            let threads = try Threads.resolve(entries.compactMap(\.thread), workspace, in: session)
            for place in entries.indices { entries[place].thread = entries[place].thread.flatMap { threads[$0] } }
            return Glance(state: state, interactions: entries, others: others)
        }
    }

    /// The days on which the facets that are shown had their latest interactions, the latest first.
    private static func days(_ shown: borrowing Rows) throws(DatabaseError) -> [Int] {
        var days: [Int] = []
        var last: HubID?
        for row in 0..<shown.count {
            let facet = try shown.id(row, 6)
            if facet != last { days.append(try shown.date(row, 7)) }
            last = facet
        }
        return days
    }

    /// Parameters of a page that goes back as far as there is anything, from the end of a day on.
    private static func span(_ workspace: Workspace, _ profile: HubID, _ day: Int?, _ limit: Int) -> [Parameter] {
        let end = Month.beginning(of: (day ?? 0) + 1)
        return [
            .int8(workspace.id), .uuid(profile), .timestamp(TimelineWalk.never), .timestamp(end),
            .date(Month.firstDay(12)), .int8(Int64(limit)), .timestamp(end), .uuid(HubID(high: 0, low: 0)),
        ]
    }
}

extension ProfileState {
    /// Reads rows of `glance.identifiers`.
    fileprivate mutating func read(_ shown: borrowing Rows) throws(DatabaseError) {
        var places: [Identifier: Int] = [:]
        for row in 0..<shown.count {
            for column in 0...1 {
                guard let name = try shown.optionalText(row, column), !names.contains(name),
                    names.count < Self.mostNames
                else { continue }
                names.append(name)
            }
            guard let kind = IdentifierKind(code: try shown.int16(row, 2)),
                let standing = Standing(rawValue: UInt8(clamping: try shown.int16(row, 5)))
            else { continue }
            let identifier = Identifier(kind: kind, scope: try shown.text(row, 3), canonical: try shown.text(row, 4))
            if let place = places[identifier] {
                identifiers[place].assurance = max(identifiers[place].assurance, standing.assurance)
            } else if identifiers.count < Self.mostIdentifiers {
                places[identifier] = identifiers.count
                identifiers.append((identifier, standing.assurance))
            }
        }
    }
}

extension Session {
    /// Runs a statement that is planned anew elsewhere by the plan that is kept of it.
    borrowing func keeping(_ statement: Statement, _ parameters: [Parameter]) throws(DatabaseError) -> Rows {
        try execute(statement.sql, parameters)
    }

    /// The same of some of them, in one round trip.
    borrowing func keeping(_ statements: [(Statement, [Parameter])]) throws(DatabaseError) -> [Rows] {
        try pipeline(statements.map { ($0.0.sql, $0.1) })
    }
}

extension Statement {
    /// What a glance asks the database, in its order, for a profile of few facets; for whoever measures it beside
    /// something else. The first is asked by workspace and identifier; the second by workspace, profile and a number
    /// of facets; the third by workspace, profile, span of time, day, number of interactions, and place.
    package static let glance: [Statement] = [.glanceHome, .glanceIdentifiers, .profileTimeline]

    /// The profiles that show an identifier, in the order of `profile.by_identifier`.
    static let glanceHome = Statement(
        """
        /* glance.home */
        SELECT living.profile, living.kind, living.version, living.facets,
          (SELECT coalesce(jsonb_object_agg(key, value->'value'), '{}') FROM jsonb_each(living.traits)) AS traits,
          CASE WHEN living.facets <= 16 THEN
            (SELECT max(last_day) FROM facet WHERE workspace = $1 AND profile = living.profile) END AS day
        FROM (
          SELECT facet.profile, max(facet.last_day) AS day,
            max(CASE shown.assurance WHEN 4 THEN 1 WHEN 1 THEN 0 ELSE shown.assurance END) AS assurance
          FROM facet_identifier AS shown
          JOIN facet ON facet.workspace = $1 AND facet.facet = shown.facet
          WHERE shown.workspace = $1 AND shown.identifier = $2
          GROUP BY facet.profile) AS found
        JOIN profile AS living ON living.workspace = $1 AND living.profile = found.profile
        ORDER BY living.kind = 2 DESC, found.assurance DESC, found.day DESC, living.kind = 1 DESC, living.profile
        LIMIT 100
        """)
    static let glanceIdentifiers = Statement(
        """
        /* glance.identifiers */
        SELECT latest.attributes->>'name', latest.attributes->>'company', identifier.kind, identifier.scope,
          identifier.value, shown.assurance, latest.facet, latest.last_day
        FROM (
          SELECT facet, last_day, attributes FROM facet WHERE workspace = $1 AND profile = $2
          ORDER BY last_day DESC, facet LIMIT $3) AS latest
        JOIN facet_identifier AS shown ON shown.workspace = $1 AND shown.facet = latest.facet
        JOIN identifier ON identifier.workspace = $1 AND identifier.identifier = shown.identifier
        ORDER BY latest.last_day DESC, latest.facet, identifier.kind, identifier.scope, identifier.value
        """)
}
