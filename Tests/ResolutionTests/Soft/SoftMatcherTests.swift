import Contact
import Testing

@testable import Resolution

@Suite struct SoftMatcherTests {
    @Test(arguments: 0..<6)
    func `The groups do not depend on the order in which records come`(seed: UInt64) {
        var random = Seeded(seed)
        let records = randomRecords(150, &random, isHostile: seed % 2 == 1)
        var parameters = SoftParameters.standard
        // So low that keys turn wide while records come.
        parameters.wide = 6
        let model = SoftModel(parameters)
        // Equal records are one facet.
        var first: [SoftHash: Int] = [:]
        let hashes = records.map(\.contentHash)
        let groups = hashes.indices.map { place in
            if Int.random(in: 0..<20, using: &random) == 0, place > 0 {
                return Int.random(in: 0..<place, using: &random)
            }
            if let known = first[hashes[place]] { return known }
            first[hashes[place]] = place
            return place
        }
        // A group is what its members say it is, whatever its number.
        let closed = closure(groups)
        var answers: Set<[Int]> = []
        for _ in 0..<6 {
            let order = records.indices.shuffled(using: &random)
            var matcher = SoftMatcher(model)
            for place in order { matcher.insert(records[place]) }
            // Ties between equal records of different groups are settled by the number of the group.
            let ties = order.map { SoftHash(SIMD4(hashes[$0].words.x, hashes[$0].words.y, 0, UInt64(closed[$0]))) }
            let clusters = matcher.clusters(groups: order.map { closed[$0] }, hashes: ties)
            var back = Array(repeating: 0, count: records.count)
            for (place, record) in order.enumerated() { back[record] = clusters[place] }
            answers.insert(numbered(back))
        }
        #expect(answers.count == 1)
        #expect(Set(answers.first ?? []).count < Set(closed).count, "nothing was joined")
    }

    private func closure(_ groups: [Int]) -> [Int] {
        groups.indices.map { place in
            var place = place
            while groups[place] != place { place = groups[place] }
            return place
        }
    }
}
