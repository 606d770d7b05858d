internal import Contact
internal import FoundationEssentials
internal import HTTPTypes
package import Postgres
internal import Storage

/// Who asks: finds the key of a request, and remembers it for a few seconds. A revoked key stops within those.
package final class KeyRing: Sendable {
    private static let remembered: Duration = .seconds(3)
    private static let most = 10_000

    private struct Memory {
        let key: Key?
        let until: ContinuousClock.Instant
    }

    private let keys: Keys
    private let issuers: IssuerRing
    private let now: @Sendable () -> Int64
    private let memory = Monitor<[KeyText: Memory]>([:])

    package init(_ database: Database, now: @escaping @Sendable () -> Int64) {
        keys = Keys(database)
        issuers = IssuerRing(database, now: now)
        self.now = now
    }

    /// The good key of an `Authorization` field: a bearer's, or the password of HTTP Basic (RFC 7617), which is what programs
    /// send that take an address with a user in it. The user's name may be anything: the key says who it is. Without a password
    /// the user's name is the key, as Segment's clients send it.
    func key(_ field: String?) async throws -> Key {
        guard let field else { throw Problem.unauthorized("the request bears no key", given: false) }
        let words = field.split(separator: " ", omittingEmptySubsequences: true)
        let written: String?
        switch (words.count, words.first?.lowercased()) {
        case (2, "bearer"): written = String(words[1])
        case (2, "basic"): written = Self.secret(words[1])
        default: written = nil
        }
        guard let written else {
            throw Problem.unauthorized(
                "the field Authorization is neither `Bearer KEY` nor HTTP Basic with the key as password or as user",
                given: false)
        }
        // No key has a full stop, and each token has two.
        if written.contains(".") { return try await issuers.key(written) }
        let text: KeyText
        do throws(KeyText.Fault) { text = try KeyText(written) } catch {
            switch error {
            case .shape: throw Problem.unauthorized("what it bears is not a key of this hub", given: true)
            case .check: throw Problem.unauthorized("the key is mistyped: its check does not fit", given: true)
            }
        }
        guard let key = try await find(text) else {
            throw Problem.unauthorized("the key is not known here", given: true)
        }
        guard key.isGood(at: now()) else {
            throw Problem.unauthorized(
                key.revokedAt == nil ? "the key has expired" : "the key was revoked", given: true)
        }
        return key
    }

    /// The good key of this text that is bound to a source and may write for it; nil where there is none.
    func bound(_ text: String) async throws -> Key? {
        let read: KeyText
        do throws(KeyText.Fault) { read = try KeyText(text) } catch { return nil }
        guard let key = try await find(read), key.isGood(at: now()), key.role.needsSource else { return nil }
        return key
    }

    /// What follows the first colon of `user:password` in Base64; the user where nothing does.
    private static func secret(_ credentials: Substring) -> String? {
        guard let bytes = Data(base64Encoded: String(credentials)),
            let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        let password = text[colon...].dropFirst()
        return String(password.isEmpty ? text[..<colon] : password)
    }

    private func find(_ text: KeyText) async throws -> Key? {
        let moment = ContinuousClock.now
        if let known = memory.withLock({ $0[text] }), known.until > moment { return known.key }
        let key = try await keys.find(text, now: now())
        memory.withLock { memory in
            if memory.count >= Self.most { memory = [:] }
            memory[text] = Memory(key: key, until: moment + Self.remembered)
        }
        return key
    }
}

/// What a key may say in an interaction: for which source, and how much it may vouch for (FORMATS.md, Identifier kinds).
struct Voice: Sendable {
    /// The source it speaks for and no other; nil = any.
    let own: String?
    /// Anybody may be speaking: what only the company can say is refused.
    let isPublic: Bool
    let ceilings: Ceilings

    /// Of whoever calls the source by a name that stands in pages.
    init(publicOf source: String) {
        own = source
        isPublic = true
        ceilings = Self.ofAnybody
    }

    private static let ofAnybody = Ceilings(
        most: .claimed, kinds: [.cookie: .presented, .device: .presented, .userID: .presented])

    struct Ceilings: Hashable, Sendable {
        let most: Assurance
        let kinds: [IdentifierKind: Assurance]
    }

    init(_ key: Key, normaliser: Normaliser) throws(Problem) {
        own = key.source
        isPublic = key.role == .public
        switch key.role {
        case .public: ceilings = Self.ofAnybody
        case .connector:
            var values: [String: String] = [:]
            do throws(Refusal) {
                for (name, value) in try JSONValue(key.settings).members ?? [] { values[name] = value.string }
            } catch {
                throw Self.unusable("its settings cannot be read")
            }
            let settings = SourceSettings(source: key.source ?? "", values: values, normaliser: normaliser)
            do throws(SettingsError) {
                let trust = try settings.trust()
                ceilings = Ceilings(most: trust.most, kinds: trust.of)
            } catch {
                throw Self.unusable(error.description)
            }
        case .reader, .subscriber, .agent, .supervisor, .admin:
            ceilings = Ceilings(most: .verified, kinds: [:])
        }
    }

    private static func unusable(_ what: String) -> Problem {
        Problem(
            .conflict, "source_settings", "The source's settings are wrong", what,
            whatToDo: "mend the setting of the source, and send it again")
    }
}
