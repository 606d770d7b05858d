/// How much each likeness between two soft records counts: Fellegi–Sunter, frozen and versioned by its content.
///
/// A model never changes. What was scored under one is scored again under the next, and the two are told apart by
/// ``version``.
package struct SoftModel: Sendable {
    package let parameters: SoftParameters
    /// SHA-256 of the canonical JSON.
    package let version: SoftHash
    /// log2 of m over u, in ``Bits``, 16 levels a field; 0 for null.
    let weights: [Int32]
    /// log2 of m of the level `exact`, for fields whose u is the value's own share.
    let exact: [Int32]
    /// log2 of m over how likely the level is between two relatives, 16 levels a field.
    let against: [Int32]
    /// log2 of how many pairs are one person's for each pair of relatives.
    let priorAgainst: Int
    /// log2 of the odds that two records of all are one person's.
    let prior: Int
    let join: Int
    let review: Int
    let agree: Int
    let given: Rarities
    let surname: Rarities
    let street: Rarities
    let city: Rarities
    let postcode: Rarities

    package init(_ parameters: SoftParameters) { self.init(parameters, frequenciesOf: nil) }

    /// With the frequencies of another model, where they are the same: they are the most of the work.
    init(_ parameters: SoftParameters, frequenciesOf other: SoftModel?) {
        self.parameters = parameters
        version = other?.version ?? SoftHash(bytes: parameters.contentHash) ?? SoftHash(SIMD4())
        var weights = [Int32](repeating: 0, count: SoftField.allCases.count * 16)
        var exact = [Int32](repeating: 0, count: SoftField.allCases.count)
        for field in SoftField.allCases {
            let levels = parameters.levels(field)
            for level in 1..<field.levels.count {
                let bits = Bits.log2(levels.m[level - 1], over: levels.u[level - 1])
                weights[field.rawValue * 16 + level] = Int32(bits)
            }
            exact[field.rawValue] = Int32(Bits.log2(levels.m[0], over: SoftParameters.whole))
        }
        self.weights = weights
        self.exact = exact
        against = Self.against(parameters)
        priorAgainst = Bits.log2(max(parameters.lambda, 1), over: max(parameters.relatives, 1))
        let lambda = min(max(parameters.lambda, 1), SoftParameters.wholeLambda / 2)
        prior = Bits.log2(lambda, over: SoftParameters.wholeLambda - lambda)
        join = parameters.join
        review = parameters.review
        agree = parameters.agree
        given = other?.given ?? Rarities(parameters.frequencies["given"])
        surname = other?.surname ?? Rarities(parameters.frequencies["surname"])
        street = other?.street ?? Rarities(parameters.frequencies["street"])
        city = other?.city ?? Rarities(parameters.frequencies["city"])
        postcode = other?.postcode ?? Rarities(parameters.frequencies["postcode"])
    }

    /// Relatives share a surname and a home as one person's records do, so these say nothing of which of the two it is;
    /// of what is a person's own they rarely have the same, and else what strangers have.
    private static func against(_ parameters: SoftParameters) -> [Int32] {
        var weights = [Int32](repeating: 0, count: SoftField.allCases.count * 16)
        for field in SoftField.allCases {
            guard let shared = parameters.shared[field.name] else { continue }
            let levels = parameters.levels(field)
            let rest = SoftParameters.whole - shared
            for level in 1..<field.levels.count {
                let (m, u) = (levels.m[level - 1], levels.u[level - 1])
                let strange = u * rest / SoftParameters.whole
                // One surname in most families, in others two; else only the same value is a relative's more often.
                let family = m * shared / SoftParameters.whole + strange
                let kept = field == .surname ? family : level == 1 ? shared : strange
                weights[field.rawValue * 16 + level] = Int32(Bits.log2(m, over: max(1, kept)))
            }
        }
        return weights
    }

    /// Reads a record for comparison under this model.
    package func prepare(_ record: SoftRecord) -> SoftEntry {
        SoftEntry(record) { parts in
            var rarity = SoftEntry.Rarity()
            func common(_ part: NamePart) -> Int32 { min(given.of(part.fullHash), surname.of(part.fullHash)) }
            if let part = parts.name.given {
                rarity.given = given.of(part.fullHash)
                rarity.givenCrossed = common(part)
            }
            if let part = parts.name.surname {
                rarity.surname = surname.of(part.fullHash)
                rarity.surnameCrossed = common(part)
            }
            if let part = parts.name.single { rarity.single = common(part) }
            if let line = parts.street.first { rarity.lines[0] = street.of(line.hash) }
            if let line = parts.street.second { rarity.lines[1] = street.of(line.hash) }
            rarity.city = city.excess(parts.cityHash)
            rarity.postcode = postcode.excess(parts.postcodeHash)
            return rarity
        }
    }

    /// The term frequencies of one field, as −log2 of shares.
    struct Rarities: Sendable {
        private let known: WordTable<Int32>
        /// −log2 of the chance that two values drawn are equal; nil where the field has no frequencies.
        private let mean: Int32?

        init(_ frequencies: SoftParameters.Frequencies?) {
            guard let frequencies else {
                known = WordTable([(key: UInt64, value: Int32)](), absent: 0)
                mean = nil
                return
            }
            let whole = SoftParameters.whole
            let unseen = Int32(Bits.log2(whole, over: max(1, frequencies.unseen)))
            mean = Int32(Bits.log2(whole, over: max(1, frequencies.collision)))
            known = WordTable(
                frequencies.shares.map { value, share in
                    let bits = Bits.log2(whole, over: max(1, share, frequencies.unseen))
                    return (SpellingHash.of(value.utf8), Int32(bits))
                }, absent: unseen)
        }

        func of(_ hash: UInt64) -> Int32 { known[hash] }

        /// How much rarer than a value usually is; 0 where nothing is known of the field.
        func excess(_ hash: UInt64) -> Int32 { mean.map { of(hash) - $0 } ?? 0 }
    }
}

extension SoftModel {
    /// log2 of the odds that two records of all are one person's, in bits.
    package var priorBits: Double { Double(prior) / Double(Bits.one) }
}
