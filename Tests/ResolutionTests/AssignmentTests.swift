import Contact
import Testing

@testable import Resolution

@Suite struct AssignmentTests {
    private func id(_ number: Int) -> HubID { HubID(high: 1, low: UInt64(number)) }
    private func minted(_ birth: HubID) -> HubID { HubID(high: 9, low: birth.low) }

    @Test(arguments: 0..<4)
    func `In a merge the profile with the most facets survives, and among equals the one born first`(seed: UInt64)
        throws
    {
        var random = Seeded(seed)
        for _ in 0..<500 {
            let births = (0..<6).map(id).shuffled(using: &random)
            let known = (0..<Int.random(in: 1...6, using: &random)).map { place in
                KnownProfile(id: id(100 + place), birth: births[place], facets: Int.random(in: 1...3, using: &random))
            }
            let new = (0..<Int.random(in: 0...3, using: &random)).map { id(200 + $0) }
            let homes = Dictionary(uniqueKeysWithValues: known.map { ($0.birth, $0.id) })
            let found = try #require(
                assign(
                    [(known.map(\.birth) + new).shuffled(using: &random)], homes: homes,
                    known: known.shuffled(using: &random), mint: minted
                ).first)
            let most = known.map(\.facets).max()
            let best = known.filter { $0.facets == most }.map(\.birth).min()
            #expect(found.birth == best && found.origin == .kept)
            #expect(Set(found.redirected + [found.profile]) == Set(known.map(\.id)))
            #expect(found.redirected.count == known.count - 1)
        }
    }

    @Test func `A group nobody knew is born with its smallest facet`() {
        let found = assign([[id(7), id(3), id(5)]], homes: [:], known: [], mint: minted)
        #expect(found.count == 1 && found[0].origin == .born)
        #expect(found[0].birth == id(3) && found[0].profile == minted(id(3)) && found[0].redirected.isEmpty)
    }

    @Test func `After a split each id is itself again, and no redirect has two hops`() {
        // P took in Q and R; now the facets Q and R were born with stand apart from P's.
        let known = [
            KnownProfile(id: id(101), birth: id(1), facets: 4),
            KnownProfile(id: id(102), birth: id(2), facets: 0, survivor: id(101)),
            KnownProfile(id: id(103), birth: id(3), facets: 0, survivor: id(101)),
        ]
        let homes = Dictionary(uniqueKeysWithValues: (1...4).map { (id($0), id(101)) })
        let apart = assign([[id(1), id(4)], [id(2), id(3)]], homes: homes, known: known, mint: minted)
        #expect(apart.map(\.profile) == [id(101), id(102)])
        #expect(apart[1].origin == .revived && apart[1].redirected == [id(103)])
        // What has no id of its own gets a new one.
        let fresh = assign([[id(1), id(2), id(3)], [id(4)]], homes: homes, known: known, mint: minted)
        #expect(fresh[0].redirected == [id(102), id(103)])
        #expect(fresh[1].origin == .born && fresh[1].profile == minted(id(4)))
    }

    @Test func `An id whose first facet is erased goes where most of its facets go`() {
        let known = [
            KnownProfile(id: id(101), birth: id(1), facets: 3),
            KnownProfile(id: id(102), birth: id(9), facets: 0, survivor: id(101)),
        ]
        let homes = Dictionary(uniqueKeysWithValues: (2...4).map { (id($0), id(101)) })
        let found = assign([[id(2)], [id(3), id(4)]], homes: homes, known: known, mint: minted)
        #expect(found[0].origin == .born)
        #expect(found[1].profile == id(101) && found[1].redirected == [id(102)])
    }
}
