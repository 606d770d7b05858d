internal import Contact

extension SoftModel {
    func compareStreets(_ a: SoftEntry, _ b: SoftEntry, _ score: inout SoftScore) {
        compareLines(a, b, &score)
        guard let one = a.street.civic, let other = b.street.civic else { return }
        let isNear = Likeness.isOneEdit(one.number, other.number)
        let isSame = one.hash == other.hash
        take(isSame ? one.suffixHash == other.suffixHash ? 1 : 2 : isNear ? 3 : 4, .civic, &score)
    }

    /// Line by line, or crossed where that fits better; a line without a counterpart says nothing.
    private func compareLines(_ a: SoftEntry, _ b: SoftEntry, _ score: inout SoftScore) {
        guard let one = a.street.first, let other = b.street.first else { return }
        func bits(_ field: SoftField, _ level: StreetLevel, _ line: Int) -> Int32 {
            level == .exact ? exact[field.rawValue] + a.rarity.lines[line] : weight(field, level.rawValue)
        }
        func set(_ field: SoftField, _ level: StreetLevel, _ bits: Int32) {
            score.levels[field.rawValue] = level.rawValue
            score.evidence[field.rawValue] = bits
        }
        let first = one.likeness(to: other)
        let firstBits = bits(.street, first, 0)
        let second: StreetLevel
        switch (a.street.second, b.street.second) {
        case (nil, nil): return set(.street, first, firstBits)
        // One line beside two: whichever it is more like.
        case (let more?, nil):
            let crossed = more.likeness(to: other)
            let crossedBits = bits(.street, crossed, 1)
            return crossedBits > firstBits ? set(.street, crossed, crossedBits) : set(.street, first, firstBits)
        case (nil, let more?):
            let crossed = one.likeness(to: more)
            let crossedBits = bits(.street, crossed, 0)
            return crossedBits > firstBits ? set(.street, crossed, crossedBits) : set(.street, first, firstBits)
        case (let more?, let otherMore?):
            second = more.likeness(to: otherMore)
        }
        let secondBits = bits(.locality, second, 1)
        set(.street, first, firstBits)
        set(.locality, second, secondBits)
        guard first.rawValue > 2 || second.rawValue > 2, let more = a.street.second, let otherMore = b.street.second
        else { return }
        // The nearer pair stands for the street, whichever record is the first.
        var (near, far) = ((one.likeness(to: otherMore), 0), (more.likeness(to: other), 1))
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
        if Likeness.mayBeOneEdit(a.cityLetters, b.cityLetters), Likeness.isOneEdit(a.city, b.city) { return 2 }
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
