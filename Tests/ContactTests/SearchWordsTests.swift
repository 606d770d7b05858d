import Contact
import Testing

@Suite struct SearchWordsTests {
    @Test(
        arguments: [
            ("D'Angelo, María", ["d", "angelo", "maria"]), ("  Società  per\tAzioni ", ["societa", "per", "azioni"]),
            ("anna.rossi82", ["anna", "rossi82"]), ("%_\\'", []), ("Ελένη", ["ελενη"]), ("ord-881", ["ord", "881"]),
        ])
    func `words are letters and digits, folded`(text: String, words: [String]) {
        #expect(SearchWords.words(text) == words)
    }

    @Test func `what people write together is a word, too`() {
        #expect(SearchWords.ofName("maria de luca") == ["maria", "de", "luca", "deluca"])
        #expect(SearchWords.ofName("d'angelo") == ["d", "angelo", "dangelo"])
        #expect(
            SearchWords.ofAddress("anna.rossi@posta.example.it")
                == ["anna", "rossi", "annarossi", "postaexampleit", "posta", "example"])
        #expect(SearchWords.reversedDigits("+39 333-12") == "2133393")
    }

    /// Every word one edit away shares a key with the word it is meant for, whatever their lengths.
    @Test func `one letter left out, put in, replaced or swapped is forgiven in a word of any length`() {
        var random = SystemSeeded(seed: 11)
        for length in SearchWords.shortestMisspelt...40 {
            for _ in 0..<40 {
                let word = String((0..<length).map { _ in letter(&random) })
                let stored = Set(SearchWords.keys(of: word))
                for meant in edits(of: word, &random) where meant.count >= SearchWords.shortestMisspelt {
                    #expect(SearchWords.edits(word, meant, atMost: 1) != nil)
                    #expect(!stored.isDisjoint(with: SearchWords.keys(meantBy: meant)), "\(word) typed \(meant)")
                }
            }
        }
    }

    @Test func `edits are counted, and more than are wanted are none`() {
        #expect(SearchWords.edits("rossi", "rossi", atMost: 1) == 0)
        #expect(SearchWords.edits("rossi", "rosi", atMost: 1) == 1)
        #expect(SearchWords.edits("rossi", "orssi", atMost: 1) == 1)
        #expect(SearchWords.edits("rossi", "rosa", atMost: 1) == nil)
        #expect(SearchWords.edits("rossi", "rosa", atMost: 2) == 2)
        #expect(SearchWords.edits("", "a", atMost: 1) == 1)
    }

    private func letter(_ random: inout SystemSeeded) -> Character {
        Character(UnicodeScalar(UInt8(ascii: "a") + UInt8.random(in: 0..<26, using: &random)))
    }

    private func edits(of word: String, _ random: inout SystemSeeded) -> [String] {
        let letters = Array(word)
        let place = Int.random(in: 0..<letters.count, using: &random)
        var all: [[Character]] = []
        var one = letters
        one.remove(at: place)
        all.append(one)
        one = letters
        one.insert(letter(&random), at: place)
        all.append(one)
        one = letters
        one[place] = letter(&random)
        all.append(one)
        if place + 1 < letters.count {
            one = letters
            one.swapAt(place, place + 1)
            all.append(one)
        }
        return all.map { String($0) }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
private struct SystemSeeded: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
