import ContactTesting
import Postgres
import Testing

/// A rule of DESIGN.md section 7 that the catalogue shows: a query that names what breaks it.
struct CatalogueRule: Sendable, CustomTestStringConvertible {
    let name: String
    /// Gives one text a violation. `workspaced` is every table with a workspace, partitions included, with the number
    /// of that column.
    let sql: String

    var testDescription: String { name }

    init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = """
            WITH every AS (
              SELECT oid, relname, relkind, relrowsecurity, relforcerowsecurity, relowner, relispartition FROM pg_class
              WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')),
            workspaced AS (
              SELECT every.*, attnum, attnotnull, atttypid FROM every
              JOIN pg_attribute ON attrelid = every.oid AND attname = 'workspace' AND NOT attisdropped)
            \(sql)
            """
    }

    func violations(in session: borrowing Session) throws(DatabaseError) -> [String] {
        try session.texts(sql)
    }

    static let all: [CatalogueRule] = [
        knowsItsWorkspace, workspaceIsGiven, keysBeginWithWorkspace, foreignKeysBeginWithWorkspace, wallStands,
        wallIsWhole, hubOwnsNothing, hubIsNobody, hubMayOnly, noTriggers, statesAreChecked, documentsAreChecked,
    ]

    static let knowsItsWorkspace = CatalogueRule(
        "A table has a workspace, unless it is a small reference table",
        """
        SELECT relname || ' has no workspace' FROM every
        WHERE relname NOT IN ('schema_change', 'identifier_kind') AND oid NOT IN (SELECT oid FROM workspaced)
        """)
    static let workspaceIsGiven = CatalogueRule(
        "The workspace is a bigint and never null",
        """
        SELECT relname || '.workspace may be null or is no bigint' FROM workspaced
        WHERE NOT attnotnull OR atttypid <> 'bigint'::regtype
        """)
    /// The lists of workspaces and of issuers are the tables with a key across workspaces: names, and what a token says. In the indexes of words each word
    /// begins with the workspace's number (SearchTests).
    static let keysBeginWithWorkspace = CatalogueRule(
        "Primary keys, unique keys and indexes begin with the workspace",
        """
        SELECT relname || ' has the index ' || indexrelid::regclass FROM workspaced
        JOIN pg_index ON indrelid = workspaced.oid
        WHERE indkey[0] <> attnum
          AND indexrelid <> ALL (ARRAY[to_regclass('workspace_name_key')::oid, to_regclass('issuer_token_key')::oid])
          AND indexrelid <> ALL (ARRAY[to_regclass('search_facet_words')::oid, to_regclass('search_text_words')::oid])
        UNION ALL
        SELECT relname || ' has no primary key' FROM workspaced
        WHERE NOT EXISTS (SELECT FROM pg_index WHERE indrelid = workspaced.oid AND indisprimary)
        """)
    static let foreignKeysBeginWithWorkspace = CatalogueRule(
        "Foreign keys begin with the workspace on both sides, unless they name a reference table",
        """
        SELECT workspaced.relname || ' has the foreign key ' || conname FROM workspaced
        JOIN pg_constraint ON conrelid = workspaced.oid AND contype = 'f'
        LEFT JOIN workspaced AS named ON named.oid = confrelid
        WHERE confrelid <> to_regclass('identifier_kind') AND (conkey[1] <> workspaced.attnum
          OR confkey[1] IS DISTINCT FROM named.attnum)
        """)
    static let wallStands = CatalogueRule(
        "Row-level security is enabled and forced, on partitions too",
        """
        SELECT relname || ' has row-level security not enabled, or not forced' FROM workspaced
        WHERE NOT (relrowsecurity AND relforcerowsecurity)
        """)
    static let wallIsWhole = CatalogueRule(
        "The one policy is the wall, and the list of workspaces may be read",
        """
        SELECT relname || ' has the policy ' || polname || ' ' || coalesce(pg_get_expr(polqual, polrelid), '') FROM every
        JOIN pg_policy ON polrelid = every.oid
        WHERE NOT (polname = 'wall' AND polpermissive AND polcmd = '*' AND polroles = '{0}' AND polwithcheck IS NULL
            AND pg_get_expr(polqual, polrelid) = '(workspace = (NULLIF(current_setting(''contatto.workspace''::text, true), ''''::text))::bigint)')
          AND NOT (relname IN ('workspace', 'issuer') AND polname = 'list' AND polcmd = 'r')
        UNION ALL
        SELECT relname || ' has no wall' FROM workspaced
        WHERE NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = workspaced.oid AND polname = 'wall')
        """)
    static let hubOwnsNothing = CatalogueRule(
        "The hub's role owns nothing, and one role owns all",
        """
        SELECT relname || ' belongs to ' || relowner::regrole FROM every WHERE relowner <> 'contatto_owner'::regrole
        UNION ALL
        SELECT 'the hub owns ' || pg_describe_object(classid, objid, objsubid) FROM pg_shdepend
        WHERE deptype = 'o' AND refobjid = 'contatto_hub'::regrole
          AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        """)
    static let hubIsNobody = CatalogueRule(
        "The hub's role has no power over the server and is no member of another",
        """
        SELECT rolname || ' is more than it may be' FROM pg_roles WHERE rolname IN ('contatto_hub', 'contatto_owner')
          AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)
        UNION ALL
        SELECT 'the hub is a member of ' || roleid::regrole FROM pg_auth_members WHERE member = 'contatto_hub'::regrole
        """)
    static let hubMayOnly = CatalogueRule(
        "The hub reads and writes rows of tables, only adds to the audit log, reads what it watches; who searches reads words; nobody else is let in",
        """
        SELECT relname || ': ' || coalesce(nullif(grantee, 0)::regrole::text, 'everybody') || ' may ' || privilege_type
        FROM every JOIN pg_class USING (oid, relname), aclexplode(relacl)
        WHERE grantee NOT IN (every.relowner, 'postgres'::regrole) AND NOT (grantee = 'contatto_hub'::regrole
          AND CASE WHEN every.relispartition OR relname IN ('schema_change', 'identifier_kind')
            THEN privilege_type = 'SELECT'
            WHEN relname IN ('audit', 'audit_profile') THEN privilege_type IN ('SELECT', 'INSERT')
            ELSE privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') END)
          AND NOT (grantee = 'contatto_search'::regrole AND relname IN ('search_facet', 'search_text')
            AND privilege_type = 'SELECT')
        """)
    static let noTriggers = CatalogueRule(
        "There are no triggers and no rules",
        """
        SELECT relname || ' has the trigger ' || tgname FROM every JOIN pg_trigger ON tgrelid = every.oid
        WHERE NOT tgisinternal
        UNION ALL
        SELECT relname || ' has the rule ' || rulename FROM every JOIN pg_rewrite ON ev_class = every.oid
        """)
    /// What is one of a few is a smallint, or is called by one of these names.
    static let statesAreChecked = CatalogueRule(
        "A state is checked, or refers to the list of what it may be",
        """
        SELECT relname || '.' || attname || ' may be anything' FROM every
        JOIN pg_attribute ON attrelid = every.oid AND attnum > 0 AND NOT attisdropped
        WHERE (atttypid = 'smallint'::regtype AND attname NOT IN ('period', 'precedence')
            OR attname IN ('state', 'status', 'reason', 'type', 'direction', 'assurance', 'kind'))
          AND relname <> 'identifier_kind'
          AND NOT EXISTS (SELECT FROM pg_constraint
            WHERE conrelid = every.oid AND contype IN ('c', 'f') AND conkey @> ARRAY[attnum])
        """)
    /// Values and bodies of interactions are checked by the reader before they are stored.
    static let documentsAreChecked = CatalogueRule(
        "A document is checked to be an object",
        """
        SELECT relname || '.' || attname || ' may be any JSON' FROM every
        JOIN pg_attribute ON attrelid = every.oid AND attnum > 0 AND NOT attisdropped
        WHERE atttypid = 'jsonb'::regtype AND (relname, attname) <> ('trait', 'value')
          AND relname NOT LIKE 'interaction%'
          AND NOT EXISTS (SELECT FROM pg_constraint
            WHERE conrelid = every.oid AND contype = 'c' AND conkey @> ARRAY[attnum])
        """)
}
