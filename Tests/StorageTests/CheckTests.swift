import ContactTesting
import Postgres
import Storage
import Testing

@Suite struct CheckTests {
    /// For every CHECK the table and the change to one of its rows that it must refuse.
    private static let cases: [String: (table: String, change: String)] = [
        "workspace_positive": ("workspace", "workspace = 0"),
        "workspace_name_shape": ("workspace", "name = 'Not Lower'"),
        "workspace_region_shape": ("workspace", "region = 'Italy'"),
        "workspace_language_shape": ("workspace", "language = 'IT'"),
        "workspace_retention_positive": ("workspace", "retention_months = 0"),
        "journal_position_counts": ("journal", "position = -1"),
        "journal_erasures_count": ("journal", "erasures = -1"),
        "workspace_secret_long_enough": ("workspace_secret", "value = '\\x00'"),
        "source_positive": ("source", "source = 0"),
        "source_name_shape": ("source", "name = E'two\\nlines'"),
        "source_channel_shape": ("source", "channel = 'E-mail'"),
        "source_settings_object": ("source", "settings = '[]'"),
        "source_kind_shape": ("source", "kind = 'E-mail'"),
        "source_secret_name_shape": ("source_secret", "name = 'pass word'"),
        "source_secret_sealed": ("source_secret", "sealed = '\\x00'"),
        "audit_who_short": ("audit", "who = ''"),
        "audit_role_known": ("audit", "role = 'root'"),
        "audit_action_shape": ("audit", "action = 'two words'"),
        "audit_object_short": ("audit", "object = repeat('x', 65)"),
        "audit_answered_counts": ("audit", "answered = -1"),
        "audit_status_shape": ("audit", "status = 7"),
        "issuer_positive": ("issuer", "issuer = 0"),
        "issuer_url_shape": ("issuer", "url = 'ftp://example.it'"),
        "issuer_audience_short": ("issuer", "audience = ''"),
        "issuer_algorithms_known": ("issuer", "algorithms = '{HS256}'"),
        "issuer_keys_url_shape": ("issuer", "keys_url = 'file:///etc'"),
        "issuer_roles_claim_short": ("issuer", "roles_claim = ''"),
        "issuer_roles_object": ("issuer", "roles = '[]'"),
        "api_key_positive": ("api_key", "key = 0"),
        "api_key_role_known": ("api_key", "role = 'root', source = NULL"),
        "api_key_source_of_role": ("api_key", "role = 'connector', source = NULL"),
        "api_key_hash_whole": ("api_key", "hash = '\\x00'"),
        "source_cursor_fence_counts": ("source_cursor", "fence = -1"),
        "source_cursor_held_until": ("source_cursor", "holder = 'somebody', until = NULL"),
        "source_health_waiting_counts": ("source_health", "waiting = -1"),
        "source_health_failures_count": ("source_health", "failures = -1, failure = 'x', failed_at = now()"),
        "source_health_failure_told": ("source_health", "failures = 1"),
        "profile_kind_known": ("profile", "kind = 3"),
        "profile_version_counts": ("profile", "version = 0"),
        "profile_not_itself": ("profile", "canonical = profile, facets = 0"),
        "profile_absorbed_or_gone": ("profile", "gone = true, canonical = birth, facets = 0"),
        "profile_facets_count": ("profile", "facets = facets - 1000000"),
        "profile_traits_object": ("profile", "traits = '1'"),
        "facet_attributes_object": ("facet", "attributes = '\"name\"'"),
        "identifier_value_not_empty": ("identifier", "value = ''"),
        "facet_identifier_assurance_known": ("facet_identifier", "assurance = 5"),
        "shared_run_level_known": ("shared_run", "level = 4"),
        "shared_run_ordered": ("shared_run", "first = 10, last = 9"),
        "decision_kind_known": ("decision", "kind = 4, identifier = NULL"),
        "decision_of_value": ("decision", "kind = 3, identifier = NULL"),
        "decision_revoked_by_somebody": ("decision", "revoked_by = 'somebody'"),
        "decision_facet_side_known": ("decision_facet", "side = 3"),
        "rule_set_counts": ("rule_set", "version = 0"),
        "rule_set_stage_known": ("rule_set", "stage = 3"),
        "rule_set_object": ("rule_set", "rules = '[]'"),
        "journal_rules_count": ("journal", "rules = -1"),
        "journal_model_counts": ("journal", "model = -1"),
        "soft_record_not_empty": ("soft_record", "content = ''"),
        "soft_edge_of_two": ("soft_edge", "other = record"),
        "soft_edge_verdict_known": ("soft_edge", "verdict = 3"),
        "soft_model_counts": ("soft_model", "version = 0"),
        "soft_model_stage_known": ("soft_model", "stage = 3"),
        "trait_name_shape": ("trait", "trait = 'Last Order'"),
        "trait_hash_whole": ("trait", "hash = '\\x00'"),
        "trait_assurance_known": ("trait", "assurance = 0"),
        "thread_link_ordered": ("thread_link", "next = thread"),
        "interaction_direction_known": ("interaction", "direction = 2"),
        "interaction_money_whole": ("interaction", "amount = 1, currency = NULL"),
        "refusal_reason_known": ("refusal", "reason = 'other'"),
        "refusal_raw_begins": ("refusal", "length = 0, raw = '\\x00'"),
        "refusal_sha256_whole": ("refusal", "sha256 = '\\x00'"),
        "search_cursor_counts": ("search_cursor", "position = -1"),
        "hit_kind_known": ("hit", "kind = 5"),
        "hit_agent_of_machine": ("hit", "kind = 4, agent = 'x'"),
        "hit_body_object": ("hit", "body = '[]'"),
        "change_range": ("change", "first = position + 1, items = ''"),
        "change_type_known": ("change", "type = 13, version = NULL"),
        "change_items_recorded": ("change", "items = NULL"),
        "change_items_whole": ("change", "items = '\\x00'"),
        "change_profile_named": ("change", "profile = NULL, version = NULL"),
        "change_one_place": ("change", "first = position - 1"),
        "change_body_object": ("change", "body = 'null'"),
        "journal_gone_passed": ("journal", "gone = position + 1"),
        "subscription_positive": ("subscription", "subscription = 0"),
        "subscription_name_shape": ("subscription", "name = 'Two words'"),
        "subscription_kind_known": ("subscription", "kind = 'fax'"),
        "subscription_settings_object": ("subscription", "settings = '[]'"),
        "subscription_secret_name_shape": ("subscription_secret", "name = 'pass word'"),
        "subscription_secret_sealed": ("subscription_secret", "sealed = '\\x00'"),
        "subscription_cursor_fence_counts": ("subscription_cursor", "fence = -1"),
        "subscription_cursor_position_counts": ("subscription_cursor", "position = -1"),
        "subscription_cursor_counts": ("subscription_cursor", "delivered = -1"),
        "subscription_cursor_held_until": ("subscription_cursor", "holder = 'somebody'"),
        "delivery_position_counts": ("delivery", "position = 0"),
        "delivery_type_known": ("delivery", "type = 13"),
        "delivery_attempts_count": ("delivery", "attempts = -1"),
        "delivery_failure_told": ("delivery", "failure = 'x'"),
        "delivery_log_milliseconds_count": ("delivery_log", "milliseconds = -1"),
        "delivery_log_status_of_http": ("delivery_log", "status = 7"),
        "consent_purpose_known": ("consent", "purpose = 'other'"),
        "consent_channel_shape": ("consent", "channel = 'E-mail'"),
        "consent_state_known": ("consent", "state = 4"),
        "consent_basis_known": ("consent", "basis = 'habit'"),
        "consent_granted_on_basis": ("consent", "state = 1, basis = NULL"),
        "consent_said_before": ("consent", "stated_at = recorded_at + interval '1 s'"),
        "consent_who_short": ("consent", "who = ''"),
        "consent_text_version_short": ("consent", "text_version = ''"),
        "consent_proof_short": ("consent", "proof = repeat('x', 2001)"),
        "disclosure_kind_shape": ("disclosure", "kind = 'E-mail'"),
        "disclosure_touchpoint_shape": ("disclosure", "touchpoint = 'the web'"),
        "disclosure_assurance_known": ("disclosure", "assurance = 4"),
        "disclosure_level_known": ("disclosure", "level = 5"),
        "disclosure_somebodys": ("disclosure", "who = ''"),
        "memory_kind_known": ("memory", "kind = 'said', due_at = NULL"),
        "memory_words_short": ("memory", "words = repeat('x', 2001)"),
        "memory_who_short": ("memory", "who = ''"),
        "memory_heard_by_short": ("memory", "heard_by = ''"),
        "memory_heard_before": ("memory", "heard_at = recorded_at + interval '1 s'"),
        "memory_promise_due": ("memory", "kind = 'promised', due_at = NULL"),
        "memory_closed_known": ("memory", "closed_as = 'lost'"),
        "memory_closed_whole": ("memory", "closed_as = 'outdated', closed_at = NULL"),
        "memory_closed_of_kind": ("memory", "closed_as = 'kept', kind = 'prefers', due_at = NULL"),
        "memory_closed_by_short": ("memory", "closed_by = ''"),
        "memory_closed_why_short":
            ("memory", "closed_at = now(), closed_as = 'outdated', closed_by = 'x', closed_why = ''"),
    ]

    /// Further states that one constraint forbids.
    private static let further: [(name: String, table: String, change: String)] = [
        ("profile_facets_count", "profile", "facets = 0"),
        ("profile_facets_count", "profile", "canonical = birth"),
        ("api_key_source_of_role", "api_key", "role = 'reader', source = 1"),
        ("api_key_source_of_role", "api_key", "role = 'public', source = NULL"),
        ("interaction_money_whole", "interaction", "amount = NULL, currency = 'EUR'"),
        ("source_cursor_held_until", "source_cursor", "holder = NULL, until = '2026-01-01Z'"),
        ("change_range", "change", "first = position - 500, items = decode(repeat('00', 32 * 501), 'hex')"),
        ("change_range", "change", "first = 0, position = 0, items = decode(repeat('00', 32), 'hex')"),
        ("refusal_reason_known", "refusal", "reason = ''"),
        ("change_profile_named", "change", "type = 7, version = 1"),
        ("subscription_cursor_counts", "subscription_cursor", "failures = -1"),
        ("change_profile_named", "change", "type = 9, version = NULL, profile = NULL"),
        ("change_profile_named", "change", "type = 12, version = 1"),
        ("consent_channel_shape", "consent", "channel = 'all'"),
        ("consent_proof_short", "consent", "proof = ''"),
        ("memory_closed_of_kind", "memory", "closed_as = 'done', kind = 'promised', due_at = now()"),
        ("memory_promise_due", "memory", "kind = 'prefers', due_at = now()"),
    ]

    /// Which rows of the journal a change is tried on.
    private static func rows(_ name: String) -> String {
        switch name {
        case "change_items_recorded", "change_items_whole", "change_range": "type = 1"
        case "change_profile_named", "change_one_place", "change_type_known": "type <> 1 AND position > 1"
        default: "true"
        }
    }

    @Test func `Every CHECK refuses what it is there for`() async throws {
        try await TestDatabase.with { database in
            _ = try await database.populate()
            let constraints = try await database.superuser.texts(
                """
                SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
                WHERE connamespace = current_schema()::regnamespace AND contype = 'c' AND NOT relispartition
                """)
            #expect(Set(constraints) == Set(Self.cases.keys), "a CHECK without a case, or a case without a CHECK")
            let all = Self.cases.map { ($0.key, $0.value.table, $0.value.change) } + Self.further
            for (name, table, change) in all {
                let refusal = try await database.superuser.deciding {
                    (session: borrowing Session) throws(DatabaseError) -> Verdict<DatabaseError?> in
                    .rollback(
                        try session.refusal(of: "UPDATE \(table) SET \(change) WHERE \(Self.rows(name))"))
                }
                #expect(refusal?.state == .checkViolation, "\(name): \(String(describing: refusal))")
                // A position below 0 is below what is gone as well.
                let names = name == "journal_position_counts" ? ["journal_gone_passed", name] : [name]
                #expect(names.contains(refusal?.constraint ?? ""))
            }
        }
    }

    /// A partition is written through its parent, and attached with the parent's constraints or not at all.
    @Test func `Partitions have the constraints of their parent`() async throws {
        try await TestDatabase.with { database in
            let missing = try await database.superuser.texts(
                """
                SELECT inhrelid::regclass || ' lacks ' || conname FROM pg_inherits
                JOIN pg_constraint AS own ON conrelid = inhparent AND contype IN ('c', 'p')
                WHERE connamespace = current_schema()::regnamespace AND NOT EXISTS (
                  SELECT FROM pg_constraint AS its WHERE its.conrelid = inhrelid AND its.contype = own.contype
                    AND (its.conname = own.conname OR own.contype = 'p'))
                """)
            #expect(missing == [])
        }
    }
}
