import Testing

@testable import GroundTruth

@Suite struct NameTests {
    @Test(arguments: [
        ("mario rossi", "mario rossi"),
        ("mario rossi", "rossi mario"),
        ("mario rossi", "mario luigi rossi"),
        ("m rossi", "mario rossi"),
        ("m. rossi", "mario rossi"),
        ("d'angelo marco", "marco dangelo"),
        ("marco d\u{2019}angelo", "marco d'angelo"),
        ("maria pia de luca", "de luca maria"),
        // One slip in a word of four or more: left out, put in, replaced, doubled, swapped.
        ("giovani rossi", "giovanni rossi"),
        ("mario rossi", "mario rosssi"),
        ("anna bianchi", "anna biancni"),
        ("anna bianchi", "anna bianchii"),
        ("mairo rossi", "mario rossi"),
        // An initial may stand for either word, but each word is used once.
        ("m m", "mario maria"),
        // What comes after the sixth word is not looked at.
        ("a b c d e f uno", "a b c d e f due"),
        ("rossi", "mario rossi"),
        ("pino rossi", "giuseppe rossi"), ("rossi beppe", "pino rossi"), ("enzo rossi", "lorenzo rossi"),
    ])
    func `One person may bear both names`(a: String, b: String) {
        #expect(ReferenceName(folded: a).isCompatible(with: ReferenceName(folded: b)))
        #expect(ReferenceName(folded: b).isCompatible(with: ReferenceName(folded: a)))
    }

    @Test(arguments: [
        ("mario rossi", "anna rossi"),
        ("mario rossi", "mario bianchi"),
        ("m rossi", "anna rossi"),
        // Three letters are too few for a slip; two slips are too many.
        ("ugo rossi", "uga rossi"),
        ("mario rossi", "marii rosso bianchi verdi neri"),
        // Nor may it be the last letter: husband and wife.
        ("paolo rossi", "paola rossi"),
        ("stefano rossi", "stefan rossi"),
        ("mario rossi", "maroi rossi"),
        ("giovanni rossi", "gioanno rossi"),
        ("abcd rossi", "badc rossi"),
        // One word cannot stand for two.
        ("mario mario", "mario rossi"),
        ("mario rossi m", "mario rossi anna"),
        // Each is called Enzo, or Ale, and they are two.
        ("vincenzo rossi", "lorenzo rossi"), ("alessandro rossi", "alessandra rossi"),
        // Not neighbours.
        ("carlo rossi", "larco rossi"),
    ])
    func `Nobody bears both names`(a: String, b: String) {
        #expect(!ReferenceName(folded: a).isCompatible(with: ReferenceName(folded: b)))
        #expect(!ReferenceName(folded: b).isCompatible(with: ReferenceName(folded: a)))
    }

    @Test func `Names are cut into words of letters and digits, without apostrophes`() {
        #expect(ReferenceName(folded: "d'angelo-rossi, m.2 x_y").tokens == ["dangelo", "rossi", "m", "2", "x", "y"])
        #expect(ReferenceName(folded: "a b c d e f g").tokens.count == 6)
        #expect(ReferenceName(folded: " ' . ").tokens.isEmpty)
    }

    @Test func `A name counts from two words of two letters`() {
        #expect(ReferenceName(folded: "ugo rossi").counts && ReferenceName(folded: "li wu").counts)
        #expect(!ReferenceName(folded: "rossi").counts && !ReferenceName(folded: "m rossi").counts)
        // The seventh word comes too late.
        #expect(!ReferenceName(folded: "rossi a b c d e mario").counts)
    }

    @Test func `The largest set of which no two are compatible is what counts`() {
        func exceed(_ names: [String], _ most: Int) -> Bool {
            areIncompatible(names.map(ReferenceName.init(folded:)), moreThan: most)
        }
        #expect(!exceed(["mario rossi", "rossi mario", "m rossi", "rossi"], 1))
        #expect(exceed(["mario rossi", "anna rossi"], 1) && !exceed(["mario rossi", "anna rossi"], 2))
        // `rossi` alone and `a rossi` do not count, however they disagree.
        #expect(!exceed(["mario rossi", "a rossi", "bianchi"], 1))
        // a–b, b–c and c–d disagree, but no three of one another: a chain is no crowd.
        let chain = ["mario luca rossi", "mario anna rossi", "anna rossi", "luca rossi"]
        #expect(exceed(chain, 1) && !exceed(chain, 2))
        #expect(exceed(["mario rossi", "anna rossi", "ugo rossi"], 2))
        #expect(exceed(["mario rossi"], 0) && !exceed(["rossi"], 0) && !exceed([], 0))
    }
}
