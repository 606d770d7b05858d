extension Statement {
    /// Profiles that show values in a stretch where those are not shared; whether the kind changes hands, and whether it
    /// links only what is verified, and whether organisations alone, comes with each value. Value by value (the OFFSETs keep it so): without statistics the
    /// planner read the whole of both tables for a batch, 280 ms for 2,500 values among 100,000 facets.
    static let resolveNeighbours = Statement(
        """
        /* resolve.neighbours */
        SELECT DISTINCT profile FROM (
          SELECT home.profile, (
            SELECT count(*) FILTER (WHERE level >= CASE shown.assurance WHEN 4 THEN 1 ELSE shown.assurance END
              AND CASE WHEN wanted.gap THEN home.period ELSE 0 END BETWEEN first AND last)
            FROM shared_run WHERE shared_run.workspace = $1 AND shared_run.identifier = wanted.identifier) AS runs,
            CASE WHEN wanted.organisation THEN (
              SELECT profile.kind FROM profile WHERE profile.workspace = $1 AND profile.profile = home.profile)
            ELSE 2 END AS kind
          FROM unnest($2::uuid[], $3::boolean[], $4::boolean[], $5::boolean[])
            AS wanted (identifier, gap, verified, organisation)
          CROSS JOIN LATERAL (
            SELECT facet, assurance FROM facet_identifier
            WHERE workspace = $1 AND identifier = wanted.identifier
              AND assurance > CASE WHEN wanted.verified THEN 2 ELSE 1 END OFFSET 0) AS shown
          CROSS JOIN LATERAL (
            SELECT profile, period FROM facet WHERE workspace = $1 AND facet.facet = shown.facet OFFSET 0) AS home
          OFFSET 0) AS found
        WHERE runs = 0 AND kind = 2
        """)
    /// Profiles that show values at all.
    static let resolveShowing = Statement(
        """
        /* resolve.showing */
        SELECT DISTINCT facet.profile
        FROM facet_identifier AS shown
        JOIN facet ON facet.workspace = $1 AND facet.facet = shown.facet
        WHERE shown.workspace = $1 AND shown.identifier = ANY ($2::uuid[])
        """, isPlannedAnew: true)
    static let resolveShared = Statement(
        """
        /* resolve.shared */
        SELECT found.identifier, found.level, found.first, found.last
        FROM unnest($2::uuid[]) AS wanted (identifier)
        CROSS JOIN LATERAL (
          SELECT identifier, level, first, last FROM shared_run
          WHERE workspace = $1 AND shared_run.identifier = wanted.identifier OFFSET 0) AS found
        """)
    static let resolveUnshare = Statement(
        """
        /* resolve.unshare */
        DELETE FROM shared_run WHERE workspace = $1 AND identifier = ANY ($2::uuid[])
        """, isPlannedAnew: true)
    static let resolveShare = Statement(
        """
        /* resolve.share */
        INSERT INTO shared_run (workspace, identifier, level, first, last)
        SELECT $1, identifier, level, first, last
        FROM unnest($2::uuid[], $3::smallint[], $4::smallint[], $5::smallint[]) AS new (identifier, level, first, last)
        ON CONFLICT DO NOTHING
        """)
    static let resolveProfiles = Statement(
        """
        /* resolve.profiles */
        SELECT profile, birth, facets, version, traits, kind, contested FROM profile
        WHERE workspace = $1 AND profile = ANY ($2::uuid[]) AND canonical IS NULL AND NOT gone
        """, isPlannedAnew: true)
    /// Profile by profile, as the neighbours: joined freely, some thousand profiles of a hundred thousand facets made the
    /// planner read all of three tables for each batch, which was more than half of the time of an import of new facets.
    static let resolveFacets = Statement(
        """
        /* resolve.facets */
        SELECT home.facet, home.profile, home.period, home.attributes, shown.identifier, named.kind, named.scope,
          named.value, named.role, shown.assurance, home.soft
        FROM unnest($2::uuid[]) AS wanted (profile)
        CROSS JOIN LATERAL (
          SELECT facet, profile, period, attributes, soft FROM facet
          WHERE workspace = $1 AND facet.profile = wanted.profile OFFSET 0) AS home
        LEFT JOIN LATERAL (
          SELECT identifier, assurance FROM facet_identifier
          WHERE workspace = $1 AND facet_identifier.facet = home.facet OFFSET 0) AS shown ON true
        LEFT JOIN LATERAL (
          SELECT kind, scope, value, role FROM identifier
          WHERE workspace = $1 AND identifier.identifier = shown.identifier OFFSET 0) AS named ON true
        ORDER BY home.facet
        """)
    static let resolveAbsorbedIDs = Statement(
        """
        /* resolve.absorbed_ids */
        SELECT profile, birth, canonical, version
        FROM unnest($2::uuid[]) AS wanted (survivor)
        JOIN profile ON workspace = $1 AND canonical = wanted.survivor
        """, isPlannedAnew: true)
    static let resolveObservations = Statement(
        """
        /* resolve.observations */
        SELECT trait.facet, trait.trait, trait.source, trait.value, trait.hash, trait.occurred_at, trait.assurance,
          source.precedence
        FROM trait JOIN source ON source.workspace = $1 AND source.source = trait.source
        WHERE trait.workspace = $1 AND trait.facet = ANY ($2::uuid[])
        """, isPlannedAnew: true)
    static let resolveDecisions = Statement(
        """
        /* resolve.decisions */
        SELECT decision.decision, decision.kind, decision.identifier, about.facet, about.side
        FROM decision
        LEFT JOIN decision_facet AS about ON about.workspace = $1 AND about.decision = decision.decision
        WHERE decision.workspace = $1 AND decision.revoked_at IS NULL AND decision.decision IN (
          SELECT decision FROM decision_facet WHERE workspace = $1 AND facet = ANY ($2::uuid[])
          UNION ALL
          SELECT decision FROM unnest($3::uuid[]) AS wanted (shown)
          JOIN decision ON workspace = $1 AND identifier = wanted.shown)
        ORDER BY decision.decision, about.facet
        """, isPlannedAnew: true)
    static let resolveBorn = Statement(
        """
        /* resolve.born */
        INSERT INTO profile (workspace, profile, birth, kind, facets, traits, contested)
        SELECT $1, profile, birth, kind, facets, traits, contested
        FROM unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::integer[], $6::jsonb[], $7::boolean[])
          AS new (profile, birth, kind, facets, traits, contested)
        ON CONFLICT DO NOTHING
        """)
    static let resolveRaised = Statement(
        """
        /* resolve.raised */
        UPDATE profile SET version = new.version, facets = new.facets, traits = new.traits, kind = new.kind,
          contested = new.contested, canonical = NULL
        FROM unnest($2::uuid[], $3::bigint[], $4::integer[], $5::jsonb[], $6::smallint[], $7::boolean[])
          AS new (profile, version, facets, traits, kind, contested)
        WHERE profile.workspace = $1 AND profile.profile = new.profile
        """, isPlannedAnew: true)
    static let resolveRepoint = Statement(
        """
        /* resolve.repoint */
        UPDATE facet SET profile = new.profile
        FROM unnest($2::uuid[], $3::uuid[]) AS new (facet, profile)
        WHERE facet.workspace = $1 AND facet.facet = new.facet
        """, isPlannedAnew: true)
    static let resolveRedirect = Statement(
        """
        /* resolve.redirect */
        UPDATE profile SET canonical = new.survivor, facets = 0, traits = '{}', contested = false, version = new.version
        FROM unnest($2::uuid[], $3::uuid[], $4::bigint[]) AS new (profile, survivor, version)
        WHERE profile.workspace = $1 AND profile.profile = new.profile
        """, isPlannedAnew: true)
}
