internal import Foundation

/// From what people type to the one canonical spelling; only as much as the generator's variants need.
enum Spelling {
    static func canonical(_ kind: String, _ scope: String, _ value: String) -> ReferenceValue? {
        guard Kinds.all.contains(kind), !value.isEmpty else { return nil }
        switch kind {
        case "email": return ReferenceValue(kind, email(value))
        case "phone", "landline":
            let number = phone(value)
            // In Italy a fixed line keeps its 0 behind the country code.
            return ReferenceValue(number.hasPrefix("+390") ? "landline" : kind, number)
        default: return ReferenceValue(kind, scope: scope.lowercased(), value)
        }
    }

    /// Lower case; at Gmail without dots and tag.
    private static func email(_ written: String) -> String {
        let lower = written.lowercased()
        guard let at = lower.lastIndex(of: "@") else { return lower }
        let domain = lower[lower.index(after: at)...]
        guard domain == "gmail.com" || domain == "googlemail.com" else { return lower }
        return lower[..<at].prefix { $0 != "+" }.filter { $0 != "." } + "@" + domain
    }

    /// `+` country national; a number without a country is Italian.
    private static func phone(_ written: String) -> String {
        let digits = written.filter { ("0"..."9").contains($0) }
        if written.hasPrefix("+") { return "+" + digits }
        return digits.hasPrefix("00") ? "+" + digits.dropFirst(2) : "+39" + digits
    }

    /// Lower case, no diacritics, one apostrophe, single spaces.
    static func folded(_ text: String) -> String {
        let base = text.decomposedStringWithCanonicalMapping.unicodeScalars.filter {
            $0.properties.generalCategory != .nonspacingMark
        }
        var plain = String(String.UnicodeScalarView(base)).lowercased()
        for apostrophe in ["\u{2019}", "\u{2018}", "\u{02BC}", "`", "\u{B4}"] {
            plain = plain.replacingOccurrences(of: apostrophe, with: "'")
        }
        return plain.split(separator: " ").joined(separator: " ")
    }
}

/// A moment read from RFC 3339.
struct Moment {
    let microseconds: Int64

    /// Reads `2026-11-21T20:52:07.343+01:00`; nil for anything else.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        func number(_ from: Int, _ count: Int) -> Int? {
            guard from + count <= bytes.count else { return nil }
            return Int(String(decoding: bytes[from..<from + count], as: UTF8.self))
        }
        guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2),
            let minute = number(14, 2), let second = number(17, 2)
        else { return nil }
        var place = 19
        var fraction = 0
        if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
            place += 1
            var weight = 100_000
            while place < bytes.count, (48...57).contains(bytes[place]) {
                fraction += Int(bytes[place] - 48) * weight
                weight /= 10
                place += 1
            }
        }
        guard place < bytes.count else { return nil }
        var offset = 0
        if bytes[place] != UInt8(ascii: "Z") {
            guard let hours = number(place + 1, 2), let minutes = number(place + 4, 2) else { return nil }
            offset = (hours * 60 + minutes) * (bytes[place] == UInt8(ascii: "-") ? -1 : 1)
        }
        var parts = DateComponents()
        (parts.year, parts.month, parts.day) = (year, month, day)
        (parts.hour, parts.minute, parts.second) = (hour, minute - offset, second)
        guard let date = Self.gregorian.date(from: parts) else { return nil }
        microseconds = Int64(date.timeIntervalSince1970.rounded()) * 1_000_000 + Int64(fraction)
    }

    var halfYear: HalfYear {
        let date = Date(timeIntervalSince1970: Double(microseconds / 1_000_000))
        let parts = Self.gregorian.dateComponents([.year, .month], from: date)
        return HalfYear(number: (parts.year ?? 0) * 2 + ((parts.month ?? 1) > 6 ? 1 : 0))
    }

    /// Foundation's calendar rather than the generator's arithmetic, so that each checks the other.
    private static let gregorian: Foundation.Calendar = {
        var calendar = Foundation.Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()
}
