internal import Contact
internal import FoundationEssentials
internal import HTTPTypes
internal import JWTKit
internal import Storage

/// A JSON Web Token (RFC 7519) as it came: what it says is not believed before ``verify(with:)`` and ``check(_:now:)``.
struct Token: Sendable {
    /// Larger than any that providers make for people in hundreds of groups.
    static let mostBytes = 16_384
    /// How far clocks may be apart, in microseconds.
    private static let leeway: Int64 = 30_000_000
    private static let mostSubject = 255

    let text: String
    /// The name of its algorithm, and of the key that signed it; that may be left out where there is only one.
    let algorithm: String
    let keyName: String
    let issuer: String
    let audiences: [String]
    private let claims: JSONValue

    init(_ text: String) throws(Problem) {
        // Bounded before anything is read: it comes from whoever knocks.
        guard text.utf8.count <= Self.mostBytes else { throw .tokenRefused("the token is too long") }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]) else {
            throw .tokenRefused("what it bears is neither a key of this hub nor a signed token")
        }
        guard let algorithm = header["alg"]?.string, header["crit"] == nil else {
            throw .tokenRefused("the token names no algorithm, or extensions that must be understood")
        }
        guard let issuer = claims["iss"]?.string else { throw .tokenRefused("the token names no issuer") }
        self.text = text
        self.algorithm = algorithm
        keyName = header["kid"]?.string ?? ""
        self.issuer = issuer
        self.claims = claims
        audiences = claims["aud"]?.string.map { [$0] } ?? claims["aud"]?.elements?.compactMap(\.string) ?? []
    }

    private static func object(_ part: Substring) -> JSONValue? {
        var text = part.replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let bytes = Data(base64Encoded: String(text)) else { return nil }
        do throws(Refusal) {
            let value = try JSONValue(Array(bytes))
            return value.members == nil ? nil : value
        } catch {
            return nil
        }
    }

    /// Whether the key signed it, by the algorithm that it names: what the key was made for, and never one that the token
    /// chose against it (RFC 8725, 3.1).
    func verify(with key: JWK) async throws(Problem) {
        guard let wanted = JWK.Algorithm(rawValue: algorithm), key.algorithm == nil || key.algorithm == wanted else {
            throw .tokenRefused("the token's algorithm is not that of its key")
        }
        var key = key
        key.algorithm = wanted
        key.keyIdentifier = JWKIdentifier(string: keyName)
        do {
            _ = try await JWTKeyCollection().add(jwk: key).verify(text, as: Unread.self)
        } catch {
            throw .tokenRefused("the token's signature is not that of its issuer")
        }
    }

    /// Claims are read by ``JSONValue``, which refuses what is ambiguous.
    private struct Unread: JWTPayload {
        func verify(using algorithm: some JWTAlgorithm) {}
    }

    /// When it ends, in microseconds since 1970; throws where it is not good at this moment.
    func end(at now: Int64) throws(Problem) -> Int64 {
        guard let end = try time("exp") else { throw .tokenRefused("the token does not say when it ends") }
        guard now < end + Self.leeway else { throw .tokenRefused("the token has expired") }
        for name in ["nbf", "iat"] {
            if let start = try time(name), start - Self.leeway > now {
                throw .tokenRefused("the token is not good yet: see whether the clocks are right")
            }
        }
        return end + Self.leeway
    }

    private func time(_ name: String) throws(Problem) -> Int64? {
        guard let claim = claims[name] else { return nil }
        guard let seconds = claim.number.flatMap({ Double($0) }), (0...253_402_300_799).contains(seconds) else {
            throw .tokenRefused("the token's times cannot be read")
        }
        return Int64(seconds * 1_000_000)
    }

    /// Who it is for: the subject, and a name for those who read it.
    func person(of issuer: Issuer) throws(Problem) -> Key.Person {
        guard let subject = claims["sub"]?.string, (1...Self.mostSubject).contains(subject.count),
            Self.isPrintable(subject)
        else { throw .tokenRefused("the token names nobody") }
        let name = ["name", "preferred_username", "email"].lazy.compactMap { claims[$0]?.string }.first {
            !$0.isEmpty && Self.isPrintable($0)
        }
        return Key.Person(issuer: issuer.id, subject: subject, name: name)
    }

    private static func isPrintable(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { !$0.properties.isWhitespace || $0 == " " }
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    /// The most that its claim gives; nil where it gives nothing.
    func role(of issuer: Issuer) -> KeyRole? {
        let whole = claims[issuer.rolesClaim]
        let claim =
            whole
            ?? issuer.rolesClaim.split(separator: ".").reduce(Optional(claims)) { found, name in found?[String(name)] }
        // One role, a list, or words with blanks between them, as `scope` is written (RFC 8693, 4.2).
        let given =
            claim?.elements?.compactMap(\.string)
            ?? claim?.string.map { [$0] + $0.split(separator: " ").map(String.init) } ?? []
        let roles = Set(given.compactMap { issuer.roles[$0] })
        return Issuer.knownRoles.last { roles.contains($0) }
    }
}

extension Problem {
    static func tokenRefused(_ detail: String) -> Problem {
        Problem(
            .unauthorized, "unauthorized", "The token is not good", detail,
            whatToDo: "sign in again, and send the new token as `Authorization: Bearer TOKEN`",
            fields: unauthorized(detail, given: true).fields)
    }
}
