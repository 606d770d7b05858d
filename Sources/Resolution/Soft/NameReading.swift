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

    /// The most words that are read.
    private static let most = 8

    init(_ name: String) {
        let halves = name.utf8.split(separator: UInt8(ascii: ","), maxSplits: 1, omittingEmptySubsequences: true)
        let before = Self.units(halves.first ?? ""[...].utf8)
        let after = halves.count > 1 ? Self.units(halves[1]) : []
        let words = (before + after).joined().sorted { $0.lexicographicallyPrecedes($1) }
        wordsHash = Likeness.hash(words.joined(separator: [UInt8(ascii: " ")]))
        if !before.isEmpty, !after.isEmpty {
            // "rossi, mario": a comma parts the surname from what follows.
            surname = NamePart(words: Array(before.joined()))
            given = NamePart(words: Array(after.joined()))
            single = nil
            return
        }
        let units = before + after
        guard units.count > 1 else {
            given = nil
            surname = nil
            single = NamePart(words: units.first ?? [])
            return
        }
        let (cut, isSurnameFirst) = Self.cut(units)
        let head = NamePart(words: Array(units[..<cut].joined()))
        let tail = NamePart(words: Array(units[cut...].joined()))
        given = isSurnameFirst ? tail : head
        surname = isSurnameFirst ? head : tail
        single = nil
    }

    /// Words, a particle with the word it belongs to.
    private static func units(_ text: Substring.UTF8View) -> [[[UInt8]]] {
        let isBreak: (UInt8) -> Bool = {
            $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ",")
        }
        let words = text.split(whereSeparator: isBreak).prefix(most).map { word in
            Array(word.filter(isLetter).prefix(NamePart.longest))
        }.filter { !$0.isEmpty }
        var units: [[[UInt8]]] = []
        var open: [[UInt8]] = []
        for (place, word) in words.enumerated() {
            open.append(word)
            if place + 1 < words.count, Particles.joinsNext(word) { continue }
            units.append(open)
            open = []
        }
        return units
    }

    /// Letters of any script; digits and signs are no part of a name.
    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || byte >= 0x80 }

    /// Where the name is cut in two, and which half is the surname: the likeliest of all ways, by how common its words
    /// are in either role.
    private static func cut(_ units: [[[UInt8]]]) -> (place: Int, isSurnameFirst: Bool) {
        let joined = units.map { String(decoding: Array($0.joined()), as: UTF8.self) }
        let asGiven = zip(units, joined).map { unit, text in
            unit.count > 1 && Particles.isOne(unit[0]) ? 1 : CommonNames.given[text] ?? 5_000
        }
        let asSurname = zip(units, joined).map { unit, text in
            unit.count > 1 && Particles.isOne(unit[0]) ? 1_000_000 : CommonNames.surnames[text] ?? 500
        }
        var best: (place: Int, isSurnameFirst: Bool, weight: Int)?
        for place in 1..<units.count {
            for isSurnameFirst in [false, true] {
                let head = isSurnameFirst ? asSurname : asGiven
                let tail = isSurnameFirst ? asGiven : asSurname
                var weight = isSurnameFirst ? -2_200 : 0
                for unit in 0..<units.count { weight += Bits.log2(of: unit < place ? head[unit] : tail[unit]) }
                // Two given names are commoner than two surnames.
                let surnames = isSurnameFirst ? place : units.count - place
                weight -= 2_500 * (surnames - 1)
                if best.map({ weight > $0.weight }) ?? true { best = (place, isSurnameFirst, weight) }
            }
        }
        return (best?.place ?? 1, best?.isSurnameFirst ?? false)
    }
}
