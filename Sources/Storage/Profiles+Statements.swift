extension Statement {
    static let profileByID = Statement(
        """
        /* profile.by_id */
        SELECT coalesce(canonical, profile), gone FROM profile WHERE workspace = $1 AND profile = $2
        """)
    static let profileByIdentifier = Statement(
        """
        /* profile.by_identifier */
        SELECT facet.profile
        FROM facet_identifier AS shown
        JOIN facet ON facet.workspace = $1 AND facet.facet = shown.facet
        JOIN profile ON profile.workspace = $1 AND profile.profile = facet.profile
        WHERE shown.workspace = $1 AND shown.identifier = $2
        GROUP BY facet.profile
        ORDER BY bool_or(profile.kind = 2) DESC, max(CASE shown.assurance WHEN 4 THEN 1 WHEN 1 THEN 0 ELSE shown.assurance END) DESC,
          max(facet.last_day) DESC, bool_or(profile.kind = 1) DESC, facet.profile
        LIMIT 100
        """, isPlannedAnew: true)
    static let profileOwn = Statement(
        """
        /* profile.own */
        SELECT kind, version FROM profile WHERE workspace = $1 AND profile = $2
        """)
    static let profileFacets = Statement(
        """
        /* profile.facets */
        SELECT facet, period, attributes FROM facet WHERE workspace = $1 AND profile = $2
        ORDER BY last_day DESC, facet
        """)
    static let profileIdentifiers = Statement(
        """
        /* profile.identifiers */
        SELECT shown.facet, shown.identifier, identifier.kind, identifier.scope, identifier.value, identifier.role,
          shown.assurance
        FROM facet
        JOIN facet_identifier AS shown ON shown.workspace = $1 AND shown.facet = facet.facet
        JOIN identifier ON identifier.workspace = $1 AND identifier.identifier = shown.identifier
        WHERE facet.workspace = $1 AND facet.profile = $2
        ORDER BY identifier.kind, identifier.scope, identifier.value, shown.facet
        """, isPlannedAnew: true)
    static let profileObservations = Statement(
        """
        /* profile.observations */
        SELECT trait.trait, trait.value, source.name, trait.occurred_at, trait.assurance, trait.facet,
          row_number() OVER (PARTITION BY trait.trait ORDER BY trait.assurance DESC, source.precedence DESC,
            trait.occurred_at DESC, trait.hash DESC, trait.facet DESC, trait.source DESC) = 1
        FROM facet
        JOIN trait ON trait.workspace = $1 AND trait.facet = facet.facet
        JOIN source ON source.workspace = $1 AND source.source = trait.source
        WHERE facet.workspace = $1 AND facet.profile = $2
        ORDER BY trait.trait, 7 DESC, trait.occurred_at DESC, trait.facet
        """, isPlannedAnew: true)
    static let profileAbsorbed = Statement(
        """
        /* profile.absorbed */
        SELECT profile FROM profile WHERE workspace = $1 AND canonical = $2 ORDER BY profile
        """)
    /// The days on which its facets had their latest interactions, the latest first.
    static let profileLatest = Statement(
        """
        /* profile.latest */
        SELECT last_day FROM facet WHERE workspace = $1 AND profile = $2 ORDER BY last_day DESC LIMIT $3
        """)
    /// The moment of the latest interaction before a given one; looks into every partition.
    static let profileEarlier = Statement(
        """
        /* profile.earlier */
        SELECT max(latest.occurred_at)
        FROM facet
        CROSS JOIN LATERAL (
          SELECT occurred_at FROM interaction
          WHERE workspace = $1 AND facet = facet.facet AND occurred_at < $3
          ORDER BY occurred_at DESC LIMIT 1) AS latest
        WHERE facet.workspace = $1 AND facet.profile = $2
        """, isPlannedAnew: true)
    static let profileTimeline = Statement(
        """
        /* profile.timeline */
        SELECT one.interaction, one.occurred_at, one.channel, one.direction, source.name, message.subject, one.body,
          one.thread, one.amount, one.currency
        FROM facet
        CROSS JOIN LATERAL (
          SELECT interaction, occurred_at, channel, direction, source, message, thread, amount, currency, body
          FROM interaction
          WHERE workspace = $1 AND facet = facet.facet AND occurred_at >= $3 AND occurred_at < $4
            AND (occurred_at, interaction) < ($7, $8)
          ORDER BY occurred_at DESC, interaction DESC LIMIT $6) AS one
        JOIN source ON source.workspace = $1 AND source.source = one.source
        LEFT JOIN message ON message.workspace = $1 AND message.message = one.message
        WHERE facet.workspace = $1 AND facet.profile = $2 AND facet.last_day >= $5
        ORDER BY one.occurred_at DESC, one.interaction DESC LIMIT $6
        """, isPlannedAnew: true)
}
