/// The words of addresses that are no names: kinds of street, articles, what stands before numbers.
enum StreetWords {
    /// What a word may be in an address.
    struct Meaning: Sendable {
        /// Which kind of street it means; 0 = it means none.
        fileprivate(set) var kind: UInt8 = 0
        /// An address begins with it (`via`, `p.zza`); `court` and `st` stand at the end.
        fileprivate(set) var leads = false
        fileprivate(set) var isArticle = false
        /// `n`, `nr`, `civico`; `snc` says that there is none.
        fileprivate(set) var isNumberWord = false
        /// `int`, `scala`, `flat`: a number follows that is not the house's.
        fileprivate(set) var isInside = false
        /// `xx settembre`, `4 novembre`: the number belongs to the name.
        fileprivate(set) var isMonth = false
        fileprivate(set) var isBis = false
    }

    /// What a word may be, by its ``SpellingHash``.
    static func meaning(of word: UInt64) -> Meaning { meanings[word] }

    /// How many letters of a word say what kind of street it is: `pridhamstreet` is `pridham street`. Nil for none.
    static func ending(of word: ArraySlice<UInt8>) -> Int? {
        endings.first { word.count >= $0.count + 3 && word.suffix($0.count).elementsEqual($0) }?.count
    }

    private static let meanings: WordTable<Meaning> = {
        var meanings: [UInt64: Meaning] = [:]
        func mark(_ words: String, _ change: (inout Meaning) -> Void) {
            for word in words.split(whereSeparator: \.isWhitespace) {
                change(&meanings[SpellingHash.of(word.utf8), default: Meaning()])
            }
        }
        for (number, line) in (italian + english).enumerated() {
            mark(line) { if $0.kind == 0 { $0.kind = UInt8(number + 1) } }
        }
        for line in italian { mark(line) { $0.leads = true } }
        mark(articles) { $0.isArticle = true }
        mark(numberWords) { $0.isNumberWord = true }
        mark(inside) { $0.isInside = true }
        mark(months) { $0.isMonth = true }
        mark("bis ter quater rosso nero") { $0.isBis = true }
        return WordTable(meanings.map { ($0.key, $0.value) }, absent: Meaning())
    }()

    /// One line a kind; Italian words lead, the others follow the name. German ones are often one word with it.
    private static let italian = [
        "via v", "viale vle", "piazza pza pzza pzz", "corso cso", "strada str stradone", "largo lgo", "vicolo vco",
        "vico", "contrada cda contr", "localita loc", "frazione fraz fr", "borgo bgo", "lungomare lungom",
        "lungotevere lungarno lungadige", "piazzale ple pzle", "piazzetta ptta", "galleria gall", "salita", "calle",
        "traversa trav", "rione", "regione reg", "cascina casc", "villaggio vill", "rue", "calle", "avenida", "strada",
    ]
    private static let english = [
        "street st str", "road rd", "avenue ave av", "drive dr drv", "court ct crt", "crescent cres cr crs",
        "place pl plc", "lane ln", "circuit cct circ", "close cl", "way wy", "terrace tce ter", "parade pde",
        "grove gr grv", "highway hwy", "square sq", "boulevard blvd bvd", "gardens gdns", "hill", "rise", "walk",
        "strasse", "weg", "platz", "gasse", "allee", "laan", "straat", "esplanade esp", "loop", "mews", "quay",
    ]

    private static let endings = [
        "strasse", "street", "road", "avenue", "crescent", "circuit", "weg", "platz", "gasse",
    ]
    .map { Array($0.utf8) }
    private static let articles =
        """
        di del della dello dei degli delle dell d de da dal dalla al alla allo ai agli alle nel nella the of il lo la
        les le des du
        """
    private static let numberWords = "n nr num numero no n\u{B0} nro civ civico snc sn"
    private static let inside =
        "int interno scala sc piano edificio lotto palazzina pal flat unit apt apartment suite floor appartamento app"
    private static let months =
        """
        gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
        """
}
