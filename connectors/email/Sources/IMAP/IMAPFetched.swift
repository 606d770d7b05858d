package import Contact

/// What a FETCH response tells of one mail.
package struct IMAPFetched: Equatable, Sendable {
    package let sequence: UInt32
    package var uid: UInt32?
    package var flags: [String]?
    package var modseq: UInt64?
    /// When the server got it, in microseconds since 1970.
    package var internalDate: Int64?
    /// In octets, as the server counts them.
    package var size: Int64?
    /// The whole mail, `BODY[]`; without bytes where the server says NIL.
    package var body: RawInput?

    init(sequence: UInt32, _ reader: inout IMAPScanner) throws(IMAPScanner.Unexpected) {
        self.sequence = sequence
        try reader.expect("(")
        while true {
            reader.skipSpaces()
            if reader.skip(")") { return }
            let item = try reader.name()
            let section = reader.byte == UInt8(ascii: "[") ? try reader.bracketed() : nil
            // Where a partial body begins.
            if reader.skip("<") {
                let _: UInt32 = try reader.number()
                try reader.expect(">")
            }
            reader.skipSpaces()
            switch item {
            case "UID": uid = try reader.number()
            case "FLAGS": flags = try reader.words()
            case "MODSEQ":
                try reader.expect("(")
                modseq = try reader.number()
                try reader.expect(")")
            case "INTERNALDATE": internalDate = try reader.string().flatMap { IMAPDate.microseconds($0.bytes) }
            case "RFC822.SIZE": size = try reader.number()
            case "BODY" where section?.isEmpty == true, "RFC822": body = try reader.string() ?? RawInput([])
            default: try reader.skipValue()
            }
        }
    }
}

/// The date-time of RFC 3501: `" 7-Feb-1994 21:52:25 -0800"`.
enum IMAPDate {
    private static let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]

    /// Microseconds since 1970; nil where it is none.
    static func microseconds(_ bytes: [UInt8]) -> Int64? {
        guard bytes.count <= 40 else { return nil }
        let parts = bytes.split(separator: 0x20)
        guard parts.count == 3 else { return nil }
        let words = parts[0].split(separator: UInt8(ascii: "-"))
        let time = parts[1].split(separator: UInt8(ascii: ":")).map(number)
        guard words.count == 3, time.count == 3, let date = number(words[0]), let year = number(words[2]),
            let month = months.firstIndex(of: IMAPScanner.upper(words[1])), let hour = time[0], let minute = time[1],
            let second = time[2], hour < 24, minute < 60, second <= 60, let zone = number(parts[2].dropFirst()),
            parts[2].count == 5
        else { return nil }
        let offset = (zone / 100 * 60 + zone % 100) * (parts[2].first == UInt8(ascii: "-") ? -60 : 60)
        let day = CivilDate(year: year, month: month + 1, day: date)
        guard day.exists else { return nil }
        return Int64(day.daysSince1970 * 86_400 + hour * 3_600 + minute * 60 + second - offset) * 1_000_000
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...4).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
