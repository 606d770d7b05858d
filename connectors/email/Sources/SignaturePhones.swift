internal import Contact

/// Telephone numbers that a sender typed below or into a text: claimed, never more.
enum SignaturePhones {
    private static let labels = [
        "tel", "tel.", "telefono", "telephone", "phone", "ph.", "cell", "cell.", "cellulare", "mobile", "mob.", "mob",
        "t.", "m.", "t:", "m:", "whatsapp", "handy", "portable", "fisso", "uff.", "ufficio", "numero",
    ]
    private static let fax = ["fax", "telefax"]

    /// At most four, from lines that say that a number follows, or that hold an international number and little else.
    static func found(in text: String, normaliser: Normaliser) -> [Identifier] {
        var found: [Identifier] = []
        for line in text.split(separator: "\n").prefix(2_000) where line.utf8.count <= 200 {
            guard line.utf8.contains(where: { (0x30...0x39).contains($0) }) else { continue }
            for candidate in candidates(String(line)) {
                // What is no number after all is text like any other.
                guard let identifier = try? normaliser.identifier(kind: "phone", scope: nil, value: candidate),
                    identifier.kind == .phone || identifier.kind == .landline, !found.contains(identifier)
                else { continue }
                found.append(identifier)
                if found.count == 4 { return found }
            }
        }
        return found
    }

    /// The runs of digits and number signs of a line, each after a label or beginning with `+`.
    private static func candidates(_ line: String) -> [String] {
        var candidates: [String] = []
        var label = ""
        var number = ""
        func finish() {
            let digits = number.utf8.count { (0x30...0x39).contains($0) }
            if digits >= 6, isLabel(label) || (number.contains("+") && !isFax(label) && letters(label) <= 24) {
                candidates.append(number)
            }
            if digits > 0 { label = "" }
            number = ""
        }
        for character in line {
            let isSign = "+-./() \u{00A0}".contains(character)
            if character.isASCII && character.isNumber || (isSign && (!number.isEmpty || "+(".contains(character))) {
                number.append(character)
            } else {
                if !number.isEmpty { finish() }
                label.append(character)
            }
        }
        finish()
        return candidates
    }

    private static func letters(_ label: String) -> Int { label.count { $0.isLetter } }

    private static func words(_ label: String) -> [String] {
        label.lowercased().split { " :/|,;\t".contains($0) }.map(String.init)
    }

    private static func isFax(_ label: String) -> Bool { words(label).contains { fax.contains($0) } }

    private static func isLabel(_ label: String) -> Bool {
        guard !isFax(label), let last = words(label).suffix(2).last(where: { labels.contains($0) }) else {
            return words(label).suffix(2).contains { labels.contains($0 + ".") }
        }
        return !last.isEmpty
    }
}
