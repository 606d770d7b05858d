extension FacetContent {
    /// The content of what was shown at a moment: sorted, each identifier once at its highest assurance, with the
    /// period if, and only if, one of them is of a kind that changes hands. Attributes are folded already.
    package static func showing(
        _ identifiers: [ShownIdentifier], attributes: [Attribute], at microseconds: Int64
    ) -> FacetContent {
        showing(identifiers, attributes: attributes, period: Period(microseconds: microseconds))
    }

    /// The same where the period of that moment is known; it is left out where nothing changes hands.
    static func showing(
        _ identifiers: [ShownIdentifier], attributes: [Attribute], period: Period?
    ) -> FacetContent {
        var highest: [ShownIdentifier] = []
        for shown in identifiers {
            guard let place = highest.firstIndex(where: { $0.identifier == shown.identifier }) else {
                highest.append(shown)
                continue
            }
            if highest[place].standing < shown.standing { highest[place] = shown }
        }
        highest.sort(by: CanonicalBytes.precedes)
        var unique: [Attribute] = []
        for attribute in attributes.sorted(by: CanonicalBytes.precedes) where unique.last != attribute {
            unique.append(attribute)
        }
        let changes = highest.contains { $0.identifier.kind.changesHands }
        return FacetContent(
            canonical: highest, attributes: unique, period: changes ? period : nil)
    }
}

/// A person's name without what is no name.
package enum PersonName {
    /// Folded, without titles (`Dott.ssa`, `Sig.`); a name that is nothing but titles stays as it is.
    package static func folded(_ text: String) -> String {
        let name = Text.fold(text)
        var words = name.split(separator: " ")[...]
        while words.count > 1, let first = words.first, isTitle(first) { words.removeFirst() }
        return words.joined(separator: " ")
    }

    private static func isTitle(_ word: Substring) -> Bool {
        let letters = word.filter { $0 != "." && $0 != "," }
        // Some titles are names too (`Don`, `On`): those only with their dot.
        return titles.contains(letters) || (word.hasSuffix(".") && dotted.contains(letters))
    }

    private static let titles: Set<String> = [
        "dott", "dottor", "dottore", "dottssa", "dottoressa", "dr", "drssa", "avv", "avvto", "avvocato", "ing", "arch",
        "geom", "rag", "prof", "profssa", "professor", "professore", "professoressa", "sig", "sigra", "signa", "sigg",
        "signor", "signora", "signorina", "egr", "gent", "gentma", "gentmo", "spett", "mr", "mrs", "ms", "miss", "sir",
    ]
    private static let dotted: Set<String> = ["on", "cav", "comm", "don", "mons", "sen"]
}
