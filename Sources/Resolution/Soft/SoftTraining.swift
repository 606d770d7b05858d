/// Two records that other evidence has proved to be one person's, without a look at what is compared softly.
package struct SoftLabel: Hashable, Sendable {
    package let a: Int
    package let b: Int
    /// The field whose value may have been that evidence; of it the pair teaches nothing.
    package let proof: SoftField?

    package init(_ a: Int, _ b: Int, proof: SoftField? = nil) {
        self.a = a
        self.b = b
        self.proof = proof
    }
}

/// Learns a model from records nobody has labelled, and from pairs that the deterministic layer has joined.
///
/// Expectation–maximisation over two sorts of pairs: those that share a blocking key, among which all matches are
/// sought, and pairs drawn at random, which say how often strangers agree. Unlike the usual two steps (u from random
/// pairs once, m by EM per blocking rule), a random pair counts towards u only as far as it is not a match, and a
/// record with many doubles counts towards the frequencies once; in small sets full of doubles both matter. The
/// probability of a match is one number for all pairs, so that the choice of keys does not bend it.
///
/// Little or odd data gives a usable model: every estimate starts from `SoftParameters` given, counted as some pairs.
/// The same records give the same model in whatever order they are given.
package struct SoftTraining {
    /// How many pairs the start values count as.
    private static let priorPairs = 20.0
    /// The most pairs that are drawn, and that are kept of those that share a key.
    private static let mostPairs = 300_000
    /// A pair drawn with less evidence is no match, whatever is learnt within a round.
    private static let doubt = -15 * Bits.one

    private let records: [SoftRecord]
    private let start: SoftParameters
    private let labels: [SIMD2<Int>: SoftField?]
    private var parameters: SoftParameters
    private var random: SoftRandom

    /// A pair with what the comparison said, and how sure it is a match.
    private struct Pair {
        let a: Int
        let b: Int
        var score: SoftScore
        var match = 0.0
        /// How sure it is two of one household.
        var relatives = 0.0
        let isLabel: Bool
        /// The field that proved a label, by number; -1 = none did.
        let proof: Int
    }

    package init(
        _ records: [SoftRecord], labels: [SoftLabel] = [], from start: SoftParameters = .standard
    ) {
        // In the order of their content, so that the order in which they came makes no difference.
        let hashes = records.map(\.contentHash)
        let order = records.indices.sorted { hashes[$0] < hashes[$1] }
        self.records = order.map { records[$0] }
        var places = [Int](repeating: 0, count: records.count)
        for (place, number) in order.enumerated() { places[number] = place }
        var known: [SIMD2<Int>: SoftField?] = [:]
        for label in labels where label.a != label.b {
            let (a, b) = (places[label.a], places[label.b])
            known[SIMD2(min(a, b), max(a, b))] = .some(label.proof)
        }
        self.labels = known
        self.start = start
        parameters = start
        random = SoftRandom(seed: hashes.reduce(0) { $0 ^ $1.words[0] } ^ UInt64(records.count))
    }

    /// Runs to the end and returns the model's parameters; its thresholds are those it started from.
    package mutating func run(rounds: Int = 3, steps: Int = 12) -> SoftParameters {
        guard records.count >= 2 else { return parameters }
        let known = records.count * (records.count - 1) / 2
        var weights = [Double](repeating: 1, count: records.count)
        parameters.frequencies = Self.frequencies(records, weights)
        parameters.lambda = max(1, SoftParameters.wholeLambda / (2 * records.count))
        let blocked = blockedPairs()
        let drawn = drawnPairs(known)
        for round in 0..<rounds {
            // Which fields are paired with which depends on the model, so the pairs are scored anew each round.
            let model = SoftModel(parameters)
            let entries = records.map(model.prepare)
            var matches = blocked.map { scored($0, entries, model) }
            var strangers: [Pair] = []
            // Nearly all of the pairs drawn are strangers beyond doubt: counted once.
            var beyond = [Double](repeating: 0, count: SoftField.count * 16)
            for pair in drawn {
                let one = scored(pair, entries, model)
                guard one.score.total < Self.doubt, !one.isLabel else {
                    strangers.append(one)
                    continue
                }
                for place in 0..<SoftField.count { beyond[place * 16 + Int(one.score.levels[place])] += 1 }
            }
            for _ in 0..<steps {
                let next = SoftModel(parameters, frequenciesOf: model)
                weigh(&matches, next, scoredUnder: model)
                weigh(&strangers, next, scoredUnder: model)
                estimate(matches, strangers, beyond, of: known)
            }
            guard round + 1 < rounds else { break }
            for place in weights.indices { weights[place] = 1 }
            for pair in matches {
                weights[pair.a] += pair.match
                weights[pair.b] += pair.match
            }
            parameters.frequencies = Self.frequencies(records, weights.map { 1 / $0 })
        }
        return parameters
    }

    private func scored(_ pair: SIMD2<Int>, _ entries: [SoftEntry], _ model: SoftModel) -> Pair {
        let label = labels[pair]
        return Pair(
            a: pair.x, b: pair.y, score: model.score(entries[pair.x], entries[pair.y]), isLabel: label != nil,
            proof: label??.rawValue ?? -1)
    }

    /// The pairs among which matches are sought, in order; where there are too many, as many of them at random.
    private mutating func blockedPairs() -> [SIMD2<Int>] {
        var index = SoftIndex(wide: parameters.wide)
        let model = SoftModel(parameters)
        for record in records { index.insert(model.prepare(record)) }
        var pairs: [SIMD2<Int>] = []
        for a in records.indices { for b in index.candidates(a) where b > a { pairs.append(SIMD2(a, b)) } }
        let found = Set(pairs)
        pairs += labels.keys.filter { !found.contains($0) }
        pairs.sort { $0.x == $1.x ? $0.y < $1.y : $0.x < $1.x }
        guard pairs.count > Self.mostPairs else { return pairs }
        // Whole neighbourhoods would be lost by taking the first: every n-th is taken, from a place drawn.
        let step = Double(pairs.count) / Double(Self.mostPairs)
        return (0..<Self.mostPairs).map { pairs[Int(Double($0) * step)] }
    }

    /// Pairs of records drawn at random; all of them where they are few.
    private mutating func drawnPairs(_ known: Int) -> [SIMD2<Int>] {
        if known <= Self.mostPairs {
            return records.indices.flatMap { a in (a + 1..<records.count).map { SIMD2(a, $0) } }
        }
        var pairs: Set<SIMD2<Int>> = []
        while pairs.count < Self.mostPairs {
            let a = random.below(records.count)
            let b = random.below(records.count)
            if a != b { pairs.insert(SIMD2(min(a, b), max(a, b))) }
        }
        return pairs.sorted { $0.x == $1.x ? $0.y < $1.y : $0.x < $1.x }
    }

    /// How sure each pair is a match, under the model as it stands.
    private func weigh(_ pairs: inout [Pair], _ model: SoftModel, scoredUnder first: SoftModel) {
        for place in pairs.indices {
            guard !pairs[place].isLabel else {
                pairs[place].match = 1
                continue
            }
            let (stranger, relative) = model.totals(of: pairs[place].score, under: first)
            // Odds of a match against each of the two others it may be.
            let (s, r) = (Bits.odds(-stranger), Bits.odds(-relative))
            pairs[place].match = 1 / (1 + s + r)
            pairs[place].relatives = r / (1 + s + r)
        }
    }

    private mutating func estimate(_ matches: [Pair], _ strangers: [Pair], _ beyond: [Double], of known: Int) {
        var m = [Double](repeating: 0, count: SoftField.count * 16)
        var u = beyond
        var found = 0.0
        var households = 0.0
        for pair in matches where pair.match > 1e-6 || pair.relatives > 1e-6 {
            found += pair.match
            households += pair.relatives
            for place in 0..<SoftField.count where pair.proof != place {
                m[place * 16 + Int(pair.score.levels[place])] += pair.match
            }
        }
        for pair in strangers {
            let share = 1 - pair.match - pair.relatives
            guard share > 0 else { continue }
            for place in 0..<SoftField.count { u[place * 16 + Int(pair.score.levels[place])] += share }
        }
        let drawn = u[..<16].reduce(0, +)
        parameters.lambda = min(
            max(Int(found / Double(known) * Double(SoftParameters.wholeLambda)), 1), SoftParameters.wholeLambda / 20)
        // Half a pair more than were found (Jeffreys' prior): that none was seen does not prove that there are none.
        let pairs = (households + 0.5) / Double(known) * Double(SoftParameters.wholeLambda)
        parameters.relatives = min(max(Int(pairs), 1), SoftParameters.wholeLambda / 20)
        for field in SoftField.allCases {
            let range = field.rawValue * 16 + 1..<field.rawValue * 16 + field.levels.count
            let start = start.levels(field)
            parameters.fields[field.name] = SoftParameters.Levels(
                m: Self.shares(Array(m[range]), start.m, least: 0.000_1),
                // What was never seen among so many strangers is at most that rare.
                u: Self.shares(Array(u[range]), start.u, least: 0.25 / max(1_000, drawn)))
        }
    }

    /// Shares of counts, the start values counted as ``priorPairs`` more.
    private static func shares(_ counts: [Double], _ start: [Int], least: Double) -> [Int] {
        let whole = counts.reduce(0, +)
        return zip(counts, start).map { count, share in
            let prior = Double(share) / Double(SoftParameters.whole)
            let mixed = (count + priorPairs * prior) / (whole + priorPairs)
            return max(1, Int((max(mixed, min(least, prior)) * Double(SoftParameters.whole)).rounded()))
        }
    }
}
