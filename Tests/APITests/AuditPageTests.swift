import Contact
import ContactTesting
import HTTPTypes
import Postgres
import Storage
import Testing

@testable import API

/// Who looked and who changed, over HTTP.
@Suite struct AuditPageTests {
    private func store(_ hub: LiveHub, _ key: String, _ id: String, _ email: String) async throws -> String {
        let reply = try await hub.post(line(id, email: email), key: key)
        return try #require(reply.json?["items"]?.elements?.first?["profile"]?.string, "\(reply)")
    }

    @Test func `each route that reads or changes leaves its row, and no other does`() async throws {
        try await LiveHub.with { hub in
            let profile = try await store(hub, try await hub.key(.connector, source: "shop"), "1", "anna@example.it")
            let key = try await hub.key(.admin)
            let who = "key \(key.split(separator: "_")[2]) (admin)"
            let request = "0b3ddc6e-6f0c-4c53-8d22-6c9b5f3f9d10"
            for route in Route.all {
                let asked = try #require(RouteTests.requests[route.action], "\(route.action)")
                let path = asked.path.replacing("00000000-0000-4000-8000-000000000000", with: profile)
                let before = try await hub.count("SELECT count(*) FROM audit")
                let reply = try await hub.ask(
                    asked.method, path, key: key, ["POST", "PUT", "PATCH"].contains(asked.method) ? [] : nil,
                    fields: ["X-Forwarded-For: 192.0.2.1", "X-Request-Id: \(request)"])
                #expect(await hub.desk.audit.flush(within: .seconds(30)))
                let rows = try await hub.count("SELECT count(*) FROM audit") - before
                guard route.action.audited != .nothing else {
                    #expect(rows == 0, "\(route.action)")
                    continue
                }
                #expect(rows == 1, "\(route.action): \(reply)")
                let right = try await hub.count(
                    """
                    SELECT count(*) FROM audit WHERE action = '\(route.action.rawValue)' AND who = '\(who)'
                      AND role = 'admin' AND status = \(reply.status) AND request = '\(request)'
                    """)
                #expect(right == 1, "\(route.action): \(reply)")
                guard route.pattern.hasPrefix("/v1/profiles/{id}") else { continue }
                let named = try await hub.count(
                    """
                    SELECT count(*) FROM audit JOIN audit_profile USING (workspace, at, entry)
                    WHERE action = '\(route.action.rawValue)' AND asked = '\(profile)' AND profile = '\(profile)'
                    """)
                #expect(named == 1, "\(route.action)")
            }
        }
    }

    @Test func `a row names who was shown or changed, and nothing in it is anybody's address or name`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let (a, b) = (
                try await store(hub, shop, "1", "anna@example.it"), try await store(hub, shop, "2", "anna.b@example.it")
            )
            let (agent, admin) = (try await hub.key(.agent), try await hub.key(.admin))
            let by = try await hub.get("/v1/profiles/by/email/anna@example.it", key: agent)
            #expect(by.json?["id"]?.string == a)
            _ = try await hub.get("/v1/profiles/by/email/nobody@example.it", key: agent)
            _ = try await hub.get("/v1/search?q=anna@example.it", key: agent)
            let same = #"{"kind":"same","profiles":["\#(a)","\#(b)"],"why":"she said so"}"#
            let decided = try await hub.ask("POST", "/v1/decisions", key: agent, Array(same.utf8))
            #expect(decided.status == 200, "\(decided)")
            let erased = try await hub.ask("POST", "/v1/erasures", key: admin, Array(#"{"ids":["\#(a)"]}"#.utf8))
            #expect(erased.status == 200, "\(erased)")

            // A change is there when it was answered.
            let shown = try await hub.get("/v1/audit?profile=\(a)", key: admin)
            let entries = try #require(shown.json?["entries"]?.elements, "\(shown)")
            var actions = entries.compactMap { $0["action"]?.string }
            #expect(actions.contains("decide") && actions.contains("erasure"), "\(shown)")
            let decision = try #require(entries.first { $0["action"]?.string == "decide" })
            let named = Set(decision["profiles"]?.elements?.compactMap(\.string) ?? [])
            #expect(named.isSuperset(of: [a, b]), "\(shown)")
            #expect(decision["who"]?.string?.wholeMatch(of: /key [0-9]+ \(agent\)/) != nil)

            // The looks follow, and an erasure leaves them.
            #expect(await hub.desk.audit.flush(within: .seconds(30)))
            let later = try await hub.get("/v1/audit?profile=\(a)", key: admin)
            actions = later.json?["entries"]?.elements?.compactMap { $0["action"]?.string } ?? []
            #expect(actions.contains("profileByIdentifier"), "\(later)")
            #expect(await hub.desk.audit.flush(within: .seconds(30)))
            // Who asks who has asked leaves a row.
            let own = try await hub.get("/v1/audit?action=audit", key: admin)
            #expect(own.json?["entries"]?.elements?.count == 2, "\(own)")
            #expect(
                try await hub.count(
                    "SELECT count(*) FROM audit WHERE audit::text ILIKE '%anna%' OR audit::text LIKE '%example.it%'")
                    == 0)
        }
    }

    @Test func `pages lead on, a filter that cannot be used is told, another workspace sees nothing`() async throws {
        try await LiveHub.with { hub in
            let admin = try await hub.key(.admin)
            for _ in 0..<5 { _ = try await hub.get("/v1/reviews", key: admin) }
            #expect(await hub.desk.audit.flush(within: .seconds(30)))
            var seen: [String] = []
            var path = "/v1/audit?action=reviews&limit=2"
            while true {
                let page = try await hub.get(path, key: admin)
                seen += page.json?["entries"]?.elements?.compactMap { $0["id"]?.string } ?? []
                guard let next = page.json?["next"]?.string else { break }
                path = "/v1/audit?action=reviews&limit=2&after=\(next)"
            }
            #expect(seen.count == 5 && Set(seen).count == 5)
            for (query, name) in [
                ("limit=201", "limit_invalid"), ("after=x", "cursor_invalid"), ("profile=x", "id_invalid"),
                ("since=yesterday", "query_invalid"), ("until=", "query_invalid"), ("who=", "query_invalid"),
            ] {
                let reply = try await hub.get("/v1/audit?\(query)", key: admin)
                #expect(reply.status == 400 && reply.problem == name, "\(query): \(reply)")
            }
            let other = try await hub.database.workspace("other")
            let foreign = try await hub.get("/v1/audit", key: try await hub.key(.supervisor, in: other))
            #expect(foreign.json?["entries"]?.elements?.isEmpty == true, "\(foreign)")
            let metrics = try await hub.get("/metrics").text
            #expect(metrics.contains("contatto_audit_rows_total ") && metrics.contains("contatto_audit_waiting_rows "))
            #expect(metrics.contains("contatto_audit_refused_rows_total 0\n"))
        }
    }

    @Test func `where nothing can be written down, nothing is shown`() async throws {
        try await LiveHub.with { hub in
            let admin = try await hub.key(.admin)
            let (held, signal) = AsyncStream<Void>.makeStream()
            let isOver = Monitor(false)
            async let holder: Void = hub.database.superuser.transaction {
                (session: borrowing Session) throws(DatabaseError) in
                defer { signal.finish() }
                try session.run("LOCK TABLE audit IN ACCESS EXCLUSIVE MODE")
                signal.yield()
                // The lock is the session's, which waits in its own thread until it is told.
                while !isOver.withLock({ $0 }) { try session.run("SELECT pg_sleep(0.002)") }
            }
            for await _ in held { break }
            // A look goes on for as long as there is room.
            #expect(try await hub.get("/v1/reviews", key: admin).status == 200)
            while hub.desk.audit.hasRoom {
                hub.desk.audit.note(
                    AuditEntry(at: LiveHub.now(), who: "test", role: "login", action: "test", status: 200),
                    in: hub.workspace.id)
            }
            for path in ["/v1/reviews", "/v1/changes", "/v1/audit", "/v1/profiles?snapshot"] {
                let reply = try await hub.get(path, key: admin)
                #expect(reply.status == 503 && reply.problem == "audit_unavailable", "\(path): \(reply)")
                #expect(reply.fields["retry-after"] == "5")
            }
            isOver.withLock { $0 = true }
            try await holder
            #expect(await hub.desk.audit.flush(within: .seconds(120)))
            #expect(try await hub.get("/v1/reviews", key: admin).status == 200)
            #expect(try await hub.count("SELECT count(*) FROM audit WHERE who = 'test'") >= 9_999)
        }
    }
}
