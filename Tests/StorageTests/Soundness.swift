import ContactTesting
import Postgres
import Testing

// What must hold of a workspace whatever has happened to it.

/// Positions from 1 to the head without a gap, every interaction told once, and of each profile every version in order.
func expectDenseJournal(
    _ database: TestDatabase, _ workspace: TestWorkspace, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let id = workspace.id
    let gaps = try await database.superuser.int64(
        """
        SELECT count(*) FROM (SELECT first - lag(position, 1, 0::bigint) OVER (ORDER BY position) AS step FROM change
          WHERE workspace = \(id)) AS steps WHERE step <> 1
        """)
    #expect(gaps == 0, "positions are not dense", sourceLocation: sourceLocation)
    let behind = try await database.superuser.int64(
        """
        SELECT position - coalesce((SELECT max(position) FROM change WHERE workspace = \(id)), 0) FROM journal
        WHERE workspace = \(id)
        """)
    #expect(behind == 0, "the head is not the last position", sourceLocation: sourceLocation)
    let items = try await database.superuser.int64(
        """
        SELECT count(*) FROM (
          SELECT substring(items FROM 32 * n + 1 FOR 16) AS interaction, substring(items FROM 32 * n + 17 FOR 16) AS facet
          FROM change, generate_series(0, (position - first)::int) AS n WHERE workspace = \(id) AND type = 1) AS told
        FULL JOIN (SELECT decode(replace(interaction::text, '-', ''), 'hex') AS interaction,
          decode(replace(facet::text, '-', ''), 'hex') AS facet FROM interaction_key WHERE workspace = \(id)) AS stored
          USING (interaction)
        WHERE told IS NULL OR stored IS NULL OR told.facet <> stored.facet
        """)
    #expect(items == 0, "what was told is not what is stored", sourceLocation: sourceLocation)
    let twice = try await database.superuser.int64(
        """
        SELECT (SELECT sum(position - first + 1) FROM change WHERE workspace = \(id) AND type = 1)::bigint
          - (SELECT count(*) FROM interaction_key WHERE workspace = \(id))
        """)
    #expect(twice == 0, "an interaction was told twice", sourceLocation: sourceLocation)
    let versions = try await database.superuser.int64(
        """
        SELECT count(*) FROM (SELECT version - lag(version, 1, 0::bigint) OVER (PARTITION BY profile ORDER BY position)
          AS step FROM change WHERE workspace = \(id) AND type > 1) AS steps WHERE step <> 1
        """)
    #expect(versions == 0, "versions of a profile are not 1, 2, 3, …", sourceLocation: sourceLocation)
    let untold = try await database.superuser.int64(
        """
        SELECT count(*) FROM profile WHERE workspace = \(id) AND version IS DISTINCT FROM
          (SELECT max(version) FROM change WHERE change.workspace = \(id) AND change.profile = profile.profile)
        """)
    #expect(untold == 0, "a profile has a version that was not told", sourceLocation: sourceLocation)
}

/// Interactions under their keys, facets counted, redirects of one hop, nothing orphaned.
func expectNothingOrphaned(
    _ database: TestDatabase, _ workspace: TestWorkspace, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let id = workspace.id
    let checks = [
        (
            "an interaction without its key, or a key without its interaction",
            """
            SELECT count(*) FROM (SELECT interaction, facet, occurred_at FROM interaction WHERE workspace = \(id)) AS a
            FULL JOIN (SELECT interaction, facet, occurred_at FROM interaction_key WHERE workspace = \(id)
              AND facet IS NOT NULL) AS b USING (interaction, facet, occurred_at) WHERE a IS NULL OR b IS NULL
            """
        ),
        (
            "an interaction without its facet",
            """
            SELECT count(*) FROM interaction WHERE workspace = \(id) AND NOT EXISTS (SELECT FROM facet
              WHERE facet.workspace = \(id) AND facet.facet = interaction.facet)
            """
        ),
        (
            "a facet without its profile",
            """
            SELECT count(*) FROM facet WHERE workspace = \(id) AND NOT EXISTS (SELECT FROM profile
              WHERE profile.workspace = \(id) AND profile.profile = facet.profile)
            """
        ),
        (
            "a facet's identifier without the facet",
            """
            SELECT count(*) FROM facet_identifier AS shown WHERE workspace = \(id) AND NOT EXISTS (SELECT FROM facet
              WHERE facet.workspace = \(id) AND facet.facet = shown.facet)
            """
        ),
        (
            "a facet's identifier that is not spelt out",
            """
            SELECT count(*) FROM facet_identifier AS shown WHERE workspace = \(id) AND NOT EXISTS (
              SELECT FROM identifier WHERE identifier.workspace = \(id) AND identifier.identifier = shown.identifier)
            """
        ),
        (
            "an interaction without its message",
            """
            SELECT count(*) FROM interaction WHERE workspace = \(id) AND message IS NOT NULL AND NOT EXISTS (
              SELECT FROM message WHERE message.workspace = \(id) AND message.message = interaction.message)
            """
        ),
        (
            "a facet without an interaction, or with another last day",
            """
            SELECT count(*) FROM facet LEFT JOIN (SELECT facet, max(occurred_at) AS latest FROM interaction
              WHERE workspace = \(id) GROUP BY facet) AS one USING (facet) WHERE workspace = \(id)
              AND last_day IS DISTINCT FROM (latest AT TIME ZONE 'UTC')::date
            """
        ),
        (
            "a facet without identifiers",
            """
            SELECT count(*) FROM facet WHERE workspace = \(id) AND NOT EXISTS (SELECT FROM facet_identifier AS shown
              WHERE shown.workspace = \(id) AND shown.facet = facet.facet)
            """
        ),
        (
            "a profile whose facets are not as many as it says",
            """
            SELECT count(*) FROM profile WHERE workspace = \(id) AND facets <> (SELECT count(*) FROM facet
              WHERE facet.workspace = \(id) AND facet.profile = profile.profile)
            """
        ),
        (
            "a redirect of two hops, or to what is gone",
            """
            SELECT count(*) FROM profile JOIN profile AS survivor ON survivor.workspace = \(id)
              AND survivor.profile = profile.canonical
            WHERE profile.workspace = \(id) AND (survivor.canonical IS NOT NULL OR survivor.gone)
            """
        ),
        (
            "a profile born with a facet that is not its own",
            """
            SELECT count(*) FROM profile JOIN facet ON facet.workspace = \(id) AND facet.facet = profile.birth
            WHERE profile.workspace = \(id) AND NOT profile.gone
              AND facet.profile IS DISTINCT FROM coalesce(profile.canonical, profile.profile)
            """
        ),
    ]
    for (name, sql) in checks {
        let found = try await database.superuser.int64(sql)
        #expect(found == 0, "\(name)", sourceLocation: sourceLocation)
    }
}
