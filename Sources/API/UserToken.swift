internal import Contact
internal import Crypto
internal import FoundationEssentials
internal import HTTPTypes
internal import JWTKit
internal import Postgres
internal import Storage

/// What a site's own server says of the user who is logged in there, signed, so that a page can hand it on (RFC 7519, HS256):
/// `{"sub":"1042","email":"…","exp":…}`, or with `identifiers` as an interaction has them. It vouches for all of them: verified.
package enum UserToken {
    /// The secret of a source with which its tokens are signed.
    package static let secretName = "token_secret"
    /// Bytes it has at least (RFC 7518, 3.2: no fewer than the hash).
    package static let leastSecret = 32

    /// Bytes it may have.
    static let most = 4_096
    /// How long from now it may be good at most, and by how much two clocks may differ, in seconds.
    private static let longest: Double = 86_400
    private static let leeway: Double = 60

    private struct Claims: JWTPayload {
        struct Named: Codable {
            let kind: String
            let scope: String?
            let value: String
        }

        let sub: String?
        let email: String?
        let phone_number: String?
        let exp: Double
        let nbf: Double?
        let identifiers: [Named]?

        /// The times are looked at with the hub's own clock.
        func verify(using algorithm: some JWTAlgorithm) {}
    }

    /// The identifiers that a token vouches for. `site` is the scope of its subject, a user id.
    static func identifiers(
        _ token: String, secret: Secret, site: String, _ normaliser: Normaliser, now: Int64
    ) async throws -> [Identifier] {
        guard token.utf8.count <= most else { throw invalid("it is longer than \(most) bytes") }
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: Array(secret.revealed.utf8)), digestAlgorithm: .sha256)
        let claims: Claims
        do {
            // The algorithm is the key's, whatever the token's head names.
            claims = try await keys.verify(token, as: Claims.self)
        } catch {
            throw invalid("it is none, or another secret has signed it")
        }
        let seconds = Double(now) / 1_000_000
        guard claims.exp > seconds - leeway else { throw invalid("it has expired") }
        guard claims.exp <= seconds + longest + leeway else { throw invalid("it is good for more than a day") }
        guard claims.nbf ?? 0 <= seconds + leeway else { throw invalid("it is not good yet") }
        var named = claims.identifiers?.map { ($0.kind, $0.scope, $0.value) } ?? []
        if let subject = claims.sub { named.append(("user_id", site, subject)) }
        if let email = claims.email { named.append(("email", nil, email)) }
        if let phone = claims.phone_number { named.append(("phone", nil, phone)) }
        guard (1...10).contains(named.count) else { throw invalid("it names no identifier, or more than 10") }
        var identifiers: [Identifier] = []
        for (kind, scope, value) in named {
            identifiers.append(try Pages.identifier(kind, scope: scope, value: value, normaliser))
        }
        return identifiers
    }

    static func invalid(_ why: String) -> Problem {
        Problem(
            .forbidden, "token_invalid", "The token of the user cannot be used", why,
            whatToDo:
                "let the site's server sign a new one (HS256, claims sub or email, and exp within a day) with the secret that "
                + "`contatto source set SOURCE --set \(secretName)=…` was given")
    }
}

/// The secrets of sources with which users' tokens are signed, remembered for a few seconds.
final class TokenSecrets: Sendable {
    private static let remembered: Duration = .seconds(3)

    private struct Place: Hashable {
        let workspace: Int64
        let source: String
    }

    struct Signer: Sendable {
        let secret: Secret
        /// What its user ids are scoped by.
        let site: String
    }

    private let memory = Monitor<[Place: (signer: Signer?, until: ContinuousClock.Instant)]>([:])

    /// Nil where the source has no such secret.
    func find(_ source: String, _ workspace: Workspace, _ desk: Desk) async throws -> Signer? {
        let place = Place(workspace: workspace.id, source: source)
        let moment = ContinuousClock.now
        if let known = memory.withLock({ $0[place] }), known.until > moment { return known.signer }
        let store = SourceStore(desk.watch, workspace: workspace)
        var signer: Signer?
        if let found = try await store.list().first(where: { $0.name == source }),
            found.secrets.contains(UserToken.secretName)
        {
            let settings = try await store.settings(of: found, seal: Seal(try desk.secretKey()), now: desk.now())
            signer = settings.secrets[UserToken.secretName].map {
                Signer(secret: $0, site: found.values["site"] ?? source)
            }
        }
        let kept = (signer, moment + Self.remembered)
        memory.withLock { memory in
            if memory.count > 1_000 { memory = [:] }
            memory[place] = kept
        }
        return signer
    }
}
