import Contact
import ContactTesting
import Foundation
import Storage
import Testing

/// What clients of Segment's Profile API ask, and how they are answered.
@Suite struct SegmentPageTests {
    private static let space = "/v1/spaces/lgJ4AAjFN4/collections/"

    private func ask(_ hub: LiveHub, _ key: String, _ path: String) async throws -> Reply {
        // As they send it: the key is the user, and the password is empty.
        let user = Data((key + ":").utf8).base64EncodedString()
        return try await hub.ask("GET", Self.space + path, fields: ["Authorization: Basic \(user)"])
    }

    private func fill(_ hub: LiveHub, _ key: String) async throws {
        let lines = [
            #"{"id":"m1","kind":"identify","occurred_at":"2026-01-01T10:00:00Z","identifiers":[{"kind":"user_id","scope":"shop","value":"u1"},{"kind":"email","value":"anna@example.it"}],"traits":{"plan":"gold","age":42,"city":"Roma","role":"buyer"}}"#,
            #"{"id":"m2","kind":"track","occurred_at":"2026-01-02T10:00:00Z","identifiers":[{"kind":"user_id","scope":"shop","value":"u1"},{"kind":"email","value":"anna@example.it"}],"detail":{"event":"Order Placed","properties":{"total":12},"page":{"url":"https://example.it/"}}}"#,
            #"{"id":"m3","kind":"page","occurred_at":"2026-01-03T10:00:00Z","identifiers":[{"kind":"cookie","scope":"shop","value":"v1"},{"kind":"email","value":"anna@example.it"}]}"#,
            #"{"id":"m4","occurred_at":"2026-01-04T10:00:00Z","identifiers":[{"kind":"partita_iva","value":"01114601006"},{"kind":"domain","value":"acme.example"}]}"#,
            #"{"id":"m5","occurred_at":"2026-01-05T10:00:00Z","identifiers":[{"kind":"partita_iva","value":"01114601006"},{"kind":"email","value":"anna@example.it"}],"attributes":{"name":"Anna Rossi","company":"Acme"}}"#,
        ]
        for line in lines {
            let reply = try await hub.post(line, key: key)
            #expect(reply.status == 200, "\(reply)")
        }
    }

    @Test func `a profile is read by any of its identifiers, in Segment's words`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            try await fill(hub, shop)
            let key = try await hub.key(.reader)

            for id in ["user_id:u1", "anonymous_id:v1", "email:ANNA%40example.it"] {
                let reply = try await ask(hub, key, "users/profiles/\(id)/traits")
                #expect(reply.json?["traits"]?["plan"]?.string == "gold", "\(id): \(reply)")
                #expect(reply.json?["traits"]?["email"]?.string == "anna@example.it", "\(id): \(reply)")
            }
            let path = "users/profiles/user_id:u1/"
            let first = try await ask(hub, key, path + "traits?limit=2")
            let cursor = try #require(first.json?["cursor"], "\(first)")
            #expect(first.json?["traits"]?.members?.map(\.key) == ["age", "city"], "\(first)")
            #expect(cursor["has_more"]?.bool == true && cursor["limit"]?.integer == 2)
            #expect(cursor["url"]?.string == Self.space + path + "traits")
            let next = try #require(cursor["next"]?.string)
            let rest = try await ask(hub, key, path + "traits?limit=200&next=\(next)")
            #expect(rest.json?["traits"]?.members?.map(\.key) == ["email", "plan", "role"], "\(rest)")
            #expect(rest.json?["cursor"]?["has_more"]?.bool == false && rest.json?["cursor"]?["next"]?.string == "")
            let verbose = try await ask(hub, key, path + "traits?include=plan,none&verbose=true")
            #expect(verbose.json?["traits"]?.members?.map(\.key) == ["plan"], "\(verbose)")
            let plan = verbose.json?["traits"]?["plan"]
            #expect(plan?["value"]?.string == "gold" && plan?["source_id"]?.string == "shop", "\(verbose)")
            #expect(plan?["updated_at"]?.string == "2026-01-01T10:00:00.000000Z", "\(verbose)")
            #expect(try await ask(hub, key, path + "traits?class=audience").json?["traits"]?.members?.isEmpty == true)

            var types: [String] = []
            var place = ""
            repeat {
                let page = try await ask(hub, key, path + "external_ids?limit=2" + place)
                for one in page.json?["data"]?.elements ?? [] {
                    types.append(try #require(one["type"]?.string))
                    #expect(one["created_at"]?.string?.hasPrefix("2026-01-0") == true, "\(page)")
                    #expect(one["collection"]?.string == "users" && one["encoding"]?.string == "none", "\(page)")
                }
                place = "&next=" + (page.json?["cursor"]?["next"]?.string ?? "")
            } while place != "&next="
            #expect(types.sorted() == ["anonymous_id", "email", "partita_iva", "user_id"])
        }
    }

    @Test func `events, metadata and links`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            try await fill(hub, shop)
            let key = try await hub.key(.agent)
            let path = "users/profiles/email:anna%40example.it/"
            func events(_ query: String) async throws -> [String] {
                let reply = try await ask(hub, key, path + "events?" + query)
                return try #require(reply.json?["data"]?.elements, "\(reply)").compactMap { $0["message_id"]?.string }
            }
            #expect(try await events("") == ["m5", "m3", "m2", "m1"])
            #expect(try await events("sort=asc&limit=2") == ["m1", "m2"])
            #expect(try await events("include=Order%20Placed&limit=1") == ["m2"])
            #expect(try await events("exclude=Order%20Placed") == ["m5", "m3", "m1"])
            #expect(try await events("start=2026-01-02&end=2026-01-03T10:00:00Z") == ["m2"])
            var all: [String] = []
            var place = ""
            repeat {
                let page = try await ask(hub, key, path + "events?limit=1" + place)
                all += page.json?["data"]?.elements?.compactMap { $0["message_id"]?.string } ?? []
                place = "&next=" + (page.json?["cursor"]?["next"]?.string ?? "")
            } while place != "&next=" && all.count < 10
            #expect(all == ["m5", "m3", "m2", "m1"])
            let order = try await ask(hub, key, path + "events?include=Order%20Placed")
            let one = try #require(order.json?["data"]?.elements?.first, "\(order)")
            #expect(one["type"]?.string == "track" && one["event"]?.string == "Order Placed", "\(order)")
            #expect(one["properties"]?["total"]?.integer == 12 && one["source_id"]?.string == "shop", "\(order)")
            #expect(one["external_ids"]?.elements?.compactMap { $0["type"]?.string }.sorted() == ["email", "user_id"])

            let metadata = try await ask(hub, key, path + "metadata")
            #expect(metadata.json?["metadata"]?["created_at"]?.string == "2026-01-01T10:00:00.000000Z", "\(metadata)")
            #expect(metadata.json?["metadata"]?["last_message_id"]?.string == "m5", "\(metadata)")
            #expect(metadata.json?["metadata"]?["expires_at"]?.isNull == true)

            let links = try await ask(hub, key, path + "links")
            let account = links.json?["data"]?.elements?.first
            #expect(account?["to_collection"]?.string == "accounts", "\(links)")
            #expect(account?["external_ids"]?.elements?.first?["id"]?.string == "01114601006", "\(links)")
            let back = try await ask(hub, key, "accounts/profiles/domain:acme.example/links")
            #expect(back.json?["data"]?.elements?.count == 1, "\(back)")
            #expect(back.json?["data"]?.elements?.first?["to_collection"]?.string == "users", "\(back)")
            let account2 = try await ask(hub, key, "accounts/profiles/partita_iva:01114601006/metadata")
            #expect(account2.json?["metadata"]?["first_message_id"]?.string == "m4", "\(account2)")
            #expect(try await ask(hub, key, "accounts/profiles/email:anna%40example.it/traits").status == 404)
        }
    }

    @Test func `what is wrong is told in Segment's words, and in the hub's`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.reader)
            let cases = [
                ("users/profiles/email:nobody%40example.it/traits", 404, "not_found"),
                ("users/profiles/group_id:1/traits", 404, "not_found"),
                ("users/profiles/nothing/traits", 400, "validation_error"),
                ("users!/profiles/email:a%40example.it/traits", 400, "validation_error"),
                ("users/profiles/email:a%40example.it/traits?limit=201", 400, "validation_error"),
                ("users/profiles/email:a%40example.it/nothing", 404, "not_found"),
            ]
            for (path, status, code) in cases {
                let reply = try await ask(hub, key, path)
                #expect(reply.status == status && reply.problem != nil, "\(path): \(reply)")
                #expect(reply.json?["error"]?["code"]?.string == code, "\(path): \(reply)")
                #expect(reply.json?["error"]?["message"]?.string?.isEmpty == false)
            }
            let bad = try await ask(hub, key.dropLast() + "x", "users/profiles/email:a%40example.it/traits")
            #expect(bad.status == 401 && bad.json?["error"]?["code"]?.string == "authentication_error", "\(bad)")
            let other = try await ask(
                hub, try await hub.key(.subscriber), "users/profiles/email:a%40example.it/traits")
            #expect(other.status == 403 && other.json?["error"]?["code"]?.string == "authentication_error", "\(other)")
        }
    }
}
