import Contact
import ContactTesting
import GroundTruth
import Postgres
import Resolution
import Storage

/// SplitMix64: the same cases in every run.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

struct Problem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension Session {
    /// What a statement is refused with, and nothing of it stays; nil where it is not.
    borrowing func refusal(of sql: String) throws(DatabaseError) -> DatabaseError? {
        try run("SAVEPOINT attempt")
        var refusal: DatabaseError?
        do throws(DatabaseError) {
            _ = try query(text: sql)
        } catch {
            refusal = error
        }
        try run("ROLLBACK TO attempt")
        return refusal
    }
}

func error(_ body: () async throws -> Void) async -> (any Error)? {
    do {
        try await body()
        return nil
    } catch {
        return error
    }
}

extension Rules {
    /// Without soft evidence, of which the reference knows nothing.
    static var exact: Rules {
        var rules = Rules.standard
        rules.soft = .off
        return rules
    }
}

extension TestWorkspace {
    /// Lets nothing join but what the reference knows.
    func joinExactly() async throws { _ = try await ledger().change(rules: .exact, who: "test", why: "") }
}

/// An interaction as it is written outside.
func line(
    _ id: String, _ identifiers: [(kind: String, value: String)], source: String = "shop", channel: String = "email",
    at: String = "2026-05-04T10:00:00Z", customer: String = "", assurance: String = "presented", more: String = ""
) -> [UInt8] {
    let shown = identifiers.map { kind, value in
        let scope = ["cookie": "site", "customer_number": "crm", "user_id": "site"][kind]
        return
            #"{"kind":"\#(kind)",\#(scope.map { #""scope":"\#($0)","# } ?? "")"value":"\#(value)","assurance":"\#(assurance)"}"#
    }
    return Array(
        #"{"id":"\#(id)","source":"\#(source)","channel":"\#(channel)","occurred_at":"\#(at)","customer":"\#(customer)","identifiers":[\#(shown.joined(separator: ","))]\#(more)}"#
            .utf8)
}

func generated(seed: UInt64, persons: Int, months: Int, _ change: (inout Generator.Settings) -> Void = { _ in })
    -> [[UInt8]]
{
    var settings = Generator.Settings(seed: seed, persons: persons)
    settings.months = months
    change(&settings)
    return Generator(settings).map(\.line)
}

extension TestDatabase {
    /// What the hub believes of a workspace, in the words of the reference.
    func answer(_ workspace: TestWorkspace) async throws -> Answer {
        let id = workspace.id
        let (hanging, profiles) = try await superuser.transaction {
            (session: borrowing Session) throws(DatabaseError) -> (Rows, Rows) in
            let hanging = try session.query(
                text: """
                    SELECT facet.profile, source.name || '|' || (one.body->>'id') || '|' || coalesce(one.body->>'customer', '')
                    FROM interaction AS one JOIN facet USING (workspace, facet) JOIN source USING (workspace, source)
                    WHERE workspace = $1
                    """, [.int8(id)])
            let profiles = try session.query(
                text: "SELECT profile, kind, traits FROM profile WHERE workspace = $1 AND facets > 0", [.int8(id)])
            return (hanging, profiles)
        }
        var interactions: [HubID: [String]] = [:]
        for row in 0..<hanging.count {
            interactions[try hanging.id(row, 0), default: []].append(try hanging.text(row, 1))
        }
        var found: [Answer.Profile] = []
        for row in 0..<profiles.count {
            let profile = try profiles.id(row, 0)
            var traits: [String: String] = [:]
            for (trait, stored) in try JSONValue(profiles.jsonb(row, 2)).members ?? [] {
                traits[trait] = stored["value"].map { String(decoding: $0.canonical, as: UTF8.self) }
            }
            found.append(
                Answer.Profile(
                    kind: [.customer, .shared, .organisation][Int(try profiles.int16(row, 1))],
                    interactions: interactions.removeValue(forKey: profile) ?? [], traits: traits))
        }
        guard interactions.isEmpty else { throw Problem("\(interactions.count) absorbed profiles still have facets") }
        return Answer(
            profiles: found,
            facets: Int(try await superuser.int64("SELECT count(*) FROM facet WHERE workspace = \(id)")))
    }

    /// A digest of every row of every table, by table.
    func digests() async throws -> [String: String] {
        var digests: [String: String] = [:]
        for table in try await tables() where !["source", "refusal", "schema_change"].contains(table) {
            digests[table] = try await superuser.texts(
                "SELECT md5(coalesce(string_agg(one::text, chr(10) ORDER BY one::text), '')) FROM \(table) AS one")[0]
        }
        return digests
    }

    /// The tables of the schema; a partitioned one stands for its partitions unless these are asked for.
    func tables(withPartitions: Bool = false) async throws -> [String] {
        try await superuser.texts(
            """
            SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
              AND (\(withPartitions) OR NOT relispartition) ORDER BY relname
            """)
    }

    /// Two workspaces with rows in every table.
    func populate() async throws -> (TestWorkspace, TestWorkspace) {
        let workspaces = (try await workspace("first"), try await workspace("second"))
        for (workspace, seed) in [(workspaces.0, 5), (workspaces.1, 6)] {
            var lines = generated(seed: UInt64(seed), persons: 40, months: 18)
            lines.append(Array("not an interaction".utf8))
            lines.append(line("early", [("email", "early@example.com")], at: "2012-03-01T00:00:00Z"))
            _ = try await workspace.ledger().accept(TestDatabase.batch(lines, source: "shop"))
            try await superuser.run(
                """
                INSERT INTO source_cursor (workspace, source) VALUES (\(workspace.id), 1);
                INSERT INTO source_health (workspace, source) VALUES (\(workspace.id), 1);
                INSERT INTO source_secret VALUES (\(workspace.id), 1, 'password', decode(repeat('00', 28), 'hex'));
                INSERT INTO thread_link SELECT \(workspace.id),
                  ('00000000-0000-8000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
                  ('00000000-0000-8000-9000-' || lpad(to_hex(n), 12, '0'))::uuid, 1 FROM generate_series(1, 3000) AS n;
                INSERT INTO shared_run SELECT workspace, identifier, 2, 0, 0 FROM identifier
                  WHERE workspace = \(workspace.id) ON CONFLICT DO NOTHING;
                INSERT INTO decision SELECT workspace, gen_random_uuid(), 2, NULL, 'somebody', '', now(), NULL, NULL
                  FROM generate_series(1, 500) JOIN workspace ON workspace = \(workspace.id);
                INSERT INTO decision_facet SELECT \(workspace.id), facet, decision, side
                  FROM (SELECT facet, row_number() OVER (ORDER BY facet) AS n FROM facet WHERE workspace = \(workspace.id)) AS f
                  JOIN (SELECT decision, row_number() OVER (ORDER BY decision) AS n FROM decision
                    WHERE workspace = \(workspace.id)) AS d USING (n) JOIN (VALUES (1), (2)) AS sides (side) ON true;
                INSERT INTO rule_set VALUES (\(workspace.id), 2, '{}', 'somebody', '', now(), 1, NULL, NULL);
                INSERT INTO soft_record SELECT \(workspace.id), n, '\\x01' FROM generate_series(1, 3000) AS n;
                INSERT INTO soft_key SELECT \(workspace.id), n / 2, n, 1 FROM generate_series(1, 6000) AS n;
                INSERT INTO soft_wide SELECT \(workspace.id), n FROM generate_series(1, 3000) AS n;
                INSERT INTO soft_edge SELECT \(workspace.id), n, n + 1, n, 1 + n % 2 FROM generate_series(1, 6000) AS n;
                INSERT INTO soft_model VALUES (\(workspace.id), 2, NULL, 0, 'somebody', now(), 2, NULL, NULL, NULL);
                INSERT INTO subscription SELECT \(workspace.id), n, 's' || n, 'webhook', '{}', false, NULL, now()
                  FROM generate_series(1, 300) AS n;
                INSERT INTO subscription_secret SELECT \(workspace.id), n, 'secret', decode(repeat('00', 28), 'hex')
                  FROM generate_series(1, 300) AS n;
                INSERT INTO subscription_cursor (workspace, subscription, epoch, position)
                  SELECT \(workspace.id), n, gen_random_uuid(), 1 FROM generate_series(1, 300) AS n;
                INSERT INTO delivery SELECT \(workspace.id), n % 3 + 1, n, now(), 2, NULL, '{}', 0, NULL, NULL, NULL, NULL
                  FROM generate_series(1, 3000) AS n;
                INSERT INTO delivery_log SELECT \(workspace.id), n % 3 + 1, n, n, now(), 1, 200, NULL
                  FROM generate_series(1, 3000) AS n;
                INSERT INTO hit SELECT \(workspace.id), gen_random_uuid(), 1, 1 + n % 4, NULL, now() - n * interval '1 h', '{}'
                  FROM generate_series(1, 3000) AS n;
                INSERT INTO search_facet SELECT workspace, facet, array_to_tsvector(ARRAY[workspace || '.' || facet])
                  FROM facet WHERE workspace = \(workspace.id);
                INSERT INTO search_word SELECT \(workspace.id), 'k' || n / 3, 'w' || n FROM generate_series(1, 3000) AS n;
                INSERT INTO search_text SELECT workspace, interaction, facet, occurred_at, ''
                  FROM interaction WHERE workspace = \(workspace.id) ON CONFLICT DO NOTHING;
                INSERT INTO search_cursor VALUES (\(workspace.id), gen_random_uuid(), 1, NULL);
                INSERT INTO disclosure VALUES (\(workspace.id), 'phone', 2, 'phone', 2, false, 'somebody', now());
                INSERT INTO consent SELECT \(workspace.id), gen_random_uuid(), facet, 'marketing', '', 1 + n % 3, 'consent', NULL,
                  now() - n * interval '1 h', now(), 'somebody', 1, NULL, NULL FROM facet, generate_series(1, 10) AS n
                  WHERE workspace = \(workspace.id);
                INSERT INTO memory (workspace, memory, facet, kind, words, heard_by, heard_at, who, recorded_at, due_at)
                  SELECT \(workspace.id), gen_random_uuid(), facet, CASE n % 2 WHEN 0 THEN 'promised' ELSE 'prefers' END, 'x',
                    'somebody', now(), 'somebody', now(), CASE n % 2 WHEN 0 THEN now() END
                  FROM facet, generate_series(1, 10) AS n WHERE workspace = \(workspace.id);
                INSERT INTO audit SELECT \(workspace.id), now() - n * interval '1 s', gen_random_uuid(), 'key ' || n % 3, 'agent',
                  'profile', NULL, 'x', 1, 200, NULL FROM generate_series(1, 3000) AS n;
                INSERT INTO audit_profile SELECT workspace, at, entry, gen_random_uuid() FROM audit
                  WHERE workspace = \(workspace.id);
                INSERT INTO issuer VALUES (\(workspace.id), 1, 'https://id.example', 'hub\(workspace.id)', '{RS256}',
                  'https://id.example/keys', 'roles', '{}', now());
                INSERT INTO source_seen VALUES (\(workspace.id), 1, gen_random_uuid());
                INSERT INTO api_key (workspace, key, role, source, hash, created_at)
                  VALUES (\(workspace.id), 1, 'connector', 1, decode(repeat('00', 32), 'hex'), now());
                INSERT INTO interaction SELECT workspace, facet, '2031-01-01Z', interaction, source, channel, direction
                  , message, thread, amount, currency, body FROM interaction WHERE workspace = \(workspace.id) LIMIT 1;
                INSERT INTO change SELECT workspace, 1000000, '2031-01-01Z', 1000000, type, profile, version, items
                  , body FROM change WHERE workspace = \(workspace.id) AND type = 2 LIMIT 1
                """)
        }
        return workspaces
    }
}

extension Rows {
    func id(_ row: Int, _ column: Int) throws(DatabaseError) -> HubID {
        let uuid = try uuid(row, column)
        return HubID(high: uuid.high, low: uuid.low)
    }
}
