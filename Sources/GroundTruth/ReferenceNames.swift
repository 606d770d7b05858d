/// A person's name as far as it can tell two persons apart.
struct ReferenceName: Hashable {
    /// At most the first six words, without apostrophes.
    let tokens: [String]

    init(folded name: String) {
        let plain = name.filter { $0 != "'" && $0 != "\u{2019}" }
        tokens = plain.split { !$0.isLetter && !$0.isNumber }.prefix(6).map(String.init)
    }

    /// A single word, or initials alone, tell nobody from anybody.
    var counts: Bool { tokens.filter { $0.count >= 2 }.count >= 2 }

    /// Whether one person may bear both: each word of the shorter finds another word of its own in the longer.
    func isCompatible(with other: ReferenceName) -> Bool {
        let (fewer, more) =
            tokens.count <= other.tokens.count ? (tokens, other.tokens) : (other.tokens, tokens)
        return matches(fewer[...], more)
    }

    private func matches(_ left: ArraySlice<String>, _ right: [String]) -> Bool {
        guard let first = left.first else { return true }
        return right.indices.contains { place in
            guard agree(first, right[place]) else { return false }
            var rest = right
            rest.remove(at: place)
            return matches(left.dropFirst(), rest)
        }
    }
}

/// Whether two words may be one word: equal, an initial, a nickname, or one slip of the pen apart that spares the last
/// letter, for Paolo is not Paola.
func agree(_ a: String, _ b: String) -> Bool {
    if a == b { return true }
    if a.count == 1 || b.count == 1 { return a.first == b.first }
    if familiar.contains(where: { $0.contains(a) && $0.contains(b) }) { return true }
    guard a.count >= 4, b.count >= 4, a.last == b.last else { return false }
    return isOneEdit(Array(a.dropLast()), Array(b.dropLast()))
}

/// Names that are called alike. The code knows many more; here are those that tests use, and of the generator's names those
/// that stand in a list of the code's together.
private let familiar: [Set<String>] = [
    ["giuseppe", "beppe", "pino"], ["giuseppina", "giusy", "pina"], ["vincenzo", "enzo"], ["lorenzo", "enzo", "renzo"],
    ["alessandro", "sandro", "ale"], ["alessandra", "sandra", "ale"], ["niccolo", "nicolo"],
]

/// One character inserted, left out or replaced, or two neighbours swapped.
private func isOneEdit(_ a: [Character], _ b: [Character]) -> Bool {
    if a.count > b.count { return isOneEdit(b, a) }
    if a.count + 1 == b.count {
        return b.indices.contains { place in
            var shorter = b
            shorter.remove(at: place)
            return shorter == a
        }
    }
    guard a.count == b.count else { return false }
    let places = a.indices.filter { a[$0] != b[$0] }
    if places.count == 1 { return true }
    return places.count == 2 && places[1] == places[0] + 1 && a[places[0]] == b[places[1]]
        && a[places[1]] == b[places[0]]
}

/// Whether there are more than `most` names of which no two are compatible. Names that do not count are left out.
func areIncompatible(_ names: [ReferenceName], moreThan most: Int) -> Bool {
    let distinct = Array(Set(names.filter(\.counts)))
    return hasClique(of: most + 1, among: distinct)
}

private func hasClique(of size: Int, among names: [ReferenceName]) -> Bool {
    guard size > 0 else { return true }
    guard names.count >= size else { return false }
    return names.indices.contains { place in
        let rest = names[(place + 1)...].filter { !$0.isCompatible(with: names[place]) }
        return hasClique(of: size - 1, among: rest)
    }
}
