internal import Contact
internal import GroundTruth
internal import Resolution

/// One set fed record by record, in one random order, into blocking keys, scores and clusters.
struct IdentityRun {
    /// By row of the set.
    private(set) var profiles: [Int] = []
    private(set) var candidates: [Int] = []
    private(set) var seconds = 0.0
    private(set) var compared = 0

    init(_ set: CustomerSet, _ model: SoftModel, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let rows = set.facets.indices.shuffled(using: &random)
        let groups = set.groups()
        var matcher = SoftMatcher(model)
        var numbers: [Int] = []
        let clock = ContinuousClock()
        let start = clock.now
        for row in rows {
            guard let record = SoftRecord(set.facets[row]) else { continue }
            candidates.append(matcher.insert(record))
            numbers.append(row)
        }
        let hashes = numbers.map { row in
            SoftHash(bytes: CanonicalBytes.contentHash(of: set.facets[row])) ?? SoftHash(SIMD4())
        }
        let clusters = matcher.clusters(groups: numbers.map { groups[$0] }, hashes: hashes)
        seconds = start.duration(to: clock.now).inSeconds
        compared = matcher.compared
        profiles = groups
        // Rows without a soft record stay with the group they are in.
        var moved: [Int: Int] = [:]
        for (row, cluster) in zip(numbers, clusters) { moved[groups[row]] = cluster }
        for row in profiles.indices { profiles[row] = moved[groups[row]] ?? groups[row] }
        profiles = Self.numbered(profiles)
    }

    /// Numbered by their first row, so that two runs that agree are equal.
    private static func numbered(_ profiles: [Int]) -> [Int] {
        var numbers: [Int: Int] = [:]
        return profiles.map { profile in
            if let number = numbers[profile] { return number }
            numbers[profile] = numbers.count
            return numbers.count - 1
        }
    }
}
