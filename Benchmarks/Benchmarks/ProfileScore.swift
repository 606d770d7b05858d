/// How well profiles answer to persons.
struct ProfileScore: Equatable {
    private(set) var truePairs = 0
    private(set) var joinedPairs = 0
    private(set) var rightPairs = 0
    /// Mean over records (Bagga and Baldwin 1998).
    private(set) var bPrecision = 0.0
    private(set) var bRecall = 0.0
    /// Profiles that hold records of several persons, and persons whose records are in several profiles.
    private(set) var merged = 0
    private(set) var split = 0

    init(_ profiles: [Int], _ truth: [String]) {
        var ids: [String: Int] = [:]
        let persons = truth.map { person in
            if let known = ids[person] { return known }
            ids[person] = ids.count
            return ids.count - 1
        }
        var both: [SIMD2<Int>: Int] = [:]
        var inProfile: [Int: Int] = [:]
        var ofPerson: [Int: Int] = [:]
        for (profile, person) in zip(profiles, persons) {
            both[SIMD2(profile, person), default: 0] += 1
            inProfile[profile, default: 0] += 1
            ofPerson[person, default: 0] += 1
        }
        func pairs(_ count: Int) -> Int { count * (count - 1) / 2 }
        truePairs = ofPerson.values.reduce(0) { $0 + pairs($1) }
        joinedPairs = inProfile.values.reduce(0) { $0 + pairs($1) }
        rightPairs = both.values.reduce(0) { $0 + pairs($1) }
        // In whole numbers of a common order, so that it rounds alike whatever the order of the table.
        for (key, count) in both.sorted(by: { ($0.key.y, $0.value) < ($1.key.y, $1.value) }) {
            bPrecision += Double(count * count) / Double(inProfile[key.x] ?? 1)
            bRecall += Double(count * count) / Double(ofPerson[key.y] ?? 1)
        }
        bPrecision /= Double(max(1, profiles.count))
        bRecall /= Double(max(1, profiles.count))
        merged = Dictionary(grouping: both.keys, by: \.x).values.count { $0.count > 1 }
        split = Dictionary(grouping: both.keys, by: \.y).values.count { $0.count > 1 }
    }

    var precision: Double { joinedPairs == 0 ? 1 : Double(rightPairs) / Double(joinedPairs) }
    var recall: Double { truePairs == 0 ? 1 : Double(rightPairs) / Double(truePairs) }
    var f1: Double { Self.harmonic(precision, recall) }
    var bCubed: Double { Self.harmonic(bPrecision, bRecall) }

    private static func harmonic(_ a: Double, _ b: Double) -> Double { a + b == 0 ? 0 : 2 * a * b / (a + b) }

    static func == (a: Self, b: Self) -> Bool {
        (a.truePairs, a.joinedPairs, a.rightPairs, a.merged, a.split)
            == (b.truePairs, b.joinedPairs, b.rightPairs, b.merged, b.split)
    }
}
