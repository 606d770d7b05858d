internal import Contact
internal import Delivery
internal import Postgres
package import Storage

/// Finding a customer by what somebody remembers of him.
struct SearchPages: Sendable {
    private static let usual = 20
    private static let most = 50
    /// Longer than anything a person types.
    private static let longest = 500

    let workspace: OpenWorkspace

    func search(_ text: String?, limit: String?, now: Int64) async throws -> Answer {
        let count = try PageCursor.limit(limit, usually: Self.usual, atMost: Self.most)
        guard let text, text.contains(where: { !$0.isWhitespace }), text.utf8.count <= Self.longest else {
            throw Problem.badRequest(
                "query_invalid", "There is nothing to look for",
                "q is missing, empty, or longer than \(Self.longest) bytes",
                "give as q a part of a name, an address or a number, or words of a message: /v1/search?q=rossi")
        }
        let found = try await workspace.profiles.search(text, limit: count, now: now)
        return .json(
            JSONWriter.object([
                ("matches", JSONWriter.array(found.matches.map(SearchJSON.object))),
                (
                    "indexed",
                    JSONWriter.object([
                        ("position", JSONWriter.string(found.reach.cursor.description)),
                        ("behind_ms", JSONWriter.number((found.reach.behind + 999) / 1_000)),
                    ])
                ),
            ])
        ).about(found.matches.map(\.profile))
    }
}

/// A match as JSON.
package enum SearchJSON {
    package static func object(_ match: Profiles.Match) -> [UInt8] {
        JSONWriter.object([
            ("id", JSONWriter.string(match.profile.description)), ("kind", JSONWriter.string(match.kind)),
            ("names", JSONWriter.array(match.names.map(JSONWriter.string))),
            (
                "identifiers",
                JSONWriter.array(
                    match.identifiers.map {
                        JSONWriter.object([
                            ("kind", JSONWriter.string($0.kind.name)), ("scope", JSONWriter.string($0.scope)),
                            ("value", JSONWriter.string($0.value)),
                        ])
                    })
            ),
            ("last_day", JSONWriter.string(day(match))),
            ("interactions", JSONWriter.array(match.interactions.map { JSONWriter.string($0.description) })),
        ])
    }

    /// `2026-11-23`.
    package static func day(_ match: Profiles.Match) -> String {
        String(Timestamp.text(Int64(match.lastDay) * 86_400_000_000).prefix(10))
    }
}
