/// Names and places for ``DirtyRecords``: made up of syllables, some hundred of each, as unevenly common as real ones.
enum DirtyNames {
    static func surname(_ random: inout SplitMix64) -> String { drawn(surnames, &random) }

    static func given(_ random: inout SplitMix64, isWoman: Bool) -> String { drawn(isWoman ? women : men, &random) }

    static func nickname(_ given: String, _ random: inout SplitMix64) -> String? {
        nicknames[given].map { random.pick($0) }
    }

    /// The n-th is drawn about 1/n times as often as the first: the integral of 1/x turned round.
    static func drawn<Element>(_ choices: [Element], _ random: inout SplitMix64) -> Element {
        let most = Double(choices.count)
        var rank = 1.0
        // Halving a range by a fair coin of its logarithm: no libm, so the same everywhere.
        var low = 1.0
        var high = most + 1
        let unit = random.unit() * naturalLogarithm(most + 1)
        for _ in 0..<40 {
            rank = (low + high) / 2
            if naturalLogarithm(rank) < unit { low = rank } else { high = rank }
        }
        return choices[min(Int(low) - 1, choices.count - 1)]
    }

    private static let men =
        Origin.italian.men.map(\.folded)
        + made(
            [
                "al", "bern", "cor", "dom", "ed", "ferd", "gior", "leon", "mart", "ott", "pell", "raf", "sev", "tib",
                "ul",
            ],
            ["ando", "enio", "imo", "aldo", "erto", "iano", "ello", "uccio"])
    private static let women =
        Origin.italian.women.map(\.folded)
        + made(
            [
                "al", "bern", "cor", "dom", "ed", "ferd", "gior", "leon", "mart", "ott", "pell", "raf", "sev", "tib",
                "ul",
            ],
            ["anda", "enia", "ima", "alda", "ella", "iana", "etta", "uccia"])
    private static let surnames =
        Origin.italian.surnames.map(\.folded)
        + made(
            [
                "bal", "ber", "bon", "cal", "cam", "cap", "car", "cas", "cer", "col", "cor", "dal", "fal", "far", "fos",
                "gal", "gar", "gra", "lan", "lom", "mal", "man", "mas", "mon", "nar", "pal", "pan", "pas", "pie", "ran",
                "sal", "san", "scar", "spa", "tas", "tor", "val", "ven", "vol", "zam",
            ],
            [
                "dini", "beri", "tucci", "zoni", "nelli", "rini", "setti", "voli", "cchio", "gnani", "tteri", "masi",
                "done", "lieri", "rato",
            ])
        + made(["de ", "di ", "lo ", "d'"], ["masi", "bello", "fazio", "leo", "rienzo", "monte", "cicco", "vito"])

    private static func made(_ heads: [String], _ tails: [String]) -> [String] {
        tails.flatMap { tail in heads.map { $0 + tail } }
    }

    private static let nicknames = [
        "francesca": ["fra", "checca"], "alessandro": ["sandro", "ale"], "salvatore": ["toto", "turi"],
        "antonio": ["tonino", "toni"], "francesco": ["franco", "checco"], "valentina": ["vale"], "roberta": ["roby"],
        "matteo": ["teo"], "stefano": ["ste"], "tommaso": ["masino", "tommi"], "niccolo": ["nico"],
        "andrea": ["andy"], "ludovica": ["ludo"], "elena": ["lena"], "gian luca": ["luca"], "beatrice": ["bice"],
    ]
}

/// Where the persons of ``DirtyRecords`` live.
struct DirtyPlaces: Sendable {
    struct Home: Sendable {
        let street: String
        let civic: Int
        let locality: String
        let city: String
        let postcode: String
    }

    private let cities: [(name: String, postcodes: [String])]
    private let streets: [String]

    init(_ random: inout SplitMix64) {
        let heads = ["monte", "castel", "san ", "borgo ", "villa", "pietra", "campo", "rocca ", "val", "fonte"]
        let tails = [
            "rosso", "bello", "martino", "nuovo", "verde", "forte", "alto", "chiaro", "lungo", "giusto", "fiorito",
            "grande", "sereno", "antico", "lieto",
        ]
        var number = 10
        cities = tails.flatMap { tail in heads.map { $0 + tail } }.enumerated().map { rank, name in
            let count = 1 + 30 / (rank + 1)
            let postcodes = (0..<count).map { Calendar.digits(number * 100 + 21 + $0, 5) }
            number += 4
            return (name, postcodes)
        }
        let names = [
            "roma", "garibaldi", "mazzini", "dante alighieri", "cavour", "marconi", "verdi", "xx settembre",
            "4 novembre", "dei mille", "della liberta", "san rocco", "monte grappa", "piave", "europa", "manzoni",
        ]
        streets =
            names.flatMap { name in ["via", "piazza", "corso", "viale"].map { "\($0) \(name)" } }
            + DirtyNames.streets.map { "via \($0)" }
    }

    func home(_ random: inout SplitMix64) -> Home {
        let city = DirtyNames.drawn(cities, &random)
        return Home(
            street: DirtyNames.drawn(streets, &random), civic: 1 + random.below(random.chance(0.7) ? 60 : 300),
            locality: random.chance(0.3) ? "frazione \(DirtyNames.surname(&random))" : "", city: city.name,
            postcode: random.pick(city.postcodes))
    }

    static func shortened(_ street: String) -> String {
        for (long, short) in [("via ", "v. "), ("piazza ", "p.zza "), ("corso ", "c.so "), ("viale ", "v.le ")]
        where street.hasPrefix(long) {
            return short + street.dropFirst(long.count)
        }
        return street
    }
}

extension DirtyNames {
    /// Streets are named after people.
    static let streets: [String] = zip(surnames, men + women + men + women).map { "\($1) \($0)" }
}
