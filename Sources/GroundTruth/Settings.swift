extension Generator {
    /// What is generated. The same settings give the same bytes, on any machine.
    package struct Settings: Sendable {
        package enum Order: Sendable {
            /// By time; memory grows with the persons alone.
            case time
            /// In an order drawn from the seed; all interactions are held in memory first.
            case shuffled
        }

        /// What can be said: everything, or what fits a mail (``Maildir``).
        package enum Scope: Sendable { case everyChannel, mailOnly }

        package var seed: UInt64
        package var persons: Int
        /// Length of the time in which things happen.
        package var months: Int = 12
        /// The day on which it ends, in UTC, as `2026-10-31`; nothing happens after it.
        package var lastDay: (year: Int, month: Int, day: Int) = (2026, 10, 31)
        package var order: Order = .time
        package var scope: Scope = .everyChannel

        /// Mean number of interactions a person has in a month; a few persons have thirty times as many.
        package var interactionsPerMonth = 1.5
        /// Part of the persons who live in a household with one fixed line, and sometimes one mailbox or mobile.
        package var householdShare = 0.15
        /// Persons for each public computer whose cookie many share.
        package var personsPerKiosk = 500
        /// Persons for each company with a role mailbox (`info@`).
        package var personsPerRoleMailbox = 100
        /// Chance a year that a mobile number leaves its person.
        package var phoneRecycledPerYear = 0.02
        /// Part of these numbers that come back within a year; the others stay idle for two to four years.
        package var phoneReusedSoonShare = 0.2
        /// How often a year a person's browser gets a new cookie.
        package var cookiesReplacedPerYear = 2.0
        /// Part of the interactions that are outgoing mails to three customers at once.
        package var outgoingToThreeShare = 0.01

        package init(seed: UInt64, persons: Int) {
            self.seed = seed
            self.persons = persons
        }

        /// The first moment after the last day, in microseconds since 1970.
        var end: Int64 {
            Int64(Calendar.days(year: lastDay.year, month: lastDay.month, day: lastDay.day) + 1) * Calendar.day
        }
        var start: Int64 { end - Int64(months) * Calendar.month }
    }
}
