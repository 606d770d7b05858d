extension SoftModel {
    /// What each way of pairing beyond the straight one costs: chance gets a second try.
    private static let secondTry = Int32(Bits.one)

    func compareNames(_ a: SoftEntry, _ b: SoftEntry, _ score: inout SoftScore) {
        if let one = a.name.single {
            if let other = b.name.single {
                let level = one.likeness(to: other)
                set(.surname, level, bits(.surname, level, a.rarity.single), &score)
            } else {
                compareSingle(one, a.rarity.single, with: b, &score)
            }
        } else if let one = b.name.single {
            compareSingle(one, b.rarity.single, with: a, &score)
        } else if let given = a.name.given, let surname = a.name.surname, let otherGiven = b.name.given,
            let otherSurname = b.name.surname
        {
            compareFull(a, b, (given, surname), (otherGiven, otherSurname), &score)
        }
    }

    private func compareFull(
        _ a: SoftEntry, _ b: SoftEntry, _ one: (given: NamePart, surname: NamePart),
        _ other: (given: NamePart, surname: NamePart), _ score: inout SoftScore
    ) {
        let given = one.given.likeness(to: other.given)
        let surname = one.surname.likeness(to: other.surname)
        let givenBits = bits(.given, given, a.rarity.given)
        let surnameBits = bits(.surname, surname, a.rarity.surname)
        set(.given, given, givenBits, &score)
        set(.surname, surname, surnameBits, &score)
        if a.name.wordsHash == b.name.wordsHash, given != .exact || surname != .exact {
            // The same words, cut in another place: `rossi maria rosa`, `maria rosa rossi`.
            let rarity = min(a.rarity.given + a.rarity.surname, b.rarity.given + b.rarity.surname)
            score.isCrossed = true
            set(.given, .exact, exact[0] + rarity / 2, &score)
            return set(.surname, .exact, exact[1] + rarity - rarity / 2 - Self.secondTry, &score)
        }
        // Crossed only where neither fits as it stands: most pairs need not be tried twice.
        guard given.rawValue > NameLevel.partial.rawValue || surname.rawValue > NameLevel.partial.rawValue else {
            return
        }
        let first = one.given.likeness(to: other.surname)
        let second = one.surname.likeness(to: other.given)
        guard first != .clash || second != .clash else { return }
        // The nearer pair stands for the surname, so that it makes no difference which record is the first.
        let (near, far, nearRarity, farRarity) =
            first.rawValue <= second.rawValue
            ? (first, second, a.rarity.givenCrossed, a.rarity.surnameCrossed)
            : (second, first, a.rarity.surnameCrossed, a.rarity.givenCrossed)
        var (nearBits, farBits) = (bits(.surname, near, nearRarity), bits(.given, far, farRarity))
        if first == .exact, second == .exact {
            // Both exact: in whichever role, the sum is the same.
            (nearBits, farBits) = (
                exact[1] + max(nearRarity, farRarity), exact[0] + min(nearRarity, farRarity)
            )
        }
        guard nearBits + farBits - Self.secondTry > givenBits + surnameBits else { return }
        score.isCrossed = true
        set(.surname, near, nearBits - Self.secondTry, &score)
        set(.given, far, farBits, &score)
    }

    /// One word against a full name: it is whichever part it is more like.
    private func compareSingle(
        _ word: NamePart, _ rarity: Int32, with entry: SoftEntry, _ score: inout SoftScore
    ) {
        guard let given = entry.name.given, let surname = entry.name.surname else { return }
        let asGiven = word.likeness(to: given)
        let asSurname = word.likeness(to: surname)
        let givenBits = bits(.given, asGiven, rarity)
        let surnameBits = bits(.surname, asSurname, rarity)
        // A word that fits nothing is no sign of another given name: it may as well be a surname.
        if surnameBits >= givenBits || asGiven == .clash {
            set(.surname, asSurname, surnameBits - (asSurname == .clash ? 0 : Self.secondTry), &score)
        } else {
            set(.given, asGiven, givenBits - Self.secondTry, &score)
        }
    }

    /// Where the values are equal it counts how rare they are; else what the level is worth.
    private func bits(_ field: SoftField, _ level: NameLevel, _ rarity: Int32) -> Int32 {
        level == .exact ? exact[field.rawValue] + rarity : weight(field, level.rawValue)
    }

    private func set(_ field: SoftField, _ level: NameLevel, _ bits: Int32, _ score: inout SoftScore) {
        score.levels[field.rawValue] = level.rawValue
        score.evidence[field.rawValue] = bits
    }
}
