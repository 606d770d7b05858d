import API
import Contact
import ContactTesting
import Postgres
import Storage
import Testing

@Suite struct PageTests {
    @Test func `a profile says who it is, what is known, and why it is one`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            let reader = try await hub.key(.reader)
            let text =
                #"{"id":"1","identifiers":[{"kind":"email","value":"anna@example.it"},{"kind":"customer_number","scope":"crm","value":"1042"}],"traits":{"plan":"pro"}}"#
            #expect(try await hub.post(text, key: key).status == 200)
            let other =
                #"{"id":"2","identifiers":[{"kind":"email","value":"anna.rossi@example.com"},{"kind":"customer_number","scope":"crm","value":"1042"}]}"#
            #expect(try await hub.post(other, key: key).status == 200)
            let reply = try await hub.get("/v1/profiles/by/email/anna%40example.it", key: reader)
            #expect(reply.status == 200, "\(reply)")
            let profile = try #require(reply.json)
            #expect(profile["kind"]?.string == "customer")
            #expect(profile["canonical"]?.string == profile["id"]?.string)
            #expect(profile["redirected_from"]?.kind == .null)
            #expect(profile["facets"]?.elements?.count == 2)
            #expect(profile["others"]?.elements?.count == 0)
            #expect(profile["traits"]?["plan"]?.string == "pro")
            #expect(profile["observations"]?.elements?.first?["source"]?.string == "shop")
            let evidence = profile["evidence"]?.elements ?? []
            #expect(evidence.first?["identifier"]?["value"]?.string == "1042", "\(reply)")
            let number = profile["identifiers"]?.elements?.first { $0["kind"]?.string == "customer_number" }
            #expect(number?["scope"]?.string == "crm" && number?["facets"]?.integer == 2)
            #expect(number?["assurance"]?.string == "presented")
            // A scope as a segment of its own, or encoded.
            for path in ["customer_number/crm/1042", "customer_number/crm%2F1042"] {
                let found = try await hub.get("/v1/profiles/by/\(path)", key: reader)
                #expect(found.json?["id"]?.string == profile["id"]?.string, "\(path): \(found)")
            }
            let id = try #require(profile["id"]?.string)
            #expect(try await hub.get("/v1/profiles/\(id)", key: reader).json?["id"]?.string == id)
        }
    }

    @Test func `an absorbed id answers with its survivor and says so, an erased one is gone`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            let reader = try await hub.key(.reader)
            var born: [String] = []
            for email in ["anna@example.it", "anna@example.com"] {
                let reply = try await hub.post(line(email, email: email), key: key)
                born.append(try #require(reply.json?["items"]?.elements?.first?["profile"]?.string))
            }
            let both =
                #"{"id":"both","identifiers":[{"kind":"email","value":"anna@example.it"},{"kind":"email","value":"anna@example.com"}]}"#
            #expect(try await hub.post(both, key: key).status == 200)
            let replies = [
                try await hub.get("/v1/profiles/\(born[0])", key: reader),
                try await hub.get("/v1/profiles/\(born[1])", key: reader),
            ]
            let survivor = try #require(replies[0].json?["id"]?.string)
            #expect(replies[1].json?["id"]?.string == survivor)
            for (asked, reply) in zip(born, replies) where asked != survivor {
                #expect(reply.json?["redirected_from"]?.string == asked, "\(reply)")
                #expect(reply.json?["canonical"]?.string == survivor)
                #expect(reply.fields["link"] == "</v1/profiles/\(survivor)>; rel=\"canonical\"", "\(reply)")
                let page = try await hub.get("/v1/profiles/\(asked)/interactions", key: reader)
                #expect(page.json?["profile"]?.string == survivor && page.json?["interactions"]?.elements?.count == 3)
            }
            #expect(replies.contains { $0.fields["link"] != nil })
            let erasure =
                "UPDATE profile SET gone = true, facets = 0, canonical = NULL WHERE profile IN ('\(born[0])', '\(born[1])')"
            try await hub.database.superuser.session { (session: borrowing Session) throws(DatabaseError) in
                try session.run(erasure)
            }
            let gone = try await hub.get("/v1/profiles/\(survivor)", key: reader)
            #expect(gone.status == 410 && gone.problem == "profile_gone", "\(gone)")
        }
    }

    @Test func `what is asked wrongly is said clearly`() async throws {
        try await LiveHub.with { hub in
            let reader = try await hub.key(.reader)
            let random = HubID.random()
            let cases: [(String, Int, String)] = [
                ("/v1/profiles/nobody", 400, "id_invalid"), ("/v1/profiles/\(random)", 404, "profile_unknown"),
                ("/v1/profiles/by/colour/red", 400, "identifier_invalid"),
                ("/v1/profiles/by/email/no-address", 400, "identifier_invalid"),
                ("/v1/profiles/by/email/a%00@example.it", 400, "identifier_invalid"),
                ("/v1/profiles/by/email/nobody@example.it", 404, "profile_unknown"),
                ("/v1/profiles/\(random)/interactions?limit=0", 400, "limit_invalid"),
                ("/v1/profiles/\(random)/interactions?limit=201", 400, "limit_invalid"),
                ("/v1/profiles/\(random)/interactions?before=x", 400, "cursor_invalid"),
                (
                    "/v1/profiles/\(random)/interactions?before=\(String(repeating: "f", count: 15))0\(String(repeating: "0", count: 32))",
                    404, "profile_unknown"
                ),
            ]
            for (path, status, problem) in cases {
                let reply = try await hub.get(path, key: reader)
                #expect(reply.status == status && reply.problem == problem, "\(path): \(reply)")
            }
        }
    }

    @Test func `paging while interactions arrive skips none and shows none twice`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            let reader = try await hub.key(.reader)
            // Over three months with a gap between them, many at one moment, from two facets.
            var expected: Set<String> = []
            var lines: [String] = []
            for number in 0..<120 {
                let month = [2, 3, 9][number % 3]
                let email = number % 2 == 0 ? "anna@example.it" : "anna@example.com"
                lines.append(
                    line("old\(number)", email: email, at: "2026-0\(month)-1\(number % 4)T10:00:0\(number / 60)Z"))
            }
            lines.append(
                #"{"id":"both","occurred_at":"2026-02-01T00:00:00Z","identifiers":[{"kind":"email","value":"anna@example.it"},{"kind":"email","value":"anna@example.com"}]}"#
            )
            let stored = try await hub.post(lines.joined(separator: "\n"), key: key, type: "application/x-ndjson")
            for item in stored.lines.flatMap({ $0["items"]?.elements ?? [] }) {
                if let id = item["interaction"]?.string { expected.insert(id) }
            }
            #expect(expected.count == 121)
            let found = try await hub.get("/v1/profiles/by/email/anna@example.it", key: reader)
            let id = try #require(found.json?["id"]?.string)
            var seen: [String] = []
            var times: [String] = []
            var next: String?
            var pages = 0
            repeat {
                let before = next.map { "&before=\($0)" } ?? ""
                let page = try await hub.get("/v1/profiles/\(id)/interactions?limit=7\(before)", key: reader)
                #expect(page.status == 200, "\(page)")
                for entry in page.json?["interactions"]?.elements ?? [] {
                    seen.append(entry["interaction"]?.string ?? "")
                    times.append(entry["occurred_at"]?.string ?? "")
                }
                next = page.json?["next"]?.string
                pages += 1
                // Newer than anything that is still to come, so they belong to no later page.
                let late = try await hub.post(line("late\(pages)", at: "2026-10-30T10:00:00Z"), key: key)
                #expect(late.status == 200)
            } while next != nil && pages < 50
            #expect(Set(seen) == expected && seen.count == expected.count)
            #expect(times == times.sorted(by: >))
            #expect(pages == 18)
            let all = try await hub.get("/v1/profiles/\(id)/interactions?limit=200", key: reader)
            #expect(all.json?["interactions"]?.elements?.count == 139 && all.json?["next"]?.kind == .null)
        }
    }

    @Test func `a key of one workspace never sees another`() async throws {
        try await LiveHub.with { hub in
            let other = try await hub.database.workspace("other")
            let key = try await hub.key(.connector, source: "shop")
            let stored = try await hub.post(line("1"), key: key)
            let id = try #require(stored.json?["items"]?.elements?.first?["profile"]?.string)
            let interaction = try #require(stored.json?["items"]?.elements?.first?["interaction"]?.string)
            let own = try await hub.key(.admin)
            let foreign = try await hub.key(.admin, in: other)
            for path in [
                "/v1/profiles/\(id)", "/v1/profiles/\(id)/interactions", "/v1/profiles/by/email/anna@example.it",
            ] {
                #expect(try await hub.get(path, key: own).status == 200, "\(path)")
                let reply = try await hub.get(path, key: foreign)
                #expect(reply.status == 404 && reply.problem == "profile_unknown", "\(path): \(reply)")
                #expect(!reply.text.contains(interaction))
            }
            // A source of the one is no source of the other.
            let refused = try await hub.post(line("2"), key: foreign, query: "?source=shop")
            #expect(refused.status == 422, "\(refused)")
            #expect(try await hub.stored(other) == 0)
        }
    }
}
