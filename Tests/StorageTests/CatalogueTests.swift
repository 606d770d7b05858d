import ContactTesting
import Postgres
import Storage
import Testing

@Suite struct CatalogueTests {
    @Test func `The schema keeps every rule`() async throws {
        try await TestDatabase.with { database in
            for rule in CatalogueRule.all {
                let violations = try await database.owner.session {
                    (session: borrowing Session) throws(DatabaseError) -> [String] in
                    try rule.violations(in: session)
                }
                #expect(violations == [], "\(rule.name)")
            }
        }
    }

    /// A rule, a fault that breaks it, and what must be named.
    private static let faults: [(rule: CatalogueRule, fault: String, named: String)] = [
        (.knowsItsWorkspace, "CREATE TABLE stray (name text PRIMARY KEY)", "stray"),
        (.workspaceIsGiven, "CREATE TABLE stray (workspace bigint UNIQUE)", "stray"),
        (.workspaceIsGiven, "CREATE TABLE stray (workspace integer PRIMARY KEY)", "stray"),
        (.keysBeginWithWorkspace, "CREATE UNIQUE INDEX stray ON identifier (kind, value)", "stray"),
        (.keysBeginWithWorkspace, "CREATE INDEX stray ON message (subject)", "stray"),
        (.keysBeginWithWorkspace, "ALTER TABLE trait ADD CONSTRAINT stray UNIQUE (facet, workspace)", "stray"),
        (.keysBeginWithWorkspace, "CREATE TABLE stray (workspace bigint NOT NULL)", "stray"),
        (
            .foreignKeysBeginWithWorkspace,
            "CREATE TABLE stray (workspace bigint, name text REFERENCES workspace (name))", "stray"
        ),
        (
            .foreignKeysBeginWithWorkspace,
            """
            ALTER TABLE message ADD CONSTRAINT stray
              FOREIGN KEY (source, workspace) REFERENCES source (source, workspace)
            """, "stray"
        ),
        (.wallStands, "CREATE TABLE stray (workspace bigint NOT NULL PRIMARY KEY)", "stray"),
        (.wallStands, "ALTER TABLE facet NO FORCE ROW LEVEL SECURITY", "facet"),
        (.wallStands, "ALTER TABLE interaction_other DISABLE ROW LEVEL SECURITY", "interaction_other"),
        (
            .wallStands, "CREATE TABLE stray PARTITION OF change FOR VALUES FROM ('2040-01-01') TO ('2041-01-01')",
            "stray"
        ),
        (.wallIsWhole, "DROP POLICY wall ON trait", "trait"),
        (.wallIsWhole, "CREATE POLICY open ON trait USING (true)", "open"),
        (.wallIsWhole, "ALTER POLICY wall ON facet USING (workspace = 1)", "facet"),
        (.wallIsWhole, "ALTER POLICY wall ON facet TO contatto_hub", "facet"),
        (.wallIsWhole, "ALTER POLICY wall ON journal WITH CHECK (true)", "journal"),
        (.hubOwnsNothing, "ALTER TABLE message OWNER TO contatto_hub", "message"),
        (.hubOwnsNothing, "ALTER FUNCTION wall OWNER TO contatto_hub", "wall"),
        (.hubIsNobody, "ALTER ROLE contatto_hub BYPASSRLS", "contatto_hub"),
        (.hubIsNobody, "ALTER ROLE contatto_hub SUPERUSER", "contatto_hub"),
        (.hubIsNobody, "GRANT contatto_owner TO contatto_hub", "contatto_owner"),
        (.hubMayOnly, "GRANT SELECT ON facet TO PUBLIC", "facet"),
        (.hubMayOnly, "GRANT TRUNCATE ON facet TO contatto_hub", "facet"),
        (.hubMayOnly, "GRANT SELECT ON facet TO contatto_search", "facet"),
        (.hubMayOnly, "GRANT UPDATE ON search_text TO contatto_search", "search_text"),
        (.hubMayOnly, "GRANT DELETE ON schema_change TO contatto_hub", "schema_change"),
        (.hubMayOnly, "GRANT UPDATE ON audit TO contatto_hub", "audit"),
        (.hubMayOnly, "GRANT DELETE ON audit_profile TO contatto_hub", "audit_profile"),
        (.hubMayOnly, "GRANT INSERT ON interaction_other TO contatto_hub", "interaction_other"),
        (
            .noTriggers,
            "CREATE TRIGGER stray BEFORE UPDATE ON facet EXECUTE FUNCTION suppress_redundant_updates_trigger()", "stray"
        ),
        (.noTriggers, "CREATE RULE stray AS ON DELETE TO facet DO INSTEAD NOTHING", "stray"),
        (.statesAreChecked, "ALTER TABLE profile DROP CONSTRAINT profile_kind_known", "profile.kind"),
        (.statesAreChecked, "ALTER TABLE refusal DROP CONSTRAINT refusal_reason_known", "refusal.reason"),
        (.statesAreChecked, "ALTER TABLE message ADD state text", "message.state"),
        (.documentsAreChecked, "ALTER TABLE facet DROP CONSTRAINT facet_attributes_object", "facet.attributes"),
        (.documentsAreChecked, "ALTER TABLE message ADD detail jsonb", "message.detail"),
    ]

    /// Planted in a transaction that is rolled back.
    @Test func `Each rule sees the fault that breaks it`() async throws {
        try await TestDatabase.with { database in
            for (rule, fault, named) in Self.faults {
                let violations = try await database.superuser.deciding {
                    (session: borrowing Session) throws(DatabaseError) -> Verdict<[String]> in
                    try session.run(fault)
                    return .rollback(try rule.violations(in: session))
                }
                #expect(violations.contains { $0.contains(named) }, "\(fault): \(violations)")
            }
            for rule in CatalogueRule.all {
                #expect(Self.faults.contains { $0.rule.name == rule.name }, "\(rule.name) was never seen to fail")
            }
        }
    }
}
