/// How an Italian reader hears a name: spellings that sound alike have one key.
///
/// Silent `h` falls away, doubles are one, and the groups `ch gh gn gl sc qu ph` are one sound each; letters that
/// Italian does not have are read as the nearest it has. Soundex and Metaphone hear English.
enum ItalianSound {
    /// What two spellings that sound alike have in common, and what they have even after most slips of the pen.
    struct Key {
        /// ``SpellingHash`` of the sounds.
        let sound: UInt64
        /// ``SpellingHash`` of the first sound and the next three consonants, for blocking.
        let skeleton: UInt64
    }

    static func key(_ letters: Spelling) -> Key {
        var sounds = SpellingHash()
        var skeleton = SpellingHash()
        var last: UInt8?
        var kept = 0
        var place = 0
        while place < letters.count {
            let (sound, length) = sound(letters, place)
            place += length
            guard let sound, sound != last else { continue }
            sounds.add(sound)
            if last == nil || (kept < 4 && !isVowel(sound)) {
                skeleton.add(sound)
                kept += 1
            }
            last = sound
        }
        return Key(sound: sounds.value, skeleton: skeleton.value)
    }

    static func isVowel(_ letter: UInt8) -> Bool {
        switch letter {
        case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"): true
        default: false
        }
    }

    /// The sound that begins at a place (nil = none), and how many letters it takes. Capitals stand for the sounds
    /// that have no letter of their own: C of cena, G of gelo, N of gnomo, L of figlio, S of scena.
    private static func sound(_ letters: Spelling, _ place: Int) -> (UInt8?, Int) {
        let letter = letters[place]
        let next = place + 1 < letters.count ? letters[place + 1] : 0
        let third = place + 2 < letters.count ? letters[place + 2] : 0
        func isSoft(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "e") || byte == UInt8(ascii: "i") || byte == UInt8(ascii: "y")
        }
        switch letter {
        case UInt8(ascii: "h"): return (nil, 1)
        case UInt8(ascii: "c"):
            if next == UInt8(ascii: "h") { return (UInt8(ascii: "k"), 2) }
            if next == UInt8(ascii: "k") || next == UInt8(ascii: "q") { return (UInt8(ascii: "k"), 2) }
            if next == UInt8(ascii: "c") { return (isSoft(third) ? UInt8(ascii: "C") : UInt8(ascii: "k"), 2) }
            return (isSoft(next) ? UInt8(ascii: "C") : UInt8(ascii: "k"), 1)
        case UInt8(ascii: "g"):
            if next == UInt8(ascii: "h") { return (UInt8(ascii: "g"), 2) }
            if next == UInt8(ascii: "n") { return (UInt8(ascii: "N"), 2) }
            if next == UInt8(ascii: "l"), third == UInt8(ascii: "i") { return (UInt8(ascii: "L"), 2) }
            if next == UInt8(ascii: "g") { return (isSoft(third) ? UInt8(ascii: "G") : UInt8(ascii: "g"), 2) }
            return (isSoft(next) ? UInt8(ascii: "G") : UInt8(ascii: "g"), 1)
        case UInt8(ascii: "s"):
            if next == UInt8(ascii: "c"), isSoft(third) { return (UInt8(ascii: "S"), 2) }
            return (letter, 1)
        case UInt8(ascii: "q"): return (UInt8(ascii: "k"), 1)
        case UInt8(ascii: "p"): return next == UInt8(ascii: "h") ? (UInt8(ascii: "f"), 2) : (letter, 1)
        case UInt8(ascii: "x"): return (UInt8(ascii: "s"), 1)
        case UInt8(ascii: "y"), UInt8(ascii: "j"): return (UInt8(ascii: "i"), 1)
        case UInt8(ascii: "w"): return (UInt8(ascii: "v"), 1)
        case UInt8(ascii: "m") where next == UInt8(ascii: "b") || next == UInt8(ascii: "p"):
            // Gianbattista, Giambattista.
            return (UInt8(ascii: "n"), 1)
        default: return (letter, 1)
        }
    }
}
