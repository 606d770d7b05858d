/// Brings an identifier as somebody spelt it into its one canonical spelling, or says why it is none.
///
/// What it returns, given back to it, comes out unchanged. Its rules are part of what ids are made from
/// (``CanonicalBytes/version``).
package struct Normaliser: Sendable {
    /// Where a telephone number without a country is dialled: ISO 3166, two upper-case letters.
    package let region: String

    package init(region: String = "IT") {
        self.region = region.uppercased()
    }

    /// General category Cc (the Unicode standard, 23.1), without asking the tables for every character.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    /// - Throws: `identifier_invalid` for what is misspelt, `identifier_blocked` for what is spelt well but names
    ///   nobody: a placeholder, a relay, a number that is no person's.
    package func identifier(kind: String, scope: String?, value: String) throws(Refusal) -> Identifier {
        guard let kind = IdentifierKind(name: kind) else {
            throw Refusal(.identifierInvalid, "the kind of an identifier is not one of those that exist")
        }
        let scope = try self.scope(scope, of: kind)
        let value = Normaliser.trimmed(kind.isWritten ? Normaliser.visible(value) : value)
        guard !value.isEmpty else { throw Normaliser.invalid(kind, "it is empty") }
        guard value.utf8.count <= 512 else { throw Normaliser.invalid(kind, "it is longer than 512 bytes") }
        guard !value.unicodeScalars.contains(where: Self.isControl) else {
            throw Normaliser.invalid(kind, "it holds a control character")
        }
        guard !value.unicodeScalars.contains("\u{FFFD}") else {
            throw Normaliser.invalid(kind, "a character of it was lost on the way (U+FFFD)")
        }
        if Placeholder.isOne(value) { throw Normaliser.blocked(kind, "it is a placeholder") }
        switch kind {
        case .email: return try email(value)
        case .phone, .landline, .switchboard: return try phone(value, as: kind)
        case .codiceFiscale: return try codiceFiscale(value)
        case .partitaIVA: return try partitaIVA(value)
        case .domain:
            guard let domain = Text.asciiDomain(value) else { throw Normaliser.invalid(kind, "it is no domain name") }
            return Identifier(kind: kind, scope: "", canonical: domain)
        default:
            let value = Text.nfc(value)
            guard value.utf8.count <= 255 else { throw Normaliser.invalid(kind, "it is longer than 255 bytes") }
            return Identifier(kind: kind, scope: scope, canonical: value)
        }
    }

    /// A role address (RFC 2142 and what is usual in Italy): several people write from it, so it is shared from
    /// birth; kept, never linking.
    package func isRole(_ identifier: Identifier) -> Bool {
        guard identifier.kind == .email, let at = identifier.value.utf8.lastIndex(of: UInt8(ascii: "@")) else {
            return false
        }
        let local = identifier.value[..<at]
        return RoleAddress.isOne(local[..<(local.utf8.firstIndex(of: UInt8(ascii: "+")) ?? at)])
    }

    static func invalid(_ kind: IdentifierKind, _ what: String) -> Refusal {
        Refusal(.identifierInvalid, "\(kind.name): \(what)")
    }

    static func blocked(_ kind: IdentifierKind, _ what: String) -> Refusal {
        Refusal(.identifierBlocked, "\(kind.name): \(what)")
    }

    /// Without white space at both ends.
    static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }

    /// Without characters that are not seen, which come along when an address or number is copied from a page:
    /// soft hyphens, zero-width spaces, marks of direction.
    private static func visible(_ text: String) -> String {
        guard !Text.isASCII(text) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.properties.generalCategory != .format }))
    }

    private func scope(_ scope: String?, of kind: IdentifierKind) throws(Refusal) -> String {
        let scope = Normaliser.trimmed(scope ?? "").lowercased()
        guard let meaning = kind.scope else {
            guard scope.isEmpty else { throw Normaliser.invalid(kind, "this kind takes no scope") }
            return ""
        }
        guard !scope.isEmpty else { throw Normaliser.invalid(kind, "a scope is required, naming the \(meaning)") }
        let allowed = scope.utf8.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard allowed, scope.utf8.count <= 64 else {
            throw Normaliser.invalid(kind, "a scope is up to 64 of the letters a-z, digits, dot, underscore, hyphen")
        }
        return scope
    }
}

extension IdentifierKind {
    /// People write and copy it; the other kinds are names that a system gave, of which every character counts.
    fileprivate var isWritten: Bool {
        [.email, .phone, .landline, .switchboard, .codiceFiscale, .partitaIVA, .domain].contains(self)
    }
}
