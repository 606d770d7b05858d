import Contact
import ContactTesting
import Storage
import Testing

/// What people say who is who, over HTTP: previewed, made, shown, taken back.
@Suite struct DecisionPageTests {
    /// Stores an interaction and returns the profile it hangs on.
    private func store(_ hub: LiveHub, _ key: String, _ id: String, _ shown: [(String, String)]) async throws -> String
    {
        let identifiers = shown.map { kind, value in
            let scope = kind == "customer_number" ? #""scope":"crm","# : ""
            return #"{"kind":"\#(kind)",\#(scope)"value":"\#(value)"}"#
        }
        let reply = try await hub.post(
            #"{"id":"\#(id)","identifiers":[\#(identifiers.joined(separator: ","))]}"#, key: key)
        return try #require(reply.json?["items"]?.elements?.first?["profile"]?.string, "\(reply)")
    }

    private func decide(_ hub: LiveHub, _ key: String, _ body: String) async throws -> Reply {
        try await hub.ask("POST", "/v1/decisions", key: key, Array(body.utf8))
    }

    private func profiles(_ hub: LiveHub) async throws -> Int64 {
        try await hub.count("SELECT count(*) FROM profile WHERE canonical IS NULL AND NOT gone")
    }

    /// All that a profile's page says but its version, which counts changes.
    private func page(_ hub: LiveHub, _ id: String, _ key: String) async throws -> [String: [UInt8]] {
        let reply = try await hub.get("/v1/profiles/\(id)", key: key)
        var members: [String: [UInt8]] = [:]
        // Which of two ids survives this time, and which redirects to it, is left open.
        let open: Set = ["version", "id", "redirected_from", "canonical", "absorbed"]
        for (name, value) in try #require(reply.json?.members, "\(reply)") where !open.contains(name) {
            members[name] = value.canonical
        }
        return members
    }

    @Test func `a decision is previewed, made and taken back, and then all is as before`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let agent = try await hub.key(.agent)
            let a = try await store(hub, shop, "1", [("email", "a@example.it")])
            let b = try await store(hub, shop, "2", [("email", "b@example.it")])
            _ = try await store(hub, shop, "3", [("email", "a@example.it"), ("email", "b@example.it")])
            #expect(try await profiles(hub) == 1)
            let before = try await page(hub, a, agent)

            let pair = #""kind":"not_same","profiles":["\#(a)","\#(b)"]"#
            let preview = try await decide(hub, agent, #"{\#(pair),"preview":true}"#)
            #expect(preview.status == 200, "\(preview)")
            #expect(preview.json?["preview"]?.bool == true && preview.json?["decision"]?.isNull == true)
            #expect(preview.json?["position"]?.isNull == true)
            #expect(preview.json?["split"]?.elements?.count == 1, "\(preview)")
            #expect(try await page(hub, a, agent) == before, "a preview changed something")
            let none = try await hub.get("/v1/decisions", key: agent)
            #expect(none.json?["decisions"]?.elements?.isEmpty == true && none.json?["next"]?.isNull == true)

            let made = try await decide(hub, agent, #"{\#(pair),"why":"father and son"}"#)
            #expect(made.status == 200 && made.json?["preview"]?.bool == false, "\(made)")
            let id = try #require(made.json?["decision"]?.string)
            #expect(made.json?["profiles"]?.elements?.count == 2)
            #expect(made.json?["position"]?.string?.contains(".") == true)
            for own in [a, b] {
                let found = try await hub.get("/v1/profiles/\(own)", key: agent)
                #expect(found.json?["id"]?.string == own && found.json?["redirected_from"]?.isNull == true, "\(found)")
                #expect(found.json?["refused"]?.elements?.first?["reason"]?.string == "not_same", "\(found)")
            }
            let listed = try await hub.get("/v1/decisions", key: agent)
            let decision = try #require(listed.json?["decisions"]?.elements?.first)
            #expect(decision["id"]?.string == id && decision["kind"]?.string == "not_same")
            #expect(decision["why"]?.string == "father and son")
            #expect(decision["who"]?.string?.wholeMatch(of: /key [0-9]+ \(agent\)/) != nil, "\(listed)")
            #expect(decision["left"]?.elements?.first?["profile"]?.string == a)
            #expect(decision["right"]?.elements?.first?["profile"]?.string == b)
            #expect(decision["revoked_at"]?.isNull == true)

            let path = "/v1/decisions/\(id)"
            let would = try await hub.ask("DELETE", path + "?preview=true", key: agent)
            #expect(would.status == 200 && would.json?["merged"]?.elements?.count == 1, "\(would)")
            #expect(try await profiles(hub) == 2)
            let revoked = try await hub.ask("DELETE", path, key: agent)
            #expect(revoked.status == 200 && revoked.json?["merged"]?.elements?.count == 1, "\(revoked)")
            #expect(try await page(hub, a, agent) == before)
            let after = try await hub.get("/v1/decisions", key: agent)
            let who = after.json?["decisions"]?.elements?.first?["revoked_by"]?.string
            #expect(who?.hasSuffix("(agent)") == true, "\(after)")
            let again = try await hub.ask("DELETE", path, key: agent)
            #expect(again.status == 409 && again.problem == "decision_unusable", "\(again)")
        }
    }

    @Test func `why two are one, or are not, is said of either id`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let reader = try await hub.key(.reader)
            let a = try await store(hub, shop, "1", [("email", "a@example.it")])
            let b = try await store(hub, shop, "2", [("email", "b@example.it")])
            let c = try await store(hub, shop, "3", [("email", "c@example.it")])
            _ = try await store(hub, shop, "4", [("email", "a@example.it"), ("email", "b@example.it")])
            let joined = try await hub.get("/v1/profiles/\(a)/explain?with=\(b)", key: reader)
            #expect(joined.json?["same"]?.bool == true && joined.json?["path"]?.elements?.count == 2, "\(joined)")
            for link in joined.json?["path"]?.elements ?? [] {
                let ends = try #require(link["interactions"]?.elements)
                #expect(ends.count == 2 && ends.allSatisfy { $0["count"]?.integer == 1 && $0["more"]?.bool == false })
                #expect(ends.allSatisfy { $0["first"]?["source"]?.string == "shop" })
                #expect(ends.allSatisfy { $0["first"]?["interaction"]?.string == $0["last"]?["interaction"]?.string })
            }
            let apart = try await hub.get("/v1/profiles/\(a)/explain?with=\(c)", key: reader)
            #expect(apart.json?["same"]?.bool == false && apart.json?["path"]?.elements?.isEmpty == true, "\(apart)")
            var links = 0
            for id in [a, b] {
                let reply = try await hub.get("/v1/profiles/\(id)/explain", key: reader)
                let survivor = try #require(reply.json?["canonical"]?.string, "\(reply)")
                #expect(reply.json?["facets"]?.elements?.count == 3 && reply.json?["traits"] == nil)
                let evidence = try #require(reply.json?["evidence"]?.elements)
                #expect(evidence.count == 2 && evidence.allSatisfy { $0["interactions"]?.elements?.count == 2 })
                guard survivor != id else { continue }
                links += 1
                #expect(reply.fields["link"] == "</v1/profiles/\(survivor)/explain>; rel=\"canonical\"")
                #expect(reply.json?["redirected_from"]?.string == id)
            }
            #expect(links == 1)
            let cases: [(String, Int, String)] = [
                ("\(HubID.random())/explain", 404, "profile_unknown"), ("x/explain", 400, "id_invalid"),
                ("\(a)/explain?with=x", 400, "id_invalid"),
                ("\(a)/explain?with=\(HubID.random())", 404, "id_unknown"),
            ]
            for (path, status, problem) in cases {
                let reply = try await hub.get("/v1/profiles/\(path)", key: reader)
                #expect(reply.status == status && reply.problem == problem, "\(path): \(reply)")
            }
        }
    }

    @Test func `what a rule keeps apart waits for a person, whose word settles it`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let supervisor = try await hub.key(.supervisor)
            let a = try await store(hub, shop, "1", [("customer_number", "1"), ("phone", "+393471234567")])
            let b = try await store(hub, shop, "2", [("customer_number", "2"), ("email", "b@example.it")])
            _ = try await store(hub, shop, "3", [("phone", "+393471234567"), ("email", "b@example.it")])
            let waiting = try await hub.get("/v1/reviews?limit=10", key: supervisor)
            let review = try #require(waiting.json?["reviews"]?.elements?.first, "\(waiting)")
            #expect(Set((review["profiles"]?.elements ?? []).compactMap(\.string)) == [a, b], "\(waiting)")
            #expect(review["reasons"]?.elements?.first?.string == "exclusive")
            #expect(review["evidence"]?.elements?.isEmpty == false && (review["facets"]?.integer ?? 0) > 0)
            let metrics = try await hub.get("/metrics").text
            #expect(metrics.contains(/\ncontatto_contested_groups_total [1-9]/), "\(metrics)")

            let made = try await decide(
                hub, supervisor, #"{"kind":"same","left":["\#(a)"],"right":["\#(b)"],"why":"he has two"}"#)
            #expect(made.status == 200 && made.json?["merged"]?.elements?.count == 1, "\(made)")
            #expect(try await profiles(hub) == 1)
            let left = try await hub.get("/v1/reviews", key: supervisor)
            #expect(left.json?["reviews"]?.elements?.isEmpty == true, "\(left)")
            let evidence = try await page(hub, a, supervisor)["evidence"] ?? []
            #expect(String(decoding: evidence, as: UTF8.self).contains(#""decision":"same""#))
        }
    }

    @Test func `a value is called shared, and decisions are listed in pages`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let agent = try await hub.key(.agent)
            for number in 1...3 {
                let own = "own\(number)@example.it"
                _ = try await store(hub, shop, "\(number)", [("email", "desk@example.it"), ("email", own)])
            }
            #expect(try await profiles(hub) == 1)
            var made: [String] = []
            for value in ["desk", "own1", "own2"] {
                let reply = try await decide(
                    hub, agent,
                    #"{"kind":"shared","identifier":{"kind":"email","value":" \#(value.uppercased())@Example.it"},"why":"a counter"}"#
                )
                made.append(try #require(reply.json?["decision"]?.string, "\(reply)"))
            }
            #expect(try await profiles(hub) == 3)
            var seen: [String] = []
            var next: String? = ""
            while let after = next {
                let page = try await hub.get(
                    "/v1/decisions?limit=2" + (after.isEmpty ? "" : "&after=\(after)"), key: agent)
                for one in page.json?["decisions"]?.elements ?? [] {
                    seen.append(one["id"]?.string ?? "")
                    #expect(one["identifier"]?["kind"]?.string == "email" && one["kind"]?.string == "shared")
                }
                next = page.json?["next"]?.string
            }
            #expect(seen.count == 3 && Set(seen) == Set(made))
            for query in ["limit=0", "limit=201", "limit=x", "after=x"] {
                let reply = try await hub.get("/v1/decisions?\(query)", key: agent)
                #expect(reply.status == 400, "\(query): \(reply)")
            }
            #expect(try await hub.get("/v1/reviews?limit=0", key: agent).problem == "limit_invalid")
        }
    }

    @Test func `what cannot be decided is said clearly, and nothing is kept of it`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let agent = try await hub.key(.agent)
            let a = try await store(hub, shop, "1", [("email", "a@example.it")])
            let nobody = HubID.random()
            let cases: [(String, Int, String)] = [
                ("", 400, "malformed_json"), ("[]", 400, "body_invalid"), ("{}", 400, "body_invalid"),
                (#"{"kind":"same","colour":1}"#, 400, "unknown_field"),
                (#"{"kind":"like","profiles":["\#(a)","\#(nobody)"],"why":"x"}"#, 400, "body_invalid"),
                (#"{"kind":"same","profiles":["\#(a)"],"why":"x"}"#, 400, "body_invalid"),
                (#"{"kind":"same","profiles":["\#(a)","x"],"why":"x"}"#, 400, "body_invalid"),
                (#"{"kind":"same","left":["\#(a)"],"why":"x"}"#, 400, "body_invalid"),
                (#"{"kind":"same","profiles":["\#(a)","\#(nobody)"]}"#, 400, "body_invalid"),
                (#"{"kind":"same","profiles":["\#(a)","\#(nobody)"],"why":"  "}"#, 400, "body_invalid"),
                (#"{"kind":"same","profiles":["\#(a)","\#(nobody)"],"why":"x","preview":"yes"}"#, 400, "body_invalid"),
                (#"{"kind":"same","profiles":["\#(a)","\#(nobody)"],"why":"x"}"#, 404, "id_unknown"),
                (#"{"kind":"same","profiles":["\#(a)","\#(a)"],"why":"x"}"#, 409, "decision_unusable"),
                (#"{"kind":"not_same","left":["\#(a)"],"right":["\#(a)"],"why":"x"}"#, 409, "decision_unusable"),
                (#"{"kind":"shared","profiles":["\#(a)","\#(a)"],"why":"x"}"#, 400, "body_invalid"),
                (#"{"kind":"shared","identifier":{"kind":"colour","value":"x"},"why":"x"}"#, 400, "identifier_invalid"),
                (#"{"kind":"shared","identifier":{"kind":"email","value":"x"},"why":"x"}"#, 400, "identifier_invalid"),
                (
                    #"{"kind":"shared","identifier":{"kind":"email","value":"no@example.it"},"why":"x"}"#, 404,
                    "identifier_unknown"
                ),
            ]
            for (body, status, problem) in cases {
                let reply = try await decide(hub, agent, body)
                #expect(reply.status == status && reply.problem == problem, "\(body): \(reply)")
            }
            let large = try await decide(hub, agent, #"{"why":"\#(String(repeating: "x", count: 1 << 20))"}"#)
            #expect(large.status == 413 && large.problem == "body_too_large", "\(large.status)")
            for (path, status) in [("x", 400), ("\(nobody)", 404), ("\(nobody)?preview=maybe", 400)] {
                let reply = try await hub.ask("DELETE", "/v1/decisions/\(path)", key: agent)
                #expect(reply.status == status && reply.problem != nil, "\(path): \(reply)")
            }
            #expect(try await hub.count("SELECT count(*) FROM decision") == 0)
        }
    }

    @Test func `what is erased is gone for good, and what is not erased is said`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let admin = try await hub.key(.admin)
            func erase(_ body: String) async throws -> Reply {
                try await hub.ask("POST", "/v1/erasures", key: admin, Array(body.utf8))
            }
            let a = try await store(hub, shop, "1", [("email", "a@example.it")])
            let b = try await store(hub, shop, "2", [("email", "b@example.it")])
            let before = try await page(hub, a, admin)
            let preview = try await erase(#"{"ids":["\#(a)"],"preview":true}"#)
            #expect(preview.status == 200 && preview.json?["interactions"]?.integer == 1, "\(preview)")
            #expect(try await page(hub, a, admin) == before)
            let erased = try await erase(#"{"ids":["\#(a)"]}"#)
            #expect(erased.json?["erased"]?.elements?.compactMap(\.string) == [a], "\(erased)")
            #expect(erased.json?["not_erased"]?.string?.contains("backups") == true)
            for page in ["", "/explain", "/interactions"] {
                let gone = try await hub.get("/v1/profiles/\(a)\(page)", key: admin)
                #expect(gone.status == 410 && gone.problem == "profile_gone", "\(page): \(gone)")
            }
            let other = try await hub.get("/v1/profiles/\(b)/explain?with=\(a)", key: admin)
            #expect(other.status == 410, "\(other)")
            #expect(try await hub.get("/v1/profiles/by/email/a@example.it", key: admin).status == 404)
            #expect(try await hub.get("/v1/profiles/\(b)", key: admin).status == 200)
            // A replay brings nothing back.
            let again = try await hub.post(
                #"{"id":"1","identifiers":[{"kind":"email","value":"a@example.it"}]}"#, key: shop)
            #expect(again.json?["known"]?.integer == 1, "\(again)")
            #expect(try await hub.get("/v1/profiles/by/email/a@example.it", key: admin).status == 404)
            let cases: [(String, Int, String)] = [
                ("{}", 400, "body_invalid"), (#"{"ids":[]}"#, 400, "body_invalid"),
                (#"{"ids":["\#(HubID.random())"]}"#, 404, "id_unknown"), (#"{"ids":["\#(a)"]}"#, 404, "id_unknown"),
            ]
            for (body, status, problem) in cases {
                let reply = try await erase(body)
                #expect(reply.status == status && reply.problem == problem, "\(body): \(reply)")
            }
        }
    }
}
