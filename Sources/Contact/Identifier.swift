/// A typed value that points to a customer, in its one canonical spelling.
package struct Identifier: Hashable, Sendable, CustomStringConvertible {
    package let kind: IdentifierKind
    /// The system, site or programme whose value it is; empty for a kind that has no scope.
    package let scope: String
    /// The canonical spelling, NFC.
    package let value: String

    /// Takes a spelling that is canonical already; everything from outside goes through ``Normaliser``.
    package init(kind: IdentifierKind, scope: String, canonical value: String) {
        self.kind = kind.isOwn ? .own(scope) : kind
        self.scope = scope
        self.value = value
    }

    /// `KIND:VALUE` or `KIND:SCOPE/VALUE`, as people write it.
    package var description: String {
        scope.isEmpty ? "\(kind.name):\(value)" : "\(kind.name):\(scope)/\(value)"
    }
}

/// What kind of value an identifier is, and the rules that follow from it (FORMATS.md, Identifier kinds).
package struct IdentifierKind: Hashable, Sendable {
    /// The number stored in the database; never reused.
    package let code: Int16
    package let name: String
    /// What a scope of this kind names (`system`, `site`, `programme`); nil where there is none.
    package let scope: String?
    /// The least assurance at which a shared value joins two facets; nil = never.
    package let linksFrom: Assurance?
    /// At most one value a profile (a scope).
    package let exclusive: Bool
    /// For a kind that changes hands: how many empty half-years still belong to one holder; nil = it never does.
    package let gap: Int16?
    /// What a workspace calls a kind of its own; empty for the others. It is the scope of its identifiers, so that the kind is
    /// one kind to all that is stored (``custom``), and as many to the rules as a workspace has declared.
    package private(set) var own = ""

    package var changesHands: Bool { gap != nil }
    package var isOwn: Bool { code == Self.ownCode }
    private static let ownCode: Int16 = 16
    /// As rules name it: `email`, `custom/membership`.
    package var fullName: String { own.isEmpty ? name : "\(name)/\(own)" }

    package static func == (a: IdentifierKind, b: IdentifierKind) -> Bool { a.code == b.code && a.own == b.own }
    package func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension IdentifierKind {
    package static let email = IdentifierKind(
        code: 1, name: "email", scope: nil, linksFrom: .presented, exclusive: false, gap: nil)
    package static let phone = IdentifierKind(
        code: 2, name: "phone", scope: nil, linksFrom: .presented, exclusive: false, gap: 2)
    package static let landline = IdentifierKind(
        code: 3, name: "landline", scope: nil, linksFrom: nil, exclusive: false, gap: nil)
    package static let customerNumber = IdentifierKind(
        code: 4, name: "customer_number", scope: "system", linksFrom: .presented, exclusive: true, gap: nil)
    package static let userID = IdentifierKind(
        code: 5, name: "user_id", scope: "site", linksFrom: .presented, exclusive: true, gap: nil)
    package static let forumAccount = IdentifierKind(
        code: 6, name: "forum_account", scope: "system", linksFrom: .presented, exclusive: false, gap: nil)
    package static let ticketRequester = IdentifierKind(
        code: 7, name: "ticket_requester", scope: "system", linksFrom: .presented, exclusive: false, gap: nil)
    package static let chatAccount = IdentifierKind(
        code: 8, name: "chat_account", scope: "system", linksFrom: .presented, exclusive: false, gap: nil)
    package static let cookie = IdentifierKind(
        code: 9, name: "cookie", scope: "site", linksFrom: .presented, exclusive: false, gap: 2)
    package static let device = IdentifierKind(
        code: 10, name: "device", scope: "site", linksFrom: .presented, exclusive: false, gap: 2)
    package static let card = IdentifierKind(
        code: 11, name: "card", scope: "programme", linksFrom: .presented, exclusive: false, gap: 2)
    package static let codiceFiscale = IdentifierKind(
        code: 12, name: "codice_fiscale", scope: nil, linksFrom: .presented, exclusive: true, gap: nil)
    package static let partitaIVA = IdentifierKind(
        code: 13, name: "partita_iva", scope: nil, linksFrom: nil, exclusive: false, gap: nil)
    package static let domain = IdentifierKind(
        code: 14, name: "domain", scope: nil, linksFrom: nil, exclusive: false, gap: nil)
    package static let switchboard = IdentifierKind(
        code: 15, name: "switchboard", scope: nil, linksFrom: nil, exclusive: false, gap: nil)

    /// What workspaces declare for themselves in their rules. To the bytes of a facet it changes hands whether it does or not:
    /// a gap may then be given and taken away at any time, and what is stored stays what it is.
    package static let custom = IdentifierKind(
        code: ownCode, name: "custom", scope: "kind", linksFrom: nil, exclusive: false, gap: 2)

    /// A workspace's own kind of that name.
    package static func own(_ name: String) -> IdentifierKind {
        var kind = custom
        kind.own = name
        return kind
    }

    /// Every kind, by code.
    package static let all: [IdentifierKind] = [
        .email, .phone, .landline, .customerNumber, .userID, .forumAccount, .ticketRequester, .chatAccount,
        .cookie, .device, .card, .codiceFiscale, .partitaIVA, .domain, .switchboard, .custom,
    ]

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    private static let byCode = Dictionary(uniqueKeysWithValues: all.map { ($0.code, $0) })

    package init?(name: String) {
        guard let found = Self.byName[name] else { return nil }
        self = found
    }

    package init?(code: Int16) {
        guard let found = Self.byCode[code] else { return nil }
        self = found
    }
}
