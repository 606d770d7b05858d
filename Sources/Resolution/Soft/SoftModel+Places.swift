internal import Contact

extension SoftModel {
    func compareStreets(_ a: SoftEntry, _ b: SoftEntry, _ score: inout SoftScore) {
        compareLines(a, b, &score)
        guard let one = a.street.civic, let other = b.street.civic else { return }
        let isNear = Likeness.isOneEdit(one.number, other.number)
        take(one == other ? 1 : one.number == other.number ? 2 : isNear ? 3 : 4, .civic, &score)
    }

    /// Line by line, or crossed where that fits better; a line without a counterpart says nothing.
    private func compareLines(_ a: SoftEntry, _ b: SoftEntry, _ score: inout SoftScore) {
        let (one, other) = (a.street.lines, b.street.lines)
        guard !one.isEmpty, !other.isEmpty else { return }
        func level(_ i: Int, _ j: Int) -> StreetLevel { one[i].likeness(to: other[j]) }
        func bits(_ field: SoftField, _ level: StreetLevel, _ i: Int) -> Int32 {
            level == .exact ? exact[field.rawValue] + a.rarity.lines[i] : weight(field, level.rawValue)
        }
        func set(_ field: SoftField, _ level: StreetLevel, _ bits: Int32) {
            score.levels[field.rawValue] = level.rawValue
            score.evidence[field.rawValue] = bits
        }
        let first = level(0, 0)
        let firstBits = bits(.street, first, 0)
        guard one.count == 2 || other.count == 2 else { return set(.street, first, firstBits) }
        guard one.count == 2, other.count == 2 else {
            // One line beside two: whichever it is more like.
            let crossed = one.count == 2 ? level(1, 0) : level(0, 1)
            let crossedBits = bits(.street, crossed, one.count == 2 ? 1 : 0)
            return crossedBits > firstBits ? set(.street, crossed, crossedBits) : set(.street, first, firstBits)
        }
        let second = level(1, 1)
        let secondBits = bits(.locality, second, 1)
        set(.street, first, firstBits)
        set(.locality, second, secondBits)
        guard first.rawValue > 2 || second.rawValue > 2 else { return }
        // The nearer pair stands for the street, whichever record is the first.
        var (near, far) = ((level(0, 1), 0), (level(1, 0), 1))
        if far.0.rawValue < near.0.rawValue
            || (far.0 == near.0 && a.rarity.lines[far.1] > a.rarity.lines[near.1])
        {
            swap(&near, &far)
        }
        let (nearBits, farBits) = (bits(.street, near.0, near.1), bits(.locality, far.0, far.1))
        guard nearBits + farBits - Int32(Bits.one) > firstBits + secondBits else { return }
        set(.street, near.0, nearBits - Int32(Bits.one))
        set(.locality, far.0, farBits)
    }

    func comparePlaces(_ a: SoftEntry, _ b: SoftEntry, _ score: inout SoftScore) {
        let isAbroad = a.countryHash != 0 && b.countryHash != 0 && a.countryHash != b.countryHash
        var postcode = 0
        if !a.postcode.isEmpty, !b.postcode.isEmpty, !isAbroad {
            let isNear = Likeness.isOneEdit(a.postcode, b.postcode)
            postcode = a.postcodeHash == b.postcodeHash ? 1 : isNear ? 2 : 3
        }
        let city = cityLevel(a, b)
        let level = PlaceLevel.level(postcode: postcode, city: city)
        guard level > 0 else { return }
        take(level, .place, &score)
        // Equal postcodes say how rare the place is; equal cities do where postcodes do not.
        let rarity = postcode == 1 ? a.rarity.postcode : city == 1 ? a.rarity.city : 0
        score.evidence[SoftField.place.rawValue] += rarity
    }
}

extension SoftModel {
    /// 0 = null, 1 = exact, 2 = near, 3 = other.
    private func cityLevel(_ a: SoftEntry, _ b: SoftEntry) -> Int {
        guard !a.city.isEmpty, !b.city.isEmpty else { return 0 }
        if a.cityHash == b.cityHash { return 1 }
        if Likeness.isOneEdit(a.city, b.city) { return 2 }
        guard Likeness.mayReach(8_800, a.city, a.cityLetters, b.city, b.cityLetters) else { return 3 }
        return Likeness.jaroWinkler(a.city, b.city) >= 8_800 ? 2 : 3
    }
}

extension CivilDate {
    func likeness(to other: CivilDate) -> DateLevel {
        if self == other { return .exact }
        if year == other.year, month == other.day, day == other.month { return .swapped }
        let (one, two) = (digits, other.digits)
        var different = 0
        var first = -1
        var last = -1
        for place in 0..<8 where one[place] != two[place] {
            different += 1
            if first < 0 { first = place }
            last = place
        }
        let isExchange =
            different == 2 && last == first + 1 && one[first] == two[last] && one[last] == two[first]
        if different == 1 || isExchange { return .oneDigit }
        let parts = [year == other.year, month == other.month, day == other.day].count { $0 }
        if parts == 2 { return .twoParts }
        if different == 2 { return .twoDigits }
        return year == other.year ? .year : .other
    }

    private var digits: SIMD8<UInt8> {
        SIMD8(
            UInt8(year / 1000 % 10), UInt8(year / 100 % 10), UInt8(year / 10 % 10), UInt8(year % 10),
            UInt8(month / 10), UInt8(month % 10), UInt8(day / 10), UInt8(day % 10))
    }
}
