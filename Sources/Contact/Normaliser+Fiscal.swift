extension Normaliser {
    /// A person's tax code: sixteen characters, checked by the last. Digits replaced by letters because two people
    /// would have had the same code (*omocodia*) make it another person's code, and are kept.
    func codiceFiscale(_ text: String) throws(Refusal) -> Identifier {
        let kind = IdentifierKind.codiceFiscale
        let code = Array(text.uppercased().utf8.filter { $0 != 0x20 })
        if code.count == 11, code.allSatisfy({ (0x30...0x39).contains($0) }) {
            throw Normaliser.invalid(kind, "11 digits are a company's; send them as partita_iva")
        }
        guard code.count == 16 else { throw Normaliser.invalid(kind, "it has not 16 characters") }
        for (place, byte) in code.enumerated() {
            let fits =
                switch place {
                case 6, 7, 9, 10, 12, 13, 14: FiscalCode.digit(byte) != nil
                case 8: FiscalCode.months.contains(byte)
                default: (0x41...0x5A).contains(byte)
                }
            guard fits else { throw Normaliser.invalid(kind, "character \(place + 1) is of the wrong sort") }
        }
        let day = (FiscalCode.digit(code[9]) ?? 0) * 10 + (FiscalCode.digit(code[10]) ?? 0)
        guard (1...31).contains(day) || (41...71).contains(day) else {
            throw Normaliser.invalid(kind, "it holds a day that does not exist")
        }
        guard FiscalCode.check(code) == code[15] else {
            throw Normaliser.invalid(kind, "its last letter does not fit the others")
        }
        return Identifier(kind: kind, scope: "", canonical: String(decoding: code, as: UTF8.self))
    }

    /// An organisation's tax number: eleven digits, the last by Luhn.
    func partitaIVA(_ text: String) throws(Refusal) -> Identifier {
        let kind = IdentifierKind.partitaIVA
        var digits = Array(text.uppercased().utf8.filter { $0 != 0x20 && $0 != UInt8(ascii: ".") })
        if digits.starts(with: "IT".utf8) { digits.removeFirst(2) }
        guard digits.count == 11, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw Normaliser.invalid(kind, "it has not 11 digits")
        }
        var sum = 0
        for (place, digit) in digits.enumerated() {
            let doubled = Int(digit - 0x30) * (place % 2 == 1 ? 2 : 1)
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        guard sum % 10 == 0 else { throw Normaliser.invalid(kind, "its last digit does not fit the others") }
        let number = String(decoding: digits, as: UTF8.self)
        // Both pass the check; forms are full of them.
        guard number != "00000000000", number != "12345678903" else {
            throw Normaliser.blocked(kind, "it is a placeholder")
        }
        return Identifier(kind: kind, scope: "", canonical: number)
    }
}

/// The tables of the codice fiscale (decree of the Ministry of Finance, 23 December 1976).
private enum FiscalCode {
    static let months = Array("ABCDEHLMPRST".utf8)

    /// What a character counts in an odd place (first, third, …), by its place in 0-9 or in the alphabet.
    private static let odd = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
    ]

    /// The digit that stands in a digit's place, as itself or as its letter.
    static func digit(_ byte: UInt8) -> Int? {
        if (0x30...0x39).contains(byte) { return Int(byte - 0x30) }
        return Array("LMNPQRSTUV".utf8).firstIndex(of: byte)
    }

    /// The last letter that belongs to the first fifteen characters.
    static func check(_ code: [UInt8]) -> UInt8 {
        var sum = 0
        for (place, byte) in code.prefix(15).enumerated() {
            let value = byte < 0x41 ? Int(byte - 0x30) : Int(byte - 0x41)
            sum += place % 2 == 0 ? odd[value] : value
        }
        return 0x41 + UInt8(sum % 26)
    }
}
