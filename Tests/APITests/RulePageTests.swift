import API
import Contact
import ContactTesting
import Storage
import Testing

/// The resolver's rules over HTTP: shown, tried, changed.
@Suite struct RulePageTests {
    private static let change = #"{"kinds":{"email":{"links":"verified"}}}"#

    private func preview(_ hub: LiveHub, _ key: String, _ body: String) async throws -> Reply {
        try await hub.ask("POST", "/v1/rules/preview", key: key, Array(body.utf8))
    }

    private func put(_ hub: LiveHub, _ key: String, _ body: String) async throws -> Reply {
        try await hub.ask("PUT", "/v1/rules", key: key, Array(body.utf8))
    }

    @Test func `rules are tried, changed for what comes, and taken to the rest in steps`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let supervisor = try await hub.key(.supervisor)
            let admin = try await hub.key(.admin)
            for (number, email) in ["anna@example.it", "anna@example.it", "berta@example.it"].enumerated() {
                let text =
                    #"{"id":"\#(number)","identifiers":[{"kind":"email","value":"\#(email)"},{"kind":"forum_account","scope":"forum","value":"\#(number)"}]}"#
                #expect(try await hub.post(text, key: shop).status == 200)
            }
            func living() async throws -> Int64 {
                try await hub.count("SELECT count(*) FROM profile WHERE canonical IS NULL AND NOT gone")
            }
            #expect(try await living() == 2)
            let standard = try await hub.get("/v1/rules", key: supervisor)
            #expect(standard.json?["version"]?.integer == 1 && standard.json?["applied"]?.bool == true, "\(standard)")
            #expect(standard.json?["rules"]?["kinds"]?["email"]?["links"]?.string == "presented")

            let tried = try await preview(hub, supervisor, Self.change)
            #expect(tried.status == 200 && tried.json?["splits"]?.integer == 1, "\(tried)")
            #expect(tried.json?["profiles"]?.integer == 2 && tried.json?["facets"]?.integer == 3)
            #expect(tried.json?["samples"]?["split"]?.elements?.first?["parts"]?.integer == 2)
            #expect(try await hub.get("/v1/rules", key: supervisor).json?["version"]?.integer == 1)
            #expect(try await living() == 2)

            let changed = try await put(hub, admin, #"{"rules":\#(Self.change),"why":"too many share a mailbox"}"#)
            #expect(changed.status == 200 && changed.json?["version"]?.integer == 2, "\(changed)")
            #expect(changed.json?["applied"]?.bool == false)
            let text =
                #"{"id":"9","identifiers":[{"kind":"email","value":"berta@example.it"},{"kind":"forum_account","scope":"forum","value":"9"}]}"#
            #expect(try await hub.post(text, key: shop).status == 200)
            #expect(try await living() == 3, "what comes follows the new rules")
            while let step = try await hub.desk.applyRules(in: hub.workspace.workspace) { #expect(step.version == 2) }
            #expect(try await living() == 4)
            let applied = try await hub.get("/v1/rules", key: supervisor)
            #expect(applied.json?["applied"]?.bool == true, "\(applied)")
            // What a change does not name stays as it is.
            let second = try await put(hub, admin, #"{"rules":{"degree":400},"why":"x"}"#)
            #expect(second.json?["rules"]?["kinds"]?["email"]?["links"]?.string == "verified", "\(second)")
            #expect(second.json?["rules"]?["degree"]?.integer == 400)
        }
    }

    @Test func `of changes sent at once each is a version, and none takes back another's`() async throws {
        try await LiveHub.with { hub in
            let admin = try await hub.key(.admin)
            let kinds = ["email", "phone", "card", "cookie", "device", "forum_account"]
            let versions = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for kind in kinds {
                    group.addTask {
                        let body = #"{"rules":{"kinds":{"\#(kind)":{"values":7}}},"why":"at once"}"#
                        return try await put(hub, admin, body).json?["version"]?.integer
                    }
                }
                return try await group.reduce(into: []) { $0.append($1 ?? 0) }
            }
            #expect(versions.sorted() == Array(2...7))
            let rules = try await hub.get("/v1/rules", key: admin)
            #expect(rules.json?["version"]?.integer == 7)
            for kind in kinds { #expect(rules.json?["rules"]?["kinds"]?[kind]?["values"]?.integer == 7, "\(kind)") }
            #expect(try await hub.count("SELECT count(*) FROM rule_set") == 7)

            let late = try await put(hub, admin, #"{"rules":{"degree":9},"why":"x","version":6}"#)
            #expect(late.status == 409 && late.problem == "rules_changed", "\(late)")
            let known = try await put(hub, admin, #"{"rules":{"degree":9},"why":"x","version":7}"#)
            #expect(known.status == 200 && known.json?["version"]?.integer == 8, "\(known)")
            let wrong = try await put(hub, admin, #"{"rules":{"degree":9},"why":"x","version":"8"}"#)
            #expect(wrong.status == 400 && wrong.problem == "body_invalid", "\(wrong)")
        }
    }

    @Test func `a kind of one's own is declared in the rules, then shown, joined by, explained and found`()
        async throws
    {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let admin = try await hub.key(.admin)
            func post(_ id: String, _ more: String, _ value: String) async throws -> Reply {
                try await hub.post(
                    #"{"id":"\#(id)","identifiers":[{"kind":"custom","scope":"membership","value":"\#(value)"}\#(more)]}"#,
                    key: shop)
            }
            let early = try await post("1", "", "No. 42")
            let refusal = early.json?["refused"]?.elements?.first
            #expect(early.status == 422 && refusal?["reason"]?.string == "identifier_invalid", "\(early)")
            #expect(refusal?["detail"]?.string?.contains("nobody has declared this kind") == true, "\(early)")

            let rules = #"{"kinds":{"custom/membership":{"spelling":"digits","values":2}}}"#
            let declared = try await put(hub, admin, #"{"rules":\#(rules),"why":"the club's cards"}"#)
            #expect(declared.status == 200, "\(declared)")
            let kind = declared.json?["rules"]?["kinds"]?["custom/membership"]
            #expect(kind?["spelling"]?.string == "digits" && kind?["values"]?.integer == 2, "\(declared)")
            let otherwise = #"{"kinds":{"custom/membership":{"spelling":"exact"}}}"#
            let again = try await put(hub, admin, #"{"rules":\#(otherwise),"why":"x"}"#)
            #expect(again.status == 400 && again.problem == "rules_invalid", "\(again)")

            #expect(try await post("1", "", "No. 42").status == 200)
            let second = try await post("2", #",{"kind":"email","value":"anna@example.it"}"#, "42")
            let id = try #require(second.json?["items"]?.elements?.first?["profile"]?.string, "\(second)")
            for path in ["custom/membership/42", "custom/membership/N.%2042", "custom/membership%2F42"] {
                let found = try await hub.get("/v1/profiles/by/\(path)", key: admin)
                #expect(found.status == 200 && found.json?["id"]?.string == id, "\(path): \(found)")
            }
            let explained = try await hub.get("/v1/profiles/\(id)/explain", key: admin)
            let link = explained.json?["evidence"]?.elements?.first
            #expect(link?["identifier"]?["kind"]?.string == "custom", "\(explained)")
            #expect(link?["identifier"]?["scope"]?.string == "membership")
            #expect(link?["identifier"]?["value"]?.string == "42" && link?["level"]?.string == "presented")
            let body =
                #"{"kind":"shared","identifier":{"kind":"custom","scope":"membership","value":"n 42"},"why":"two"}"#
            let decided = try await hub.ask("POST", "/v1/decisions", key: admin, Array(body.utf8))
            #expect(decided.status == 200 && decided.json?["split"]?.elements?.count == 1, "\(decided)")
        }
    }

    @Test func `rules that cannot be used are refused with what is wrong`() async throws {
        try await LiveHub.with { hub in
            let admin = try await hub.key(.admin)
            for (body, says) in [
                ("", "JSON"), ("[]", "not a JSON object"), (#"{"colour":1}"#, "colour is no rule"),
                (#"{"kinds":{"email":{"links":"claimed"}}}"#, "never joins alone"),
            ] {
                let reply = try await preview(hub, admin, body)
                #expect(reply.status == 400 && reply.problem == "rules_invalid", "\(body): \(reply)")
                #expect(reply.json?["detail"]?.string?.contains(says) == true, "\(body): \(reply)")
            }
            for (body, problem) in [
                ("{}", "body_invalid"), (#"{"rules":{}}"#, "body_invalid"), (#"{"why":"x"}"#, "body_invalid"),
                (#"{"rules":{"colour":1},"why":"x"}"#, "rules_invalid"), (Self.change, "unknown_field"),
            ] {
                let reply = try await put(hub, admin, body)
                #expect(reply.status == 400 && reply.problem == problem, "\(body): \(reply)")
            }
            #expect(try await hub.count("SELECT count(*) FROM rule_set") == 1)
        }
    }
}
