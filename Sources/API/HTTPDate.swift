internal import Contact

/// The one form in which HTTP writes a time: `Sat, 21 Nov 2026 19:52:07 GMT` (RFC 9110, 5.6.7).
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// From microseconds since 1970, a Thursday.
    static func text(_ microseconds: Int64) -> String {
        let date = CivilDate(microseconds: microseconds)
        let day = days[((date.daysSince1970 % 7) + 7) % 7]
        let time = Timestamp.text(microseconds).dropFirst(11).prefix(8)
        let number = date.day < 10 ? "0\(date.day)" : "\(date.day)"
        return "\(day), \(number) \(months[date.month - 1]) \(date.year) \(time) GMT"
    }
}
