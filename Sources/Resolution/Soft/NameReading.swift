/// A name as it stands in one field, read as a given name and a surname in the likelier order.
///
/// Whoever compares two readings tries them crossed too, so that a wrong guess costs little; what matters more is
/// where the name is cut.
struct NameReading: Sendable {
    /// Nil where the name is one word: see ``single``.
    let given: NamePart?
    let surname: NamePart?
    /// The one word of a name of which nobody can tell whether it is given or family.
    let single: NamePart?
    /// All its words, whichever is which.
    let wordsHash: UInt64

    init(_ name: String) {
        // "rossi, mario": a comma parts the surname from what follows.
        let text = name[...].utf8.drop { $0 == UInt8(ascii: ",") }
        var words = NameWords(capacity: text.count)
        var before = 0
        if let comma = text.firstIndex(of: UInt8(ascii: ",")) {
            words.append(text[..<comma])
            before = words.words.count
            words.append(text[text.index(after: comma)...])
        } else {
            words.append(text)
        }
        let count = words.words.count
        // A sum, so that their order makes no difference.
        wordsHash = words.words.reduce(0) { $0 &+ $1.hash }
        if before > 0, before < count {
            surname = NamePart(words, 0..<before)
            given = NamePart(words, before..<count)
            single = nil
            return
        }
        guard words.words.dropFirst().contains(where: { !$0.isJoined }) else {
            given = nil
            surname = nil
            single = NamePart(words, 0..<count)
            return
        }
        let (cut, isSurnameFirst) = Self.cut(words)
        let head = NamePart(words, 0..<cut)
        let tail = NamePart(words, cut..<count)
        given = isSurnameFirst ? tail : head
        surname = isSurnameFirst ? head : tail
        single = nil
    }

    /// Where the name is cut in two, and which half is the surname: the likeliest of all ways, by how common its words
    /// are in either role.
    private static func cut(_ words: NameWords) -> (place: Int, isSurnameFirst: Bool) {
        // By unit: the number of its first word, and how common it is in either role.
        var starts = SIMD8<Int>()
        var asGiven = SIMD8<Int>()
        var asSurname = SIMD8<Int>()
        var units = 0
        var place = 0
        while place < words.words.count {
            var end = place + 1
            while end < words.words.count, words.words[end].isJoined { end += 1 }
            let isParticle = end > place + 1 && words.words[place].role == .particle
            let share = isParticle ? CommonNames.particle : CommonNames.share(of: words.hash(place..<end))
            (starts[units], asGiven[units], asSurname[units]) = (place, share.given, share.surname)
            units += 1
            place = end
        }
        var best: (place: Int, isSurnameFirst: Bool, weight: Int)?
        for place in 1..<units {
            for isSurnameFirst in [false, true] {
                var weight = isSurnameFirst ? -2_200 : 0
                for unit in 0..<units { weight += (unit < place) == isSurnameFirst ? asSurname[unit] : asGiven[unit] }
                // Two given names are commoner than two surnames.
                let surnames = isSurnameFirst ? place : units - place
                weight -= 2_500 * (surnames - 1)
                if best.map({ weight > $0.weight }) ?? true { best = (starts[place], isSurnameFirst, weight) }
            }
        }
        return (best?.place ?? 1, best?.isSurnameFirst ?? false)
    }
}
