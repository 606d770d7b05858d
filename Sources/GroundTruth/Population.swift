/// Everybody, and what they share: homes, companies, public computers, and numbers that pass from one to another.
struct Population: Sendable {
    var persons: [Person] = []
    var households: [Household] = []
    var companies: [Company] = []
    var kiosks = 0

    struct Household: Sendable {
        let landline: PhoneNumber
        /// Read and written by everybody at home.
        let mailbox: Address?
        /// One mobile for all.
        let mobile: PhoneNumber?
    }

    struct Company: Sendable {
        let name: Name
        let mailbox: Address
        let partitaIVA: String
        let switchboard: PhoneNumber
    }

    init(_ settings: Generator.Settings) {
        var random = SplitMix64(seed: seed(settings.seed, 2, 0))
        var numbers = Numbers()
        persons.reserveCapacity(settings.persons)
        for index in 0..<settings.persons { persons.append(Person(index: index, settings: settings)) }
        settle(settings, &random, &numbers)
        employ(settings, &random, &numbers)
        kiosks = (settings.persons + settings.personsPerKiosk - 1) / settings.personsPerKiosk
        var taxCodes: Set<String> = []
        for index in persons.indices {
            if random.chance(0.2), kiosks > 0 { persons[index].kiosk = random.below(kiosks) }
            // Two persons of one codice fiscale would be one customer to anybody: the second has none to show.
            if persons[index].hasTaxCode, !taxCodes.insert(persons[index].codiceFiscale).inserted {
                persons[index].hasTaxCode = false
            }
        }
        equip(settings, &random, &numbers)
        recycle(settings, &random, &numbers)
    }

    /// Puts the wanted part of the persons into households of two to four.
    private mutating func settle(
        _ settings: Generator.Settings, _ random: inout SplitMix64, _ numbers: inout Numbers
    ) {
        let share = settings.householdShare
        var index = 0
        while index < persons.count {
            // Three live in a household on average.
            guard random.chance(share / (3 - 2 * share)) else {
                index += 1
                continue
            }
            let size = 2 + random.below(3)
            let head = persons[index]
            let family = head.last.folded.filter { ("a"..."z").contains($0) }
            households.append(
                Household(
                    landline: numbers.next(head.town.lines),
                    mailbox: random.chance(0.35)
                        ? Address(local: "famiglia.\(family)\(index)", domain: "posta.example", naming: .none) : nil,
                    mobile: random.chance(0.1) ? numbers.next(head.origin.numbers) : nil))
            for member in index..<min(index + size, persons.count) {
                persons[member].household = households.count - 1
                persons[member].landline = households.last?.landline
                persons[member].town = head.town
                persons[member].street = head.street
                persons[member].houseNumber = head.houseNumber
                if random.chance(0.8) { persons[member].last = head.last }
            }
            index += size
        }
    }

    private mutating func employ(
        _ settings: Generator.Settings, _ random: inout SplitMix64, _ numbers: inout Numbers
    ) {
        let roles = ["info", "ordini", "amministrazione", "support", "sales", "segreteria"]
        let count = (settings.persons + settings.personsPerRoleMailbox - 1) / settings.personsPerRoleMailbox
        for company in 0..<count {
            let surname = random.pick(Origin.italian.surnames)
            let trade = random.pick([Name("Impianti", "impianti"), Name("Forniture", "forniture")])
            companies.append(
                Company(
                    name: Name(
                        "\(surname.written) \(trade.written) \(company)", "\(surname.folded) \(trade.folded) \(company)"
                    ),
                    mailbox: Address(local: random.pick(roles), domain: "ditta\(company).example", naming: .none),
                    partitaIVA: TaxCodes.partitaIVA(company), switchboard: numbers.next(Town.all[0].lines)))
            for _ in 0...random.below(3) { persons[random.below(persons.count)].company = company }
        }
    }

    /// Telephones, once everybody has a home.
    private mutating func equip(
        _ settings: Generator.Settings, _ random: inout SplitMix64, _ numbers: inout Numbers
    ) {
        for index in persons.indices {
            let person = persons[index]
            if let home = person.household, let shared = households[home].mobile {
                persons[index].mobiles = [Person.Tenure(from: 0, number: shared)]
            } else if random.chance(0.9) {
                persons[index].mobiles = [Person.Tenure(from: 0, number: numbers.next(person.origin.numbers))]
            }
            if person.household == nil, random.chance(0.2) {
                persons[index].landline = numbers.next(person.town.lines)
            }
        }
    }

    /// Lets numbers leave their persons and come back with others, in the order of time.
    private mutating func recycle(
        _ settings: Generator.Settings, _ random: inout SplitMix64, _ numbers: inout Numbers
    ) {
        var moves = Heap<Move>()
        let holders = persons.indices.filter { index in
            let home = persons[index].household
            return !persons[index].mobiles.isEmpty && home.flatMap { households[$0].mobile } == nil
        }
        for index in holders where random.chance(settings.phoneRecycledPerYear * Double(settings.months) / 12) {
            let place = Double(settings.end - settings.start) * random.unit()
            moves.insert(Move(at: settings.start + Int64(place), person: index, number: nil))
        }
        while let move = moves.removeFirst() {
            let person = persons[move.person]
            persons[move.person].mobiles.append(
                Person.Tenure(from: move.at, number: move.number ?? numbers.next(person.origin.numbers)))
            guard move.number == nil, let left = person.mobiles.last?.number else { continue }
            // Two years from a release hold at least three empty half-years; a month or more may hold none.
            let idle = random.chance(settings.phoneReusedSoonShare) ? 1 + random.below(11) : 24 + random.below(25)
            let back = Move(
                at: move.at + Int64(idle) * Calendar.month + Calendar.day, person: random.pick(holders), number: left)
            if back.at < settings.end { moves.insert(back) }
        }
    }

    private struct Move: Comparable {
        let at: Int64
        let person: Int
        /// The number that comes to the person; nil = theirs leaves them, and they get a fresh one.
        let number: PhoneNumber?

        static func < (a: Move, b: Move) -> Bool { (a.at, a.person) < (b.at, b.person) }
    }
}

/// Hands out numbers, each once.
struct Numbers {
    private var used: [String: Int] = [:]

    mutating func next(_ plan: PhonePlan) -> PhoneNumber {
        let ordinal = used[plan.prefixes[0], default: 0]
        used[plan.prefixes[0]] = ordinal + 1
        return plan.number(ordinal)
    }
}
