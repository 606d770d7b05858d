/// What a connector gets to know of the source it works for: its settings, and those of the workspace it needs.
package struct SourceSettings: Sendable {
    /// Name of the source.
    package let source: String
    /// Plain settings by name, as they were typed.
    package let values: [String: String]
    package let secrets: [String: Secret]
    /// Reads identifiers as the workspace does (its region is the default of numbers without a country code).
    package let normaliser: Normaliser
    /// What happened before is refused as expired, in microseconds since 1970; nil = nothing is.
    package let oldest: Int64?

    package init(
        source: String, values: [String: String], secrets: [String: Secret] = [:], normaliser: Normaliser,
        oldest: Int64? = nil
    ) {
        self.source = source
        self.values = values
        self.secrets = secrets
        self.normaliser = normaliser
        self.oldest = oldest
    }

    /// A setting that is there and not empty.
    package subscript(_ name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A setting that is a list: values between commas, without the spaces around them.
    package func list(_ name: String) -> [String] {
        (self[name] ?? "").split(separator: ",").map { Self.trimmed($0) }.filter { !$0.isEmpty }
    }

    /// The most the source may vouch for an identifier: `trust` (presented unless set), and `trust.KIND` for one kind.
    package func trust() throws(SettingsError) -> (most: Assurance, of: [IdentifierKind: Assurance]) {
        var problems: [String] = []
        func level(_ name: String, _ text: String) -> Assurance {
            if let level = Assurance(name: text) { return level }
            problems.append("\(name) is claimed, presented or verified, not \(text)")
            return .claimed
        }
        let most = self["trust"].map { level("trust", $0) } ?? .presented
        var kinds: [IdentifierKind: Assurance] = [:]
        for (name, text) in values.sorted(by: { $0.key < $1.key }) where name.hasPrefix("trust.") {
            if let kind = IdentifierKind(name: String(name.dropFirst("trust.".count))) {
                kinds[kind] = level(name, text)
            } else {
                problems.append("\(name) names no kind of identifier")
            }
        }
        guard problems.isEmpty else { throw SettingsError(problems) }
        return (most, kinds)
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
