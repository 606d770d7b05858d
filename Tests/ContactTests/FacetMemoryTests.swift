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

    /// What it says about races only the thread sanitizer sees.
    @Test func `readers at work at once find and forget, and each gets what its own input says`() async throws {
        let memory = FacetMemory(most: 8)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    var reader = InteractionReader(.init(mostAssured: .verified), sharing: memory, for: worker % 2)
                    for turn in 0..<500 {
                        let address = "anna\((turn * 7 + worker) % 13)@example.it"
                        let line = #"{"id":"1","channel":"web","identifiers":[{"kind":"email","value":"\#(address)"}]}"#
                        let read = reader.read(Array(line.utf8), arrival: InteractionReaderTests.arrival)
                        let facet = try read.get().facet
                        #expect(facet.identifiers.map(\.identifier.value) == [address])
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

@Suite struct RecentlyUsedTests {
    @Test func `what is used stays, what is not goes`() {
        var memory = RecentlyUsed<Int, String>(most: 2)
        memory.keep("one", for: 1)
        for number in 2...20 {
            #expect(memory.find(1) == "one")
            memory.keep("\(number)", for: number)
        }
        #expect(memory.find(20) == "20" && memory.find(1) == "one" && memory.find(5) == nil)
        #expect((1...20).count { memory.find($0) != nil } <= 4)
    }
}
