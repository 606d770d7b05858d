internal import Contact

/// A soft record read and made ready to be compared, with how rare its values are under one model.
///
/// Made once and compared many times; nothing in it is text any more.
package final class SoftEntry: Sendable {
    package let hash: SoftHash
    let name: NameReading
    let birth: CivilDate?
    let street: StreetReading
    let city: [UInt8]
    let cityHash: UInt64
    let cityLetters: UInt32
    let postcode: [UInt8]
    let postcodeHash: UInt64
    let countryHash: UInt64
    let company: CompanyReading?
    let phones: [[UInt8]]
    let landlines: [[UInt8]]
    let emails: [MailReading]
    let numbers: [NumberReading]
    let rarity: Rarity

    struct NumberReading: Sendable {
        /// Kind and scope.
        let sort: UInt64
        let digits: [UInt8]
        let hash: UInt64
    }

    /// −log2 of the share of all records that have the value, in ``Bits``; one number a value.
    struct Rarity: Sendable {
        var given: Int32 = 0
        var surname: Int32 = 0
        /// Of the one word of a name that has no other, and of parts that are compared crossed: in the role in which
        /// they are commoner.
        var single: Int32 = 0
        var givenCrossed: Int32 = 0
        var surnameCrossed: Int32 = 0
        /// Of each line.
        var lines: [Int32] = []
        var city: Int32 = 0
        var postcode: Int32 = 0
    }

    init(_ record: SoftRecord, _ rarity: (SoftEntry.Parts) -> Rarity) {
        let parts = Parts(record)
        hash = record.contentHash
        name = parts.name
        street = parts.street
        city = parts.city
        postcode = parts.postcode
        birth = CivilDate(Array(record.birthDate.utf8).span)
        cityHash = Likeness.hash(parts.city)
        cityLetters = Likeness.letters(parts.city)
        postcodeHash = Likeness.hash(parts.postcode)
        countryHash = record.country.isEmpty ? 0 : Likeness.hash(record.country.utf8)
        company = CompanyReading(record.company)
        phones = record.phones.map { Array($0.utf8) }
        landlines = record.landlines.map { Array($0.utf8) }
        emails = record.emails.compactMap { MailReading($0, parts.name) }
        numbers = record.numbers.map { number in
            let digits = Array(number.value.utf8.prefix(Likeness.longest))
            return NumberReading(
                sort: Likeness.hash(number.scope.utf8, seed: UInt64(bitPattern: Int64(number.kind))), digits: digits,
                hash: Likeness.hash(number.value.utf8))
        }
        self.rarity = rarity(parts)
    }

    /// What a model has frequencies of.
    struct Parts {
        let name: NameReading
        let street: StreetReading
        let city: [UInt8]
        let postcode: [UInt8]

        init(_ record: SoftRecord) {
            name = NameReading(record.name)
            street = StreetReading(record.street)
            let isTelling: (UInt8) -> Bool = {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 >= 0x80
            }
            city = Array(record.city.utf8.filter(isTelling).prefix(Likeness.longest))
            postcode = Array(record.postcode.utf8.filter(isTelling).prefix(12))
        }
    }
}
