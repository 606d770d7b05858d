internal import Contact

/// SHA-256 over a soft record's canonical bytes: its identity, and what breaks ties.
package struct SoftHash: Hashable, Comparable, Sendable {
    /// Most significant first.
    package let words: SIMD4<UInt64>

    package init(_ words: SIMD4<UInt64>) { self.words = words }

    /// Takes 32 bytes; nil for any other number.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        var words = SIMD4<UInt64>()
        for (place, byte) in bytes.enumerated() { words[place / 8] = words[place / 8] << 8 | UInt64(byte) }
        self.words = words
    }

    package var bytes: [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(56 - 8 * ($0 % 8))) }
    }

    /// The first eight bytes, as a bit pattern.
    package var id: Int64 { Int64(bitPattern: words.x) }

    package static func < (a: SoftHash, b: SoftHash) -> Bool {
        for place in 0..<4 where a.words[place] != b.words[place] { return a.words[place] < b.words[place] }
        return false
    }
}

extension SoftRecord {
    /// The version of ``canonicalBytes``; what is stored under one version is read under it for ever.
    package static let version: UInt8 = 1

    /// The version, then each field as a UInt32 big-endian length and UTF-8 in NFC: the seven texts (name, birth
    /// date, street, city, postcode, country, company), then phones, landlines, addresses and numbers, each list with its
    /// count before it and a number as kind (decimal), scope, value.
    package var canonicalBytes: [UInt8] {
        var bytes: [UInt8] = [Self.version]
        bytes.reserveCapacity(160)
        func append(_ number: Int) {
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        func append(_ text: String) {
            let composed = Text.nfc(text)
            append(composed.utf8.count)
            bytes.append(contentsOf: composed.utf8)
        }
        for text in texts { append(text) }
        for list in [phones, landlines, emails] {
            append(list.count)
            for value in list { append(value) }
        }
        append(numbers.count)
        for number in numbers {
            append(String(number.kind))
            append(number.scope)
            append(number.value)
        }
        return bytes
    }

    /// What the record is called where it is stored: the first eight bytes of ``contentHash``, as a bit pattern.
    package var id: Int64 { contentHash.id }

    /// SHA-256 over ``canonicalBytes``.
    func hashed() -> SoftHash {
        // A SHA-256 has 32 bytes.
        SoftHash(bytes: Digest.sha256(canonicalBytes)) ?? SoftHash(SIMD4())
    }

    /// Reads what ``canonicalBytes`` wrote; nil for anything else.
    package init?(canonical bytes: [UInt8]) {
        guard bytes.first == Self.version else { return nil }
        var place = 1
        func number() -> Int? {
            guard place + 4 <= bytes.count else { return nil }
            defer { place += 4 }
            return bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        func text() -> String? {
            guard let count = number(), count <= bytes.count - place else { return nil }
            defer { place += count }
            return String(validating: bytes[place..<place + count], as: UTF8.self)
        }
        func list() -> [String]? {
            guard let count = number(), count <= Self.most else { return nil }
            var values: [String] = []
            for _ in 0..<count {
                guard let value = text() else { return nil }
                values.append(value)
            }
            return values
        }
        var texts: [String] = []
        for _ in 0..<7 {
            guard let one = text() else { return nil }
            texts.append(one)
        }
        guard let phones = list(), let landlines = list(), let emails = list(), let count = number(),
            count <= Self.most
        else { return nil }
        var numbers: [Number] = []
        for _ in 0..<count {
            guard let kind = text().flatMap({ Int16($0) }), let scope = text(), let value = text() else { return nil }
            numbers.append(Number(kind: kind, scope: scope, value: value))
        }
        guard place == bytes.count else { return nil }
        self.init(texts: texts, phones: phones, landlines: landlines, emails: emails, numbers: numbers)
    }
}
