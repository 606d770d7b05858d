internal import Contact
package import Postgres

/// Somebody who vouches for people: an issuer of OpenID Connect tokens for one audience, and what its tokens mean here.
package struct Issuer: Sendable, Hashable {
    package let id: Int64
    package let workspace: Int64
    /// As the claim `iss` has it, to the letter.
    package let url: String
    package let audience: String
    package let algorithms: [String]
    /// Where the keys stand; nil: as the issuer's own discovery says.
    package let keysURL: String?
    /// The names on the way to the claim that holds the roles, with a full stop between them: `realm_access.roles`.
    package let rolesClaim: String
    /// What stands in the claim, and which role that is.
    package let roles: [String: KeyRole]

    /// Signatures that can be checked with what everybody may know: never `none`, never HMAC (RFC 8725, 2.1).
    package static let knownAlgorithms = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    ]
    /// What people may be: the other roles are those of machines.
    package static let knownRoles: [KeyRole] = [.reader, .agent, .supervisor, .admin]

    package init(
        id: Int64, workspace: Int64, url: String, audience: String, algorithms: [String], keysURL: String?,
        rolesClaim: String, roles: [String: KeyRole]
    ) {
        self.id = id
        self.workspace = workspace
        self.url = url
        self.audience = audience
        self.algorithms = algorithms
        self.keysURL = keysURL
        self.rolesClaim = rolesClaim
        self.roles = roles
    }
}

/// The issuers of a database.
package struct Issuers: Sendable {
    /// Why one cannot be added.
    package enum Taken: Error, Sendable {
        /// Tokens of this issuer for this audience let people in already, perhaps into another workspace.
        case already
        case database(DatabaseError)
    }

    private let database: Database

    package init(_ database: Database) { self.database = database }

    /// Those of all workspaces: a token does not say which it is for.
    package func list() async throws(DatabaseError) -> [Issuer] {
        try await database.session { (session: borrowing Session) throws(DatabaseError) -> [Issuer] in
            let rows = try session.execute(.issuerList)
            var found: [Issuer] = []
            for row in 0..<rows.count {
                var roles: [String: KeyRole] = [:]
                let json = try rows.jsonb(row, 7)
                do throws(Refusal) {
                    for (name, value) in try JSONValue(json).members ?? [] {
                        // A role that this build does not know lets nobody in.
                        roles[name] = value.string.flatMap { KeyRole(rawValue: $0) }
                    }
                } catch {
                    continue
                }
                found.append(
                    Issuer(
                        id: try rows.int64(row, 1), workspace: try rows.int64(row, 0), url: try rows.text(row, 2),
                        audience: try rows.text(row, 3),
                        algorithms: try rows.text(row, 4).split(separator: " ").map(String.init),
                        keysURL: try rows.optionalText(row, 5), rolesClaim: try rows.text(row, 6), roles: roles))
            }
            return found
        }
    }

    /// Adds one to its workspace; returns its number there.
    package func add(_ issuer: Issuer, now: Int64) async throws(Taken) -> Int64 {
        do throws(DatabaseError) {
            let own = try await list().filter { $0.workspace == issuer.workspace }
            let number = (own.map(\.id).max() ?? 0) + 1
            let roles = JSONWriter.object(
                issuer.roles.sorted { $0.key < $1.key }.map { ($0.key, JSONWriter.string($0.value.rawValue)) })
            try await database.transaction(opening: "SET LOCAL contatto.workspace = '\(issuer.workspace)'") {
                (session: borrowing Session) throws(DatabaseError) in
                _ = try session.execute(
                    .issuerAdd,
                    [
                        .int8(issuer.workspace), .int8(number), .text(issuer.url), .text(issuer.audience),
                        .text(issuer.algorithms.joined(separator: " ")), .text(issuer.keysURL),
                        .text(issuer.rolesClaim), .jsonb(roles), .timestamp(now),
                    ])
            }
            return number
        } catch {
            throw error.constraint == "issuer_token_key" ? .already : .database(error)
        }
    }

    /// Takes one away; false where there is none. Its tokens let nobody in any more, within seconds.
    package func remove(_ id: Int64, in workspace: Workspace) async throws(DatabaseError) -> Bool {
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Bool in
            try session.execute(.issuerRemove, [.int8(workspace.id), .int8(id)]).count == 1
        }
    }
}

extension Statement {
    static let issuerList = Statement(
        """
        /* issuer.list */
        SELECT workspace, issuer, url, audience, array_to_string(algorithms, ' '), keys_url, roles_claim, roles
        FROM issuer ORDER BY workspace, issuer
        """, mayScan: true)
    static let issuerAdd = Statement(
        """
        /* issuer.add */
        INSERT INTO issuer (workspace, issuer, url, audience, algorithms, keys_url, roles_claim, roles, created_at)
        VALUES ($1, $2, $3, $4, string_to_array($5, ' '), $6, $7, $8, $9)
        """)
    static let issuerRemove = Statement(
        """
        /* issuer.remove */
        DELETE FROM issuer WHERE workspace = $1 AND issuer = $2 RETURNING issuer
        """)
}
