internal import Contact

/// A folded name as the resolver compares it: can two names be one person's?
///
/// Order does not matter, initials and nicknames stand for names, one typing error is forgiven, and who gives fewer names is
/// compared by those. A name of one word says too little to tell anybody apart.
struct NameTokens: Hashable, Sendable {
    let tokens: [[UInt8]]

    /// Nil for a name that says too little.
    init?(_ folded: String) {
        var tokens: [[UInt8]] = []
        var token: [UInt8] = []
        for character in folded {
            if character == "'" || character == "\u{2019}" { continue }
            if character.isLetter || character.isNumber {
                token.append(contentsOf: String(character).utf8)
            } else if !token.isEmpty {
                tokens.append(token)
                token = []
            }
        }
        if !token.isEmpty { tokens.append(token) }
        tokens = Array(tokens.prefix(6))
        guard tokens.count(where: { $0.count > 1 }) > 1 else { return nil }
        self.tokens = tokens
    }

    func isCompatible(with other: NameTokens) -> Bool {
        let (few, many) = tokens.count <= other.tokens.count ? (self, other) : (other, self)
        return Self.match(few.tokens[...], many.tokens)
    }

    /// Whether each of the few can be given one of the many that agrees with it.
    private static func match(_ few: ArraySlice<[UInt8]>, _ many: [[UInt8]]) -> Bool {
        guard let first = few.first else { return true }
        for place in many.indices where agree(first, many[place]) {
            var rest = many
            rest.remove(at: place)
            if match(few.dropFirst(), rest) { return true }
        }
        return false
    }

    private static func agree(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        if a == b { return true }
        if a.count == 1 || b.count == 1 { return a.first == b.first }
        if Nicknames.roots(of: SpellingHash.of(a)).meet(Nicknames.roots(of: SpellingHash.of(b))) { return true }
        // The last letter tells a brother from his sister: Paolo, Paola.
        guard a.count >= 4, b.count >= 4, let last = a.last, last == b.last else { return false }
        return isOneEdit(Array(a.dropLast()), Array(b.dropLast()))
    }

    /// One insertion, deletion, substitution, or swap of neighbours.
    static func isOneEdit(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard abs(a.count - b.count) <= 1 else { return false }
        let (short, long) = a.count <= b.count ? (a, b) : (b, a)
        guard let first = short.indices.first(where: { short[$0] != long[$0] }) else { return true }
        if short.count < long.count { return short[first...] == long[(first + 1)...] }
        if short[(first + 1)...] == long[(first + 1)...] { return true }
        return first + 1 < short.count && short[first] == long[first + 1] && short[first + 1] == long[first]
            && short[(first + 2)...] == long[(first + 2)...]
    }

    /// Whether more than `most` of the names are pairwise incompatible. The size of the largest such set never falls when a
    /// name is added, so a shared value stays shared whatever comes.
    static func exceed(_ most: Int, _ names: Set<NameTokens>) -> Bool {
        let all = Array(names)
        func grow(_ from: Int, _ chosen: [NameTokens]) -> Bool {
            if chosen.count > most { return true }
            for place in from..<max(from, all.count)
            where !chosen.contains(where: { $0.isCompatible(with: all[place]) }) {
                if grow(place + 1, chosen + [all[place]]) { return true }
            }
            return false
        }
        return grow(0, [])
    }
}
