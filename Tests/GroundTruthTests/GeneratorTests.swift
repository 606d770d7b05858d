import Testing

@testable import GroundTruth

private func generated(_ seed: UInt64, _ persons: Int, _ change: (inout Generator.Settings) -> Void = { _ in })
    -> [Generated]
{
    var settings = Generator.Settings(seed: seed, persons: persons)
    change(&settings)
    return Array(Generator(settings))
}

private func digest(_ items: [Generated]) -> String {
    let bytes = sha256(items.flatMap { $0.line + [10] + $0.ledgerLine + [10] })
    return bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}

@Suite struct GeneratorTests {
    @Test func `The same seed gives the same bytes, another seed others`() {
        #expect(digest(generated(7, 60)) == digest(generated(7, 60)))
        #expect(digest(generated(7, 60)) != digest(generated(8, 60)))
    }

    /// In another process hashes are seeded anew, so only a value written down can show a dependence on them.
    @Test func `The bytes are those of every other process`() {
        let written = "5cb504550c01354c518d6929dbc4ae997884808deb51a01aa8ba5a32aa56237a"
        #expect(digest(generated(7, 50)) == written)
    }

    @Test func `Nobody and nothing are generated without a crash`() {
        #expect(generated(1, 0).isEmpty)
        #expect(generated(1, 5) { $0.months = 0 }.isEmpty)
        #expect(!generated(1, 1).isEmpty || !generated(2, 1).isEmpty)
    }

    @Test func `Interactions come in the order of time, inside the window, and ids are unique a source`() {
        let items = generated(3, 400)
        let settings = Generator.Settings(seed: 3, persons: 400)
        var last = settings.start
        var keys: Set<String> = []
        for item in items {
            #expect(item.moment >= last && item.moment < settings.end)
            last = item.moment
            #expect(keys.insert("\(item.source)|\(item.id)|\(item.customer)").inserted)
        }
    }

    @Test func `Shuffled is another order of the same lines`() {
        let ordered = generated(5, 150)
        let shuffled = generated(5, 150) { $0.order = .shuffled }
        let text = { (items: [Generated]) in items.map { String(decoding: $0.line, as: UTF8.self) } }
        let same = text(ordered) == text(shuffled)
        #expect(!same)
        let sameSet = text(ordered).sorted() == text(shuffled).sorted()
        #expect(sameSet)
    }

    @Test func `Persons act about as often as the settings say, some far more often`() {
        let items = generated(11, 4000)
        let mean = Double(items.count) / 4000 / 12
        #expect((1.2...1.7).contains(mean), "\(mean)")
        let most = Dictionary(grouping: items, by: \.person).values.map(\.count).max() ?? 0
        #expect(most > 120, "\(most)")
    }

    @Test func `Sharing is near the settings`() {
        let population = Population(Generator.Settings(seed: 2, persons: 6000))
        let housed = Double(population.persons.filter { $0.household != nil }.count) / 6000
        #expect((0.12...0.18).contains(housed), "\(housed)")
        #expect(population.kiosks == 12)
        #expect(population.companies.count == 60)
        #expect(population.persons.filter { $0.kiosk == 3 }.count > 50)
        let homes = Dictionary(grouping: population.persons.filter { $0.household != nil }, by: \.household)
        #expect(homes.values.allSatisfy { Set($0.map(\.landline)).count == 1 })
        #expect(homes.values.contains { $0.count == 4 })
    }

    @Test func `A cookie is replaced twice a year`() {
        let generator = Generator(.init(seed: 2, persons: 300))
        let settings = generator.settings
        let counts = generator.population.persons.map { person in
            Set(
                stride(from: settings.start, to: settings.end, by: Int64.Stride(Calendar.day)).map {
                    generator.cookie(person, "www.bottega.example", $0)
                }
            ).count
        }
        // Two replacements in a year: three cookies seen, or two where one falls on its edge.
        #expect(counts.allSatisfy { (2...3).contains($0) })
    }

    @Test func `Numbers leave and come back, mostly after more than two empty half-years`() {
        var settings = Generator.Settings(seed: 4, persons: 5000)
        settings.months = 96
        let persons = Population(settings).persons
        let left = persons.reduce(0) { $0 + max(0, $1.mobiles.count - 1) }
        // 0.9 of 5,000 have a mobile; 2% a year for eight years leave, and some of those come back.
        #expect((500...1300).contains(left), "\(left)")
        var holders: [String: [(from: Int64, until: Int64)]] = [:]
        for person in persons where person.household == nil {
            for (place, tenure) in person.mobiles.enumerated() {
                let until = place + 1 < person.mobiles.count ? person.mobiles[place + 1].from : settings.end
                holders[tenure.number.canonical, default: []].append((tenure.from, until))
            }
        }
        var soon = 0
        var late = 0
        for tenures in holders.values where tenures.count > 1 {
            let ordered = tenures.sorted { $0.from < $1.from }
            for (earlier, later) in zip(ordered, ordered.dropFirst()) {
                #expect(later.from > earlier.until)
                let idle = halfYear(later.from) - halfYear(earlier.until) - 1
                if idle > 2 { late += 1 } else { soon += 1 }
            }
        }
        #expect(soon > 10 && late > 2 * soon, "\(soon) soon, \(late) late")
    }

    private func halfYear(_ moment: Int64) -> Int {
        let (year, month, _) = Calendar.date(of: moment)
        return year * 2 + (month > 6 ? 1 : 0)
    }

    @Test func `One in a hundred interactions belongs to an outgoing mail to three customers`() {
        let items = generated(6, 4000)
        let many = Dictionary(grouping: items.filter { !$0.customer.isEmpty }, by: \.id)
        let share = Double(many.values.map(\.count).reduce(0, +)) / Double(items.count)
        #expect((0.007...0.013).contains(share), "\(share)")
        for message in many.values {
            #expect(message.count == 3)
            #expect(Set(message.map(\.customer)).count == 3)
            #expect(Set(message.map(\.person)).count == 3)
            #expect(Set(message.compactMap { $0.message?.id }).count == 1)
            #expect(message.allSatisfy { $0.direction == .outgoing && $0.source == "mail" })
        }
    }

    @Test func `Every phone number and every personal value is given to one person at a time`() {
        let persons = Population(.init(seed: 9, persons: 20_000)).persons
        let alone = persons.filter { $0.household == nil }
        #expect(Set(alone.compactMap { $0.mobiles.first?.number }).count == alone.filter { !$0.mobiles.isEmpty }.count)
        let taxed = persons.filter(\.hasTaxCode)
        #expect(Set(taxed.map(\.codiceFiscale)).count == taxed.count)
        let addresses = persons.flatMap { person in (0..<person.mailboxes).map { person.address($0).canonical } }
        #expect(Set(addresses).count == addresses.count)
    }

    @Test func `Tax codes carry their check characters`() {
        let code = TaxCodes.codiceFiscale(
            surname: "rossi", name: "mario", year: 1985, month: 12, day: 10, isWoman: false, birthplace: "A562")
        #expect(code == "RSSMRA85T10A562S")
        #expect(TaxCodes.luhn("1234567890") == "3")
        #expect(TaxCodes.partitaIVA(0).count == 11)
    }

    @Test func `SHA-256 agrees with the standard's examples`() {
        let hex = { (text: String) in
            sha256(Array(text.utf8)).prefix(4).map { String($0, radix: 16) }.joined(separator: " ")
        }
        #expect(hex("abc") == "ba 78 16 bf")
        #expect(hex("") == "e3 b0 c4 42")
        #expect(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") == "24 8d 6a 61")
    }

    @Test func `The logarithm is right where waiting times need it`() {
        #expect(abs(naturalLogarithm(2) - 0.693_147_180_559_945) < 1e-14)
        #expect(abs(naturalLogarithm(0.001) + 6.907_755_278_982_137) < 1e-12)
        #expect(naturalLogarithm(1) == 0)
    }
}
