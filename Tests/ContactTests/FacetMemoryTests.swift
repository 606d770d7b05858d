import Testing

@testable import Contact

@Suite struct FacetMemoryTests {
    @Test func `readers share what they remember, and what one purpose made is never another's`() throws {
        let memory = FacetMemory(most: 100)
        let line = Array(#"{"id":"1","channel":"web","identifiers":[{"kind":"email","value":"anna@example.it"}]}"#.utf8)
        func facet(_ most: Assurance, _ purpose: Int) throws -> FacetContent {
            var reader = InteractionReader(.init(mostAssured: most), sharing: memory, for: purpose)
            return try reader.read(line, arrival: InteractionReaderTests.arrival).get().facet
        }
        let trusted = try facet(.verified, 1)
        #expect(try facet(.verified, 1) === trusted)
        let open = try facet(.claimed, 2)
        func standings(_ facet: FacetContent) -> Set<Assurance> { Set(facet.identifiers.map(\.standing.assurance)) }
        #expect(open !== trusted && standings(open) == [.claimed] && standings(trusted) != [.claimed])
        #expect(try facet(.claimed, 2) === open)
        #expect(try facet(.verified, 1) === trusted)
    }
}
