package import Contact
package import Postgres

extension Profile {
    /// What says that a customer belongs to an organisation: its number, domain or switchboard beside what is his own, or its
    /// name. It never joins him to anybody.
    package struct Membership: Sendable {
        /// What the organisation is known by; nil where only its name was said.
        package let identifier: Identifier?
        /// As it was folded.
        package let name: String?
        /// The profile of kind `organisation` that shows the identifier; nil where there is none.
        package let organisation: HubID?
        /// What he is there, as a trait of the same facet says.
        package let role: String?
        /// The earliest interaction that showed it, and whose it is; nil where those have expired.
        package let since: Int64?
        package let source: String?
        package let facet: HubID
    }
}

extension Profiles {
    /// Somebody who belongs to an organisation.
    package struct Colleague: Sendable {
        package let profile: HubID
        /// Folded; nil where nothing says it.
        package let name: String?
        package let role: String?
        package let since: Int64?
        package let source: String?
    }

    private static let kinds: Set<IdentifierKind> = [.partitaIVA, .domain, .switchboard]
    /// Traits that say what somebody is in a company, the surest name first.
    private static let roles = ["job_title", "position", "role", "title"]
    /// Facets of a customer that are looked at: what he belongs to is said by few of them.
    private static let mostFacets = 100

    /// What a customer belongs to, the oldest first; each organisation once.
    func memberships(
        of profile: Profile, in session: borrowing Session
    ) throws(DatabaseError) -> [Profile.Membership] {
        guard profile.kind == "customer" else { return [] }
        var said: [(facet: HubID, shown: Profile.Shown?, name: String?)] = []
        for facet in profile.facets {
            let name = Self.company(facet.attributes)
            let shown = facet.identifiers.filter { Self.kinds.contains($0.identifier.kind) }
            if shown.isEmpty, name != nil { said.append((facet.id, nil, name)) }
            for one in shown { said.append((facet.id, one, name)) }
            if said.count >= Self.mostFacets { break }
        }
        guard !said.isEmpty else { return [] }
        let facets = Set(said.map(\.facet)).sorted()
        let values = Set(said.compactMap { $0.shown?.id }).sorted()
        let results = try session.pipeline([
            (.profileShown, [.int8(workspace.id), .uuids(facets), .int8(1)]),
            (.organisationOf, [.int8(workspace.id), .uuids(values)]),
        ])
        var begun: [HubID: (at: Int64, source: String)] = [:]
        for row in 0..<results[0].count {
            begun[try results[0].id(row, 0)] = (try results[0].timestamp(row, 2), try results[0].text(row, 4))
        }
        var homes: [HubID: HubID] = [:]
        for row in 0..<results[1].count { homes[try results[1].id(row, 0)] = try results[1].id(row, 1) }
        said.sort { (begun[$0.facet]?.at ?? .max, $0.facet) < (begun[$1.facet]?.at ?? .max, $1.facet) }
        var seen: Set<String> = []
        var found: [Profile.Membership] = []
        for (facet, shown, name) in said
        where seen.insert(shown?.identifier.description ?? name ?? "").inserted {
            let role = Self.roles.lazy.compactMap { role in
                profile.traits.first { $0.trait == role && $0.facet == facet }.flatMap { Self.text($0.value) }
            }.first
            found.append(
                Profile.Membership(
                    identifier: shown?.identifier, name: name, organisation: shown.flatMap { homes[$0.id] }, role: role,
                    since: begun[facet]?.at, source: begun[facet]?.source, facet: facet))
        }
        return found
    }

    /// Who belongs to an organisation, by id, after one of them.
    package func people(
        of organisation: HubID, after place: HubID?, limit: Int
    ) async throws(DatabaseError) -> [Colleague] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [Colleague] in
            let rows = try session.execute(
                .organisationPeople,
                [
                    .int8(workspace.id), .uuid(organisation), .uuid(place ?? HubID(high: 0, low: 0)),
                    .int8(Int64(limit)),
                ])
            var found: [Colleague] = []
            for row in 0..<rows.count {
                found.append(
                    Colleague(
                        profile: try rows.id(row, 0), name: try rows.optionalText(row, 1),
                        role: try rows.optionalText(row, 2), since: try rows.optionalTimestamp(row, 3),
                        source: try rows.optionalText(row, 4)))
            }
            return found
        }
    }

    private static func company(_ attributes: [UInt8]) -> String? {
        // Nearly no facet names one.
        guard attributes.firstRange(of: Array(#""company""#.utf8)) != nil else { return nil }
        do throws(Refusal) { return try JSONValue(attributes)["company"]?.string } catch { return nil }
    }

    private static func text(_ json: [UInt8]) -> String? {
        do throws(Refusal) { return try JSONValue(json).string } catch { return nil }
    }
}

extension Statement {
    static let organisationOf = Statement(
        """
        /* organisation.of */
        SELECT wanted.identifier, found.profile
        FROM unnest($2::uuid[]) AS wanted (identifier)
        CROSS JOIN LATERAL (
          SELECT facet.profile
          FROM facet_identifier AS shown
          JOIN facet ON facet.workspace = $1 AND facet.facet = shown.facet
          JOIN profile ON profile.workspace = $1 AND profile.profile = facet.profile AND profile.kind = 2
          WHERE shown.workspace = $1 AND shown.identifier = wanted.identifier
          ORDER BY facet.profile LIMIT 1) AS found
        """, isPlannedAnew: true)
    /// Everybody is looked at for each page: as many as show what the organisation is known by.
    static let organisationPeople = Statement(
        """
        /* organisation.people */
        SELECT who.profile, who.name, said.role, early.occurred_at, early.name
        FROM (
          SELECT facet.profile, array_agg(DISTINCT facet.facet) AS facets, min(facet.attributes->>'name') AS name
          FROM facet AS own
          JOIN facet_identifier AS its ON its.workspace = $1 AND its.facet = own.facet
          JOIN identifier AS value ON value.workspace = $1 AND value.identifier = its.identifier
            AND value.kind IN (13, 14, 15)
          JOIN facet_identifier AS shown ON shown.workspace = $1 AND shown.identifier = its.identifier
          JOIN facet ON facet.workspace = $1 AND facet.facet = shown.facet AND facet.profile > $3
          JOIN profile ON profile.workspace = $1 AND profile.profile = facet.profile AND profile.kind = 0
          WHERE own.workspace = $1 AND own.profile = $2
          GROUP BY facet.profile ORDER BY facet.profile LIMIT $4) AS who
        LEFT JOIN LATERAL (
          SELECT one.occurred_at, (
            SELECT source.name FROM source WHERE source.workspace = $1 AND source.source = one.source) AS name
          FROM unnest(who.facets) AS of (facet)
          CROSS JOIN LATERAL (
            SELECT occurred_at, source FROM interaction
            WHERE workspace = $1 AND facet = of.facet ORDER BY occurred_at, interaction LIMIT 1) AS one
          ORDER BY one.occurred_at LIMIT 1) AS early ON true
        LEFT JOIN LATERAL (
          SELECT one.value #>> '{}' AS role FROM trait AS one
          WHERE one.workspace = $1 AND one.facet = ANY (who.facets)
            AND one.trait IN ('job_title', 'position', 'role', 'title') AND jsonb_typeof(one.value) = 'string'
          ORDER BY one.trait, one.occurred_at DESC, one.facet, one.source LIMIT 1) AS said ON true
        ORDER BY who.profile
        """, isPlannedAnew: true)
}
