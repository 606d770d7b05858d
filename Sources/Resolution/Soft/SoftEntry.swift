internal import Contact

/// A soft record read and made ready to be compared, with how rare its values are under one model.
///
/// Made once and compared many times; nothing in it is text any more.
package final class SoftEntry: Sendable {
    package let hash: SoftHash
    let name: NameReading
    let birth: CivilDate?
    let street: StreetReading
    let city: Spelling
    let cityHash: UInt64
    let cityLetters: UInt32
    let postcode: Spelling
    let postcodeHash: UInt64
    let countryHash: UInt64
    let company: CompanyReading?
    let phones: [PhoneReading]
    let landlines: [PhoneReading]
    let emails: [MailReading]
    let numbers: [NumberReading]
    let rarity: Rarity

    struct PhoneReading: Sendable {
        let digits: Spelling
        let hash: UInt64
        /// Of the last seven digits; 0 where there are fewer.
        let endHash: UInt64

        init(_ number: String) {
            digits = Spelling(number.utf8)
            hash = SpellingHash.of(number.utf8)
            endHash = number.utf8.count >= 7 ? SpellingHash.of(number.utf8.suffix(7)) : 0
        }
    }

    struct NumberReading: Sendable {
        /// Kind and scope.
        let sort: UInt64
        let digits: Spelling
        let hash: UInt64

        init(_ number: SoftRecord.Number) {
            sort = SpellingHash.of(number.scope.utf8, seed: UInt64(bitPattern: Int64(number.kind)))
            digits = Spelling(number.value.utf8)
            hash = SpellingHash.of(number.value.utf8)
        }
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
        var lines = SIMD2<Int32>()
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
        cityHash = parts.cityHash
        postcodeHash = parts.postcodeHash
        birth = record.birthDate.isEmpty ? nil : CivilDate(record.birthDate.utf8.span)
        cityLetters = parts.city.letters
        countryHash = record.country.isEmpty ? 0 : SpellingHash.of(record.country.utf8)
        company = CompanyReading(record.company)
        phones = record.phones.map(PhoneReading.init)
        landlines = record.landlines.map(PhoneReading.init)
        emails = record.emails.compactMap { MailReading($0, parts.name) }
        numbers = record.numbers.map(NumberReading.init)
        self.rarity = rarity(parts)
    }

    /// What a model has frequencies of.
    struct Parts {
        let name: NameReading
        let street: StreetReading
        let city: Spelling
        let cityHash: UInt64
        let postcode: Spelling
        let postcodeHash: UInt64

        init(_ record: SoftRecord) {
            name = NameReading(record.name)
            street = StreetReading(record.street)
            city = Self.telling(record.city, longest: Spelling.longest)
            cityHash = city.hash
            postcode = Self.telling(record.postcode, longest: 12)
            postcodeHash = postcode.hash
        }

        /// Its letters and digits.
        private static func telling(_ text: String, longest: Int) -> Spelling {
            var spelling = Spelling()
            for byte in text.utf8 {
                guard spelling.count < longest else { break }
                let isTelling = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte >= 0x80
                if isTelling { spelling.append(byte) }
            }
            return spelling
        }
    }
}
