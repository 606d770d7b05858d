/// The words of addresses that are no names: kinds of street, articles, what stands before numbers.
enum StreetWords {
    /// Which kind of street a word means; 0 = it means none.
    static func kind(of word: [UInt8]) -> UInt8 { kinds[word] ?? 0 }

    /// Whether an address begins with the word (`via`, `p.zza`); `court` and `st` stand at the end.
    static func leads(_ word: [UInt8]) -> Bool { kind(of: word) != 0 && leading.contains(word) }

    /// `pridhamstreet` is `pridham street`.
    static func stem(of word: [UInt8]) -> ([UInt8], UInt8)? {
        for ending in endings where word.count >= ending.count + 3 && word.suffix(ending.count).elementsEqual(ending) {
            return (Array(word.dropLast(ending.count)), kind(of: ending))
        }
        return nil
    }

    static func isArticle(_ word: [UInt8]) -> Bool { articles.contains(word) }
    /// `n`, `nr`, `civico`; `snc` says that there is none.
    static func isNumberWord(_ word: [UInt8]) -> Bool { numberWords.contains(word) }
    /// `int`, `scala`, `flat`: a number follows that is not the house's.
    static func isInside(_ word: [UInt8]) -> Bool { inside.contains(word) }
    /// `xx settembre`, `4 novembre`: the number belongs to the name.
    static func isMonth(_ word: [UInt8]) -> Bool { months.contains(word) }
    static func isBis(_ word: [UInt8]) -> Bool { bis.contains(word) }

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

    private static let kinds: [[UInt8]: UInt8] = {
        var kinds: [[UInt8]: UInt8] = [:]
        for (number, line) in (italian + english).enumerated() {
            for word in line.split(separator: " ") where kinds[Array(word.utf8)] == nil {
                kinds[Array(word.utf8)] = UInt8(number + 1)
            }
        }
        return kinds
    }()
    private static let leading = words(italian.joined(separator: " "))
    private static let endings = [
        "strasse", "street", "road", "avenue", "crescent", "circuit", "weg", "platz", "gasse",
    ]
    .map { Array($0.utf8) }
    private static let articles = words(
        """
        di del della dello dei degli delle dell d de da dal dalla al alla allo ai agli alle nel nella the of il lo la
        les le des du
        """)
    private static let numberWords = words("n nr num numero no n\u{B0} nro civ civico snc sn")
    private static let inside = words(
        "int interno scala sc piano edificio lotto palazzina pal flat unit apt apartment suite floor appartamento app")
    private static let months = words(
        """
        gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
        """)
    private static let bis = words("bis ter quater rosso nero")

    private static func words(_ text: String) -> Set<[UInt8]> {
        Set(text.split(whereSeparator: \.isWhitespace).map { Array($0.utf8) })
    }
}
