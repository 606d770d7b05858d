internal import Postgres

extension Statement {
    /// Held till the step is over; who finds it held leaves it.
    static let searchCursor = Statement(
        """
        /* search.cursor */
        SELECT epoch, position, older FROM search_cursor WHERE workspace = $1 FOR UPDATE NOWAIT
        """)
    static let searchCursorAdd = Statement(
        """
        /* search.cursor_add */
        INSERT INTO search_cursor (workspace, epoch, position, older) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
        """)
    static let searchCursorMove = Statement(
        """
        /* search.cursor_move */
        UPDATE search_cursor SET epoch = $2, position = $3, older = $4 WHERE workspace = $1
        """)
    /// Waits for a step that is under way: nothing is indexed while something is erased.
    static let searchCursorHold = Statement(
        """
        /* search.cursor_hold */
        SELECT position FROM search_cursor WHERE workspace = $1 FOR UPDATE
        """)
    static let searchReach = Statement(
        """
        /* search.reach */
        SELECT journal.epoch, coalesce(reached.position, 0),
          coalesce(reached.position >= journal.position AND reached.older IS NULL, false)
        FROM journal LEFT JOIN search_cursor AS reached ON reached.workspace = $1
        WHERE journal.workspace = $1
        """)
    /// When the first of what is not indexed yet was stored.
    static let searchWaiting = Statement(
        """
        /* search.waiting */
        SELECT at FROM change WHERE workspace = $1 AND position > $2 ORDER BY position LIMIT 1
        """, isPlannedAnew: true)
    /// Rows of what was recorded that have something after `$2` and up to `$3`.
    static let searchRecorded = Statement(
        """
        /* search.recorded */
        SELECT first, items, body FROM change
        WHERE workspace = $1 AND position > $2 AND position < $3 + 500 AND first <= $3 AND type = 1
        ORDER BY position
        """)
    static let searchMissing = Statement(
        """
        /* search.missing */
        SELECT facet.facet, facet.attributes->>'name', facet.attributes->>'company'
        FROM unnest($2::uuid[]) AS wanted (facet)
        JOIN facet ON facet.workspace = $1 AND facet.facet = wanted.facet
        WHERE NOT EXISTS (
          SELECT FROM search_facet WHERE search_facet.workspace = $1 AND search_facet.facet = wanted.facet)
        """, isPlannedAnew: true)
    static let searchShown = Statement(
        """
        /* search.shown */
        SELECT shown.facet, identifier.kind, identifier.scope, identifier.value
        FROM unnest($2::uuid[]) AS wanted (facet)
        JOIN facet_identifier AS shown ON shown.workspace = $1 AND shown.facet = wanted.facet
        JOIN identifier ON identifier.workspace = $1 AND identifier.identifier = shown.identifier
        """, isPlannedAnew: true)
    static let searchMessages = Statement(
        """
        /* search.messages */
        SELECT one.interaction, one.facet, one.occurred_at,
          left(coalesce(message.subject, '') || ' ' || message.body, $3::bigint::integer)
        FROM unnest($2::uuid[]) AS wanted (interaction)
        JOIN interaction_key AS known ON known.workspace = $1 AND known.interaction = wanted.interaction
        CROSS JOIN LATERAL (
          SELECT interaction, facet, occurred_at, message FROM interaction
          WHERE workspace = $1 AND facet = known.facet AND occurred_at = known.occurred_at
            AND interaction = known.interaction OFFSET 0) AS one
        JOIN message ON message.workspace = $1 AND message.message = one.message
        """, isPlannedAnew: true)
    static let searchOlder = Statement(
        """
        /* search.older */
        SELECT facet FROM facet WHERE workspace = $1 AND facet > $2 ORDER BY facet LIMIT $3
        """)
    static let searchOlderMessages = Statement(
        """
        /* search.older_messages */
        SELECT one.interaction, one.facet, one.occurred_at,
          left(coalesce(message.subject, '') || ' ' || message.body, $3::bigint::integer)
        FROM unnest($2::uuid[]) AS wanted (facet)
        CROSS JOIN LATERAL (
          SELECT interaction, facet, occurred_at, message FROM interaction
          WHERE workspace = $1 AND facet = wanted.facet AND message IS NOT NULL OFFSET 0) AS one
        JOIN message ON message.workspace = $1 AND message.message = one.message
        """, isPlannedAnew: true)
    static let searchFacetsAdd = Statement(
        """
        /* search.facets_add */
        INSERT INTO search_facet (workspace, facet, words)
        SELECT $1, facet, array_to_tsvector(string_to_array(words, E'\\n'))
        FROM unnest($2::uuid[], $3::text[]) AS new (facet, words)
        ON CONFLICT DO NOTHING
        """)
    static let searchWordsAdd = Statement(
        """
        /* search.words_add */
        INSERT INTO search_word (workspace, key, word)
        SELECT $1, key, word FROM unnest($2::text[], $3::text[]) AS new (key, word)
        ON CONFLICT DO NOTHING
        """)
    /// Stems of the two languages, each with the workspace in front.
    static let searchTextsAdd = Statement(
        """
        /* search.texts_add */
        INSERT INTO search_text (workspace, interaction, facet, occurred_at, words)
        SELECT $1, interaction, facet, occurred_at, (
          SELECT coalesce(array_to_tsvector(array_agg(DISTINCT $1::bigint || '.' || lexeme)), '')
          FROM unnest(to_tsvector('italian', said) || to_tsvector('english', said)))
        FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[]) AS new (interaction, facet, occurred_at, said)
        ON CONFLICT DO NOTHING
        """)
    static let searchWordsForget = Statement(
        """
        /* search.words_forget */
        DELETE FROM search_word USING unnest($2::text[], $3::text[]) AS gone (key, word)
        WHERE search_word.workspace = $1 AND search_word.key = gone.key AND search_word.word = gone.word
        """, isPlannedAnew: true)
    static let searchUnshown = Statement(
        """
        /* search.unshown */
        SELECT word FROM search_unshown($1, $2::text[])
        """)
    static let searchNames = Statement(
        """
        /* search.names */
        SELECT attributes->>'name', attributes->>'company' FROM facet WHERE workspace = $1 AND facet = ANY ($2::uuid[])
        """, isPlannedAnew: true)

    // Asking.

    static let searchMeant = Statement(
        """
        /* search.meant */
        SELECT DISTINCT word FROM search_word WHERE workspace = $1 AND key = ANY ($2::text[]) LIMIT 500
        """)
    /// Profiles of the facets that match a query, those with most of the wishes first. Each facet is looked up by itself: how many
    /// the function finds the planner cannot know, and a join would read the whole table (42 ms among 100,000).
    static let searchProfiles = Statement(
        """
        /* search.profiles */
        SELECT one.profile, max(found.weight), max(one.last_day)
        FROM search_facets($1, $2, $3::text[], 300) AS found
        CROSS JOIN LATERAL (
          SELECT profile, last_day FROM facet WHERE workspace = $1 AND facet = found.facet OFFSET 0) AS one
        GROUP BY one.profile ORDER BY 2 DESC, 3 DESC, 1 LIMIT $4
        """)
    static let searchTexts = Statement(
        """
        /* search.texts */
        SELECT one.profile, found.interaction, found.occurred_at
        FROM search_texts($1, search_stems($1, $2::text[]), 100) AS found
        CROSS JOIN LATERAL (SELECT profile FROM facet WHERE workspace = $1 AND facet = found.facet OFFSET 0) AS one
        ORDER BY found.occurred_at DESC, found.interaction
        """)
    /// Of identifiers as they are spelt, and of interactions by the id at their source.
    static let searchExact = Statement(
        """
        /* search.exact */
        SELECT facet.profile, max(facet.last_day), NULL::uuid
        FROM facet_identifier AS shown
        JOIN facet ON facet.workspace = $1 AND facet.facet = shown.facet
        WHERE shown.workspace = $1 AND shown.identifier = ANY ($2::uuid[])
        GROUP BY facet.profile
        UNION ALL
        SELECT facet.profile, facet.last_day, known.interaction
        FROM interaction_key AS known
        JOIN facet ON facet.workspace = $1 AND facet.facet = known.facet
        WHERE known.workspace = $1 AND known.interaction = ANY ($3::uuid[])
        LIMIT 200
        """, isPlannedAnew: true)
    static let searchDescribe = Statement(
        """
        /* search.describe */
        SELECT profile.profile, profile.kind,
          (SELECT coalesce(string_agg(DISTINCT name, E'\\n'), '') FROM (
            SELECT name FROM facet, LATERAL (VALUES (facet.attributes->>'name'), (facet.attributes->>'company'))
              AS given (name)
            WHERE facet.workspace = $1 AND facet.profile = profile.profile AND name IS NOT NULL
            ORDER BY facet.last_day DESC LIMIT 10) AS names),
          (SELECT coalesce(string_agg(concat_ws(E'\\t', kind::text, scope, value), E'\\n'), '') FROM (
            SELECT identifier.kind, identifier.scope, identifier.value
            FROM (SELECT facet FROM facet WHERE workspace = $1 AND facet.profile = profile.profile
                  ORDER BY last_day DESC, facet LIMIT 20) AS latest
            JOIN facet_identifier AS link ON link.workspace = $1 AND link.facet = latest.facet
            JOIN identifier ON identifier.workspace = $1 AND identifier.identifier = link.identifier
            GROUP BY identifier.kind, identifier.scope, identifier.value
            ORDER BY identifier.kind, identifier.scope, identifier.value LIMIT 20) AS identifiers),
          (SELECT max(facet.last_day) FROM facet WHERE facet.workspace = $1 AND facet.profile = profile.profile)
        FROM unnest($2::uuid[]) AS wanted (profile)
        JOIN profile ON profile.workspace = $1 AND profile.profile = wanted.profile
        """, isPlannedAnew: true)
}
