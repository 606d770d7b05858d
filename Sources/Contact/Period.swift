/// A UTC half-year, as `2026H2`: the unit in which an identifier that changes hands is told apart.
package struct Period: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Half-years since the first of year 0: `year * 2`, plus 1 for July to December.
    package let number: Int16

    package init(number: Int16) { self.number = number }

    /// The half-year that holds a moment, in microseconds since 1970-01-01T00:00:00Z.
    package init(microseconds: Int64) {
        let date = CivilDate(microseconds: microseconds)
        number = Int16(clamping: date.year * 2 + (date.month > 6 ? 1 : 0))
    }

    package static func < (a: Period, b: Period) -> Bool { a.number < b.number }

    package var description: String { "\(number / 2)H\(number % 2 + 1)" }
}

/// A day of the proleptic Gregorian calendar in UTC.
package struct CivilDate: Hashable, Sendable {
    package var year: Int
    package var month: Int
    package var day: Int

    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day that holds a moment, in microseconds since 1970-01-01T00:00:00Z.
    package init(microseconds: Int64) {
        let day: Int64 = 86_400_000_000
        // Rounded towards the past, so that a moment before 1970 falls on its own day.
        self.init(daysSince1970: Int(microseconds >= 0 ? microseconds / day : (microseconds + 1) / day - 1))
    }

    /// Days to date over eras of 400 years that begin on 1 March, as in H. Hinnant's "chrono-Compatible
    /// Low-Level Date Algorithms".
    package init(daysSince1970 days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01, by the inverse of the same algorithm.
    package var daysSince1970: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
