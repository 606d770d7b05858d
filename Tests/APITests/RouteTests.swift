import Contact
import ContactTesting
import HTTPTypes
import Testing

@testable import API
@testable import Storage

@Suite struct RouteTests {
    /// Written by hand: who may, for each route.
    private static let allowed: [Route.Action: Set<KeyRole>] = [
        .interactions: [.public, .connector, .admin],
        .profile: [.reader, .agent, .supervisor, .admin],
        .profileByIdentifier: [.reader, .agent, .supervisor, .admin],
        .timeline: [.reader, .agent, .supervisor, .admin],
        .visits: [.reader, .agent, .supervisor, .admin], .hits: [.reader, .agent, .supervisor, .admin],
        .search: [.reader, .agent, .supervisor, .admin],
        .explanation: [.reader, .agent, .supervisor, .admin],
        .changes: [.subscriber, .admin], .snapshot: [.subscriber, .admin],
        .subscriptions: [.admin], .subscription: [.admin], .subscribe: [.admin], .subscriptionChange: [.admin],
        .subscriptionRemoval: [.admin], .subscriptionCommand: [.admin], .subscriptionAttempts: [.admin],
        .subscriptionDead: [.admin],
        .decide: [.agent, .supervisor, .admin], .decisions: [.agent, .supervisor, .admin],
        .revocation: [.agent, .supervisor, .admin], .reviews: [.agent, .supervisor, .admin],
        .rules: [.supervisor, .admin], .rulePreview: [.supervisor, .admin], .ruleChange: [.admin],
        .erasure: [.admin],
        .receiver: [.connector, .admin],
        .welcome: [.admin], .health: [.admin], .readiness: [.admin], .metrics: [.admin],
        .openAPI: Set(KeyRole.allCases),
        .recognise: [.public, .connector, .reader, .agent, .supervisor, .admin],
        .disclosure: [.supervisor, .admin], .disclosureChange: [.admin],
        .consents: [.reader, .agent, .supervisor, .admin],
        .consent: [.connector, .agent, .supervisor, .admin],
        .memories: [.reader, .agent, .supervisor, .admin], .memory: [.agent, .supervisor, .admin],
        .memoryEnd: [.agent, .supervisor, .admin], .preferences: [.agent, .supervisor, .admin],
        .interaction: [.reader, .agent, .supervisor, .admin], .original: [.supervisor, .admin],
        .people: [.reader, .agent, .supervisor, .admin], .segment: [.reader, .agent, .supervisor, .admin],
        .audit: [.supervisor, .admin],
    ]

    static let requests: [Route.Action: (method: String, path: String)] = [
        .interactions: ("POST", "/v1/interactions"),
        .profile: ("GET", "/v1/profiles/00000000-0000-4000-8000-000000000000"),
        .profileByIdentifier: ("GET", "/v1/profiles/by/email/anna@example.it"),
        .timeline: ("GET", "/v1/profiles/00000000-0000-4000-8000-000000000000/interactions"),
        .visits: ("GET", "/v1/profiles/00000000-0000-4000-8000-000000000000/visits"), .hits: ("GET", "/v1/hits"),
        .search: ("GET", "/v1/search?q=rossi"),
        .explanation: ("GET", "/v1/profiles/00000000-0000-4000-8000-000000000000/explain"),
        .changes: ("GET", "/v1/changes"), .snapshot: ("GET", "/v1/profiles?snapshot"),
        .subscriptions: ("GET", "/v1/subscriptions"), .subscribe: ("POST", "/v1/subscriptions"),
        .subscription: ("GET", "/v1/subscriptions/crm"), .subscriptionChange: ("PATCH", "/v1/subscriptions/crm"),
        .subscriptionRemoval: ("DELETE", "/v1/subscriptions/crm"),
        .subscriptionCommand: ("POST", "/v1/subscriptions/crm/pause"),
        .subscriptionAttempts: ("GET", "/v1/subscriptions/crm/attempts"),
        .subscriptionDead: ("GET", "/v1/subscriptions/crm/dead"),
        .decide: ("POST", "/v1/decisions"), .decisions: ("GET", "/v1/decisions"),
        .revocation: ("DELETE", "/v1/decisions/00000000-0000-4000-8000-000000000000"),
        .reviews: ("GET", "/v1/reviews"), .rules: ("GET", "/v1/rules"), .ruleChange: ("PUT", "/v1/rules"),
        .rulePreview: ("POST", "/v1/rules/preview"), .erasure: ("POST", "/v1/erasures"),
        .receiver: ("POST", "/v1/sources/shop/messages"),
        .welcome: ("GET", "/"), .health: ("GET", "/healthz"), .readiness: ("GET", "/readyz"),
        .metrics: ("GET", "/metrics"), .openAPI: ("GET", "/openapi.yaml"),
        .recognise: ("POST", "/v1/recognise"), .disclosure: ("GET", "/v1/disclosure"),
        .disclosureChange: ("PUT", "/v1/disclosure"),
        .consents: ("GET", "/v1/profiles/00000000-0000-4000-8000-000000000000/consents"),
        .consent: ("POST", "/v1/profiles/00000000-0000-4000-8000-000000000000/consents"),
        .memories: ("GET", "/v1/profiles/00000000-0000-4000-8000-000000000000/memories"),
        .memory: ("POST", "/v1/profiles/00000000-0000-4000-8000-000000000000/memories"),
        .memoryEnd: ("POST", "/v1/memories/00000000-0000-4000-8000-000000000000/close"),
        .preferences: ("POST", "/v1/profiles/00000000-0000-4000-8000-000000000000/preferences"),
        .interaction: ("GET", "/v1/interactions/00000000-0000-4000-8000-000000000000"),
        .original: ("GET", "/v1/interactions/00000000-0000-4000-8000-000000000000/original"),
        .people: ("GET", "/v1/profiles/00000000-0000-4000-8000-000000000000/people"),
        .segment: ("GET", "/v1/spaces/s/collections/users/profiles/user_id:1/traits"),
        .audit: ("GET", "/v1/audit"),
    ]

    @Test func `the table has each route once, and lets in whom the list by hand lets in`() {
        #expect(Route.all.count == Route.Action.allCases.count)
        for route in Route.all { #expect(route.roles == Self.allowed[route.action], "\(route.pattern)") }
        #expect(Set(Route.all.map { "\($0.method?.rawValue ?? "") \($0.pattern)" }).count == Route.all.count)
    }

    @Test func `each route lets in each role as the table says, and nobody without a key`() async throws {
        try await LiveHub.with { hub in
            for role in KeyRole.allCases {
                let key = try await hub.key(role, source: role == .connector ? "shop" : role == .public ? "site" : nil)
                for (action, request) in Self.requests {
                    let reply = try await hub.ask(
                        request.method, request.path, key: key,
                        ["POST", "PUT", "PATCH"].contains(request.method) ? [] : nil,
                        // Else this machine would be let in without a key where it may.
                        fields: ["X-Forwarded-For: 192.0.2.1"])
                    let mayNot = reply.status == 403
                    #expect(mayNot == !(Self.allowed[action] ?? []).contains(role), "\(role) \(request.path): \(reply)")
                    #expect(reply.status != 401, "\(role) \(request.path): \(reply)")
                    if mayNot { #expect(reply.problem == "forbidden", "\(reply)") }
                }
            }
            for request in Self.requests.values {
                let reply = try await hub.ask(request.method, request.path, fields: ["X-Forwarded-For: 192.0.2.1"])
                #expect(reply.status == 401 && reply.problem == "unauthorized", "\(request.path): \(reply)")
                #expect(reply.fields["www-authenticate"] == "Bearer realm=\"contatto\"")
            }
        }
    }

    @Test func `health, readiness, metrics and the document need no key on this machine`() async throws {
        try await LiveHub.with { hub in
            for path in ["/", "/healthz", "/readyz", "/metrics", "/openapi.yaml"] {
                let reply = try await hub.get(path)
                #expect(reply.status == 200, "\(path): \(reply)")
            }
            let head = try await hub.ask("HEAD", "/healthz")
            #expect(head.fields["date"] == "Sun, 01 Nov 2026 00:00:00 GMT")
            #expect(head.status == 200 && head.body.isEmpty && head.fields["content-length"] == "3")
        }
    }

    @Test func `another path is 404, another method 405 with those that there are`() async throws {
        try await LiveHub.with { hub in
            for path in ["//", "/v1", "/v1/interactions/", "/v1/profiles/", "/v1/sources/shop", "/healthz/x", "*"] {
                let reply = try await hub.get(path)
                #expect(reply.status == 404 && reply.problem == "not_found", "\(path): \(reply)")
            }
            let reply = try await hub.get("/v1/interactions")
            #expect(reply.status == 405 && reply.problem == "method_not_allowed", "\(reply)")
            #expect(reply.fields["allow"] == "POST")
            // A list is no command, though a command may stand in its place.
            for method in ["POST", "OPTIONS"] {
                let list = try await hub.ask(method, "/v1/subscriptions/crm/attempts")
                #expect(list.status == 405 && list.fields["allow"] == "GET", "\(method): \(list)")
            }
            for path in ["%C3%28", "%", "%4", "%+f", "%-1", "%4g"] {
                let invalid = try await hub.get("/v1/profiles/by/email/\(path)")
                #expect(invalid.status == 400 && invalid.problem == "address_invalid", "\(path): \(invalid)")
            }
        }
    }

    @Test func `a key is told from a mistyped, an unknown, an expired and a revoked one`() async throws {
        try await LiveHub.with { hub in
            let path = "/v1/profiles/by/email/anna@example.it"
            let key = try await hub.key(.reader)
            #expect(try await hub.get(path, key: key).status == 404)
            // Two characters of the secret change places.
            var mistyped = Array(key)
            guard
                let place = (12..<40).first(where: {
                    mistyped[$0] != mistyped[$0 + 1] && mistyped[$0] != "_" && mistyped[$0 + 1] != "_"
                })
            else { return }
            mistyped.swapAt(place, place + 1)
            #expect(try await hub.get(path, key: String(mistyped)).text.contains("mistyped"))
            let unknown = KeyText(workspace: hub.workspace.id, id: 1)
            let reply = try await hub.get(path, key: unknown.text)
            #expect(reply.status == 401 && reply.text.contains("not known"), "\(reply)")
            #expect(reply.fields["www-authenticate"]?.contains("invalid_token") == true)
            let elsewhere = KeyText(workspace: 99, id: 1)
            #expect(try await hub.get(path, key: elsewhere.text).text.contains("not known"))
            let expired = try await hub.key(.reader, expiresAt: LiveHub.now())
            #expect(try await hub.get(path, key: expired).text.contains("expired"))
            for nonsense in [
                "", "x", "contatto_1_1_\(String(repeating: "a", count: 32))", String(repeating: "k", count: 5_000),
            ] {
                #expect(try await hub.get(path, key: nonsense).status == 401, "\(nonsense.prefix(50))")
            }
            let keys = Keys(hub.database.hub)
            let id = try KeyText(key).id
            #expect(try await keys.revoke(id, in: hub.workspace.workspace, now: LiveHub.now()))
            try await LiveHub.eventually("a revoked key is refused") { try await hub.get(path, key: key).status == 401 }
            let listed = try await keys.list(hub.workspace.workspace)
            let own = listed.first { $0.id == id }
            #expect(own?.usedAt == LiveHub.now() - LiveHub.now() % 3_600_000_000)
            #expect(own?.revokedAt == LiveHub.now())
        }
    }

    @Test func `only the hash of a key is stored`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.admin)
            let secret = key.split(separator: "_")[3]
            #expect(secret.utf8.count == 32)
            #expect(try await hub.count("SELECT count(*) FROM api_key WHERE api_key::text LIKE '%\(secret)%'") == 0)
            #expect(try await hub.count("SELECT count(*) FROM api_key WHERE hash = sha256('\(key)')") == 1)
        }
    }
}
