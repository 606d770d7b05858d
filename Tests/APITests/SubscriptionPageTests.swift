import Contact
import ContactTesting
import Storage
import Testing

/// Subscriptions over HTTP: made, shown without their secrets, changed, and taken away.
@Suite struct SubscriptionPageTests {
    private func ask(
        _ hub: LiveHub, _ method: String, _ path: String, _ key: String, _ body: String? = nil
    ) async throws -> Reply {
        try await hub.ask(method, "/v1/subscriptions" + path, key: key, body.map { Array($0.utf8) })
    }

    @Test func `a webhook is made, told apart from its secret, changed, replayed and removed`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.admin)
            let made = try await ask(
                hub, "POST", "", key,
                #"{"name":"crm","settings":{"url":"https://crm.example/x","concurrency":8},"after":"oldest"}"#)
            #expect(made.status == 201 && made.fields["location"] == "/v1/subscriptions/crm", "\(made)")
            let secret = try #require(made.json?["verify_with"]?.string)
            #expect(secret.hasPrefix("whsec_"))
            #expect(made.json?["settings"]?["concurrency"]?.string == "8" && made.json?["state"]?.string == "unserved")
            for path in ["", "/crm"] {
                let shown = try await ask(hub, "GET", path, key)
                #expect(shown.status == 200 && shown.text.contains("crm.example") && !shown.text.contains(secret))
            }
            let twice = try await ask(
                hub, "POST", "", key, #"{"name":"crm","settings":{"url":"https://crm.example/x"}}"#)
            #expect(twice.status == 400 && twice.problem == "subscription_unusable", "\(twice)")
            for wrong in [
                #"{"settings":{"url":"https://crm.example"}}"#,
                #"{"name":"Two Words","settings":{"url":"https://a.example"}}"#,
                #"{"name":"x","settings":{"url":"https://192.168.1.1/"}}"#,
                #"{"name":"x","settings":{"url":"http://a.example/"}}"#,
                #"{"name":"x","settings":[]}"#, #"{"name":"x","kind":"fax"}"#,
                #"{"name":"x","settings":{"url":"https://a.example"},"after":"x"}"#,
                #"{"name":"x","settings":{"url":"https://a.example"},"secret":"whsec_short"}"#, "{}", "[]", "",
            ] {
                let reply = try await ask(hub, "POST", "", key, wrong)
                #expect(reply.status == 400 && reply.problem != nil, "\(wrong): \(reply)")
            }
            let changed = try await ask(
                hub, "PATCH", "/crm", key, #"{"settings":{"concurrency":null,"types":"profile.*"}}"#)
            #expect(changed.json?["settings"]?["concurrency"] == nil, "\(changed)")
            #expect(changed.json?["settings"]?["types"]?.string == "profile.*")
            #expect(try await ask(hub, "POST", "/crm/pause", key).json?["state"]?.string == "paused")
            #expect(try await ask(hub, "POST", "/crm/resume", key).json?["state"]?.string == "unserved")
            let rotated = try await ask(hub, "POST", "/crm/rotate", key, #"{"signature":"v1a"}"#)
            #expect(rotated.json?["verify_with"]?.string?.hasPrefix("whpk_") == true, "\(rotated)")
            #expect(try await ask(hub, "POST", "/crm/drop", key).json?["secrets"]?.elements?.count == 1)
            let replayed = try await ask(hub, "POST", "/crm/replay", key, #"{"after":"now"}"#)
            #expect(replayed.status == 200, "\(replayed)")
            #expect(try await ask(hub, "POST", "/crm/retry", key).json?["retried"]?.integer == 0)
            for spelt in ["9.0", "9e0", "90E-1"] {
                let whole = try await ask(hub, "POST", "/crm/retry", key, #"{"position":\#(spelt)}"#)
                #expect(whole.status == 200, "\(spelt): \(whole)")
            }
            #expect(try await ask(hub, "POST", "/crm/retry", key, #"{"position":9.5}"#).status == 400)
            let late = try await ask(hub, "POST", "/crm/retry", key, #"{"position":9223372036854775807}"#)
            #expect(late.json?["retried"]?.integer == 0, "\(late)")
            #expect(try await ask(hub, "GET", "/crm/attempts", key).json?["attempts"]?.elements?.isEmpty == true)
            #expect(try await ask(hub, "GET", "/crm/dead", key).json?["dead"]?.elements?.isEmpty == true)
            #expect(try await ask(hub, "POST", "/crm/explode", key).problem == "command_unknown")
            let metrics = try await hub.get("/metrics").text
            #expect(
                metrics.contains(#"contatto_subscription_served{workspace="acme",subscription="crm"} 0"#), "\(metrics)")
            #expect(try await ask(hub, "DELETE", "/crm", key).status == 200)
            #expect(try await ask(hub, "GET", "/crm", key).problem == "subscription_unknown")
            #expect(try await ask(hub, "DELETE", "/crm", key).status == 404)
        }
    }
}
