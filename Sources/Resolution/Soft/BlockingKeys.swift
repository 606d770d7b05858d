internal import Contact

/// What two soft records must have in common to be compared at all: a hash over several fields and over which they are.
///
/// It is the same for ever under one ``SoftParameters/reading``.
package struct BlockingKey: Hashable, Sendable, Comparable {
    package let hash: Int64

    package init(hash: Int64) { self.hash = hash }

    package static func < (a: BlockingKey, b: BlockingKey) -> Bool { a.hash < b.hash }
}

/// The keys under which a record is found, each with what refines it.
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

    /// What a key is made of; refined forms have 100 more.
    private enum Which: Int16 {
        case partBirth = 1
        case names = 2
        case partPostcode = 3
        case partCity = 4
        case birthPostcode = 5
        case birthCity = 6
        case lineCivic = 7
        case number = 8
        case phone = 9
        case mailbox = 10
        case companyPart = 11
        case partDay = 12
        case partLine = 13
        case partMonth = 14
        case linePostcode = 15
    }

    init(_ entry: SoftEntry) {
        var found: [(key: BlockingKey, finer: [BlockingKey])] = []
        /// A component that is nil makes no key.
        func add(_ which: Which, _ parts: [UInt64?], finer: [UInt64?] = []) {
            guard let key = Self.key(which.rawValue, parts) else { return }
            found.append((key, finer.compactMap { Self.key(which.rawValue + 100, parts + [$0]) }))
        }
        let parts = [entry.name.given, entry.name.surname, entry.name.single].compactMap(\.?.skeleton)
        let birth = entry.birth
        let day: UInt64? = birth.map { Self.day($0) }
        let year: UInt64? = birth.map { UInt64(max(0, $0.year)) }
        let date: UInt64? = birth.map { UInt64(max(0, $0.year)) * 1_024 + Self.day($0) }
        let month: UInt64? = birth.map { UInt64(max(0, $0.year)) * 16 + UInt64($0.month) }
        let postcode = entry.postcode.isEmpty ? nil : entry.postcodeHash
        let city = entry.city.isEmpty ? nil : Likeness.hash(ItalianSound.skeleton(entry.city))
        let civic = entry.street.civic.map { Likeness.hash($0.number) }
        let lines = entry.street.lines.map(\.skeleton)
        for (place, part) in parts.enumerated() {
            let other: UInt64? = parts.count > 1 ? parts[1 - place] : nil
            add(.partBirth, [part, date], finer: [other, postcode])
            add(.partPostcode, [part, postcode], finer: [other, civic])
            add(.partCity, [part, city], finer: [other, civic])
            add(.partDay, [part, day], finer: [other, city])
            add(.partMonth, [part, month], finer: [other, city])
            add(.companyPart, [entry.company.map(\.hash), part], finer: [other])
            for line in lines { add(.partLine, [part, line], finer: [other, civic]) }
        }
        if parts.count == 2 {
            add(.names, [parts.min(), parts.max()], finer: [year, postcode, city])
        }
        let first = parts.min()
        add(.birthPostcode, [date, postcode], finer: [first, civic])
        add(.birthCity, [date, city], finer: [first, civic])
        for line in lines {
            add(.lineCivic, [line, civic], finer: [postcode, city])
            add(.linePostcode, [line, postcode], finer: [civic, first])
        }
        for number in entry.numbers { add(.number, [number.sort, number.hash], finer: parts) }
        for phone in entry.phones + entry.landlines where phone.count >= 7 {
            add(.phone, [Likeness.hash(phone.suffix(7))], finer: parts)
        }
        for mail in entry.emails where mail.local.count >= 4 { add(.mailbox, [mail.localHash], finer: parts) }
        found.sort { $0.key < $1.key }
        var plain: [BlockingKey] = []
        var refined: [[BlockingKey]] = []
        for (key, finer) in found {
            guard plain.last != key else {
                refined[refined.count - 1] += finer
                continue
            }
            plain.append(key)
            refined.append(finer)
        }
        self.plain = plain
        self.refined = refined.map { finer in
            let sorted = finer.sorted()
            return sorted.enumerated().filter { $0.offset == 0 || sorted[$0.offset - 1] != $0.element }.map(\.element)
        }
    }

    /// The same for a date whose day and month changed places.
    private static func day(_ date: CivilDate) -> UInt64 {
        UInt64(min(date.month, date.day) * 32 + max(date.month, date.day))
    }

    private static func key(_ which: Int16, _ parts: [UInt64?]) -> BlockingKey? {
        var state = Likeness.hash(CollectionOfOne(UInt8(truncatingIfNeeded: which)))
        for part in parts {
            guard let part else { return nil }
            state = (state ^ part) &* 0x9E37_79B9_7F4A_7C15
            state ^= state >> 32
            state = state &* 0xFF51_AFD7_ED55_8CCD
            state ^= state >> 29
        }
        return BlockingKey(hash: Int64(bitPattern: state))
    }
}

extension SoftEntry {
    /// The keys under which the record is found.
    package var blockingKeys: BlockingKeys { BlockingKeys(self) }
}

extension SoftRecord {
    /// The keys under which the record is found; they depend on no model but on ``SoftParameters/reading`` alone.
    package var blockingKeys: BlockingKeys { SoftEntry(self) { _ in SoftEntry.Rarity() }.blockingKeys }
}
