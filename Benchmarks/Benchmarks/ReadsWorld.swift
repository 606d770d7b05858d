internal import Contact
internal import Foundation
internal import Postgres
internal import Storage

/// What the reads are measured on, written into the tables directly: customers with their interactions of the last
/// year in the order of time, among them one of 2,000 facets and one whose only facet has 200,000 interactions.
struct ReadsWorld {
    static let manyFacets = 2_000
    /// Of one address of the customer of many facets; a value in more than 500 is shared and joins nobody.
    static let facetsOfAddress = 400

    let persons: Int
    let interactions: Int

    /// Interactions of the long facet.
    var long: Int { min(200_000, interactions / 4) }

    /// How a customer is asked for; each fifth one has three facets, the others one.
    static func address(of person: Int) -> String { "cliente\(person)@example.it" }
    static func manyAddress(_ number: Int) -> String { "tanti\(number)@example.it" }
    static let longAddress = "lungo@example.it"

    /// Each of the identifiers: person (0 = of many facets, -1 = of the long one), number, and id as the hub computes
    /// it.
    static let table = "reads_identifier"

    /// An address as the hub stores it.
    static func identifier(_ email: String, _ hub: OpenHub) throws -> (id: HubID, value: String) {
        let normaliser = Normaliser(region: hub.workspace.region)
        let identifier = try normaliser.identifier(kind: "email", scope: nil, value: email)
        return (hub.key.identifier(identifier), identifier.value)
    }

    /// Fills the tables of a hub that has a workspace and nothing else; prints how long it took.
    func fill(_ hub: OpenHub) async throws {
        let begun = ContinuousClock.now
        let workspace = hub.workspace.id
        let persons = persons
        func row(_ person: Int, _ number: Int, _ email: String) throws -> String {
            let (id, value) = try Self.identifier(email, hub)
            return "\(person)\t\(number)\t\(id)\t\(value)\n"
        }
        var special = try row(-1, 0, Self.longAddress)
        for number in 0..<Self.manyFacets / Self.facetsOfAddress {
            special += try row(0, number, Self.manyAddress(number))
        }
        let first = Array(special.utf8)
        let database = hub.superuser
        try await run(
            database, "CREATE TABLE \(Self.table) (person int, number int, identifier uuid, value text)")
        var next = 1
        var bytes = first
        repeat {
            let end = min(persons, next + 99_999)
            for person in stride(from: next, through: end, by: 1) {
                bytes += Array(try row(person, 0, Self.address(of: person)).utf8)
            }
            next = end + 1
            let piece = bytes
            bytes = []
            try await database.session { (session: borrowing Session) throws(DatabaseError) in
                _ = try session.copyIn("COPY \(Self.table) FROM STDIN") {
                    (writer: inout CopyWriter) throws(DatabaseError) in try writer.write(piece)
                }
            }
        } while next <= persons
        for statement in statements(workspace) { try await run(database, statement) }
        try await run(database, "VACUUM ANALYZE")
        try await hub.bench.checkpoint()
        let stored = try await hub.count("SELECT count(*) FROM interaction")
        let seconds = Spread.rounded(begun.duration(to: .now).inSeconds, digits: 0)
        let months = try await hub.count(
            "SELECT count(DISTINCT date_trunc('month', occurred_at)) FROM interaction")
        print("\(persons) profiles and \(stored) interactions of \(months) months, written in \(seconds) s")
    }

    private func run(_ database: Database, _ text: String) async throws {
        try await database.session { (session: borrowing Session) throws(DatabaseError) in try session.run(text) }
    }

    private func statements(_ workspace: Int64) -> [String] {
        [source(workspace)] + happened(workspace) + customers(workspace)
    }

    private func source(_ workspace: Int64) -> String {
        """
        INSERT INTO source (workspace, source, name, channel, created_at)
        VALUES (\(workspace), 1000, 'past', 'store', now())
        """
    }

    /// From a year before the moment of the benchmarks up to it, in order, so that what one customer did lies apart.
    private func happened(_ workspace: Int64) -> [String] {
        let special = long + min(10 * Self.manyFacets, interactions / 10)
        return [
            """
            INSERT INTO interaction (workspace, facet, occurred_at, interaction, source, channel, direction, body)
            SELECT \(workspace), md5('facet' || drawn.person || '.' || CASE
                WHEN drawn.person = 0 THEN drawn.part % \(Self.manyFacets)
                WHEN drawn.person > 0 AND drawn.person % 5 = 0 THEN drawn.i % 3 ELSE 0 END)::uuid,
              to_timestamp(\(Bench.now / 1_000_000 - 31_536_000) + 31500000.0 * drawn.i / \(interactions)),
              md5('interaction' || drawn.i)::uuid, 1000, 'store', (drawn.i % 5 = 0)::int,
              jsonb_build_object('id', 'past-' || drawn.i, 'kind', 'page.viewed', 'detail', jsonb_build_object(
                'page', '/prodotti/' || drawn.i % 9000, 'referrer', 'https://example.it/',
                'note', repeat('Lorem ipsum dolor sit amet, consectetur. ', 4)))
            FROM (
              SELECT i, part, CASE WHEN part < \(long) THEN -1 WHEN part < \(special) THEN 0
                ELSE 1 + abs(hashint8(i # 77)::bigint) % \(persons) END AS person
              FROM (
                SELECT i, abs(hashint8(i)::bigint) % \(interactions) AS part
                FROM generate_series(1, \(interactions)::bigint) AS i) AS one) AS drawn
            """,
            """
            INSERT INTO interaction_key (workspace, interaction, occurred_at, facet)
            SELECT workspace, interaction, occurred_at, facet FROM interaction
            """,
        ]
    }

    private func customers(_ workspace: Int64) -> [String] {
        let cookie = "md5('cookie' || person || '.' || number)::uuid"
        let customer = "md5('customer' || person)::uuid"
        return [
            """
            CREATE TABLE reads_facet AS
            SELECT person, number, md5('facet' || person || '.' || number)::uuid AS facet,
              md5('profile' || person)::uuid AS profile
            FROM (
              SELECT person, number FROM generate_series(1, \(persons)) AS person,
                LATERAL generate_series(0, CASE WHEN person % 5 = 0 THEN 2 ELSE 0 END) AS number
              UNION ALL SELECT 0, number FROM generate_series(0, \(Self.manyFacets - 1)) AS number
              UNION ALL SELECT -1, 0) AS one
            """,
            """
            INSERT INTO profile (workspace, profile, birth, facets, traits)
            SELECT \(workspace), profile, (array_agg(facet ORDER BY number))[1], count(*),
              jsonb_build_object('language', jsonb_build_object('value', 'it', 'at', 1761861600000000, 'source', 1000,
                'precedence', 0, 'assurance', 2, 'facet', (array_agg(facet ORDER BY number))[1],
                'hash', encode(sha256('"it"'), 'hex')))
            FROM reads_facet GROUP BY profile
            """,
            """
            INSERT INTO facet (workspace, facet, profile, period, last_day)
            SELECT \(workspace), facet, profile, CASE WHEN number > 0 THEN 4053 END,
              coalesce(latest.month, date '2026-01-01')
            FROM reads_facet LEFT JOIN (
              SELECT facet, (max(occurred_at) AT TIME ZONE 'UTC')::date AS month
              FROM interaction GROUP BY facet) AS latest USING (facet)
            """,
            """
            INSERT INTO identifier (workspace, identifier, kind, scope, value)
            SELECT \(workspace), identifier, 1, '', value FROM \(Self.table)
            UNION ALL SELECT \(workspace), \(customer), 4, 'crm', '' || 100000 + person
              FROM reads_facet WHERE number = 0
            UNION ALL SELECT \(workspace), \(cookie), 9, 'shop.example.it', 'c' || person || '.' || number
              FROM reads_facet WHERE number > 0
            """,
            """
            INSERT INTO facet_identifier (workspace, identifier, facet, assurance)
            SELECT \(workspace), identifier, facet, 2 FROM \(Self.table) AS shown
              JOIN reads_facet AS one ON one.person = shown.person
                AND (shown.person <> 0 OR one.number / \(Self.facetsOfAddress) = shown.number)
            UNION ALL SELECT \(workspace), \(customer), facet, 2 FROM reads_facet WHERE number = 0
            UNION ALL SELECT \(workspace), \(cookie), facet, 2 FROM reads_facet WHERE number > 0
            """,
            """
            INSERT INTO trait (workspace, facet, trait, source, value, hash, occurred_at, assurance)
            SELECT \(workspace), facet, 'language', 1000, '"it"', sha256('"it"'), to_timestamp(1761861600), 2
            FROM reads_facet WHERE number = 0
            """,
            // Nothing is left to the index of words: what it would write beside the reads is no part of this.
            """
            INSERT INTO search_cursor (workspace, epoch, position) SELECT workspace, epoch, position FROM journal
            """,
            "CREATE INDEX ON \(Self.table) (person, number)",
            // pgbench asks as the hub's role whom it is to ask about.
            "GRANT SELECT ON \(Self.table) TO contatto_hub",
        ]
    }
}
