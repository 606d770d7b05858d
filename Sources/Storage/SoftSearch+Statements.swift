// The statements by which soft records are stored, searched and linked.

extension Statement {
    static let softRecords = Statement(
        """
        /* soft.records */
        INSERT INTO soft_record (workspace, record, content)
        SELECT $1, record, content FROM unnest($2::bigint[], $3::bytea[]) AS new (record, content)
        ON CONFLICT DO NOTHING
        RETURNING record
        """)
    /// No key is there twice by one writer: nothing to be in conflict with, which would cost half as much again.
    static let softKeys = Statement(
        """
        /* soft.keys */
        WITH added AS (
          INSERT INTO soft_key (workspace, key, record, writer)
          SELECT $1, key, record, $4 FROM unnest($2::bigint[], $3::bigint[]) AS new (key, record)
          RETURNING key)
        SELECT count(*) FROM added
        """)
    /// Which records are stored.
    static let softKnown = Statement(
        """
        /* soft.known */
        SELECT found.record
        FROM unnest($2::bigint[]) AS wanted (record)
        CROSS JOIN LATERAL (
          SELECT record FROM soft_record
          WHERE workspace = $1 AND soft_record.record = wanted.record OFFSET 0) AS found
        """)
    /// Up to so many holders of each key, those of a key one after the other.
    static let softHolders = Statement(
        """
        /* soft.holders */
        SELECT wanted.key, found.record
        FROM unnest($2::bigint[]) AS wanted (key)
        CROSS JOIN LATERAL (
          SELECT DISTINCT record FROM soft_key WHERE workspace = $1 AND soft_key.key = wanted.key
          ORDER BY record LIMIT $3) AS found
        """)
    static let softAllHolders = Statement(
        """
        /* soft.all_holders */
        SELECT DISTINCT record FROM soft_key WHERE workspace = $1 AND key = ANY ($2::bigint[])
        """, isPlannedAnew: true)
    static let softWide = Statement(
        """
        /* soft.wide */
        SELECT key FROM soft_wide WHERE workspace = $1 AND key = ANY ($2::bigint[])
        """, isPlannedAnew: true)
    static let softMarkWide = Statement(
        """
        /* soft.mark_wide */
        INSERT INTO soft_wide (workspace, key) SELECT $1, key FROM unnest($2::bigint[]) AS new (key)
        ON CONFLICT DO NOTHING
        """)
    static let softContents = Statement(
        """
        /* soft.contents */
        SELECT found.record, found.content
        FROM unnest($2::bigint[]) AS wanted (record)
        CROSS JOIN LATERAL (
          SELECT record, content FROM soft_record
          WHERE workspace = $1 AND soft_record.record = wanted.record OFFSET 0) AS found
        """)
    static let softEdges = Statement(
        """
        /* soft.edges */
        SELECT found.record, found.other, found.weight, found.verdict
        FROM unnest($2::bigint[]) AS wanted (record)
        CROSS JOIN LATERAL (
          SELECT record, other, weight, verdict FROM soft_edge
          WHERE workspace = $1 AND soft_edge.record = wanted.record OFFSET 0) AS found
        """)
    static let softEdgesAdd = Statement(
        """
        /* soft.edges_add */
        INSERT INTO soft_edge (workspace, record, other, weight, verdict)
        SELECT $1, record, other, weight, verdict
        FROM unnest($2::bigint[], $3::bigint[], $4::integer[], $5::smallint[]) AS new (record, other, weight, verdict)
        ON CONFLICT (workspace, record, other) DO UPDATE SET weight = EXCLUDED.weight, verdict = EXCLUDED.verdict
        """)
    static let softEdgesDrop = Statement(
        """
        /* soft.edges_drop */
        DELETE FROM soft_edge USING unnest($2::bigint[], $3::bigint[]) AS gone (record, other)
        WHERE soft_edge.workspace = $1 AND soft_edge.record = gone.record AND soft_edge.other = gone.other
        """, isPlannedAnew: true)
}
