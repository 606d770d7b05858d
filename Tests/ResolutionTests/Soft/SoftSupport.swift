import Contact

@testable import Resolution

/// A facet that states what a test needs, its texts folded as the hub does.
func facet(
    _ name: String = "", born: String = "", street: String = "", city: String = "", postcode: String = "",
    company: String = "", _ shown: [(IdentifierKind, String)] = []
) -> FacetContent {
    let texts = [
        ("name", PersonName.folded(name)), ("birth_date", born), ("address.street", Text.fold(street)),
        ("address.city", Text.fold(city)), ("address.postcode", postcode), ("company", Text.fold(company)),
    ]
    return FacetContent.showing(
        shown.map { kind, value in
            ShownIdentifier(Identifier(kind: kind, scope: kind.scope == nil ? "" : "crm", canonical: value), .claimed)
        }, attributes: texts.filter { !$0.1.isEmpty }.map { .init(name: $0.0, value: $0.1) }, at: 0)
}

/// What two names are to each other: given, surname, whether crossed.
func names(_ a: String, _ b: String) -> (given: String, surname: String, isCrossed: Bool)? {
    guard let one = SoftRecord(facet(a, born: "1980-02-01")), let other = SoftRecord(facet(b, born: "1980-02-01"))
    else {
        return nil
    }
    let score = SoftModel.standard.score(one, other)
    return (score[.given].level, score[.surname].level, score.isCrossed)
}

/// The score of two facets under the shipped model; nil where one has nothing to compare.
func scored(_ a: FacetContent, _ b: FacetContent) -> SoftScore? {
    guard let one = SoftRecord(a), let other = SoftRecord(b) else { return nil }
    return SoftModel.standard.score(one, other)
}

/// Records of few persons, with slips, gaps and everything that hostile senders put into fields.
func randomRecords(_ count: Int, _ random: inout Seeded, isHostile: Bool = false) -> [SoftRecord] {
    let given = ["mario", "maria", "giuseppe", "pino", "vincenzo", "anna maria", "gian luca", "luca", "enzo"]
    let surnames = ["rossi", "de luca", "d'angelo", "bianchi", "esposito", "lo presti", "rosi", "verdi bianchi"]
    let hostile = [
        "", "a", "\u{1F600}\u{1F468}\u{200D}\u{1F469}", "e\u{301}\u{302}\u{303}",
        "\u{5D0}\u{5D1}\u{5D2} \u{627}\u{628}",
        String(repeating: "a", count: 10_000), ",,,,", "' ' '", "0", "\u{0}", "de", "- - -", "王小明", ", rossi", "rossi,",
        "12 12 12", String(repeating: "via ", count: 500), "@", "a@", "@b", "1980-99-99", "/", "n. n. n.",
    ]
    func pick(_ choices: [String], _ share: Double = 0.8) -> String {
        if isHostile, Int.random(in: 0..<3, using: &random) == 0 { return hostile.randomElement(using: &random) ?? "" }
        guard Double.random(in: 0..<1, using: &random) < share else { return "" }
        var text = Array(choices.randomElement(using: &random) ?? "")
        if text.count > 2, Int.random(in: 0..<5, using: &random) == 0 {
            text.swapAt(text.count - 1, text.count - 2)
        }
        return String(text)
    }
    var records: [SoftRecord] = []
    while records.count < count {
        var shown: [(IdentifierKind, String)] = []
        if Bool.random(using: &random) { shown.append((.phone, pick(["+393331234567", "+393331234568", "+3934799"]))) }
        if Bool.random(using: &random) {
            shown.append((.email, pick(["mario.rossi@a.it", "mr77x@a.it", "info@b.it"])))
        }
        if Bool.random(using: &random) { shown.append((.customerNumber, pick(["1804974", "1804947", "55"]))) }
        if Bool.random(using: &random) { shown.append((.landline, pick(["+390612345", "+390612346"]))) }
        let name = [pick(given), pick(surnames)].filter { !$0.isEmpty }.joined(separator: " ")
        let content = facet(
            name, born: pick(["1980-02-01", "1980-01-02", "1981-02-01", "1944-12-30"]),
            street: pick(["via roma 12", "12 wallaby place, delmar", "v. roma 12/b", "corso cavour"]),
            city: pick(["roma", "milano", "rmoa"]), postcode: pick(["00185", "00186", "20121"]),
            company: pick(["rossi impianti srl", "bianchi s.p.a."], 0.3), shown)
        if let record = SoftRecord(content) { records.append(record) }
    }
    return records
}
