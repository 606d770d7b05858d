// The statements of the intake, in the order in which they run. Arrays come sorted by key; every INSERT … SELECT
// says ON CONFLICT or RETURNING, and every statement `workspace = $1`, so that the same text runs on Citus.

extension Statement {
    static let intakeStart = Statement(
        """
        /* intake.start */
        SELECT epoch, position, erasures, rules, model, decided, xmin::text::bigint FROM journal WHERE workspace = $1
        """)
    static let intakeKeys = Statement(
        """
        /* intake.keys */
        INSERT INTO interaction_key (workspace, interaction, occurred_at, facet)
        SELECT $1, interaction, occurred_at, facet
        FROM unnest($2::uuid[], $3::timestamptz[], $4::uuid[]) AS new (interaction, occurred_at, facet)
        ON CONFLICT DO NOTHING
        RETURNING interaction
        """)
    static let intakeMessages = Statement(
        """
        /* intake.messages */
        INSERT INTO message (workspace, message, source, subject, body, original)
        SELECT $1, message, source, subject, body, original
        FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::bytea[])
          AS new (message, source, subject, body, original)
        ON CONFLICT DO NOTHING
        """)
    static let intakeThreadLinks = Statement(
        """
        /* intake.thread_links */
        INSERT INTO thread_link (workspace, thread, next, source)
        SELECT $1, thread, next, source
        FROM unnest($2::uuid[], $3::uuid[], $4::bigint[]) AS new (thread, next, source)
        ON CONFLICT DO NOTHING
        """)
    static let intakeInteractions = Statement(
        """
        /* intake.interactions */
        INSERT INTO interaction (workspace, facet, occurred_at, interaction, source, channel, direction, message,
          thread, amount, currency, body)
        SELECT $1, facet, occurred_at, interaction, source, channel, direction, message, thread, amount, currency, body
        FROM unnest($2::uuid[], $3::timestamptz[], $4::uuid[], $5::bigint[], $6::text[], $7::smallint[], $8::uuid[],
          $9::uuid[], $10::bigint[], $11::text[], $12::jsonb[])
          AS new (facet, occurred_at, interaction, source, channel, direction, message, thread, amount, currency, body)
        ON CONFLICT DO NOTHING
        """)
    static let intakeRefusals = Statement(
        """
        /* intake.refusals */
        INSERT INTO refusal (workspace, refusal, source, reason, detail, raw, length, sha256, refused_at)
        SELECT $1, refusal, source, reason, detail, raw, length, sha256, $9
        FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bigint[], $8::bytea[])
          AS new (refusal, source, reason, detail, raw, length, sha256)
        ON CONFLICT DO NOTHING
        """)
    static let intakeHits = Statement(
        """
        /* intake.hits */
        INSERT INTO hit (workspace, hit, source, kind, agent, occurred_at, body)
        SELECT $1, hit, source, kind, agent, occurred_at, body
        FROM unnest($2::uuid[], $3::bigint[], $4::smallint[], $5::text[], $6::timestamptz[], $7::jsonb[])
          AS new (hit, source, kind, agent, occurred_at, body)
        ON CONFLICT DO NOTHING
        """)
    static let intakeKnownFacets = Statement(
        """
        /* intake.known_facets */
        SELECT found.facet, found.last_day
        FROM unnest($2::uuid[]) AS wanted (facet)
        CROSS JOIN LATERAL (
          SELECT facet, last_day FROM facet WHERE workspace = $1 AND facet.facet = wanted.facet OFFSET 0) AS found
        """)
    static let intakeIdentifiers = Statement(
        """
        /* intake.identifiers */
        INSERT INTO identifier (workspace, identifier, kind, scope, value, role)
        SELECT $1, identifier, kind, scope, value, role
        FROM unnest($2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::boolean[])
          AS new (identifier, kind, scope, value, role)
        ON CONFLICT DO NOTHING
        RETURNING identifier
        """)
    static let intakeFacets = Statement(
        """
        /* intake.facets */
        INSERT INTO facet (workspace, facet, profile, period, last_day, attributes, soft)
        SELECT $1, facet, profile, period, last_day, attributes, soft
        FROM unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::date[], $6::jsonb[], $7::bigint[])
          AS new (facet, profile, period, last_day, attributes, soft)
        ON CONFLICT DO NOTHING
        """)
    static let intakeFacetIdentifiers = Statement(
        """
        /* intake.facet_identifiers */
        INSERT INTO facet_identifier (workspace, identifier, facet, assurance)
        SELECT $1, identifier, facet, assurance
        FROM unnest($2::uuid[], $3::uuid[], $4::smallint[]) AS new (identifier, facet, assurance)
        ON CONFLICT DO NOTHING
        """)
    static let intakeTraits = Statement(
        """
        /* intake.traits */
        INSERT INTO trait (workspace, facet, trait, source, value, hash, occurred_at, assurance)
        SELECT $1, facet, trait, source, value, hash, occurred_at, assurance
        FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::jsonb[], $6::bytea[], $7::timestamptz[], $8::smallint[])
          AS new (facet, trait, source, value, hash, occurred_at, assurance)
        ON CONFLICT (workspace, facet, trait, source) DO UPDATE
        SET value = EXCLUDED.value, hash = EXCLUDED.hash, occurred_at = EXCLUDED.occurred_at
        WHERE (EXCLUDED.occurred_at, EXCLUDED.hash) > (trait.occurred_at, trait.hash)
        RETURNING facet, trait, source
        """)
    /// Also where it stands at the step's end already: under one fence only the same holder can have moved it, in a commit
    /// whose outcome it never learnt.
    static let intakeCursor = Statement(
        """
        /* intake.cursor */
        UPDATE source_cursor SET cursor = $5
        WHERE workspace = $1 AND source = $2 AND fence = $3 AND cursor IN ($4, $5)
        RETURNING source
        """)
    static let intakeLock = Statement(
        """
        /* intake.lock */
        SELECT epoch, position, erasures, rules, model, decided, xmin::text::bigint,
          pg_current_xact_id_if_assigned()::text::bigint & 4294967295
        FROM journal WHERE workspace = $1
        FOR NO KEY UPDATE
        """)
    static let intakeDays = Statement(
        """
        /* intake.days */
        UPDATE facet SET last_day = new.last_day
        FROM unnest($2::uuid[], $3::date[]) AS new (facet, last_day)
        WHERE facet.workspace = $1 AND facet.facet = new.facet AND facet.last_day < new.last_day
        """, isPlannedAnew: true)
    static let intakeProfiles = Statement(
        """
        /* intake.profiles */
        SELECT facet, profile FROM facet WHERE workspace = $1 AND facet = ANY ($2::uuid[])
        """, isPlannedAnew: true)
}
