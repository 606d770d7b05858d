internal import Contact
internal import Postgres
internal import Storage

/// Lets people in by tokens of the issuers that a workspace trusts. What was verified is remembered until it ends.
final class IssuerRing: Sendable {
    /// An issuer that was taken away lets nobody in after this.
    private static let remembered: Duration = .seconds(3)
    /// A token is looked at anew after this, in microseconds: its key may have been taken back.
    private static let mostRemembered: Int64 = 600_000_000
    private static let most = 10_000

    private struct Known {
        let key: Key
        let issuer: Issuer
        let until: Int64
    }

    private struct State {
        var issuers: [Issuer] = []
        var readAt: ContinuousClock.Instant?
        var keys: [Issuer: IssuerKeys] = [:]
        /// By the hash of the token.
        var known: [[UInt8]: Known] = [:]
    }

    private let issuers: Issuers
    private let now: @Sendable () -> Int64
    private let state = Monitor(State())

    init(_ database: Database, now: @escaping @Sendable () -> Int64) {
        issuers = Issuers(database)
        self.now = now
    }

    /// What the token's bearer may do: a key in all but the table.
    func key(_ text: String) async throws -> Key {
        let all = try await list()
        let hash = Digest.sha256(Array(text.utf8))
        let moment = now()
        if let known = state.withLock({ $0.known[hash] }), known.until > moment, all.contains(known.issuer) {
            return known.key
        }
        let token = try Token(text)
        let issuer = try Self.issuer(of: token, among: all)
        guard issuer.algorithms.contains(token.algorithm) else {
            throw Problem.tokenRefused("the token's algorithm is not one that its issuer may use here")
        }
        // What costs nothing comes before the signature, and that before anything is told of what the token says.
        let end = try token.end(at: moment)
        guard let key = try await keys(of: issuer).key(token.keyName) else {
            throw Problem.tokenRefused("the token's key is not one of its issuer's")
        }
        try await token.verify(with: key)
        let person = try token.person(of: issuer)
        guard let role = token.role(of: issuer) else {
            throw Problem.forbidden(
                "the token gives no role that this hub knows",
                "ask whoever gives out roles for one of: \(issuer.roles.keys.sorted().joined(separator: ", "))")
        }
        let found = Key(
            of: person, id: Self.number(of: person), workspace: issuer.workspace, role: role, from: moment, until: end)
        state.withLock { state in
            if state.known.count >= Self.most { state.known = state.known.filter { $0.value.until > moment } }
            if state.known.count >= Self.most { state.known = [:] }
            state.known[hash] = Known(key: found, issuer: issuer, until: min(end, moment + Self.mostRemembered))
        }
        return found
    }

    /// The one issuer and audience that it is of: these say which workspace it is for.
    private static func issuer(of token: Token, among all: [Issuer]) throws(Problem) -> Issuer {
        let known = all.filter { $0.url == token.issuer }
        guard !known.isEmpty else { throw .tokenRefused("the token's issuer is not known here") }
        let meant = known.filter { token.audiences.contains($0.audience) }
        guard let issuer = meant.first else { throw .tokenRefused("the token is for another audience") }
        guard meant.count == 1 else { throw .tokenRefused("the token is for several audiences of this hub") }
        return issuer
    }

    private func list() async throws(DatabaseError) -> [Issuer] {
        let moment = ContinuousClock.now
        let known = state.withLock { state in
            state.readAt.flatMap { $0 + Self.remembered > moment ? state.issuers : nil }
        }
        if let known { return known }
        let read = try await issuers.list()
        state.withLock { state in
            state.issuers = read
            state.readAt = moment
            state.keys = state.keys.filter { read.contains($0.key) }
        }
        return read
    }

    private func keys(of issuer: Issuer) -> IssuerKeys {
        state.withLock { state in
            if let keys = state.keys[issuer] { return keys }
            let keys = IssuerKeys(issuer, now: now)
            state.keys[issuer] = keys
            return keys
        }
    }

    /// Below 0, where no key is: how often one may ask is counted by it.
    private static func number(of person: Key.Person) -> Int64 {
        let hash = Digest.sha256(Array("\(person.issuer) \(person.subject)".utf8))
        return -1 - Int64(hash.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 1)
    }
}
