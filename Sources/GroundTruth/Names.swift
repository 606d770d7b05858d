/// A name as its bearer writes it, and folded: lower case, without diacritics, plain apostrophes, single spaces.
///
/// The folded spelling is written by hand, so that the ledger never asks the code it is there to check. Letters
/// whose folding is a matter of opinion (ß, ø, ł, đ, hyphens) are left out.
struct Name: Sendable {
    let written: String
    let folded: String
    init(_ written: String, _ folded: String) {
        self.written = written
        self.folded = folded
    }
}

/// Where a person comes from: names, the numbers people there have, and what stands in a codice fiscale.
struct Origin: Sendable {
    let language: String
    let numbers: PhonePlan
    /// Land register codes of the places of birth: Italian towns, or the foreign state.
    let birthplaces: [String]
    let women: [Name]
    let men: [Name]
    let surnames: [Name]
}

extension Origin {
    static let italian = Origin(
        language: "it", numbers: .italianMobile,
        birthplaces: ["H501", "F205", "F839", "L219", "G273", "D969", "A944", "D612", "A662", "C351", "L736"],
        women: [
            Name("Giulia", "giulia"), Name("Francesca", "francesca"), Name("Chiara", "chiara"), Name("Sara", "sara"),
            Name("Zoë", "zoe"), Name("Anna", "anna"), Name("Martina", "martina"), Name("Elena", "elena"),
            Name("Valentina", "valentina"), Name("Maria Pia", "maria pia"), Name("Beatrice", "beatrice"),
            Name("Ludovica", "ludovica"), Name("Noemi", "noemi"), Name("Perla", "perla"), Name("Renée", "renee"),
            Name("Silvia", "silvia"), Name("Paola", "paola"), Name("Roberta", "roberta"), Name("Ilaria", "ilaria"),
        ],
        men: [
            Name("Marco", "marco"), Name("Niccolò", "niccolo"), Name("Luca", "luca"), Name("Alessandro", "alessandro"),
            Name("Francesco", "francesco"), Name("Giosuè", "giosue"), Name("Matteo", "matteo"), Name("Noè", "noe"),
            Name("Gian Luca", "gian luca"), Name("Andrea", "andrea"), Name("Davide", "davide"), Name("Mosè", "mose"),
            Name("Antonio", "antonio"), Name("Stefano", "stefano"), Name("Pietro", "pietro"), Name("Carlo", "carlo"),
            Name("Salvatore", "salvatore"), Name("Enea", "enea"), Name("Tommaso", "tommaso"), Name("Ugo", "ugo"),
        ],
        surnames: [
            Name("Rossi", "rossi"), Name("Russo", "russo"), Name("Ferrari", "ferrari"), Name("Esposito", "esposito"),
            Name("Bianchi", "bianchi"), Name("Romano", "romano"), Name("Colombo", "colombo"), Name("Ricci", "ricci"),
            Name("D'Angelo", "d'angelo"), Name("D'Amico", "d'amico"), Name("Dell'Acqua", "dell'acqua"),
            Name("De Luca", "de luca"), Name("Di Stefano", "di stefano"), Name("Lo Presti", "lo presti"),
            Name("Dalla Costa", "dalla costa"), Name("Nicolò", "nicolo"), Name("Cantù", "cantu"),
            Name("Forlì", "forli"),
            Name("Greco", "greco"), Name("Bruno", "bruno"), Name("Gallo", "gallo"), Name("Conti", "conti"),
            Name("Mancini", "mancini"), Name("Costa", "costa"), Name("Giordano", "giordano"), Name("Rizzo", "rizzo"),
            Name("Lombardi", "lombardi"), Name("Moretti", "moretti"), Name("Barbieri", "barbieri"),
            Name("Fontana", "fontana"), Name("Santoro", "santoro"), Name("Mariani", "mariani"), Name("Villa", "villa"),
            Name("Serra", "serra"), Name("Coppola", "coppola"), Name("Marchetti", "marchetti"),
            Name("Parisi", "parisi"),
            Name("Dell'Orto", "dell'orto"), Name("Sant'Elia", "sant'elia"), Name("De Santis", "de santis"),
        ])

    static let german = Origin(
        language: "de", numbers: .germanMobile, birthplaces: ["Z112"],
        women: [Name("Käthe", "kathe"), Name("Ulrike", "ulrike"), Name("Bärbel", "barbel")],
        men: [Name("Jürgen", "jurgen"), Name("Günther", "gunther"), Name("Hans", "hans")],
        surnames: [Name("Müller", "muller"), Name("Schröder", "schroder"), Name("von der Heide", "von der heide")])

    static let french = Origin(
        language: "fr", numbers: .frenchMobile, birthplaces: ["Z110"],
        women: [Name("Hélène", "helene"), Name("Aïcha", "aicha"), Name("Zoé", "zoe")],
        men: [Name("François", "francois"), Name("Loïc", "loic"), Name("Jérôme", "jerome")],
        surnames: [Name("Lefèvre", "lefevre"), Name("d'Ormesson", "d'ormesson"), Name("Garçon", "garcon")])

    static let romanian = Origin(
        language: "ro", numbers: .romanianMobile, birthplaces: ["Z129"],
        women: [Name("Ștefania", "stefania"), Name("Ioana", "ioana"), Name("Mădălina", "madalina")],
        men: [Name("Ștefan", "stefan"), Name("Andrei", "andrei"), Name("Ionuț", "ionut")],
        surnames: [Name("Popescu", "popescu"), Name("Țurcanu", "turcanu"), Name("Bălan", "balan")])

    static let other = Origin(
        language: "en", numbers: .britishMobile, birthplaces: ["Z114", "Z131", "Z251", "Z210"],
        women: [Name("Siobhán", "siobhan"), Name("Nguyễn", "nguyen"), Name("María José", "maria jose")],
        men: [Name("Sean", "sean"), Name("Nuño", "nuno"), Name("Çağan", "cagan"), Name("Ming", "ming")],
        surnames: [Name("O'Brien", "o'brien"), Name("Núñez", "nunez"), Name("Thị", "thi"), Name("Žižka", "zizka")])

    /// Five in six are Italian.
    static func drawn(_ random: inout SplitMix64) -> Origin {
        random.chance(0.83) ? italian : random.pick([german, french, romanian, romanian, other])
    }
}

/// A town with its postcode, and the first digits of its fixed lines.
struct Town: Sendable {
    let name: String
    let folded: String
    let postcode: String
    let lines: PhonePlan

    static let all = [
        Town(name: "Roma", folded: "roma", postcode: "00185", lines: .fixed("064", digits: 7)),
        Town(name: "Milano", folded: "milano", postcode: "20121", lines: .fixed("024", digits: 7)),
        Town(name: "Torino", folded: "torino", postcode: "10121", lines: .fixed("0115", digits: 6)),
        Town(name: "Bologna", folded: "bologna", postcode: "40121", lines: .fixed("0512", digits: 6)),
        Town(name: "Firenze", folded: "firenze", postcode: "50122", lines: .fixed("0552", digits: 6)),
        Town(name: "Forlì", folded: "forli", postcode: "47121", lines: .fixed("05432", digits: 5)),
    ]
    static let streets = [
        Name("Via Garibaldi", "via garibaldi"), Name("Via Roma", "via roma"), Name("Corso Cavour", "corso cavour"),
        Name("Piazza della Libertà", "piazza della liberta"), Name("Via Monte Bianco", "via monte bianco"),
        Name("Viale Giosuè Carducci", "viale giosue carducci"), Name("Via dell'Orto", "via dell'orto"),
    ]
}
