internal import Contact

/// Where a page ends: a moment and an id. Opaque outside: 24 bytes in hexadecimal digits.
enum PageCursor {
    static func text(_ moment: Int64, _ id: HubID) -> String {
        let time = UInt64(bitPattern: moment)
        let bytes = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: time >> UInt64($0)) }
        return Hexadecimal.text(bytes + id.bytes)
    }

    /// Nil for what this hub has not given out.
    static func read(_ text: String) -> (moment: Int64, id: HubID)? {
        guard text.utf8.count == 48, let bytes = Hexadecimal.bytes(text) else { return nil }
        func number(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        let time = Int64(bitPattern: number(bytes[0..<8]))
        // Years 1 to 9999: what lies beyond is no time that the hub has given out.
        guard (-62_135_596_800_000_000...253_402_300_799_999_999).contains(time) else { return nil }
        return (time, HubID(high: number(bytes[8..<16]), low: number(bytes[16..<24])))
    }

    /// A page's length as the query string has it.
    static func limit(_ text: String?, usually usual: Int, atMost most: Int, named name: String = "limit")
        throws(Problem) -> Int
    {
        guard let text else { return usual }
        guard let number = Int(text), (1...most).contains(number) else {
            throw Problem.badRequest(
                "limit_invalid", "The limit cannot be used", "\(name) is not a number from 1 to \(most)",
                "leave it out, or give a number from 1 to \(most)")
        }
        return number
    }
}
