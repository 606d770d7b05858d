/// Days, half-years and time stamps in the Gregorian calendar, from microseconds since 1970 in UTC.
enum Calendar {
    static let second: Int64 = 1_000_000
    static let day: Int64 = 86_400 * second
    /// A twelfth of the mean Gregorian year.
    static let month: Int64 = 2_629_746 * second

    /// Days from 1970-01-01 to a date (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// The day of a moment; every moment here lies after 1970.
    static func date(of moment: Int64) -> (year: Int, month: Int, day: Int) {
        date(days: Int(moment / day))
    }

    /// The UTC half-year as FORMATS.md writes it: `2026H2`.
    static func halfYear(of moment: Int64) -> String {
        let (year, month, _) = date(of: moment)
        return "\(year)H\(month > 6 ? 2 : 1)"
    }

    /// RFC 3339 at an offset in minutes; offset 0 is written `Z`, and a fraction is as long as it must be.
    static func stamp(_ moment: Int64, offset: Int) -> String {
        let local = moment + Int64(offset) * 60 * second
        let (year, month, dayOfMonth) = date(of: local)
        let secondOfDay = Int(local % day / second)
        let fraction = Int(local % second)
        var text = "\(digits(year, 4))-\(digits(month, 2))-\(digits(dayOfMonth, 2))T\(clock(secondOfDay))"
        if fraction % 1000 != 0 {
            text += ".\(digits(fraction, 6))"
        } else if fraction != 0 {
            text += ".\(digits(fraction / 1000, 3))"
        }
        return text + (offset == 0 ? "Z" : zone(offset, separator: ":"))
    }

    /// The Date header of a mail (RFC 5322): `Sat, 21 Nov 2026 20:52:07 +0100`.
    static func mailDate(_ moment: Int64, offset: Int) -> String {
        let local = moment + Int64(offset) * 60 * second
        let (year, month, dayOfMonth) = date(of: local)
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(local / day % 7)]
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(weekday), \(dayOfMonth) \(names[month - 1]) \(year) \(clock(Int(local % day / second))) "
            + zone(offset, separator: "")
    }

    /// Minutes east of UTC in Italy, near enough: summer time from April to October.
    static func italianOffset(_ moment: Int64) -> Int {
        (4...10).contains(date(of: moment).month) ? 120 : 60
    }

    static func digits(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    private static func clock(_ second: Int) -> String {
        "\(digits(second / 3600, 2)):\(digits(second / 60 % 60, 2)):\(digits(second % 60, 2))"
    }

    private static func zone(_ offset: Int, separator: String) -> String {
        let size = abs(offset)
        return "\(offset < 0 ? "-" : "+")\(digits(size / 60, 2))\(separator)\(digits(size % 60, 2))"
    }
}
