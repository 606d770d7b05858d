/// How values of a kind that a workspace has declared for itself are spelt: what of a spelling tells two values apart.
///
/// It is part of what ids are made from, so that it is never changed once the kind is declared.
package enum OwnSpelling: String, Hashable, Sendable, CaseIterable {
    /// Every character counts, but white space at the ends.
    case exact
    /// Upper and lower case, accents and runs of white space do not.
    case folded
    /// Nothing but the digits 0-9 does.
    case digits
    /// Nothing but the letters A-Z, taken as upper case, and the digits 0-9 does.
    case alphanumeric

    /// The one canonical spelling; given it back, it comes out unchanged.
    ///
    /// - Throws: `identifier_invalid` where nothing is left that counts.
    package func canonical(_ identifier: Identifier) throws(Refusal) -> Identifier {
        let value: String
        switch self {
        case .exact: value = identifier.value
        case .folded: value = Text.nfc(Text.fold(identifier.value))
        case .digits:
            value = String(decoding: identifier.value.utf8.filter { (0x30...0x39).contains($0) }, as: UTF8.self)
        case .alphanumeric:
            let bytes = identifier.value.uppercased().utf8
            value = String(
                decoding: bytes.filter { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }, as: UTF8.self)
        }
        guard !value.isEmpty else {
            throw Refusal(
                .identifierInvalid, "\(identifier.kind.fullName): nothing of it counts by its spelling, \(rawValue)")
        }
        if Placeholder.isOne(value) {
            throw Refusal(.identifierBlocked, "\(identifier.kind.fullName): it is a placeholder")
        }
        return Identifier(kind: identifier.kind, scope: identifier.scope, canonical: value)
    }
}

extension Identifier {
    /// The same as a workspace spells it where its kind is the workspace's own; nil where it has declared no such kind, or the
    /// value is none of it.
    package func spelt(by spellings: [String: OwnSpelling]) -> Identifier? {
        guard kind.isOwn else { return self }
        do throws(Refusal) { return try spellings[scope]?.canonical(self) } catch { return nil }
    }
}

extension FacetContent {
    package var showsOwnKind: Bool { identifiers.contains { $0.identifier.kind.isOwn } }

    /// Names of the workspace's own kinds of which it shows a value.
    package var ownKinds: Set<String> { Set(identifiers.lazy.map(\.identifier).filter(\.kind.isOwn).map(\.scope)) }

    /// The same with the values of the workspace's own kinds as those are spelt.
    ///
    /// - Throws: the refusal of the first value that is none, or whose kind nobody has declared.
    package func spelt(by spellings: [String: OwnSpelling]) throws(Refusal) -> FacetContent {
        guard showsOwnKind else { return self }
        var shown: [ShownIdentifier] = []
        for one in identifiers {
            guard one.identifier.kind.isOwn else {
                shown.append(one)
                continue
            }
            guard let spelling = spellings[one.identifier.scope] else {
                throw Refusal(
                    .identifierInvalid,
                    """
                    \(one.identifier.kind.fullName): nobody has declared this kind; `contatto rules set` or PUT /v1/rules \
                    does
                    """)
            }
            shown.append(ShownIdentifier(try spelling.canonical(one.identifier), standing: one.standing))
        }
        // The same object where it was spelt so already: what is computed from it is remembered by it.
        return shown == identifiers ? self : FacetContent.showing(shown, attributes: attributes, period: period)
    }
}
