/// How common streets and cities are in Italian addresses, as shares in billionths: the shipped guess, from general
/// knowledge. Names as ``StreetReading`` and ``SoftEntry`` keep them: letters alone, without the word for street.
enum CommonPlaces {
    static let streets = table([
        (9_000_000, "roma"),
        (
            5_000_000,
            "garibaldi giuseppegaribaldi mazzini giuseppemazzini dante dantealighieri cavour marconi guglielmomarconi"
        ),
        (
            3_000_000,
            """
            vittorioemanuele vittorioemanueleii verdi giuseppeverdi matteotti giacomomatteotti europa italia liberta
            vittorioveneto 4novembre ivnovembre xxvaprile 25aprile gramsci antoniogramsci umbertoi repubblica milano
            torino kennedy aldomoro 1maggio trieste trento manzoni alessandromanzoni leopardi giacomoleopardi pascoli
            giovannipascoli carducci giosuecarducci montegrappa piave xxsettembre 20settembre martiri montebianco
            """
        ),
        (
            1_500_000,
            """
            sanfrancesco sanrocco santantonio sangiovanni sanmartino sangiuseppe chiesa castello stazione diaz
            armandodiaz battisti cesarebattisti colombo cristoforocolombo vespucci galilei galileogalilei rossini puccini
            bellini donizetti petrarca boccaccio ariosto tasso foscolo ugofoscolo alfieri parini deledda firenze venezia
            napoli genova bologna palermo bari volta alessandrovolta galvani fermi enricofermi michelangelo raffaello
            leonardodavinci donatello giotto indipendenza risorgimento resistenza togliatti degasperi alcidedegasperi
            papagiovannixxiii nazionale provinciale statale mare monte valle fiume lago pini tigli rose viole
            """
        ),
    ])

    static let cities = table([
        (47_000_000, "roma"),
        (23_000_000, "milano"),
        (16_000_000, "napoli"),
        (14_000_000, "torino"),
        (10_000_000, "palermo genova"),
        (6_000_000, "bologna firenze bari catania"),
        (
            3_500_000,
            """
            venezia verona messina padova trieste taranto brescia parma prato modena reggiocalabria reggioemilia
            perugia livorno ravenna cagliari foggia rimini salerno ferrara
            """
        ),
        (
            1_700_000,
            """
            sassari latina giuglianoincampania monza siracusa pescara bergamo forli trento vicenza terni bolzano
            novara piacenza ancona andria arezzo udine cesena lecce pesaro barletta alessandria laspezia pistoia pisa
            catanzaro lucca brindisi torredelgreco treviso busto como varese cremona caserta asti pavia
            """
        ),
        (20_000_000, "london paris berlin madrid"),
    ])

    private static func table(_ rows: [(share: Int, names: String)]) -> [String: Int] {
        var table: [String: Int] = [:]
        for row in rows {
            for name in row.names.split(whereSeparator: \.isWhitespace) where table[String(name)] == nil {
                table[String(name)] = row.share
            }
        }
        return table
    }
}
