import Contact
import ContactTesting
import JWTKit
import Storage
import Testing

@testable import API

/// Recognition over HTTP: what comes back, for whom, and what cannot be told from it.
@Suite struct RecogniseTests {
    private static let secret = "0123456789abcdef0123456789abcdef"
    private static let page = "https://bottega.example"

    private struct Claims: JWTPayload {
        var sub: String?
        var email: String?
        var exp: Double
        func verify(using algorithm: some JWTAlgorithm) {}
    }

    private static func token(
        _ secret: String = secret, sub: String? = nil, email: String? = nil, seconds: Double = 3_600
    ) async throws -> String {
        let keys = await JWTKeyCollection().add(
            hmac: HMACKey(from: Array(secret.utf8)), digestAlgorithm: .sha256)
        return try await keys.sign(
            Claims(sub: sub, email: email, exp: Double(TestDatabase.now) / 1_000_000 + seconds))
    }

    private func recognise(
        _ hub: LiveHub, _ key: String, _ body: String, origin: String? = nil
    ) async throws -> Reply {
        try await hub.ask(
            "POST", "/v1/recognise", key: key, Array(body.utf8), fields: origin.map { ["Origin: \($0)"] } ?? [])
    }

    private func publicKey(_ hub: LiveHub, _ source: String, _ origins: [String] = [page]) async throws -> String {
        let key = try await Keys(hub.database.hub).create(
            in: hub.workspace.workspace, role: .public, source: source, origins: origins, now: TestDatabase.now)
        return try #require(key).text
    }

    /// The shop's secret, sealed as `contatto source set` does it.
    private func giveSecret(_ hub: LiveHub, _ source: String) async throws {
        let store = SourceStore(hub.database.hub, workspace: hub.workspace.workspace)
        let found = try #require(try await store.list().first { $0.name == source })
        try await store.change(
            found, SourceStore.Changes(secrets: [UserToken.secretName: .some(Secret(Self.secret))]),
            seal: Seal(Array(repeating: 7, count: 32)))
    }

    private static func email(_ address: String, _ assurance: String? = nil) -> String {
        let stated = assurance.map { #","assurance":"\#($0)""# } ?? ""
        return #"{"kind":"email","value":"\#(address)"\#(stated)}"#
    }

    @Test func `what is only claimed, or unknown, or shared, is answered in the same bytes`() async throws {
        try await LiveHub.with { hub in
            let admin = try await hub.key(.admin)
            try await hub.make("shop")
            let known =
                #"{"id":"1","source":"shop","channel":"email","direction":"in","#
                + #""occurred_at":"\#(Timestamp.text(TestDatabase.now - 60_000_000))","identifiers":"#
                + #"[{"kind":"email","value":"anna@example.it","assurance":"verified"}],"#
                + #""attributes":{"name":"Anna Rossi"},"thread":"t","message":{"subject":"Dov'è?","text":"x"}}"#
            #expect(try await hub.post(known, key: admin).status == 200)
            let page = try await publicKey(hub, "shop")
            func ask(_ address: String, _ key: String, _ assurance: String?) async throws -> Reply {
                try await recognise(
                    hub, key, #"{"touchpoint":"web","identifiers":[\#(Self.email(address, assurance))]}"#,
                    origin: Self.page)
            }
            let (anna, nobody) = (
                try await ask("anna@example.it", page, nil), try await ask("ignota@example.it", page, nil)
            )
            #expect(anna.status == 200 && anna.body.count == 4_096, "\(anna)")
            #expect(anna.body == nobody.body)
            #expect(anna.json?["disclosure"]?.string == "nothing")
            #expect(anna.json?["table"]?.elements?.first?["assurance"]?.string == "claimed")
            #expect(anna.fields["cache-control"] == "no-store" && anna.fields["etag"] == nil)
            #expect(anna.fields["access-control-allow-origin"] == Self.page)

            let verified = try await ask("anna@example.it", admin, "verified")
            #expect(verified.body.count == 4_096)
            #expect(verified.json?["disclosure"]?.string == "open_matters", "\(verified)")
            #expect(verified.json?["name"]?["value"]?.string == "Anna Rossi")
            #expect(verified.json?["greeting"]?["text"]?.string == "Che piacere rivederla, Anna Rossi!")
            let matter = verified.json?["open_matters"]?.elements?.first
            #expect(matter?["subject"]?.string == "Dov'è?" && matter?["because"]?.string?.isEmpty == false)
            #expect(verified.json?["last_contact"]?["channel"]?.string == "email")
            #expect(verified.json?["known_since"]?["at"]?.string != nil)
            #expect(verified.json?["profile"] == nil)
            let stranger = try await ask("ignota@example.it", admin, "verified")
            #expect(stranger.body.count == 4_096 && stranger.json?["disclosure"]?.string == "nothing")

            // Answered: nothing is open any more.
            let reply = known.replacing(#""id":"1""#, with: #""id":"2""#)
                .replacing(#""direction":"in""#, with: #""direction":"out""#)
                .replacing(
                    Timestamp.text(TestDatabase.now - 60_000_000), with: Timestamp.text(TestDatabase.now - 1_000_000))
            #expect(try await hub.post(reply, key: admin).status == 200)
            let answered = try await ask("anna@example.it", admin, "verified")
            #expect(answered.json?["open_matters"]?.elements?.isEmpty == true, "\(answered)")
        }
    }

    @Test func `a cookie is welcomed back with consent, and a refusal recorded anywhere goes before it`() async throws {
        try await LiveHub.with { hub in
            try await hub.make("shop")
            let page = try await publicKey(hub, "shop")
            let cookie = #"{"kind":"cookie","scope":"shop","value":"visitor-1"}"#
            let stored = try await hub.post(#"{"id":"1","identifiers":[\#(cookie)]}"#, key: page)
            let profile = try #require(stored.json?["items"]?.elements?.first?["profile"]?.string, "\(stored)")
            func ask(_ cookie: String, consent: Bool) async throws -> Reply {
                try await recognise(
                    hub, page, #"{"touchpoint":"web","identifiers":[\#(cookie)],"consent":\#(consent)}"#,
                    origin: Self.page)
            }
            let welcome = try await ask(cookie, consent: true)
            #expect(welcome.json?["disclosure"]?.string == "welcome_back", "\(welcome)")
            #expect(welcome.json?["greeting"]?["text"]?.string == "Che piacere rivederla!")
            #expect(welcome.json?["name"] == nil && welcome.json?["last_contact"] == nil)
            let silent = try await ask(cookie, consent: false)
            #expect(silent.json?["disclosure"]?.string == "nothing" && silent.body.count == welcome.body.count)
            let other = try await ask(cookie.replacing("visitor-1", with: "visitor-2"), consent: true)
            #expect(other.body == silent.body)
            let agent = try await hub.key(.agent)
            let refusal = Array(#"{"purpose":"profiling","state":"denied"}"#.utf8)
            #expect(try await hub.ask("POST", "/v1/profiles/\(profile)/consents", key: agent, refusal).status == 200)
            #expect(try await ask(cookie, consent: true).body == silent.body)
        }
    }

    @Test func `a token that the site has signed proves who is logged in, and no other does`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let line =
                #"{"id":"1","identifiers":[{"kind":"user_id","scope":"shop","value":"u-7"}],"#
                + #""attributes":{"name":"Bruno Verdi"}}"#
            #expect(try await hub.post(line, key: shop).status == 200)
            let page = try await publicKey(hub, "shop")
            func ask(_ token: String) async throws -> Reply {
                try await recognise(hub, page, #"{"touchpoint":"chat","token":"\#(token)"}"#, origin: Self.page)
            }
            let good = try await Self.token(sub: "u-7")
            #expect(try await ask(good).problem == "token_invalid")
            try await giveSecret(hub, "shop")
            // What was found of the source is remembered for three seconds.
            try await LiveHub.eventually("the secret is known") { try await ask(good).status == 200 }
            let told = try await ask(good)
            #expect(told.json?["name"]?["value"]?.string == "Bruno Verdi", "\(told)")
            #expect(try await ask(Self.token(sub: "u-8")).json?["disclosure"]?.string == "nothing")
            let forged = [
                try await Self.token("another secret that has 32 bytes", sub: "u-7"),
                try await Self.token(sub: "u-7", seconds: -120), try await Self.token(sub: "u-7", seconds: 200_000),
                try await Self.token(), good + "x", "x", String(repeating: "x", count: 5_000),
                // Its head says that nothing has signed it.
                "eyJhbGciOiJub25lIn0." + good.split(separator: ".")[1] + ".",
            ]
            for token in forged { #expect(try await ask(token).problem == "token_invalid", "\(token)") }
        }
    }

    @Test func `a public key asks from its own pages alone, and nobody above what he may`() async throws {
        try await LiveHub.with { hub in
            try await hub.make("shop")
            let (page, unbound) = (try await publicKey(hub, "shop"), try await publicKey(hub, "shop", []))
            let body = #"{"touchpoint":"web","identifiers":[\#(Self.email("a@example.it"))]}"#
            #expect(try await recognise(hub, page, body, origin: "https://evil.example").status == 403)
            #expect(try await recognise(hub, page, body, origin: Self.page).status == 200)
            #expect(try await recognise(hub, unbound, body, origin: Self.page).problem == "forbidden")
            let store = body.replacing("web", with: "store")
            #expect(try await recognise(hub, page, store, origin: Self.page).status == 403)
            let shop = try await hub.key(.connector, source: "shop")
            #expect(try await recognise(hub, shop, body.replacing("web", with: "agent")).status == 403)
            let sure = body.replacing("a@example.it\"", with: #"a@example.it","assurance":"verified""#)
            #expect(try await recognise(hub, shop, sure).problem == "assurance_too_high")
            let mistyped = #"{"kind":"phone","value":"12"},{"kind":"colour","value":"red"},"#
            let partly = try await recognise(hub, shop, body.replacing(#"[{"#, with: "[\(mistyped){")).json
            #expect(partly?["table"]?.elements?.count == 1)
            #expect(
                partly?["unusable"]?.elements?.compactMap { $0["identifier"]?.integer } == [0, 1], "\(partly as Any)")
            let wholly = try await recognise(
                hub, shop, #"{"touchpoint":"web","identifiers":[\#(mistyped.dropLast())]}"#)
            #expect(wholly.json?["disclosure"]?.string == "nothing" && wholly.body.count == 4_096, "\(wholly)")
            for bad in [
                #"{"touchpoint":"web"}"#, #"{"touchpoint":"web","identifiers":[{"kind":"email"}]}"#,
                #"{"identifiers":[]}"#, #"{"touchpoint":"moon"}"#, "[]",
            ] {
                #expect(try await recognise(hub, shop, bad).problem == "body_invalid", "\(bad)")
            }
            let asked = ["Origin: \(Self.page)", "Access-Control-Request-Method: POST"]
            let preflight = try await hub.ask("OPTIONS", "/v1/recognise", fields: asked)
            #expect(preflight.status == 204 && preflight.fields["access-control-allow-origin"] == Self.page)
            #expect(try await hub.ask("OPTIONS", "/v1/decisions", fields: asked).status == 405)
        }
    }

    @Test func `an agent is told all, and the workspace says itself what a touchpoint may be told`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let (agent, admin) = (try await hub.key(.agent), try await hub.key(.admin))
            let stored = try await hub.post(
                #"{"id":"1","identifiers":[{"kind":"phone","value":"+393331234567"}],"attributes":{"name":"Carla Neri"}}"#,
                key: shop)
            let profile = try #require(stored.json?["items"]?.elements?.first?["profile"]?.string, "\(stored)")
            let path = "/v1/profiles/\(profile)"
            let tone = Array(#"{"tone":"tu","language":"it"}"#.utf8)
            #expect(try await hub.ask("POST", path + "/preferences", key: agent, tone).status == 200)
            let greet = Array(#"{"kind":"greet_so","text":"Chiamarla Carletta"}"#.utf8)
            #expect(try await hub.ask("POST", path + "/memories", key: agent, greet).status == 200)
            let phone = #"{"touchpoint":"TOUCHPOINT","identifiers":[{"kind":"phone","value":"+393331234567"}]}"#
            let all = try await recognise(hub, agent, phone.replacing("TOUCHPOINT", with: "agent"))
            #expect(all.json?["profile"]?.string == profile, "\(all)")
            #expect(all.json?["greet_so"]?.elements?.first?["text"]?.string == "Chiamarla Carletta")
            #expect(all.json?["greeting"]?["text"]?.string == "Che bello rivederti, Carla Neri!")
            #expect(all.json?["tone"]?["value"]?.string == "tu")
            #expect(all.json?["tone"]?["because"]?.string?.contains("verified") == true)

            let call = phone.replacing("TOUCHPOINT", with: "phone")
            #expect(try await recognise(hub, shop, call).json?["disclosure"]?.string == "nothing")
            let line = #"{"kind":"phone","assurance":"presented","touchpoint":"phone","may":"name_and_tone"}"#
            let changed = try await hub.ask(
                "PUT", "/v1/disclosure", key: admin, Array(#"{"rules":[\#(line)]}"#.utf8))
            #expect(changed.status == 200 && changed.json?["cells"]?.elements?.count == 16 * 3 * 8, "\(changed)")
            let named = try await recognise(hub, shop, call)
            #expect(named.json?["name"]?["value"]?.string == "Carla Neri", "\(named)")
            #expect(named.json?["last_contact"] == nil && named.json?["preferred_channel"] == nil)
            let shown = try await hub.get("/v1/disclosure", key: admin)
            #expect(shown.json?["rules"]?.elements?.count == 1)
            let other = line.replacing("name_and_tone", with: "all")
            for (body, problem) in [
                (#"{"rules":[\#(line),\#(line)]}"#, nil), (#"{"rules":[\#(line),\#(other)]}"#, "record_conflict"),
                (#"{"rules":[{"may":"much"}]}"#, "body_invalid"), ("{}", "body_invalid"),
            ] {
                let reply = try await hub.ask("PUT", "/v1/disclosure", key: admin, Array(body.utf8))
                #expect(reply.problem == problem, "\(body)")
            }
            #expect(try await hub.get("/v1/disclosure", key: admin).json?["rules"]?.elements?.count == 1)
        }
    }
}
