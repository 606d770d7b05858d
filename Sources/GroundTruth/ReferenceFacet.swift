/// An identifier in its canonical spelling.
package struct ReferenceValue: Hashable, Sendable {
    package let kind: String
    package let scope: String
    package let value: String

    package init(_ kind: String, scope: String = "", _ value: String) {
        self.kind = kind
        self.scope = scope
        self.value = value
    }

    /// A mailbox of a role or of a household: shared from birth.
    package var isRoleAddress: Bool {
        guard kind == "email" else { return false }
        let local = value.prefix { $0 != "@" }
        return Kinds.roles.contains(String(local))
            || Kinds.households.contains(String(local.prefix { !".-_+".contains($0) }))
    }

    /// SHA-256 of its canonical bytes (FORMATS.md).
    var hash: [UInt8] { sha256([1, 0x49] + fields) }

    fileprivate var fields: [UInt8] { field(kind) + field(scope) + field(value) }
}

/// What was shown together, canonical already.
package struct ReferenceFacet: Sendable {
    package struct Shown: Hashable, Sendable {
        package let value: ReferenceValue
        package let standing: ReferenceStanding

        package init(_ value: ReferenceValue, _ standing: ReferenceStanding) {
            self.value = value
            self.standing = standing
        }
    }

    /// Each value once.
    package let shown: [Shown]
    package let attributes: [Attribute]
    /// Half-years since the first of year 0; nil where nothing shown changes hands.
    package let period: Int?
    /// Its canonical text, which names it.
    package let text: String

    package struct Attribute: Hashable, Sendable {
        package let name: String
        /// Folded.
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(shown: [Shown], attributes: [Attribute] = [], period: Int? = nil) {
        self.shown = shown
        self.attributes = attributes
        self.period = period
        isOrganisation = Self.isOrganisation(shown, attributes)
        text = facetText(
            identifiers: shown.map { ($0.standing.word, $0.value.kind, $0.value.scope, $0.value.value) },
            attributes: attributes.map { ($0.name, $0.value) },
            period: period.map { HalfYear(number: $0).text })
    }

    /// SHA-256 of its canonical bytes (FORMATS.md): what breaks ties between facets.
    package var hash: [UInt8] {
        let identifiers = shown.map { [$0.standing.byte] + $0.value.fields }.sorted { $0.lexicographicallyPrecedes($1) }
        let named = attributes.map { field($0.name) + field($0.value) }.sorted { $0.lexicographicallyPrecedes($1) }
        var bytes: [UInt8] = [1, 0x46]
        bytes += word(identifiers.count)
        for one in identifiers { bytes += word(one.count) + one }
        bytes += word(named.count)
        for one in named { bytes += one }
        bytes += field(period.map { HalfYear(number: $0).text } ?? "")
        return sha256(bytes)
    }

    /// It shows a company's tax number that counts, and nothing that is a person's.
    package let isOrganisation: Bool

    private static func isOrganisation(_ shown: [Shown], _ attributes: [Attribute]) -> Bool {
        guard shown.contains(where: { $0.value.kind == "partita_iva" && $0.standing != .claimed }) else { return false }
        let impersonal: Set<String> = ["partita_iva", "domain", "switchboard", "landline"]
        guard shown.allSatisfy({ impersonal.contains($0.value.kind) || $0.value.isRoleAddress }) else { return false }
        return !attributes.contains { $0.name == "name" || $0.name == "birth_date" }
    }

    var name: ReferenceName? {
        attributes.first { $0.name == "name" }.map { ReferenceName(folded: $0.value) }
    }
}

/// Text behind its length; it is in NFC already, as all that is canonical.
private func field(_ text: String) -> [UInt8] { word(text.utf8.count) + Array(text.utf8) }

func word(_ number: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
}
