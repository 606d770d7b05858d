/// The field `Retry-After`: a number of seconds, or a moment (RFC 9110, 10.2.3).
package enum RetryAfter {
    /// No endpoint silences the hub for longer.
    package static let most: Duration = .seconds(24 * 3_600)

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// The time to wait; nil where the field says nothing that can be read. A moment that has passed is zero; `now` is
    /// in seconds since 1970.
    package static func duration(_ text: String, now: Int64) -> Duration? {
        let text = text.trimmed
        guard !text.isEmpty, text.utf8.count <= 64 else { return nil }
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return min(Int64(text).map { .seconds($0) } ?? most, most)
        }
        return moment(text, now: now).map { min(max(.seconds($0 - now), .zero), most) }
    }

    /// Seconds since 1970, of any of the three forms that RFC 9110, 5.6.7 has a recipient read:
    /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
    private static func moment(_ text: String, now: Int64) -> Int64? {
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" }.map { $0.lowercased() }
        switch words.count {
        case 6 where words[5] == "gmt": return seconds(words[1], words[2], words[3], words[4], now)
        case 5: return seconds(words[2], words[1], words[4], words[3], now)
        default: return nil
        }
    }

    private static func seconds(
        _ day: String, _ month: String, _ year: String, _ time: String, _ now: Int64
    ) -> Int64? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false).map {
            number(String($0), digits: 2...2)
        }
        guard let day = number(day, digits: 1...2), (1...31).contains(day), let month = months.firstIndex(of: month),
            var year = number(year, digits: 2...4), clock.count == 3, let hour = clock[0], hour < 24,
            let minute = clock[1], minute < 60, let second = clock[2], second <= 60
        else { return nil }
        // Two digits mean the year closest by that is not more than 50 years ahead.
        if year < 100 {
            let thisYear = 1970 + now / 31_556_952
            year += thisYear / 100 * 100
            if year > thisYear + 50 { year -= 100 }
        }
        return days(year, Int64(month) + 1, day) * 86_400 + hour * 3_600 + minute * 60 + second
    }

    /// Days since 1970 of the Gregorian calendar; the year is counted from March, so that a leap day ends it.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        // 719,468 days lie between 1 March of the year 0 and 1970.
        return year * 365 + year / 4 - year / 100 + year / 400 + ofYear - 719_468
    }

    private static func number(_ text: String, digits: ClosedRange<Int>) -> Int64? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}

extension String {
    /// Without the blanks and tabs around it, which are no part of a field (RFC 9110, 5.5).
    fileprivate var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(String(drop(while: isBlank).reversed()).drop(while: isBlank).reversed())
    }
}
