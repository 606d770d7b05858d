/// The Italian codes that carry a check character.
enum TaxCodes {
    /// The codice fiscale of a person: surname, name, date and place of birth, check letter.
    static func codiceFiscale(
        surname: String, name: String, year: Int, month: Int, day: Int, isWoman: Bool, birthplace: String
    ) -> String {
        let months = Array("ABCDEHLMPRST")
        let body =
            letters(surname, dropsSecond: false) + letters(name, dropsSecond: true)
            + Calendar.digits(year % 100, 2) + String(months[month - 1]) + Calendar.digits(day + (isWoman ? 40 : 0), 2)
            + birthplace
        return body + check(body)
    }

    /// Consonants, then vowels, then X; a first name of four consonants or more leaves out the second.
    private static func letters(_ folded: String, dropsSecond: Bool) -> String {
        let letters = folded.uppercased().filter { ("A"..."Z").contains($0) }
        var consonants = letters.filter { !"AEIOU".contains($0) }
        let vowels = letters.filter { "AEIOU".contains($0) }
        if dropsSecond, consonants.count >= 4 {
            consonants.remove(at: consonants.index(after: consonants.startIndex))
        }
        return String((consonants + vowels + "XXX").prefix(3))
    }

    /// The check letter over the first fifteen characters (Decree of 12 March 1974).
    static func check(_ body: String) -> String {
        // Values of A…Z, and of 0…9 as A…J, in odd places.
        let odd = [
            1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
        ]
        var sum = 0
        for (place, character) in body.utf8.enumerated() {
            let value = character >= 65 ? Int(character) - 65 : Int(character) - 48
            sum += place % 2 == 0 ? odd[value] : value
        }
        return String(UnicodeScalar(UInt8(65 + sum % 26)))
    }

    /// A partita IVA: ten digits and a Luhn check digit.
    static func partitaIVA(_ ordinal: Int) -> String {
        let body = Calendar.digits(1_000_000 + ordinal % 9_000_000, 7) + "015"
        return body + luhn(body)
    }

    /// The check digit of ten digits.
    static func luhn(_ body: String) -> String {
        var sum = 0
        for (place, character) in body.utf8.enumerated() {
            let digit = Int(character) - 48
            let doubled = digit * 2
            sum += place % 2 == 0 ? digit : (doubled > 9 ? doubled - 9 : doubled)
        }
        return String((10 - sum % 10) % 10)
    }
}
