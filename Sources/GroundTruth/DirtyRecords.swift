/// A table of customers with doubles and errors, and whom each row is of: what record linkage is measured on, in the
/// style of Febrl's generator, but with what Febrl leaves out and life does not. People live in households with one
/// surname, one address and one landline; there are twins, and sons named after their fathers; people move, use
/// nicknames, leave out second names, write the surname first; names and places are as unevenly common as real ones.
///
/// A pure function of the number of persons and the seed.
package struct DirtyRecords: Sendable {
    package static let header = [
        "given_name", "surname", "date_of_birth", "street_number", "address_1", "address_2", "city", "postcode",
        "email", "phone", "tax_number", "person_cluster",
    ]

    /// In the columns of ``header``.
    package private(set) var rows: [[String]] = []

    private var random: SplitMix64
    private let places: DirtyPlaces

    package init(persons: Int, seed: UInt64) {
        random = SplitMix64(seed: scrambled(seed &+ 77))
        places = DirtyPlaces(&random)
        var count = 0
        while count < persons {
            for person in household(first: count) {
                write(person, "p\(count)")
                count += 1
            }
        }
        rows.shuffle(using: &random)
    }

    private struct Member {
        var given: String
        var second: String
        var surname: String
        var birth: (year: Int, month: Int, day: Int)
        var home: DirtyPlaces.Home
        var landline: String
        let number: String
        let phone: String
        let email: String
    }

    /// One person, or two to four who live together.
    private mutating func household(first: Int) -> [Member] {
        let home = places.home(&random)
        let surname = DirtyNames.surname(&random)
        let landline = "0" + digits(8)
        guard random.chance(0.3) else { return [member(surname, (1930, 75), home, landline)] }
        let father = member(surname, (1940, 35), home, landline)
        // Italian women keep their surname; some couples have one for all that.
        var mother = member(
            random.chance(0.15) ? surname : DirtyNames.surname(&random), (father.birth.year - 5, 11), home, landline)
        mother.given = DirtyNames.given(&random, isWoman: true)
        var members = [father, mother]
        for _ in 0..<random.below(3) {
            var child = member(surname, (father.birth.year + 20, 18), home, landline)
            if random.chance(0.02) { (child.given, child.second) = (father.given, father.second) }
            members.append(child)
            guard random.chance(0.03) else { continue }
            var twin = member(surname, (1990, 1), home, landline)
            twin.birth = child.birth
            while twin.given == child.given { twin.given = DirtyNames.given(&random, isWoman: random.chance(0.5)) }
            members.append(twin)
        }
        return members
    }

    private mutating func member(
        _ surname: String, _ years: (from: Int, count: Int), _ home: DirtyPlaces.Home, _ landline: String
    ) -> Member {
        let isWoman = random.chance(0.5)
        let given = DirtyNames.given(&random, isWoman: isWoman)
        let birth = (years.from + random.below(years.count), 1 + random.below(12), 1 + random.below(28))
        let handle = random.chance(0.6) ? "\(given).\(surname)" : "\(given.prefix(1))\(surname)"
        let local = String(handle.filter { $0.isLetter || $0 == "." }) + digits(random.chance(0.4) ? 0 : 2)
        let domain = random.pick(["posta.example", "rete.example", "mail.example.net", "gmail.com"])
        return Member(
            given: given, second: random.chance(0.12) ? DirtyNames.given(&random, isWoman: isWoman) : "",
            surname: surname, birth: birth, home: home, landline: landline, number: digits(9),
            phone: "3" + digits(9), email: "\(local)\(digits(1))@\(domain)")
    }

    private mutating func digits(_ count: Int) -> String { (0..<count).map { _ in String(random.below(10)) }.joined() }

    /// One row as it should be, then those that others typed.
    private mutating func write(_ person: Member, _ name: String) {
        var person = person
        let doubles = random.chance(0.5) ? 0 : 1 + min(random.below(3), random.below(4))
        for double in 0...doubles {
            if double > 0, random.chance(0.06) { person.home = places.home(&random) }
            rows.append(row(person, name, isClean: double == 0))
        }
    }

    private mutating func row(_ person: Member, _ name: String, isClean: Bool) -> [String] {
        var errors = DirtyErrors(random, isClean: isClean)
        defer { random = errors.random }
        var given = person.given
        if errors.happens(0.06), let nickname = DirtyNames.nickname(given, &errors.random) { given = nickname }
        if !person.second.isEmpty, !errors.happens(0.5) { given += " \(person.second)" }
        if errors.happens(0.03) { given = String(given.prefix(1)) + "." }
        var names = [errors.typed(errors.missing(0.03, given)), errors.typed(errors.missing(0.02, person.surname))]
        if errors.happens(0.08) { names.swapAt(0, 1) }
        let home = person.home
        let street = errors.happens(0.3) ? DirtyPlaces.shortened(home.street) : home.street
        var lines = [errors.typed(errors.missing(0.15, street)), errors.typed(errors.missing(0.3, home.locality))]
        if errors.happens(0.02) { lines.swapAt(0, 1) }
        return names + [errors.missing(0.2, errors.date(person.birth))]
            + [errors.missing(0.1, errors.number(String(home.civic)))] + lines
            + [errors.typed(errors.missing(0.1, home.city)), errors.missing(0.15, errors.number(home.postcode))]
            + [
                errors.missing(0.75, errors.typed(person.email)), errors.missing(0.6, errors.number(person.phone)),
                errors.missing(0.7, errors.number(person.number)), name,
            ]
    }
}
