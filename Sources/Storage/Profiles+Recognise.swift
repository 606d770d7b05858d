package import Contact
package import Postgres
internal import Resolution

/// What a touchpoint may be told of somebody.
package struct Recognised: Sendable {
    /// A trait that wins, and where it comes from.
    package struct Trait: Sendable {
        package let name: String
        /// JSON.
        package let value: [UInt8]
        package let source: String
        package let occurredAt: Int64
        package let assurance: Assurance
    }

    package struct Contact: Sendable {
        package let at: Int64
        package let channel: String
        package let source: String
        package let isOutbound: Bool
        package let kind: String
        package let thread: HubID?
        package let subject: String?
    }

    package struct Name: Sendable {
        /// As it was written.
        package let text: String
        package let source: String
        package let at: Int64
    }

    package let profile: HubID
    package var traits: [Trait] = []
    package var name: Name?
    package var consents = Consents()
    /// Open promises, the soonest due first, and how to greet, the latest first.
    package var memories: [Memory] = []
    package var first: Contact?
    package var last: Contact?
    /// The latest of each facet in the last quarter, the latest first.
    package var recent: [Contact] = []
}

extension Profiles {
    /// Facets that are looked at for one value; more than the rules allow for a value that is not shared (DESIGN.md 4.2).
    private static let mostFacets: Int64 = 501
    /// Facets, the latest, that are told of; interactions of each; and of all of them together.
    private static let mostFacetsTold: Int64 = 50
    private static let mostOfFacet: Int64 = 20
    private static let mostTold: Int64 = 200
    private static let quarter: Int64 = 93 * 86_400_000_000

    /// Whom what a touchpoint shows points to, with what is known of him. Without a choice that is nobody, or consent is needed and
    /// was refused, and what is known is somebody else's, which nobody may be told.
    ///
    /// Whoever is known and whoever is not cost the same: the same statements run, for somebody else where there is nobody.
    /// `anybody` says for whom: any number, another each time.
    package func recognise(
        _ asks: [RecognitionAsk], anybody: HubID, now: Int64
    ) async throws(DatabaseError) -> (choice: Recognition.Choice?, known: Recognised)? {
        let workspace = workspace
        return try await database.transaction(opening: Self.openingOfGlance + workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> (Recognition.Choice?, Recognised)? in
            var ids: [HubID] = []
            for ask in asks {
                let spelt = try own.spelt(ask.identifier, in: session) ?? ask.identifier
                ids.append(key.identifier(spelt))
            }
            let found = try session.keeping([
                (.recogniseHolders, [.int8(workspace.id), .uuids(ids), .int8(Self.mostFacets)]),
                (.recogniseAnybody, [.int8(workspace.id), .uuid(anybody)]),
            ])
            let holders = try Self.holders(ids, found[0])
            let choice = Recognition.choose(
                asks, holders, gap: { Rules.standard[$0].gap }, now: Period(microseconds: now))
            var other: HubID?
            if found[1].count == 1 { other = try found[1].id(0, 0) }
            guard let profile = choice?.profile ?? other else { return nil }
            let known = try known(profile, now: now, in: session)
            // The page says that he agrees; what he said elsewhere goes before it.
            let isRefused = [ConsentPurpose.analytics, .profiling].contains {
                known.consents.statement($0, on: "web")?.state.isRefusal ?? false
            }
            return (choice?.needsConsent == true && isRefused ? nil : choice, known)
        }
    }

    private static func holders(
        _ ids: [HubID], _ rows: borrowing Rows
    ) throws(DatabaseError) -> [[Recognition.Holder]] {
        var facets: [HubID: Int64] = [:]
        var found: [HubID: [HubID: Recognition.Holder]] = [:]
        for row in 0..<rows.count {
            let identifier = try rows.id(row, 0)
            let profile = try rows.id(row, 1)
            facets[identifier, default: 0] += try rows.int64(row, 5)
            guard let standing = Standing(rawValue: UInt8(clamping: try rows.int16(row, 3))) else { continue }
            let period = try rows.optionalInt16(row, 4).map { Period(number: $0) }
            let known = found[identifier]?[profile]
            found[identifier, default: [:]][profile] = Recognition.Holder(
                profile: profile, standing: max(known?.standing ?? standing, standing),
                period: [known?.period, period].compactMap(\.self).max(), isCustomer: try rows.int16(row, 2) == 0)
        }
        return ids.map { id in
            // Shared, whoever shows it.
            facets[id] ?? 0 >= mostFacets ? [] : (found[id] ?? [:]).values.sorted { $0.profile < $1.profile }
        }
    }

    private func known(
        _ profile: HubID, now: Int64, in session: borrowing Session
    ) throws(DatabaseError) -> Recognised {
        let own: [Parameter] = [.int8(workspace.id), .uuid(profile)]
        let results = try session.keeping([
            (.recogniseTraits, own), (.consentStanding, own), (.recogniseMemories, own),
            (.recogniseRecent, own + [.int8(Self.mostFacetsTold), .int8(Self.mostOfFacet), .int8(Self.mostTold)]),
        ])
        var known = Recognised(profile: profile)
        for row in 0..<results[0].count {
            known.traits.append(
                Recognised.Trait(
                    name: try results[0].text(row, 0), value: try results[0].jsonb(row, 1),
                    source: try results[0].text(row, 2), occurredAt: try results[0].timestamp(row, 3),
                    assurance: Assurance(rawValue: UInt8(clamping: try results[0].int16(row, 4))) ?? .claimed))
        }
        known.consents = Consents(try StoredConsents.read(results[1]))
        known.memories = try StoredMemories.read(results[2])
        let told = results[3]
        var counts: [HubID: Int64] = [:]
        for row in 0..<told.count {
            counts[try told.id(row, 7), default: 0] += 1
            let one = try Self.contact(told, row)
            if row == 0 { known.last = one }
            if known.name == nil, let name = try told.optionalText(row, 8) {
                known.name = Recognised.Name(text: name, source: one.source, at: one.at)
            }
            if one.at >= now - Self.quarter { known.recent.append(one) }
            known.first = one
        }
        // Where that is not all there is, the oldest is looked for by itself.
        let isCut = counts.values.contains { $0 == Self.mostOfFacet }
        if isCut || told.count == Self.mostTold || counts.count == Self.mostFacetsTold {
            let early = try session.keeping(.recogniseFirst, own)
            if early.count == 1 { known.first = try Self.contact(early, 0) }
        }
        let threads = try Threads.resolve(known.recent.compactMap(\.thread), workspace, in: session)
        known.recent = known.recent.map { one in
            Recognised.Contact(
                at: one.at, channel: one.channel, source: one.source, isOutbound: one.isOutbound, kind: one.kind,
                thread: one.thread.flatMap { threads[$0] }, subject: one.subject)
        }
        return known
    }

    private static func contact(
        _ rows: borrowing Rows, _ row: Int
    ) throws(DatabaseError) -> Recognised.Contact {
        Recognised.Contact(
            at: try rows.timestamp(row, 0), channel: try rows.text(row, 1), source: try rows.text(row, 2),
            isOutbound: try rows.int16(row, 3) == 1, kind: try rows.optionalText(row, 4) ?? "",
            thread: try rows.optionalID(row, 5), subject: try rows.optionalText(row, 6))
    }
}

extension Statement {
    static let recogniseHolders = Statement(
        """
        /* recognise.holders */
        SELECT wanted.identifier, home.profile, profile.kind, shown.assurance, max(home.period), count(*)
        FROM unnest($2::uuid[]) AS wanted (identifier)
        CROSS JOIN LATERAL (
          SELECT facet, assurance FROM facet_identifier
          WHERE workspace = $1 AND identifier = wanted.identifier LIMIT $3) AS shown
        CROSS JOIN LATERAL (
          SELECT profile, period FROM facet WHERE workspace = $1 AND facet = shown.facet OFFSET 0) AS home
        CROSS JOIN LATERAL (
          SELECT kind FROM profile WHERE workspace = $1 AND profile = home.profile OFFSET 0) AS profile
        GROUP BY wanted.identifier, home.profile, profile.kind, shown.assurance
        """)
    /// The customer whose id comes next after a number.
    static let recogniseAnybody = Statement(
        """
        /* recognise.anybody */
        SELECT profile FROM profile WHERE workspace = $1 AND profile >= $2 AND kind = 0 AND facets > 0
        ORDER BY profile LIMIT 1
        """)
    static let recogniseTraits = Statement(
        """
        /* recognise.traits */
        SELECT DISTINCT ON (trait.trait) trait.trait, trait.value, source.name, trait.occurred_at, trait.assurance
        FROM facet
        CROSS JOIN LATERAL (
          SELECT * FROM trait AS said WHERE said.workspace = $1 AND said.facet = facet.facet
            AND said.trait IN ('language', 'preferred_channel', 'tone') OFFSET 0) AS trait
        JOIN source ON source.workspace = $1 AND source.source = trait.source
        WHERE facet.workspace = $1 AND facet.profile = $2
        ORDER BY trait.trait, trait.assurance DESC, source.precedence DESC, trait.occurred_at DESC, trait.hash DESC,
          trait.facet DESC, trait.source DESC
        """)
    static let recogniseMemories = Statement(
        """
        /* recognise.memories */
        SELECT one.memory, one.facet, one.kind, one.words, one.heard_by, one.heard_at, one.who, one.recorded_at, one.due_at,
          one.interaction, one.confirmed, one.closed_at, one.closed_as, one.closed_by, one.closed_why
        FROM facet
        CROSS JOIN LATERAL (
          SELECT * FROM memory WHERE workspace = $1 AND facet = facet.facet OFFSET 0) AS one
        WHERE facet.workspace = $1 AND facet.profile = $2 AND one.kind IN ('promised', 'greet_so')
          AND one.closed_at IS NULL
        ORDER BY one.due_at, one.heard_at DESC, one.memory LIMIT 20
        """)
    /// Of the facets that were quiet the longest, where there are very many.
    static let recogniseFirst = Statement(
        """
        /* recognise.first */
        SELECT one.occurred_at, one.channel, source.name, one.direction, NULL, NULL::uuid, NULL
        FROM (
          SELECT facet FROM facet WHERE workspace = $1 AND profile = $2 ORDER BY last_day, facet LIMIT 50) AS early
        CROSS JOIN LATERAL (
          SELECT occurred_at, channel, direction, source FROM interaction
          WHERE workspace = $1 AND facet = early.facet ORDER BY occurred_at, interaction LIMIT 1) AS one
        JOIN source ON source.workspace = $1 AND source.source = one.source
        ORDER BY one.occurred_at LIMIT 1
        """)
    /// The latest of each of its latest facets, with the name that came with it.
    static let recogniseRecent = Statement(
        """
        /* recognise.recent */
        SELECT one.occurred_at, one.channel, source.name, one.direction, one.body ->> 'kind', one.thread, message.subject,
          late.facet, one.body #>> '{attributes,name}'
        FROM (
          SELECT facet FROM facet WHERE workspace = $1 AND profile = $2 ORDER BY last_day DESC, facet LIMIT $3) AS late
        CROSS JOIN LATERAL (
          SELECT occurred_at, channel, direction, source, message, thread, body FROM interaction
          WHERE workspace = $1 AND facet = late.facet ORDER BY occurred_at DESC, interaction DESC LIMIT $4) AS one
        JOIN source ON source.workspace = $1 AND source.source = one.source
        LEFT JOIN message ON message.workspace = $1 AND message.message = one.message
        ORDER BY one.occurred_at DESC LIMIT $5
        """)
}
