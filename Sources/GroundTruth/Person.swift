/// One customer as they really are, in as few bytes as will do: spellings are derived when they are shown.
struct Person: Sendable {
    let index: Int
    /// The person's own stream of random numbers, so that persons do not depend on each other's history.
    var random: SplitMix64
    let origin: Origin
    let isWoman: Bool
    let first: Name
    var last: Name
    let birth: (year: Int, month: Int, day: Int)
    let birthplace: String
    var town: Town
    var street: Name
    var houseNumber: Int
    /// Mean microseconds between two interactions.
    let pause: Double
    let mailboxes: Int

    var household: Int?
    var company: Int?
    var kiosk: Int?
    /// Mobile numbers, each from a moment on; empty = none.
    var mobiles: [Tenure] = []
    var landline: PhoneNumber?

    let hasCustomerNumber: Bool
    let hasLogin: Bool
    let hasForumAccount: Bool
    let hasTicketAccount: Bool
    let hasChatAccount: Bool
    let hasCard: Bool
    let hasApp: Bool
    var hasTaxCode: Bool

    /// Ordinals of the thread last written in, by channel; 0 = none.
    var mailThread = 0
    var lastMail = 0
    var ticket = 0
    var chat = 0

    struct Tenure: Sendable {
        let from: Int64
        let number: PhoneNumber
    }

    init(index: Int, settings: Generator.Settings) {
        self.index = index
        var random = SplitMix64(seed: seed(settings.seed, 1, index))
        origin = Origin.drawn(&random)
        isWoman = random.chance(0.5)
        first = random.pick(isWoman ? origin.women : origin.men)
        last = random.pick(origin.surnames)
        birth = (1940 + random.below(66), 1 + random.below(12), 1 + random.below(28))
        birthplace = random.pick(origin.birthplaces)
        town = random.pick(Town.all)
        street = random.pick(Town.streets)
        houseNumber = 1 + random.below(180)
        pause = Double(Calendar.month) / random.heavyTailed(mean: settings.interactionsPerMonth)
        mailboxes = [1, 1, 1, 2, 2, 3][random.below(6)]
        hasCustomerNumber = random.chance(0.5)
        hasLogin = random.chance(0.55)
        hasForumAccount = random.chance(0.25)
        hasTicketAccount = random.chance(0.4)
        hasChatAccount = random.chance(0.3)
        hasCard = random.chance(0.35)
        hasApp = random.chance(0.1)
        hasTaxCode = random.chance(0.3)
        self.random = random
    }
}

extension Person {
    var codiceFiscale: String {
        TaxCodes.codiceFiscale(
            surname: last.folded, name: first.folded, year: birth.year, month: birth.month, day: birth.day,
            isWoman: isWoman, birthplace: birthplace)
    }
    var customerNumber: String { "C-\(100_000 + index)" }
    var card: String { "29\(Calendar.digits(index, 9))" }
    var birthDate: String {
        "\(birth.year)-\(Calendar.digits(birth.month, 2))-\(Calendar.digits(birth.day, 2))"
    }

    func mobile(at moment: Int64) -> PhoneNumber? {
        mobiles.last { $0.from <= moment }?.number
    }

    /// One of the person's own addresses. The index in the local part keeps two persons of one name apart.
    func address(_ slot: Int) -> Address {
        let given = plain(first.folded)
        let family = plain(last.folded)
        let style = (index &* 7 &+ slot &* 3) % 20
        let local =
            switch slot {
            case 0: style % 3 == 0 ? "\(given)_\(family)\(index)" : "\(given).\(family)\(index)"
            case 1: "\(family).\(given.prefix(1))\(index)"
            // Outside of Gmail a tag is part of the address.
            default: style % 2 == 0 ? "\(given)+acquisti\(index)" : "\(given).acquisti\(index)"
            }
        // Habits: the full name, surname first, or no name at all.
        let naming: Address.Naming = style % 5 == 0 ? .surnameFirst : (style % 4 == 1 ? .none : .full)
        let isGmail = slot == 0 ? style < 9 : style < 4
        let domains = ["posta.example", "rete.example", "mail.example.net", "uni.example.org"]
        return Address(
            local: isGmail ? "\(given).\(family.dropLast(slot))\(index)" : local,
            domain: isGmail ? "gmail.com" : domains[style % 4], naming: naming)
    }

    private func plain(_ folded: String) -> String { folded.filter { ("a"..."z").contains($0) } }
}

/// An email address with the habits of who writes from it.
struct Address: Sendable {
    enum Naming { case none, full, surnameFirst }
    let local: String
    let domain: String
    let naming: Naming

    var isGmail: Bool { domain == "gmail.com" }

    var canonical: String {
        isGmail ? "\(local.filter { $0 != "." })@\(domain)" : "\(local)@\(domain)"
    }

    /// One of the ways in which it is typed: capitals anywhere; at Gmail dots and tags at will.
    func typed(_ random: inout SplitMix64) -> String {
        var local = local
        if isGmail {
            switch random.below(6) {
            case 0: local = local.filter { $0 != "." }
            case 1: local += "+" + random.pick(["negozio", "offerte", "bottega.2026"])
            case 2: local.insert(".", at: local.index(after: local.startIndex))
            default: break
            }
        }
        switch random.below(8) {
        case 0: return "\(local)@\(domain)".uppercased()
        case 1: return "\(local.prefix(1).uppercased())\(local.dropFirst())@\(domain)"
        case 2: return "\(local)@\(domain.prefix(1).uppercased())\(domain.dropFirst())"
        default: return "\(local)@\(domain)"
        }
    }
}

/// A person's name in one of the spellings found in forms and headers, beside its one folded spelling.
struct TypedName {
    let written: String
    let folded: String

    init(_ person: Person, surnameFirst: Bool = false, _ random: inout SplitMix64) {
        let parts = surnameFirst ? [person.last, person.first] : [person.first, person.last]
        folded = parts.map(\.folded).joined(separator: " ")
        var text = parts.map(\.written).joined(separator: random.chance(0.04) ? "  " : " ")
        switch random.below(10) {
        case 0: text = text.uppercased()
        case 1: text = text.lowercased()
        case 2: text = folded
        // As some systems send it: the accent as a character of its own.
        case 3: text = text.reduce(into: "") { $0 += Self.decomposed[$1] ?? String($1) }
        default: break
        }
        if text.contains("'"), random.chance(0.4) {
            let apostrophe: Character = random.pick(["\u{2019}", "\u{2018}", "\u{02BC}"])
            text = String(text.map { $0 == "'" ? apostrophe : $0 })
        }
        written = text
    }

    private static let decomposed: [Character: String] = [
        "ò": "o\u{300}", "ù": "u\u{300}", "ì": "i\u{300}", "è": "e\u{300}", "é": "e\u{301}", "ë": "e\u{308}",
        "ü": "u\u{308}", "ö": "o\u{308}", "ç": "c\u{327}", "ñ": "n\u{303}", "á": "a\u{301}", "ž": "z\u{30C}",
    ]
}
