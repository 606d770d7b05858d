import Contact
import Testing

@testable import Resolution

@Suite struct AssignmentTests {
    private func id(_ number: Int) -> HubID { HubID(high: 1, low: UInt64(number)) }

    @Test func `Nobody becomes nothing`() {
        #expect(assign(known: [], new: []) == nil)
    }

    @Test(arguments: 0..<4)
    func `The profile with the most facets survives, and among equals the one born first`(seed: UInt64) throws {
        var random = Seeded(seed)
        for _ in 0..<500 {
            let births = (0..<6).map(id).shuffled(using: &random)
            let known = (0..<Int.random(in: 1...6, using: &random)).map { place in
                KnownProfile(
                    id: id(100 + place), birth: births[place], facets: Int.random(in: 1...3, using: &random))
            }
            let new = (0..<Int.random(in: 0...3, using: &random)).map {
                (facet: id(200 + $0), provisional: id(300 + $0))
            }
            let assignment = try #require(assign(known: known.shuffled(using: &random), new: new))
            let most = known.map(\.facets).max()
            let best = known.filter { $0.facets == most }.map(\.birth).min()
            #expect(assignment.survivor.birth == best)
            #expect(!assignment.isNew)
            #expect(assignment.survivor.facets == known.reduce(new.count) { $0 + $1.facets })
            #expect(Set(assignment.absorbed.map(\.id) + [assignment.survivor.id]) == Set(known.map(\.id)))
            #expect(assignment.absorbed.count == known.count - 1)
        }
    }

    @Test(arguments: 0..<4)
    func `A group nobody knew is born with its smallest facet`(seed: UInt64) throws {
        var random = Seeded(40 + seed)
        for _ in 0..<200 {
            let new = (0..<Int.random(in: 1...5, using: &random)).map {
                (facet: id($0), provisional: HubID(high: random.next(), low: random.next()))
            }
            let assignment = try #require(assign(known: [], new: new.shuffled(using: &random)))
            #expect(assignment.isNew)
            #expect(assignment.absorbed.isEmpty)
            #expect(assignment.survivor.birth == new[0].facet)
            #expect(assignment.survivor.id == new[0].provisional)
            #expect(assignment.survivor.facets == new.count)
        }
    }
}
