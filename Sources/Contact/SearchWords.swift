/// The words under which a person is found, and the keys by which a misspelt one still is.
///
/// Pure: what is stored and what is asked are cut into words by the same code.
package enum SearchWords {
    /// Shorter words find only themselves: of two letters nearly every name is a neighbour.
    package static let shortestMisspelt = 3
    /// Longer ones are no words that anybody types.
    package static let longest = 64
    /// Of one value, so that nobody fills the index with a single name.
    package static let most = 24

    /// The letters and digits of a text, word by word, folded: `D'Angelo, María` is `d`, `angelo`, `maria`.
    package static func words(_ text: String) -> [String] {
        words(folded: Text.fold(text))
    }

    package static func words(folded text: String) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        func isPart(_ scalar: Unicode.Scalar) -> Bool {
            scalar.isASCII
                ? (0x30...0x39).contains(scalar.value) || (0x61...0x7A).contains(scalar.value)
                    || (0x41...0x5A).contains(scalar.value)
                : scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
        func end() {
            if !word.isEmpty, word.count <= longest { words.append(String(word).lowercased()) }
            word = String.UnicodeScalarView()
        }
        for scalar in text.unicodeScalars {
            if isPart(scalar) { word.append(scalar) } else { end() }
        }
        end()
        return words
    }

    /// The words of a name or a company: each, and those that people write together (`de luca`, `deluca`; `d'angelo`,
    /// `dangelo`).
    package static func ofName(_ folded: String) -> [String] {
        let words = Array(words(folded: folded).prefix(most))
        return unique(words + joined(words))
    }

    /// A short word together with the one after it.
    package static func joined(_ words: [String]) -> [String] {
        zip(words, words.dropFirst()).compactMap { short, next in
            short.count <= 3 && next.count >= 3 ? short + next : nil
        }
    }

    /// The words of an address: of its local part each, and all together as most people remember it; the domain.
    package static func ofAddress(_ address: String) -> [String] {
        let parts = address.split(separator: "@", maxSplits: 1)
        guard parts.count == 2 else { return words(address) }
        return unique(Array(words(String(parts[0])).prefix(most)) + [together(String(parts[0]))] + domain(parts[1]))
    }

    /// Of a domain: as a whole without its dots, and its labels but the last.
    private static func domain(_ domain: Substring) -> [String] {
        let labels = words(String(domain))
        return [labels.joined()] + labels.dropLast()
    }

    /// The letters and digits without what stands between them.
    package static func together(_ text: String) -> String { words(text).joined() }

    /// The digits from the last to the first: an end of the number is then a beginning.
    package static func reversedDigits(_ text: String) -> String {
        String(text.filter { $0.isASCII && $0.isNumber }.reversed())
    }

    /// The words of an identifier; none for those that no person types.
    package static func of(_ identifier: Identifier) -> (words: [String], number: String?) {
        switch identifier.kind {
        case .cookie, .device: return ([], nil)
        case .email: return (ofAddress(identifier.value), nil)
        case .domain: return (domain(identifier.value[...]), nil)
        case .phone, .landline, .switchboard: return ([], reversedDigits(identifier.value))
        default:
            let number = reversedDigits(identifier.value)
            let words = Array(words(identifier.value).prefix(most))
            return (
                unique(words + [words.joined()].filter { $0.count <= longest }), number.count >= 4 ? number : nil
            )
        }
    }

    private static func unique(_ words: [String]) -> [String] {
        var seen: Set<String> = []
        return words.filter { !$0.isEmpty && $0.count <= longest && seen.insert($0).inserted }
    }

    // Misspelt.

    /// Keys under which a word of a name is found by what is one letter off: the word with each letter left out, and itself
    /// (symmetric deletion). For long words, of which there are many, three keys of two thirds each: one edit leaves two of
    /// three thirds as they were.
    package static func keys(of word: String) -> [String] {
        let letters = Array(word.unicodeScalars)
        guard letters.count >= shortestMisspelt, letters.count <= longest, !isNumber(word) else { return [] }
        guard letters.count > longestDeleted else { return Array(Set(deletions(letters) + [word])).sorted() }
        return thirds(letters, length: letters.count)
    }

    /// Keys under which the words are stored that this one, maybe misspelt, may mean.
    package static func keys(meantBy word: String) -> [String] {
        let letters = Array(word.unicodeScalars)
        guard letters.count >= shortestMisspelt, letters.count <= longest, !isNumber(word) else { return [] }
        var keys: Set<String> = []
        if letters.count <= longestDeleted + 1 {
            keys.formUnion(deletions(letters))
            keys.insert(word)
        }
        if letters.count >= longestDeleted {
            for length in letters.count - 1...letters.count + 1 where length > longestDeleted {
                keys.formUnion(thirds(letters, length: length))
                // Two letters that changed places across a border of thirds.
                for border in [length / 3, length - length / 3] where border > 0 && border < letters.count {
                    var swapped = letters
                    swapped.swapAt(border - 1, border)
                    keys.formUnion(thirds(swapped, length: length))
                }
                for border in [letters.count - length / 3, letters.count - (length - length / 3)]
                where border > 0 && border < letters.count {
                    var swapped = letters
                    swapped.swapAt(border - 1, border)
                    keys.formUnion(thirds(swapped, length: length))
                }
            }
        }
        return keys.sorted()
    }

    private static let longestDeleted = 9

    private static func deletions(_ letters: [Unicode.Scalar]) -> [String] {
        letters.indices.map { place in
            var rest = letters
            rest.remove(at: place)
            return text(rest)
        }
    }

    /// Of letters that stand for a word of `length`: its first two thirds, its last two, the first and the last.
    private static func thirds(_ letters: [Unicode.Scalar], length: Int) -> [String] {
        let third = length / 3
        let most = length - third
        guard letters.count >= most else { return [] }
        return [
            "1.\(length).\(text(letters.prefix(most)))", "2.\(length).\(text(letters.suffix(most)))",
            "3.\(length).\(text(letters.prefix(third))).\(text(letters.suffix(third)))",
        ]
    }

    private static func text(_ letters: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: letters)
        return String(view)
    }

    package static func isNumber(_ word: String) -> Bool { word.utf8.allSatisfy { (0x30...0x39).contains($0) } }

    /// How many letters must be left out, put in, replaced or swapped with a neighbour, up to `most`; nil where that is not
    /// enough (optimal string alignment).
    package static func edits(_ a: String, _ b: String, atMost most: Int) -> Int? {
        let (a, b) = (Array(a.unicodeScalars), Array(b.unicodeScalars))
        guard abs(a.count - b.count) <= most else { return nil }
        if a == b { return 0 }
        var (older, last) = ([Int](), Array(0...b.count))
        for i in 1..<max(1, a.count + 1) {
            var row = [i] + [Int](repeating: 0, count: b.count)
            for j in 1..<max(1, b.count + 1) {
                var best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, older[j - 2] + 1) }
                row[j] = best
            }
            (older, last) = (last, row)
        }
        let edits = last[b.count]
        return edits <= most ? edits : nil
    }
}
