package import Contact
package import Postgres
internal import Resolution

extension Profiles {
    /// A profile that a search found.
    package struct Match: Sendable {
        package let profile: HubID
        /// `customer`, `shared` or `organisation`.
        package let kind: String
        /// Folded names it was shown with, then companies; at most five.
        package let names: [String]
        /// Some of its identifiers, those that match first; at most five.
        package let identifiers: [Identifier]
        /// Month of its latest interaction, as days since 1970.
        package let lastMonth: Int
    }

    /// Most words of a query that are looked at; further ones are left out.
    static let mostWords = 8

    /// The profiles one of whose facets holds every word of `text`, in its folded name or company or in an identifier's
    /// value; accents and case do not matter, and digits find a number however it is spaced. The best first: an
    /// identifier or name that is the text, then those that begin with it, then the latest seen.
    ///
    /// It reads all facets of the workspace: a search that need not comes with the search rows.
    package func search(_ text: String, limit: Int = 20) async throws(DatabaseError) -> [Match] {
        let query = Query(text)
        guard !query.words.isEmpty else { return [] }
        var words = ArrayBuilder(.text)
        for word in query.words { words.append(text: word) }
        let parameters: [Parameter] = [
            .int8(workspace.id), .array(words), .text(query.whole), .text(query.digits), .int8(Int64(limit)),
        ]
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [Match] in
            let rows = try session.execute(.profileSearch, parameters)
            var found: [Match] = []
            for row in 0..<rows.count {
                found.append(
                    Match(
                        profile: try rows.id(row, 0),
                        kind: (ProfileKind(rawValue: try rows.int16(row, 1)) ?? .customer).name,
                        names: try rows.text(row, 2).split(separator: "\n").map(String.init),
                        identifiers: try rows.text(row, 3).split(separator: "\n").compactMap(Self.identifier),
                        lastMonth: try rows.date(row, 4)))
            }
            return found
        }
    }

    /// One line of the statement's list: kind's number, scope and value between tabs.
    private static func identifier(_ line: Substring) -> Identifier? {
        let parts = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let code = Int16(parts[0]), let kind = IdentifierKind(code: code) else { return nil }
        return Identifier(kind: kind, scope: String(parts[1]), canonical: String(parts[2]))
    }

    /// What a person typed, as it is compared.
    struct Query {
        let whole: String
        let words: [String]
        /// The digits of a number typed with spaces, dashes or a plus; else empty.
        let digits: String

        init(_ text: String) {
            let folded = Text.fold(Text.storable(text))
            let ascii = folded.utf8.filter { (0x30...0x39).contains($0) }
            let isNumber = folded.utf8.allSatisfy {
                (0x30...0x39).contains($0) || [0x20, 0x2B, 0x2D, 0x2E, 0x28, 0x29, 0x2F].contains($0)
            }
            digits = isNumber && ascii.count >= 4 ? String(decoding: ascii, as: UTF8.self) : ""
            whole = folded
            words = Array(folded.split(separator: " ").map(String.init).prefix(Profiles.mostWords))
        }
    }
}

extension Statement {
    /// Words are compared with strpos, which takes every character as it is: nothing need be escaped, as in LIKE.
    static let profileSearch = Statement(
        """
        /* profile.search */
        WITH held AS (
          SELECT facet.facet, facet.profile, facet.last_month,
            concat_ws(' ', facet.attributes->>'name', facet.attributes->>'company') AS said,
            coalesce(string_agg(identifier.value, ' '), '') AS shown
          FROM facet
          LEFT JOIN facet_identifier AS link ON link.workspace = $1 AND link.facet = facet.facet
          LEFT JOIN identifier ON identifier.workspace = $1 AND identifier.identifier = link.identifier
          WHERE facet.workspace = $1
          GROUP BY facet.facet, facet.profile, facet.last_month, facet.attributes),
        matching AS (
          SELECT profile, last_month,
            CASE WHEN $3 IN (said, shown) OR strpos(' ' || shown || ' ', ' ' || $3 || ' ') > 0 THEN 0
              WHEN starts_with(said, $3) OR starts_with(shown, $3) THEN 1 ELSE 2 END AS rank
          FROM held
          WHERE NOT EXISTS (
              SELECT FROM unnest($2::text[]) AS word WHERE strpos(said || ' ' || lower(shown), word) = 0)
            OR ($4 <> '' AND strpos(shown, $4) > 0)),
        best AS (
          SELECT profile, min(rank) AS rank, max(last_month) AS last_month FROM matching
          GROUP BY profile ORDER BY 2, 3 DESC, profile LIMIT $5)
        SELECT best.profile, profile.kind,
          (SELECT coalesce(string_agg(name, E'\\n' ORDER BY name), '') FROM (
            SELECT DISTINCT name FROM facet, LATERAL (VALUES (facet.attributes->>'name'), (facet.attributes->>'company'))
              AS given (name)
            WHERE facet.workspace = $1 AND facet.profile = best.profile AND name IS NOT NULL LIMIT 5) AS names),
          (SELECT coalesce(string_agg(concat_ws(E'\\t', kind::text, scope, value), E'\\n'), '') FROM (
            SELECT identifier.kind, identifier.scope, identifier.value FROM facet
            JOIN facet_identifier AS link ON link.workspace = $1 AND link.facet = facet.facet
            JOIN identifier ON identifier.workspace = $1 AND identifier.identifier = link.identifier
            WHERE facet.workspace = $1 AND facet.profile = best.profile
            GROUP BY identifier.kind, identifier.scope, identifier.value
            ORDER BY strpos(lower(identifier.value), $3) = 0, identifier.kind, identifier.scope, identifier.value
            LIMIT 5) AS identifiers),
          (SELECT max(facet.last_month) FROM facet WHERE facet.workspace = $1 AND facet.profile = best.profile)
        FROM best
        JOIN profile ON profile.workspace = $1 AND profile.profile = best.profile
        ORDER BY best.rank, best.last_month DESC, best.profile
        """, mayScan: true)
}
