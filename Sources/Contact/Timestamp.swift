/// Times as they are written outside (RFC 3339) and kept inside (microseconds since 1970-01-01T00:00:00Z).
package enum Timestamp {
    /// Reads `2026-11-21T20:52:07.343+01:00`; nil for anything else. The offset is required, digits beyond the
    /// microsecond are cut off, a leap second (23:59:60 UTC) is the first moment of the next day.
    package static func microseconds(_ text: Span<UInt8>) -> Int64? {
        guard text.count >= 20,
            let year = number(text, 0, 4), text[4] == UInt8(ascii: "-"),
            let month = number(text, 5, 2), text[7] == UInt8(ascii: "-"),
            let day = number(text, 8, 2), text[10] | 0x20 == UInt8(ascii: "t") || text[10] == 0x20,
            let hour = number(text, 11, 2), text[13] == UInt8(ascii: ":"),
            let minute = number(text, 14, 2), text[16] == UInt8(ascii: ":"),
            let second = number(text, 17, 2)
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        guard date.exists, hour < 24, minute < 60, second <= 60 else { return nil }
        var place = 19
        guard let fraction = fraction(text, &place), let offset = offset(text, &place), place == text.count
        else { return nil }
        let minutes = (date.daysSince1970 * 24 + hour) * 60 + minute - offset
        if second == 60 {
            // Leap seconds are inserted at the end of a UTC day and nowhere else.
            guard (minutes + 1) % (24 * 60) == 0 else { return nil }
            return Int64(minutes + 1) * 60_000_000
        }
        return Int64(minutes * 60 + second) * 1_000_000 + fraction
    }

    package static func microseconds(_ text: String) -> Int64? {
        microseconds(Array(text.utf8).span)
    }

    /// `2026-11-21T19:52:07.343000Z`.
    package static func text(_ microseconds: Int64) -> String {
        let day: Int64 = 86_400_000_000
        let date = CivilDate(microseconds: microseconds)
        let rest = microseconds - Int64(date.daysSince1970) * day
        // Written where the text will stand: it is asked for some times for each interaction.
        return unsafe String(unsafeUninitializedCapacity: 27) { text in
            unsafe write(date.year, 4, text, 0)
            unsafe write(date.month, 2, text, 5)
            unsafe write(date.day, 2, text, 8)
            unsafe write(Int(rest / 3_600_000_000), 2, text, 11)
            unsafe write(Int(rest / 60_000_000 % 60), 2, text, 14)
            unsafe write(Int(rest / 1_000_000 % 60), 2, text, 17)
            unsafe write(Int(rest % 1_000_000), 6, text, 20)
            for (place, sign) in signs { unsafe text[place] = sign }
            return 27
        }
    }

    /// Those of `YYYY-MM-DDThh:mm:ss.ffffffZ`, where they stand.
    private static let signs: [(Int, UInt8)] = [
        (4, 0x2D), (7, 0x2D), (10, 0x54), (13, 0x3A), (16, 0x3A), (19, 0x2E), (26, 0x5A),
    ]

    private static func write(_ number: Int, _ width: Int, _ text: UnsafeMutableBufferPointer<UInt8>, _ start: Int) {
        var rest = abs(number)
        for place in (start..<(start + width)).reversed() {
            unsafe text[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    static func number(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
        var value = 0
        for place in start..<start + count {
            guard place < text.count, 0x30...0x39 ~= text[place] else { return nil }
            value = value * 10 + Int(text[place] - 0x30)
        }
        return value
    }

    private static func fraction(_ text: Span<UInt8>, _ place: inout Int) -> Int64? {
        guard place < text.count, text[place] == UInt8(ascii: ".") else { return 0 }
        place += 1
        let start = place
        var value: Int64 = 0
        var unit: Int64 = 100_000
        while place < text.count, 0x30...0x39 ~= text[place] {
            value += Int64(text[place] - 0x30) * unit
            unit /= 10
            place += 1
        }
        return place > start ? value : nil
    }

    /// Minutes east of UTC.
    private static func offset(_ text: Span<UInt8>, _ place: inout Int) -> Int? {
        guard place < text.count else { return nil }
        let sign = text[place]
        place += 1
        if sign | 0x20 == UInt8(ascii: "z") { return 0 }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            let hours = number(text, place, 2), place + 2 < text.count, text[place + 2] == UInt8(ascii: ":"),
            let minutes = number(text, place + 3, 2), hours < 24, minutes < 60
        else { return nil }
        place += 5
        return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
    }
}

extension CivilDate {
    /// The calendar has this day.
    package var exists: Bool {
        guard (1...12).contains(month), day >= 1 else { return false }
        return day <= 28 || CivilDate(daysSince1970: daysSince1970) == self
    }

    /// Reads `1980-02-01`; nil for anything else, and for a day the calendar does not have.
    package init?(_ text: Span<UInt8>) {
        guard text.count == 10, let year = Timestamp.number(text, 0, 4), text[4] == UInt8(ascii: "-"),
            let month = Timestamp.number(text, 5, 2), text[7] == UInt8(ascii: "-"),
            let day = Timestamp.number(text, 8, 2)
        else { return nil }
        self.init(year: year, month: month, day: day)
        guard exists else { return nil }
    }
}
