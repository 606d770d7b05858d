/// What is compared. The numbers are stored in scores and models; never reused.
package enum SoftField: Int, CaseIterable, Sendable {
    case given = 0
    case surname = 1
    case birth = 2
    /// The name of the street.
    case street = 3
    /// What stands beside the street in its field: a hamlet, a building.
    case locality = 4
    /// The house number.
    case civic = 5
    /// Postcode and city, which go together and count once.
    case place = 6
    case phone = 7
    case landline = 8
    case email = 9
    case number = 10
    case company = 11

    static let count = 12

    /// The word used in JSON.
    package var name: String {
        switch self {
        case .given: "given"
        case .surname: "surname"
        case .birth: "birth_date"
        case .street: "street"
        case .locality: "locality"
        case .civic: "civic"
        case .place: "place"
        case .phone: "phone"
        case .landline: "landline"
        case .email: "email"
        case .number: "number"
        case .company: "company"
        }
    }

    /// The names of its levels in order, beginning with the one that says nothing: one of the two has no value.
    package var levels: [String] {
        switch self {
        case .given, .surname: ["null"] + NameLevel.allCases.map(\.name)
        case .birth: ["null"] + DateLevel.allCases.map(\.name)
        case .street, .locality: ["null"] + StreetLevel.allCases.map(\.name)
        case .civic: ["null", "exact", "same_number", "one_edit", "other"]
        case .place: ["null"] + PlaceLevel.names
        case .phone, .landline: ["null", "exact", "last_seven", "one_edit", "other"]
        case .email: ["null"] + EmailLevel.allCases.map(\.name)
        case .number: ["null", "exact", "one_edit", "two_edits", "other"]
        case .company: ["null", "exact", "near", "other"]
        }
    }

    /// Fields that tell the same thing twice are one group; a join needs two that agree.
    package var group: SoftGroup {
        switch self {
        case .given, .surname: .name
        case .birth: .birthDate
        // A landline is the home's.
        case .street, .locality, .civic, .place, .landline: .address
        case .phone: .phone
        case .email: .email
        case .number: .number
        case .company: .company
        }
    }
}

/// Sources of evidence that do not follow from one another.
package enum SoftGroup: Int, CaseIterable, Sendable {
    case name = 0, birthDate, address, phone, email, number, company

    package var name: String {
        ["name", "birth_date", "address", "phone", "email", "number", "company"][rawValue]
    }
}

enum NameLevel: UInt8, CaseIterable {
    case exact = 1
    /// `Enzo`, `Vincenzo`.
    case nickname = 2
    /// `Maria`, `Maria Rosa`, `Mariarosa`; `De Luca`, `Luca`.
    case partial = 3
    /// Sounds the same to an Italian ear.
    case sound = 4
    /// One edit, or Jaro–Winkler of 0.92 and more.
    case near = 5
    /// Jaro–Winkler of 0.88 and more.
    case similar = 6
    /// `M.`, `Mario`.
    case initial = 7
    /// `Mario`, `Maria`.
    case ending = 8
    /// Jaro–Winkler of 0.76 and more.
    case faint = 9
    case clash = 10

    var name: String {
        ["exact", "nickname", "partial", "sound", "near", "similar", "initial", "ending", "faint", "other"][
            Int(rawValue) - 1]
    }
}

enum DateLevel: UInt8, CaseIterable {
    case exact = 1
    /// Day and month have changed places.
    case swapped = 2
    /// One digit differs, or two neighbours changed places.
    case oneDigit = 3
    /// Two of day, month and year are equal.
    case twoParts = 4
    /// Two digits differ.
    case twoDigits = 5
    /// Only the year is equal.
    case year = 6
    case other = 7

    var name: String {
        ["exact", "swapped", "one_digit", "two_parts", "two_digits", "same_year", "other"][Int(rawValue) - 1]
    }
}

enum StreetLevel: UInt8, CaseIterable {
    case exact = 1
    /// The same name after another word for street, or with given name or initial left out.
    case sameName = 2
    /// One edit, or Jaro–Winkler of 0.92 and more.
    case near = 3
    /// Jaro–Winkler of 0.85 and more, or a long word in common.
    case similar = 4
    case other = 5

    var name: String { ["exact", "same_name", "near", "similar", "other"][Int(rawValue) - 1] }
}

enum EmailLevel: UInt8, CaseIterable {
    case exact = 1
    case oneEdit = 2
    /// The same local part elsewhere, and it is more than the name.
    case sameLocal = 3
    /// The same local part elsewhere, but beyond the name it says two or three digits, or it repeats one of the names.
    case sameName = 4
    case twoEdits = 5
    /// Another mailbox at one domain that is no public provider's, alike in its beginning.
    case sameDomain = 6
    case other = 7

    var name: String {
        ["exact", "one_edit", "same_local", "same_name", "two_edits", "same_domain", "other"][Int(rawValue) - 1]
    }
}

/// Postcode and city at once: three levels or null each.
enum PlaceLevel {
    /// 0 = null, 1 = exact, 2 = near, 3 = other, of the postcode and of the city.
    static func level(postcode: Int, city: Int) -> UInt8 { UInt8(postcode * 4 + city) }
    static let bothExact = level(postcode: 1, city: 1)

    static let names: [String] = (1..<16).map { level in
        let words = ["null", "exact", "near", "other"]
        return "postcode_\(words[level / 4])_city_\(words[level % 4])"
    }
}
