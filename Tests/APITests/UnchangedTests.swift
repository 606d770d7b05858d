import Contact
import ContactTesting
import Storage
import Testing

/// `If-Match`: what is done only where a profile, or the rules, are still as they were seen.
@Suite struct UnchangedTests {
    private func store(_ hub: LiveHub, _ key: String, _ id: String, _ email: String) async throws -> String {
        let body = #"{"id":"\#(id)","identifiers":[{"kind":"email","value":"\#(email)","assurance":"verified"}]}"#
        let reply = try await hub.post(body, key: key)
        return try #require(reply.json?["items"]?.elements?.first?["profile"]?.string, "\(reply)")
    }

    private func tag(_ hub: LiveHub, _ key: String, _ path: String) async throws -> String {
        try #require(try await hub.get(path, key: key).fields["etag"])
    }

    private func send(
        _ hub: LiveHub, _ key: String, _ path: String, _ body: String, if tag: String?, method: String = "POST"
    ) async throws -> Reply {
        try await hub.ask(method, path, key: key, Array(body.utf8), fields: tag.map { ["If-Match: \($0)"] } ?? [])
    }

    /// Each change with the tag that the profile had before it was changed by another, then with the one that it has.
    @Test func `what is recorded of a profile is recorded of the profile that was seen`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop", settings: #"{"trust":"verified"}"#)
            let agent = try await hub.key(.agent)
            let path = "/v1/profiles/\(try await store(hub, shop, "1", "a@example.it"))"
            let old = try await tag(hub, agent, path)
            let promise = #"{"kind":"promised","text":"a call","by":"2027-01-01T10:00:00Z"}"#
            let made = try await send(hub, agent, path + "/memories", promise, if: old)
            #expect(made.status == 200, "\(made)")
            let memory = try #require(made.json?["memory"]?["id"]?.string)
            let changes = [
                (path + "/consents", #"{"purpose":"marketing","state":"denied"}"#),
                (path + "/memories", #"{"kind":"prefers","text":"the window"}"#),
                (path + "/preferences", #"{"tone":"tu"}"#),
                ("/v1/memories/\(memory)/close", #"{"as":"kept","why":"called"}"#),
            ]
            for (path, body) in changes {
                let before = try await hub.get("/v1/changes?after=now", key: try await hub.key(.subscriber))
                let refused = try await send(hub, agent, path, body, if: old)
                #expect(refused.status == 412 && refused.problem == "changed_meanwhile", "\(path): \(refused)")
                for other in ["\"x\"", "", "W/\(old)", "\(old)x"] {
                    let reply = try await send(hub, agent, path, body, if: other)
                    #expect(reply.status == 412, "\(path) if \(other): \(reply)")
                }
                let after = try await hub.get("/v1/changes?after=now", key: try await hub.key(.subscriber))
                #expect(before.json?["end"]?.string == after.json?["end"]?.string, "nothing was done")
            }
            for (target, body) in changes {
                let now = try await tag(hub, agent, path)
                let done = try await send(hub, agent, target, body, if: "\"0\", \(now)")
                #expect(done.status == 200, "\(target): \(done)")
                #expect(try await tag(hub, agent, path) != now, "\(target) changes what the profile shows")
            }
            let any = try await send(hub, agent, path + "/preferences", #"{"tone":"lei"}"#, if: "*")
            #expect(any.status == 200, "\(any)")
        }
    }

    @Test func `of many who have seen the same, one alone changes it`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop", settings: #"{"trust":"verified"}"#)
            let agent = try await hub.key(.agent)
            let path = "/v1/profiles/\(try await store(hub, shop, "1", "a@example.it"))"
            for round in 0..<5 {
                let seen = try await tag(hub, agent, path)
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<8 {
                        group.addTask {
                            let body = #"{"kind":"thanks_due","text":"\#(round) \#(number)"}"#
                            return try await send(hub, agent, path + "/memories", body, if: seen).status
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses.sorted() == [200] + Array(repeating: 412, count: 7), "round \(round)")
            }
        }
    }

    @Test func `a decision needs every profile that it is about to be as it was seen`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop", settings: #"{"trust":"verified"}"#)
            let agent = try await hub.key(.agent)
            let (a, b) = (
                try await store(hub, shop, "1", "a@example.it"), try await store(hub, shop, "2", "b@example.it")
            )
            let tags = (
                try await tag(hub, agent, "/v1/profiles/\(a)"), try await tag(hub, agent, "/v1/profiles/\(b)")
            )
            let body = #"{"kind":"same","profiles":["\#(a)","\#(b)"],"why":"asked"}"#
            for some in [tags.0, tags.1, "\(tags.0), \"x\""] {
                let reply = try await send(hub, agent, "/v1/decisions", body, if: some)
                #expect(reply.status == 412, "\(reply)")
            }
            let made = try await send(hub, agent, "/v1/decisions", body, if: "\(tags.1),\(tags.0)")
            let decision = try #require(made.json?["decision"]?.string, "\(made)")
            let path = "/v1/decisions/\(decision)"
            #expect(try await send(hub, agent, path, "", if: tags.0, method: "DELETE").status == 412)
            // Seen through either of its ids.
            for (place, id) in [a, b].enumerated() {
                let now = try await tag(hub, agent, "/v1/profiles/\(id)")
                let reply = try await send(
                    hub, agent, place == 0 ? path + "?preview=true" : path, "", if: now, method: "DELETE")
                #expect(reply.status == 200, "\(reply)")
            }
            let shared = #"{"kind":"shared","identifier":{"kind":"email","value":"a@example.it"},"why":"the office's"}"#
            #expect(try await send(hub, agent, "/v1/decisions", shared, if: tags.1).status == 412)
            let now = try await tag(hub, agent, "/v1/profiles/\(a)")
            #expect(try await send(hub, agent, "/v1/decisions", shared, if: now).status == 200)
        }
    }

    @Test func `rules are changed by whoever has seen those that hold`() async throws {
        try await LiveHub.with { hub in
            let admin = try await hub.key(.admin)
            let body = #"{"rules":{"kinds":{"email":{"names":3}}},"why":"families"}"#
            let seen = try await tag(hub, admin, "/v1/rules")
            let done = try await send(hub, admin, "/v1/rules", body, if: seen, method: "PUT")
            #expect(done.status == 200, "\(done)")
            let late = try await send(hub, admin, "/v1/rules", body, if: seen, method: "PUT")
            #expect(late.status == 412 && late.problem == "changed_meanwhile", "\(late)")
            let now = try await tag(hub, admin, "/v1/rules")
            _ = try await hub.workspace.ledger().applyRules()
            #expect(try await send(hub, admin, "/v1/rules", body, if: now, method: "PUT").status == 200)
        }
    }
}
