extension SoftModel {
    /// Compares two records. Symmetric, and the same on every machine.
    package func score(_ a: SoftRecord, _ b: SoftRecord) -> SoftScore { score(prepare(a), prepare(b)) }

    /// Compares two records that were prepared under this model.
    package func score(_ a: SoftEntry, _ b: SoftEntry) -> SoftScore {
        var score = SoftScore()
        compareNames(a, b, &score)
        if let one = a.birth, let other = b.birth { take(one.likeness(to: other).rawValue, .birth, &score) }
        compareStreets(a, b, &score)
        comparePlaces(a, b, &score)
        if !a.phones.isEmpty, !b.phones.isEmpty { take(Self.phoneLevel(a.phones, b.phones), .phone, &score) }
        if !a.landlines.isEmpty, !b.landlines.isEmpty {
            take(Self.phoneLevel(a.landlines, b.landlines), .landline, &score)
        }
        if let level = emailLevel(a, b) { take(level, .email, &score) }
        if let level = Self.numberLevel(a, b) { take(level, .number, &score) }
        if let one = a.company, let other = b.company { take(one.likeness(to: other), .company, &score) }
        judge(&score)
        return score
    }

    func weight(_ field: SoftField, _ level: UInt8) -> Int32 { weights[field.rawValue * 16 + Int(level)] }

    func take(_ level: UInt8, _ field: SoftField, _ score: inout SoftScore) {
        score.levels[field.rawValue] = level
        score.evidence[field.rawValue] = weight(field, level)
    }

    /// What a comparison that was made under another model, of the same frequencies, says under this one.
    func totals(of score: SoftScore, under other: SoftModel) -> (stranger: Int, relative: Int) {
        var total = prior
        for place in 0..<SoftField.count {
            let level = Int(score.levels[place])
            guard level > 0 else { continue }
            let isShare = level == 1 && Self.counted & (1 << place) != 0
            let now = isShare ? exact[place] : weights[place * 16 + level]
            let before = isShare ? other.exact[place] : other.weights[place * 16 + level]
            total += Int(score.evidence[place] + now - before)
        }
        return (total, relative(score.levels))
    }

    /// Fields in which equal values count by how rare they are.
    private static let counted =
        1 << SoftField.given.rawValue | 1 << SoftField.surname.rawValue | 1 << SoftField.street.rawValue
        | 1 << SoftField.locality.rawValue

    /// The evidence for one person against two of one household.
    private func relative(_ levels: SIMD16<UInt8>) -> Int {
        var total = priorAgainst
        for place in 0..<SoftField.count {
            let level = Int(levels[place])
            total += Int(against[place * 16 + level])
        }
        return total
    }

    /// The groups whose fields have enough evidence together; which they are says ``SoftField/group``.
    private func agreeing(_ evidence: SIMD16<Int32>) -> SoftScore.Set {
        func of(_ field: SoftField) -> Int32 { evidence[field.rawValue] }
        var groups = SoftScore.Set()
        func add(_ group: SoftGroup, _ sum: Int32) { if Int(sum) >= agree { groups.insert(SoftScore.Set(group)) } }
        add(.name, of(.given) + of(.surname))
        add(.birthDate, of(.birth))
        // A landline is rung by all who live there: it counts, but makes no group agree (name and landline alone joined
        // two persons in 22 of 518 generated cases).
        add(.address, of(.street) + of(.locality) + of(.civic) + of(.place) + min(0, of(.landline)))
        add(.phone, of(.phone))
        add(.email, of(.email))
        add(.number, of(.number))
        add(.company, of(.company))
        return groups
    }

    /// Sums up, and says what follows.
    private func judge(_ score: inout SoftScore) {
        let stranger = prior + Int(score.evidence.wrappedSum())
        // What counts is the evidence against the likelier of the two others it may be.
        score.againstRelative = relative(score.levels)
        score.total = min(stranger, score.againstRelative)
        score.groups = agreeing(score.evidence)
        let isMany = score.groups.rawValue.nonzeroBitCount >= 2
        if stranger >= join, isMany, score.total < join { score.veto = .relative }
        if score.total >= join, isMany {
            score.verdict = .join
        } else if stranger >= review, score.total >= review || score.veto != nil {
            score.verdict = .review
        }
    }
}
