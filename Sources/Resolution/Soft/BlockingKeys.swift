internal import Contact

/// What two soft records must have in common to be compared at all: a hash over several fields and over which they are.
///
/// It is the same for ever under one ``SoftParameters/reading``.
package struct BlockingKey: Hashable, Sendable, Comparable {
    package let hash: Int64

    package init(hash: Int64) { self.hash = hash }

    package static func < (a: BlockingKey, b: BlockingKey) -> Bool { a.hash < b.hash }
}

/// The keys under which a record is found, each with what refines it: eight for a full record, fewer for others.
///
/// Of some sixty combinations of fields these six of names, birth and home are the ones that together find the most
/// doubles among generated records of two seeds (each leads alone to 3 to 13 in 1,000 of the pairs that join); a number, a
/// telephone and a mailbox have a key each besides. A date is found under either order of day and month, a name under
/// either order of its parts.
///
/// **Which pairs are compared** is a function of the records that are present, and of nothing else: a key that more
/// than `wide` of them have is *wide*; two records are compared if they have a key in common that is not wide, or
/// if they have a wide key and one of its refined forms in common that is not wide. When a key turns wide, pairs
/// that met under it alone are compared no longer, whenever they met; when it turns back, they are again.
package struct BlockingKeys: Sendable {
    /// The plain keys, sorted, each once.
    package let plain: [BlockingKey]
    /// The refined forms of the plain key in the same place; one more component each.
    package let refined: [[BlockingKey]]

    /// Every key, plain and refined: what a store has to be able to look up.
    package var all: [BlockingKey] { plain + refined.flatMap(\.self) }

    /// The keys by which the record is searched and found, where some are wide.
    package func effective(isWide: (BlockingKey) -> Bool) -> [BlockingKey] {
        var keys: [BlockingKey] = []
        for (key, finer) in zip(plain, refined) {
            if !isWide(key) { keys.append(key) } else { keys += finer.filter { !isWide($0) } }
        }
        return keys
    }

    /// A plain key that two records have, and the refined forms of it that both have.
    package struct Common: Sendable {
        package let plain: BlockingKey
        package let refined: [BlockingKey]
    }

    /// What two records have in common, by which they may be compared.
    package func common(with other: BlockingKeys) -> [Common] {
        var found: [Common] = []
        var there = 0
        for (here, key) in plain.enumerated() {
            while there < other.plain.count, other.plain[there] < key { there += 1 }
            guard there < other.plain.count else { break }
            guard other.plain[there] == key else { continue }
            found.append(Common(plain: key, refined: refined[here].filter(other.refined[there].contains)))
        }
        return found
    }

    /// What a key is made of.
    private enum Which: UInt64 {
        case names = 1
        case initialBirth = 2
        case surnameCity = 3
        case linePostcode = 4
        case lineCivic = 5
        case postcodeCivic = 6
        case number = 7
        case phone = 8
        case mailbox = 9
        case otherInitialBirth = 10
        case givenCity = 11
        case birthCity = 12
    }

    init(_ entry: SoftEntry) {
        let name = entry.name
        let parts = [name.given, name.surname, name.single].compactMap(\.?.skeleton)
        let initials = [name.given, name.surname, name.single].compactMap { $0.map { UInt64($0.full[0]) } }
        let postcode = entry.postcode.isEmpty ? nil : entry.postcodeHash
        let city = entry.city.isEmpty ? nil : ItalianSound.key(entry.city).skeleton
        let civic = entry.street.civic?.hash
        let lines = entry.street.lines.map { ItalianSound.key($0.name).skeleton }
        let day = entry.birth.map(Self.day)
        let year: UInt64? = entry.birth.map { UInt64(max(0, $0.year)) }
        let initialsHash: UInt64? = initials.count == 2 ? (initials.min() ?? 0) * 256 + (initials.max() ?? 0) : nil
        var found: [Found] = []
        found.reserveCapacity(12)
        func add(_ which: Which, _ first: UInt64?, _ second: UInt64?, finer: UInt64?...) {
            guard let first, let second else { return }
            let key = Self.mixed(Self.mixed(which.rawValue, first), second)
            var refined: [BlockingKey] = []
            for (place, part) in finer.enumerated() {
                guard let part else { continue }
                refined.append(BlockingKey(hash: Int64(bitPattern: Self.mixed(key &+ UInt64(place), part))))
            }
            found.append(Found(key: BlockingKey(hash: Int64(bitPattern: key)), refined: refined))
        }
        if parts.count == 2 { add(.names, parts.min(), parts.max(), finer: year, city) }
        add(.initialBirth, initials.min(), day, finer: postcode)
        add(.surnameCity, name.surname?.skeleton ?? name.single?.skeleton, city, finer: initialsHash, year)
        add(.postcodeCivic, postcode, civic, finer: initialsHash)
        for line in lines {
            add(.linePostcode, line, postcode, finer: initialsHash)
            add(.lineCivic, line, civic, finer: initialsHash, city)
        }
        if lines.isEmpty {
            // Who names no street has room for keys that only such records need.
            if initials.count == 2 { add(.otherInitialBirth, initials.max(), day, finer: postcode) }
            add(.givenCity, name.given?.skeleton, city, finer: initialsHash, year)
            add(.birthCity, day, city, finer: initialsHash)
        }
        for number in entry.numbers { add(.number, number.sort, number.hash, finer: initialsHash) }
        for phone in entry.phones + entry.landlines where phone.endHash != 0 {
            add(.phone, phone.endHash, 0, finer: initialsHash)
        }
        for mail in entry.emails where mail.local.count >= 4 { add(.mailbox, mail.localHash, 0, finer: initialsHash) }
        found.sort { $0.key < $1.key }
        var plain: [BlockingKey] = []
        var refined: [[BlockingKey]] = []
        plain.reserveCapacity(found.count)
        refined.reserveCapacity(found.count)
        for one in found {
            guard plain.last != one.key else {
                refined[refined.count - 1] += one.refined.filter { !refined[refined.count - 1].contains($0) }
                continue
            }
            plain.append(one.key)
            refined.append(one.refined)
        }
        self.plain = plain
        self.refined = refined
    }

    private struct Found {
        let key: BlockingKey
        let refined: [BlockingKey]
    }

    /// A date as a number; the same for one whose day and month changed places.
    private static func day(_ date: CivilDate) -> UInt64 {
        UInt64(max(0, date.year)) * 1_024 + UInt64(min(date.month, date.day) * 32 + max(date.month, date.day))
    }

    private static func mixed(_ state: UInt64, _ part: UInt64) -> UInt64 {
        var state = (state ^ part) &* 0x9E37_79B9_7F4A_7C15
        state ^= state >> 32
        state = state &* 0xFF51_AFD7_ED55_8CCD
        return state ^ state >> 29
    }
}

extension SoftEntry {
    /// The keys under which the record is found.
    package var blockingKeys: BlockingKeys { BlockingKeys(self) }
}

extension SoftRecord {
    /// The keys under which the record is found; they depend on no model but on ``SoftParameters/reading`` alone. Whoever
    /// compares the record too asks its entry instead, and reads it once.
    package var blockingKeys: BlockingKeys { SoftEntry(self) { _ in SoftEntry.Rarity() }.blockingKeys }
}
