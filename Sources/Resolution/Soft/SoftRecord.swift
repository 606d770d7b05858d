package import Contact

/// What of a facet's content may be compared softly: the folded attributes, and identifiers as corroboration.
///
/// Two facets that state the same have equal records, whatever else they show and however well it is assured: an
/// identifier at linking assurance has joined its facets already, so what counts here is the spelling alone. The
/// texts are kept as they were stated; how they are read (``SoftModel/prepare(_:)``) belongs to the model.
package struct SoftRecord: Hashable, Sendable {
    /// As people write it, folded: given name and surname in either order, perhaps with a comma. May be empty.
    package let name: String
    /// `YYYY-MM-DD`, or empty.
    package let birthDate: String
    package let street: String
    package let city: String
    package let postcode: String
    package let country: String
    package let company: String
    /// E.164, sorted by bytes.
    package let phones: [String]
    package let landlines: [String]
    /// Without role addresses, which belong to nobody; sorted by bytes.
    package let emails: [String]
    /// Of exclusive kinds: customer numbers, codice fiscale, user ids; sorted.
    package let numbers: [Number]
    /// SHA-256 over ``canonicalBytes``, made once: the record's identity.
    package private(set) var contentHash = SoftHash(SIMD4())

    /// A number of which nobody has two.
    package struct Number: Hashable, Sendable {
        /// Code of its ``IdentifierKind``.
        package let kind: Int16
        package let scope: String
        package let value: String
    }

    /// The longest text that is kept of one field, in bytes; what follows is cut off.
    static let longest = 256
    /// The most identifiers of one sort that are kept.
    static let most = 8

    /// Nil where there is nothing to compare: neither a name nor a birth date, or one of them alone. Some identifiers may be
    /// left out as if they were not shown.
    package init?(_ content: FacetContent, leavingOut: Set<Identifier> = []) {
        var texts: [String: String] = [:]
        for attribute in content.attributes where texts[attribute.name] == nil {
            texts[attribute.name] = Self.cut(attribute.value)
        }
        name = texts["name"] ?? ""
        birthDate = texts["birth_date"] ?? ""
        street = texts["address.street"] ?? ""
        city = texts["address.city"] ?? ""
        postcode = texts["address.postcode"] ?? ""
        country = texts["address.country"] ?? ""
        company = texts["company"] ?? ""
        let normaliser = Normaliser()
        var shown = content.identifiers.map(\.identifier)
        if !leavingOut.isEmpty { shown.removeAll(where: leavingOut.contains) }
        func values(_ kind: IdentifierKind) -> [String] {
            let all = shown.filter { $0.kind == kind && !normaliser.isRole($0) }
            return Self.sorted(all.map(\.value))
        }
        phones = values(.phone)
        landlines = values(.landline)
        emails = values(.email)
        let exclusive = shown.filter(\.kind.exclusive)
        let all = exclusive.map { Number(kind: $0.kind.code, scope: $0.scope, value: Self.cut($0.value)) }
        numbers = Array(all.sorted(by: Number.precedes).prefix(Self.most))
        guard isComparable else { return nil }
        contentHash = hashed()
    }

    /// Takes the parts as they are stored; see ``init(canonical:)``.
    init(texts: [String], phones: [String], landlines: [String], emails: [String], numbers: [Number]) {
        name = texts[0]
        birthDate = texts[1]
        street = texts[2]
        city = texts[3]
        postcode = texts[4]
        country = texts[5]
        company = texts[6]
        self.phones = phones
        self.landlines = landlines
        self.emails = emails
        self.numbers = numbers
        contentHash = hashed()
    }

    var texts: [String] { [name, birthDate, street, city, postcode, country, company] }

    private var isComparable: Bool {
        let persons = [name, birthDate].count { !$0.isEmpty }
        let others = [street, city, postcode, company].contains { !$0.isEmpty }
        let shown = !phones.isEmpty || !landlines.isEmpty || !emails.isEmpty || !numbers.isEmpty
        return persons == 2 || (persons == 1 && (others || shown))
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > longest else { return text }
        // At a character's end, so that what is kept is the same text in any encoding.
        var end = text.startIndex
        var bytes = 0
        for index in text.indices {
            bytes += text[index].utf8.count
            guard bytes <= longest else { break }
            end = text.index(after: index)
        }
        return String(text[..<end])
    }

    private static func sorted(_ values: [String]) -> [String] {
        Array(values.map(cut).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.prefix(most))
    }
}

extension SoftRecord.Number {
    static func precedes(_ a: Self, _ b: Self) -> Bool {
        if a.kind != b.kind { return a.kind < b.kind }
        if a.scope != b.scope { return a.scope.utf8.lexicographicallyPrecedes(b.scope.utf8) }
        return a.value.utf8.lexicographicallyPrecedes(b.value.utf8)
    }
}
