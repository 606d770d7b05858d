internal import Contact
internal import HTTPTypes
internal import JWTKit
internal import Storage

/// The public keys of one issuer, fetched when they are needed and kept for as long as it says, within bounds.
///
/// A key that is not among them makes it look again, but not more often than every ``pause``: whoever invents tokens does not
/// make the hub ask. Where the issuer does not answer, the last keys stay good for ``stale``.
actor IssuerKeys {
    /// Microseconds.
    private static let second: Int64 = 1_000_000
    static let pause = 10 * second
    /// Bounds of how long keys are kept without asking again.
    private static let fresh = (least: 60 * second, usual: 600 * second, most: 86_400 * second)
    /// How long the last good keys are used where the issuer no longer answers.
    static let stale = 86_400 * second
    /// Of an RSA modulus in Base64: 2,048 bits (RFC 7518, 3.3).
    private static let leastModulus = 342

    private let issuer: Issuer
    private let now: @Sendable () -> Int64
    private var keys: [String: JWK]?
    private var fetchedAt = Int64.min
    private var freshUntil = Int64.min
    private var triedAt: Int64?
    private var fetching: Task<Void, Never>?

    init(_ issuer: Issuer, now: @escaping @Sendable () -> Int64) {
        self.issuer = issuer
        self.now = now
    }

    /// The key of this name, or the only one where the name is empty (OpenID Connect Core 1.0, 10.1); nil where there is none.
    func key(_ name: String) async throws(Problem) -> JWK? {
        if keys?[name] == nil || now() >= freshUntil { await refresh() }
        guard let keys, now() < fetchedAt + Self.stale else { throw .issuerSilent }
        return keys[name] ?? (name.isEmpty && keys.count == 1 ? keys.first?.value : nil)
    }

    private func refresh() async {
        if let fetching { return await fetching.value }
        if let triedAt, now() < triedAt + Self.pause { return }
        triedAt = now()
        let task = Task { await self.fetch() }
        fetching = task
        await task.value
        fetching = nil
    }

    private func fetch() async {
        do {
            let fetched = try await IssuerFetch.get(try await keysURL())
            let read = try Self.keys(fetched.body)
            keys = read
            fetchedAt = now()
            let age = fetched.maxAge.map { Int64(clamping: $0).multipliedReportingOverflow(by: Self.second) }
            let wanted = age.map { $0.overflow ? Self.fresh.most : $0.partialValue } ?? Self.fresh.usual
            freshUntil = fetchedAt + min(max(wanted, Self.fresh.least), Self.fresh.most)
        } catch {
            // The last good ones stay; whoever waits is told that there are none.
        }
    }

    /// As it was set, or as the issuer's own document says (OpenID Connect Discovery 1.0, 4), which has to be its own.
    private func keysURL() async throws -> String {
        if let url = issuer.keysURL { return url }
        let base = issuer.url.hasSuffix("/") ? String(issuer.url.dropLast()) : issuer.url
        let document = try JSONValue(try await IssuerFetch.get(base + "/.well-known/openid-configuration").body)
        guard document["issuer"]?.string == issuer.url, let url = document["jwks_uri"]?.string else {
            throw IssuerFetch.Failure(description: "what \(issuer.url) publishes is another issuer's, or names no keys")
        }
        return url
    }

    /// Those of a set that may be used (RFC 7517): public ones with a name, for signatures, and strong enough. The first of
    /// a name stands.
    private static func keys(_ body: [UInt8]) throws -> [String: JWK] {
        guard let listed = try JSONValue(body)["keys"]?.elements else {
            throw IssuerFetch.Failure(description: "it is no set of keys")
        }
        var keys: [String: JWK] = [:]
        for one in listed {
            let name = one["kid"]?.string ?? ""
            guard one.members != nil, one["use"]?.string ?? "sig" == "sig", one["d"] == nil,
                keys[name] == nil
            else { continue }
            // A kind that is not known here, as a symmetric one, is no reason to refuse the others.
            guard let key = try? JWK(json: String(decoding: one.canonical, as: UTF8.self)) else { continue }
            if key.keyType == .rsa, key.modulus?.utf8.count ?? 0 < leastModulus { continue }
            keys[name] = key
        }
        return keys
    }
}

extension Problem {
    static let issuerSilent = Problem(
        .serviceUnavailable, "issuer_unavailable", "Whoever signs you in cannot be reached",
        "the keys of the token's issuer could not be had, so that nobody can tell whether it is good",
        whatToDo: "send it again after the stated seconds; `contatto issuer list` shows where the keys are looked for",
        fields: retry(10))
}
