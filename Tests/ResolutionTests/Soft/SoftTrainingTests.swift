import Contact
import Testing

@testable import Resolution

@Suite struct SoftTrainingTests {
    private static let letters = ["ba", "co", "di", "fe", "gu", "la", "mo", "ni", "pe", "ru", "sa", "to", "vi", "ze"]

    /// Persons with two records each, of which known shares agree.
    private func simulated(_ persons: Int, agree: (birth: Double, postcode: Double), _ random: inout Seeded)
        -> [SoftRecord]
    {
        func word(_ random: inout Seeded) -> String {
            (0..<3).map { _ in Self.letters.randomElement(using: &random) ?? "" }.joined()
        }
        func date(_ random: inout Seeded) -> String {
            let month = 10 + Int.random(in: 0..<3, using: &random)
            return
                "\(1940 + Int.random(in: 0..<60, using: &random))-\(month)-\(10 + Int.random(in: 0..<18, using: &random))"
        }
        var records: [SoftRecord] = []
        for person in 0..<persons {
            let name = "\(word(&random)) \(word(&random))"
            let (born, postcode) = (date(&random), String(20_000 + Int.random(in: 0..<400, using: &random)))
            let number = String(1_000_000 + person * 37)
            for double in 0..<2 {
                let isSame = (
                    double == 0 || Double.random(in: 0..<1, using: &random) < agree.birth,
                    double == 0 || Double.random(in: 0..<1, using: &random) < agree.postcode
                )
                let content = facet(
                    name, born: isSame.0 ? born : date(&random),
                    postcode: isSame.1 ? postcode : String(20_000 + Int.random(in: 0..<400, using: &random)),
                    [(.customerNumber, number)])
                if let record = SoftRecord(content) { records.append(record) }
            }
        }
        return records
    }

    @Test func `EM finds again how often values agree`() throws {
        var random = Seeded(9)
        let records = simulated(220, agree: (0.8, 0.6), &random)
        var training = SoftTraining(records)
        let learnt = training.run()
        let birth = learnt.levels(.birth)
        let whole = Double(SoftParameters.whole)
        #expect(abs(Double(birth.m[0]) / whole - 0.8) < 0.07)
        // One in 3,240 days among strangers.
        #expect(Double(birth.u[0]) / whole < 0.001)
        // Postcode alone: exact after no city.
        let exact = Int(PlaceLevel.level(postcode: 1, city: 0)) - 1
        let place = learnt.levels(.place)
        #expect(abs(Double(place.m[exact]) / whole - 0.6) < 0.07)
        #expect(abs(Double(place.u[exact]) / whole - 1.0 / 400) < 0.001)
        // One true pair in 999 of each record.
        let pairs = Double(learnt.lambda) / Double(SoftParameters.wholeLambda) * Double(records.count - 1)
        #expect(abs(pairs - 1) < 0.15)
    }

    @Test func `The order of the records makes no difference`() {
        var random = Seeded(10)
        let records = simulated(60, agree: (0.9, 0.8), &random)
        var first = SoftTraining(records, labels: [SoftLabel(0, 1, proof: .number)])
        let order = records.indices.shuffled(using: &random)
        let labels = [SoftLabel(order.firstIndex(of: 1) ?? 0, order.firstIndex(of: 0) ?? 0, proof: .number)]
        var second = SoftTraining(order.map { records[$0] }, labels: labels)
        #expect(first.run() == second.run())
    }

    @Test(arguments: 0..<5)
    func `Too little or odd data gives a model that can be used`(which: Int) throws {
        var random = Seeded(11)
        let same = try #require(SoftRecord(facet("Mario Rossi", born: "1980-02-01")))
        let records: [SoftRecord] =
            switch which {
            case 0: []
            case 1: [same]
            case 2: [same, same]
            // One field constant, nothing else.
            case 3: Array(repeating: same, count: 40)
            default: randomRecords(30, &random, isHostile: true)
            }
        var training = SoftTraining(records)
        let learnt = training.run()
        let model = SoftModel(learnt)
        #expect(try SoftParameters(json: learnt.canonicalJSON) == learnt)
        #expect(learnt.lambda > 0 && learnt.relatives > 0)
        for field in SoftField.allCases {
            #expect(learnt.levels(field).m.allSatisfy { $0 > 0 && $0 <= SoftParameters.whole })
            #expect(learnt.levels(field).u.allSatisfy { $0 > 0 && $0 <= SoftParameters.whole })
        }
        let stranger = try #require(SoftRecord(facet("Giulia Verdi", born: "1955-05-05")))
        #expect(model.score(same, same).total > model.score(same, stranger).total)
        #expect(model.score(same, stranger).verdict != .join)
    }
}
