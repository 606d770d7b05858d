import Contact
import ContactTesting
import Crypto
import CryptoExtras
import Foundation
import HTTPTypes
import Postgres
import Testing

@testable import API
@testable import Storage

/// People sign in with tokens of an issuer that their workspace trusts.
@Suite struct IssuerTests {
    private static let second: Int64 = 1_000_000
    private static let present = TestDatabase.now / second
    private static let roles: [String: KeyRole] = [
        "support": .agent, "lead": .supervisor, "boss": .admin, "auditor": .reader,
    ]

    /// Claims of a good token; a nil takes one out.
    private static func claims(_ issuer: String, _ change: [String: String?] = [:]) -> String {
        var members: [String: String?] = [
            "iss": "\"\(issuer)\"", "aud": #""hub""#, "sub": #""p-17""#, "exp": "\(present + 300)",
            "iat": "\(present - 5)", "nbf": "\(present - 5)", "name": #""Sara Conti""#, "roles": #"["support","x"]"#,
        ]
        for (name, value) in change { members[name] = value }
        return "{\(members.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.joined(separator: ","))}"
    }

    private static func add(
        _ url: String, to workspace: TestWorkspace, _ database: TestDatabase, audience: String = "hub",
        claim: String = "roles", keysURL: String? = nil, algorithms: [String] = ["RS256", "ES256", "EdDSA"]
    ) async throws {
        let issuer = Issuer(
            id: 0, workspace: workspace.id, url: url, audience: audience, algorithms: algorithms, keysURL: keysURL,
            rolesClaim: claim, roles: roles)
        _ = try await Issuers(database.hub).add(issuer, now: TestDatabase.now)
    }

    /// What a token comes to: a key, or the status and detail with which it is refused.
    private static func outcome(_ ring: KeyRing, _ token: String) async throws -> (key: Key?, problem: Problem?) {
        do {
            return (try await ring.key("Bearer \(token)"), nil)
        } catch let problem as Problem {
            return (nil, problem)
        }
    }

    private static func expect(
        _ ring: KeyRing, _ token: String, _ status: Int, _ words: String, _ what: String = "",
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let (key, problem) = try await outcome(ring, token)
        let told = Comment(rawValue: "\(what): \(String(describing: problem))")
        #expect(key == nil && problem?.status.code == status, told, sourceLocation: location)
        #expect(problem?.detail.contains(words) == true, told, sourceLocation: location)
        if status == 401 {
            #expect(problem?.fields[.wwwAuthenticate] == "Bearer realm=\"contatto\", error=\"invalid_token\"")
        }
    }

    @Test func `a token of each kind lets its person in, with the most that it gives`() async throws {
        let keys: [String: TestKey] = [
            "r": try .rsa(), "e": .ec(P256.Signing.PrivateKey()), "d": .ed(Curve25519.Signing.PrivateKey()),
        ]
        try await TestIssuer.with(keys) { issuer in
            try await TestDatabase.with { database in
                let workspace = try await database.workspace()
                try await Self.add(issuer.url, to: workspace, database)
                try await Self.add(issuer.url, to: workspace, database, audience: "deep", claim: "realm.roles")
                try await Self.add(issuer.url, to: workspace, database, audience: "full", claim: "https://x.it/roles")
                let ring = KeyRing(database.hub, now: { TestDatabase.now })
                for (name, key) in keys {
                    let token = try key.token(Self.claims(issuer.url), named: name)
                    let found = try #require(try await Self.outcome(ring, token).key, "\(name)")
                    #expect(found.workspace == workspace.id && found.role == .agent && found.id < 0)
                    #expect(DecisionPages.who(found) == "person p-17, Sara Conti (agent)")
                }
                let key = try #require(keys["e"])
                for (change, role) in [
                    (["roles": #""lead support""#], .supervisor), (["roles": #"["auditor","boss"]"#], .admin),
                    (["roles": #""auditor""#, "aud": #"["other","hub"]"#], .reader),
                    (["aud": #""deep""#, "realm": #"{"roles":["lead"]}"#], .supervisor),
                    (["aud": #""full""#, "https://x.it/roles": #"["boss"]"#], .admin),
                    // Clocks are a little apart.
                    (["exp": "\(Self.present - 20)", "nbf": "\(Self.present + 20)"], .agent),
                ] as [([String: String?], KeyRole)] {
                    let token = try key.token(Self.claims(issuer.url, change), named: "e")
                    #expect(try await Self.outcome(ring, token).key?.role == role, "\(change)")
                }
                #expect(issuer.asked <= 3, "\(issuer.asked)")
            }
        }
    }

    @Test func `each token that is not good is refused, and says why`() async throws {
        let (rsa, ec) = (try TestKey.rsa(), TestKey.ec(P256.Signing.PrivateKey()))
        try await TestIssuer.with(["r": rsa, "e": ec]) { issuer in
            try await TestDatabase.with { database in
                let workspace = try await database.workspace()
                try await Self.add(issuer.url, to: workspace, database)
                try await Self.add(issuer.url, to: workspace, database, audience: "narrow", algorithms: ["RS256"])
                let ring = KeyRing(database.hub, now: { TestDatabase.now })
                let claimed: [(change: [String: String?], status: Int, words: String)] = [
                    (["exp": "\(Self.present - 31)"], 401, "expired"), (["exp": nil], 401, "when it ends"),
                    (["exp": #""soon""#], 401, "times"), (["nbf": "\(Self.present + 31)"], 401, "not good yet"),
                    (["iat": "\(Self.present + 31)"], 401, "not good yet"), (["aud": #""shop""#], 401, "audience"),
                    (["aud": nil], 401, "audience"), (["iss": #""https://elsewhere.example""#], 401, "issuer"),
                    (["iss": "\"\(issuer.url)/\""], 401, "issuer"), (["iss": nil], 401, "issuer"),
                    (["aud": #"["hub","narrow"]"#], 401, "several audiences"),
                    (["aud": #""narrow""#], 401, "algorithm"), (["sub": nil], 401, "nobody"),
                    (["sub": #""a\nb""#], 401, "nobody"), (["roles": nil], 403, "no role"),
                    (["roles": #"["owner"]"#], 403, "no role"), (["roles": "7"], 403, "no role"),
                ]
                for (change, status, words) in claimed {
                    let token = try ec.token(Self.claims(issuer.url, change), named: "e")
                    try await Self.expect(ring, token, status, words, "\(change)")
                }

                let claims = Self.claims(issuer.url)
                try await Self.expect(ring, try ec.token(claims, named: "none of his"), 401, "key")
                // Signed by somebody else, in the name of his key.
                let forger = TestKey.ec(P256.Signing.PrivateKey())
                try await Self.expect(ring, try forger.token(claims, named: "e"), 401, "signature")
                let good = try ec.token(claims, named: "e")
                let parts = good.split(separator: ".").map(String.init)
                let boss = try ec.token(Self.claims(issuer.url, ["roles": #"["boss"]"#]), named: "e")
                let other = boss.split(separator: ".")
                try await Self.expect(ring, "\(parts[0]).\(other[1]).\(parts[2])", 401, "signature")
                try await Self.expect(ring, "\(parts[0]).\(parts[1]).", 401, "signature")
                // No signature at all, in words that libraries have taken (RFC 8725, 2.1).
                for none in ["none", "None", "NONE"] {
                    let header = base64URL(#"{"alg":"\#(none)","kid":"e"}"#.utf8)
                    try await Self.expect(ring, "\(header).\(parts[1]).", 401, "algorithm", none)
                }
                // The public key as the secret of an HMAC: each spelling in which it is public.
                guard case .rsa(let key) = rsa else { return }
                let signed = "\(base64URL(#"{"alg":"HS256","kid":"r"}"#.utf8)).\(parts[1])"
                for secret in [
                    Data(key.publicKey.pemRepresentation.utf8), key.publicKey.derRepresentation,
                    Data(try rsa.jwk("r").utf8),
                ] {
                    let code = HMAC<SHA256>.authenticationCode(
                        for: Data(signed.utf8), using: SymmetricKey(data: secret))
                    try await Self.expect(ring, "\(signed).\(base64URL(code))", 401, "algorithm")
                }
                // An algorithm that may be used, with a key of another kind.
                try await Self.expect(ring, try ec.token(claims, named: "r"), 401, "signature")
                try await Self.expect(ring, try rsa.token(claims, named: "e"), 401, "algorithm")
                let critical = base64URL(#"{"alg":"ES256","kid":"e","crit":["b64"],"b64":false}"#.utf8)
                try await Self.expect(ring, "\(critical).\(parts[1]).\(parts[2])", 401, "extensions")
                let filling = "\"\(String(repeating: "x", count: 16_000))\""
                let long = try ec.token(Self.claims(issuer.url, ["x": filling]), named: "e")
                try await Self.expect(ring, long, 401, "too long")
                for nonsense in [
                    "a.b.c", "..", "e30.e30.e30", good + ".x", "\(parts[0]).e30", "\(parts[1]).\(parts[1]).x",
                ] {
                    let problem = try await Self.outcome(ring, nonsense).problem
                    #expect(problem?.status == .unauthorized, "\(nonsense): \(String(describing: problem))")
                }
                #expect(try await Self.outcome(ring, good).key?.role == .agent)
            }
        }
    }

    @Test func `keys are kept, asked for anew when they change, and not for whoever invents tokens`() async throws {
        let (old, new) = (TestKey.ec(P256.Signing.PrivateKey()), TestKey.ec(P256.Signing.PrivateKey()))
        try await TestIssuer.with(["old": old]) { issuer in
            try await TestDatabase.with { database in
                try await Self.add(issuer.url, to: try await database.workspace(), database)
                let clock = Monitor(TestDatabase.now)
                let ring = KeyRing(database.hub, now: { clock.withLock { $0 } })
                /// A new token each time, good for long.
                func ask(_ key: TestKey, _ name: String) async throws -> Int {
                    let claims = Self.claims(
                        issuer.url, ["jti": "\"\(UUID())\"", "exp": "\(Self.present + 1_000_000)"])
                    let (found, problem) = try await Self.outcome(ring, try key.token(claims, named: name))
                    return found == nil ? problem?.status.code ?? 0 : 200
                }
                issuer.state.withLock { $0.fields[.cacheControl] = "public, max-age=3600" }
                #expect(try await ask(old, "old") == 200)
                clock.withLock { $0 += 3_590 * Self.second }
                #expect(try await ask(old, "old") == 200)
                #expect(issuer.asked == 1)
                clock.withLock { $0 += 20 * Self.second }
                #expect(try await ask(old, "old") == 200)
                #expect(issuer.asked == 2)

                // The keys change: the new one is found at once, however many ask at once.
                clock.withLock { $0 += 11 * Self.second }
                issuer.state.withLock { $0.keys = ["new": new] }
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<20 { group.addTask { try await ask(new, "new") } }
                    for try await status in group { #expect(status == 200) }
                }
                #expect(issuer.asked == 3)
                #expect(try await ask(old, "old") == 401)
                for number in 0..<50 { #expect(try await ask(old, "invented \(number)") == 401) }
                #expect(issuer.asked == 3)
                clock.withLock { $0 += IssuerKeys.pause }
                for number in 0..<50 { #expect(try await ask(old, "invented \(number)") == 401) }
                #expect(issuer.asked == 4)

                // It falls silent: the last keys stay good for a day, and no longer.
                issuer.state.withLock { $0.status = .internalServerError }
                clock.withLock { $0 += 7_200 * Self.second }
                #expect(try await ask(new, "new") == 200)
                #expect(issuer.asked == 4, "discovery did not answer")
                clock.withLock { $0 += IssuerKeys.stale }
                let (_, problem) = try await Self.outcome(
                    ring, try new.token(Self.claims(issuer.url, ["exp": "\(Self.present + 1_000_000)"]), named: "new"))
                #expect(problem?.status == .serviceUnavailable && problem?.name == "issuer_unavailable")
                #expect(problem?.fields[.retryAfter] == "10")
                issuer.state.withLock { $0.status = .ok }
                clock.withLock { $0 += IssuerKeys.pause }
                #expect(try await ask(new, "new") == 200)
            }
        }
    }

    @Test func `keys come from nowhere but where the issuer says, and in bounds`() async throws {
        let key = TestKey.ec(P256.Signing.PrivateKey())
        let weak = try TestKey.rsa(bits: 1_024)
        try await TestIssuer.with(["e": key, "weak": weak]) { issuer in
            try await TestIssuer.with(["e": key]) { other in
                try await TestDatabase.with { database in
                    let workspace = try await database.workspace()
                    try await Self.add(issuer.url, to: workspace, database)
                    try await Self.add(
                        issuer.url, to: workspace, database, audience: "set", keysURL: issuer.url + "/keys")
                    try await Self.add("http://id.example", to: workspace, database, audience: "open")
                    func status(_ change: (inout TestIssuer.State) -> Void) async throws -> Int {
                        issuer.state.withLock { state in
                            state = TestIssuer.State(keys: ["e": key, "weak": weak])
                            change(&state)
                        }
                        let ring = KeyRing(database.hub, now: { TestDatabase.now })
                        let token = try key.token(Self.claims(issuer.url), named: "e")
                        let (found, problem) = try await Self.outcome(ring, token)
                        return found == nil ? problem?.status.code ?? 0 : 200
                    }
                    #expect(try await status { _ in } == 200)
                    #expect(try await status { $0.name = other.url } == 503)
                    #expect(
                        try await status {
                            $0.status = .found
                            $0.fields[.location] = other.url + "/keys"
                        } == 503)
                    #expect(other.asked == 0)
                    for body in [#"{"keys":7}"#, "<html>", "", String(repeating: " ", count: 300_000)] {
                        #expect(try await status { $0.body = body } == 503, "\(body.prefix(20))")
                    }
                    // One not for signatures, one that gives itself away, and kinds that nobody knows are passed over.
                    let mixed = """
                        {"keys":[{"kty":"oct","kid":"e","k":"AAAA"},{"kty":"new","kid":"e"},7,\
                        \(try key.jwk("e").dropLast()),"use":"enc"},\
                        \(try key.jwk("e").dropLast()),"d":"AAAA"},\(try key.jwk("e"))]}
                        """
                    #expect(try await status { $0.body = mixed } == 200)
                    let ring = KeyRing(database.hub, now: { TestDatabase.now })
                    let claims = Self.claims(issuer.url, ["aud": #""set""#])
                    #expect(try await Self.outcome(ring, try key.token(claims, named: "e")).key?.role == .agent)
                    try await Self.expect(ring, try weak.token(claims, named: "weak"), 401, "key")
                    // Neither https nor this machine: never asked.
                    let open = Self.claims("http://id.example", ["aud": #""open""#])
                    try await Self.expect(ring, try key.token(open, named: "e"), 503, "keys")
                }
            }
        }
    }

    @Test func `the token says which workspace is meant, and an issuer vouches only for its own`() async throws {
        let (a, b) = (TestKey.ec(P256.Signing.PrivateKey()), TestKey.ec(P256.Signing.PrivateKey()))
        try await TestIssuer.with(["a": a]) { first in
            try await TestIssuer.with(["b": b]) { second in
                try await TestDatabase.with { database in
                    let (own, other) = (try await database.workspace("first"), try await database.workspace("second"))
                    try await Self.add(first.url, to: own, database)
                    try await Self.add(first.url, to: other, database, audience: "theirs")
                    try await Self.add(second.url, to: other, database)
                    await #expect(throws: Issuers.Taken.self) { try await Self.add(first.url, to: other, database) }
                    let ring = KeyRing(database.hub, now: { TestDatabase.now })
                    func workspace(_ key: TestKey, _ name: String, _ url: String, _ audience: String = "hub")
                        async throws
                        -> Int64?
                    {
                        let claims = Self.claims(url, ["aud": "\"\(audience)\""])
                        return try await Self.outcome(ring, try key.token(claims, named: name)).key?.workspace
                    }
                    #expect(try await workspace(a, "a", first.url) == own.id)
                    #expect(try await workspace(a, "a", first.url, "theirs") == other.id)
                    #expect(try await workspace(b, "b", second.url) == other.id)
                    // The key of one, in the name of the other.
                    #expect(try await workspace(b, "b", first.url) == nil)
                    #expect(try await workspace(b, "a", first.url) == nil)
                    #expect(try await workspace(a, "a", second.url) == nil)

                    // What was verified costs nobody a question, until its issuer is taken away.
                    let asked = first.asked
                    let token = try a.token(Self.claims(first.url), named: "a")
                    for _ in 0..<20 { #expect(try await Self.outcome(ring, token).key?.workspace == own.id) }
                    #expect(first.asked == asked)
                    #expect(try await !Issuers(database.hub).remove(99, in: own.workspace))
                    #expect(try await Issuers(database.hub).remove(1, in: own.workspace))
                    try await LiveHub.eventually("an issuer that was taken away lets nobody in") {
                        try await Self.outcome(ring, token).problem?.status == .unauthorized
                    }
                }
            }
        }
    }

    @Test func `a person is let in where a key of his role is, and stands with what he did`() async throws {
        let key = TestKey.ec(P256.Signing.PrivateKey())
        try await TestIssuer.with(["e": key]) { issuer in
            try await LiveHub.with { hub in
                try await Self.add(issuer.url, to: hub.workspace, hub.database)
                for (word, role) in Self.roles {
                    let token = try key.token(Self.claims(issuer.url, ["roles": "\"\(word)\""]), named: "e")
                    for route in Route.all {
                        let asked = try #require(RouteTests.requests[route.action])
                        let reply = try await hub.ask(
                            asked.method, asked.path, key: token,
                            ["POST", "PUT", "PATCH"].contains(asked.method) ? [] : nil,
                            fields: ["X-Forwarded-For: 192.0.2.1"])
                        let mayNot = !route.roles.contains(role)
                        #expect((reply.status == 403) == mayNot, "\(role) \(route.pattern): \(reply)")
                        #expect(reply.status != 401, "\(role) \(route.pattern): \(reply)")
                    }
                }
                #expect(await hub.desk.audit.flush(within: .seconds(60)))
                let rows = try await hub.count(
                    "SELECT count(DISTINCT role) FROM audit WHERE who = 'person p-17, Sara Conti (' || role || ')'")
                #expect(rows == 4)
                let expired = try key.token(Self.claims(issuer.url, ["exp": "1"]), named: "e")
                let refused = try await hub.get("/v1/reviews", key: expired)
                #expect(refused.status == 401 && refused.problem == "unauthorized", "\(refused)")
                #expect(refused.fields["www-authenticate"] == "Bearer realm=\"contatto\", error=\"invalid_token\"")
            }
        }
    }
}
