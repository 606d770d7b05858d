/// The canonical text of a facet, in which the ledger, the reference and a dump of the hub can be compared.
///
/// Identifiers as `assurance kind:scope/value` (`kind:value` without a scope; the assurance is `public` for what is
/// presented under a public key), sorted by UTF-8 bytes; then folded
/// attributes as `name=value`, sorted likewise; then the period if there is one; all joined by ` | `. A `|` or `\`
/// inside is preceded by `\`.
package func facetText(
    identifiers: [(assurance: String, kind: String, scope: String, value: String)],
    attributes: [(name: String, value: String)], period: String?
) -> String {
    var parts = identifiers.map { shown in
        let target = shown.scope.isEmpty ? shown.value : "\(shown.scope)/\(shown.value)"
        return "\(shown.assurance) \(shown.kind):\(target)"
    }
    parts.sort(by: precedes)
    parts += attributes.map { "\($0.name)=\($0.value)" }.sorted(by: precedes)
    if let period { parts.append(period) }
    return parts.map(escaped).joined(separator: " | ")
}

/// Order of UTF-8 bytes, which `String`'s own order is not.
func precedes(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
}

private func escaped(_ part: String) -> String {
    guard part.utf8.contains(where: { $0 == UInt8(ascii: "|") || $0 == UInt8(ascii: "\\") }) else { return part }
    return part.reduce(into: "") { text, character in
        if character == "|" || character == "\\" { text.append("\\") }
        text.append(character)
    }
}
