import Testing

@testable import GroundTruth

/// The generator says what is true, the reference reads what was written: they must agree on every facet.
@Suite struct AgreementTests {
    @Test(arguments: [(1, 12, 200), (2, 48, 60), (3, 3, 400), (77, 120, 30)])
    func `The ledger's facets are those the reference reads from the lines`(seed: UInt64, months: Int, persons: Int)
        throws
    {
        var settings = Generator.Settings(seed: seed, persons: persons)
        settings.months = months
        var reference = Reference()
        var facets: Set<String> = []
        for one in Generator(settings) {
            let line = one.line
            let read = try ReadLine(line)
            facets.insert(one.facet)
            #expect(read.facet == one.facet)
            #expect(read.moment == one.moment)
            try reference.add(line)
        }
        #expect(facets == reference.facetTexts)
        #expect(reference.answer().facets == facets.count)
    }

    @Test func `The answer does not depend on the order of the lines`() throws {
        var settings = Generator.Settings(seed: 12, persons: 150)
        settings.months = 24
        let first = try answer(settings)
        settings.order = .shuffled
        let second = try answer(settings)
        #expect(first == second)
        #expect(first.firstDifference(from: second) == nil)
        #expect(first.description == second.description)
    }

    @Test func `Most of what belongs together is found, and the households and kiosks are seen to mislead`() throws {
        var reference = Reference()
        for one in Generator(.init(seed: 21, persons: 600)) { try reference.add(one.line) }
        let answer = reference.answer()
        let score = answer.score(against: reference.truth)
        #expect(score.recall > 0.2, "\(score)")
        #expect(score.precision > 0.01 && score.precision < 1, "\(score)")
        #expect(answer.profiles.contains { $0.kind == .shared })
    }

    @Test func `Without sharing nobody is taken for another`() throws {
        var settings = Generator.Settings(seed: 22, persons: 400)
        settings.householdShare = 0
        settings.personsPerKiosk = 1_000_000
        settings.phoneRecycledPerYear = 0
        var reference = Reference()
        // The one kiosk that is left is kept out by its cookie.
        let generator = Generator(settings)
        let kiosk = generator.kioskCookie(0)
        for one in generator where !one.shown.contains(where: { $0.canonical == kiosk }) { try reference.add(one.line) }
        #expect(reference.answer().score(against: reference.truth).precision == 1)
    }

    @Test func `The score counts pairs`() {
        let truth = ["a": "p1", "b": "p1", "c": "p2", "d": "p2", "e": "p2"]
        let score = PairwiseScore(groups: [["a", "b", "c"], ["d", "e"], ["unknown"]], truth: truth)
        #expect(score.truePairs == 4 && score.joinedPairs == 4 && score.rightPairs == 2)
        #expect(score.precision == 0.5 && score.recall == 0.5)
        #expect(PairwiseScore(groups: [], truth: [:]).precision == 1)
    }

    @Test func `A difference is told in a sentence`() {
        let profile = { (kind: Answer.Kind, keys: [String], traits: [String: String]) in
            Answer.Profile(kind: kind, interactions: keys, traits: traits)
        }
        let base = Answer(profiles: [profile(.customer, ["s|2|", "s|1|"], ["plan": "1"])], facets: 2)
        let cases: [(Answer, String)] = [
            (Answer(profiles: [], facets: 2), "hub has no interaction s|1|"),
            (
                Answer(profiles: [profile(.customer, ["s|1|"], [:]), profile(.customer, ["s|2|"], [:])], facets: 2),
                "the profile of s|1| has 2 interactions in reference and 1 in hub; only reference: s|2|; only hub: none"
            ),
            (
                Answer(profiles: [profile(.shared, ["s|1|", "s|2|"], ["plan": "1"])], facets: 2),
                "the profile of s|1| is customer in reference, shared in hub"
            ),
            (
                Answer(profiles: [profile(.customer, ["s|1|", "s|2|"], ["plan": "2"])], facets: 2),
                "trait plan of the profile of s|1| is 1 in reference, 2 in hub"
            ),
            (
                Answer(profiles: base.profiles + [profile(.customer, ["s|3|"], [:])], facets: 2),
                "reference has no interaction s|3|"
            ),
            (Answer(profiles: base.profiles, facets: 3), "reference has 2 facets, hub has 3"),
        ]
        for (other, expected) in cases { #expect(base.firstDifference(from: other) == expected) }
        #expect(base.firstDifference(from: base) == nil)
    }

    private func answer(_ settings: Generator.Settings) throws -> Answer {
        var reference = Reference()
        for one in Generator(settings) { try reference.add(one.line) }
        return reference.answer()
    }
}
