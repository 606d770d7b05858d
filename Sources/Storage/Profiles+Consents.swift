package import Contact
package import Postgres

extension Profiles {
    /// Whether a customer, by any id he ever had, may be met for a purpose on a channel, and why; nil where nobody has the id, or
    /// he was erased.
    ///
    /// Takes a channel as it is recorded (``ConsentSaid/isChannel(_:)``): by another spelling a refusal would be passed over, so
    /// one is an error.
    package func mayContact(
        _ profile: HubID, for purpose: ConsentPurpose, on channel: String
    ) async throws(DatabaseError) -> ContactPermission? {
        guard ConsentSaid.isChannel(channel) else { throw DatabaseError(.usage, "\(channel) is no channel") }
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> ContactPermission? in
            // One statement: what is merged in between is seen whole or not at all.
            let rows = try session.execute(.consentOf, [.int8(workspace.id), .uuid(profile)])
            guard !rows.isEmpty else { return nil }
            return Consents(try StoredConsents.read(rows)).mayContact(
                for: purpose, on: channel, isNobodys: try rows.int16(0, 13) == 1)
        }
    }

    /// Everything that was said, the latest first, or what comes before a place.
    package func consents(
        of profile: HubID, before: (at: Int64, id: HubID)? = nil, limit: Int = 50
    ) async throws(DatabaseError) -> [ConsentStatement] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [ConsentStatement] in
            try StoredConsents.read(
                try session.execute(
                    .consentHistory,
                    [
                        .int8(workspace.id), .uuid(profile), .timestamp(before?.at ?? 9_000_000_000_000_000),
                        .uuid(before?.id ?? HubID(high: .max, low: .max)), .int8(Int64(limit)),
                    ]))
        }
    }
}

/// Consents as the table holds them.
enum StoredConsents {
    /// Rows of `consent.standing` and its like. A state that this build does not know bars.
    static func read(_ rows: borrowing Rows) throws(DatabaseError) -> [ConsentStatement] {
        var found: [ConsentStatement] = []
        for row in 0..<rows.count {
            guard try !rows.isNull(row, 0), let purpose = ConsentPurpose(rawValue: try rows.text(row, 2)) else {
                continue
            }
            let channel = try rows.text(row, 3)
            found.append(
                ConsentStatement(
                    id: try rows.id(row, 0), facet: try rows.id(row, 1), purpose: purpose,
                    channel: channel.isEmpty ? nil : channel,
                    state: ConsentState(rawValue: try rows.int16(row, 4)) ?? .denied,
                    basis: try rows.optionalText(row, 5).flatMap(ConsentBasis.init(rawValue:)),
                    textVersion: try rows.optionalText(row, 6), statedAt: try rows.timestamp(row, 7),
                    recordedAt: try rows.timestamp(row, 8), who: try rows.text(row, 9),
                    source: try rows.optionalText(row, 10), proof: try rows.optionalText(row, 11),
                    interaction: try rows.optionalID(row, 12)))
        }
        return found
    }
}

extension Statement {
    /// Of each facet the newest statement for each purpose and channel: all that the fold looks at.
    static let consentStanding = Statement(
        """
        /* consent.standing */
        SELECT DISTINCT ON (one.facet, one.purpose, one.channel) one.consent, one.facet, one.purpose, one.channel,
          one.state, one.basis, one.text_version, one.stated_at, one.recorded_at, one.who, source.name, one.proof,
          one.interaction
        FROM facet
        JOIN consent AS one ON one.workspace = $1 AND one.facet = facet.facet
        LEFT JOIN source ON source.workspace = $1 AND source.source = one.source
        WHERE facet.workspace = $1 AND facet.profile = $2
        ORDER BY one.facet, one.purpose, one.channel, one.stated_at DESC, one.state DESC, one.consent DESC
        """, isPlannedAnew: true)
    /// The same of any id, with the kind of its profile; a row of nulls where nothing was said, and none where nobody is.
    static let consentOf = Statement(
        """
        /* consent.of */
        SELECT one.consent, one.facet, one.purpose, one.channel, one.state, one.basis, one.text_version, one.stated_at,
          one.recorded_at, one.who, source.name, one.proof, one.interaction, living.kind
        FROM (
          SELECT coalesce(canonical, profile) AS home FROM profile
          WHERE workspace = $1 AND profile = $2 AND NOT gone OFFSET 0) AS asked
        JOIN profile AS living ON living.workspace = $1 AND living.profile = asked.home
        LEFT JOIN LATERAL (
          SELECT DISTINCT ON (said.facet, said.purpose, said.channel) said.*
          FROM facet JOIN consent AS said ON said.workspace = $1 AND said.facet = facet.facet
          WHERE facet.workspace = $1 AND facet.profile = living.profile
          ORDER BY said.facet, said.purpose, said.channel, said.stated_at DESC, said.state DESC, said.consent DESC
          ) AS one ON true
        LEFT JOIN source ON source.workspace = $1 AND source.source = one.source
        """, isPlannedAnew: true)
    static let consentHistory = Statement(
        """
        /* consent.history */
        SELECT one.consent, one.facet, one.purpose, one.channel, one.state, one.basis, one.text_version, one.stated_at,
          one.recorded_at, one.who, source.name, one.proof, one.interaction
        FROM facet
        JOIN consent AS one ON one.workspace = $1 AND one.facet = facet.facet
        LEFT JOIN source ON source.workspace = $1 AND source.source = one.source
        WHERE facet.workspace = $1 AND facet.profile = $2 AND (one.stated_at, one.consent) < ($3, $4)
        ORDER BY one.stated_at DESC, one.consent DESC LIMIT $5
        """, isPlannedAnew: true)
}
