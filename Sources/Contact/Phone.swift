internal import CPhoneNumber

/// A telephone number as libphonenumber reads it. The only file that knows the library.
struct Phone {
    var country: Int
    var leadingZeros: Int
    var national: UInt64
    var type: Int32
    var isValid: Bool
    var isPossible: Bool

    /// Reads a number as it is dialled in a region (two upper-case letters); nil if it is none.
    init?(_ text: String, region: String) {
        let place = Array(region.utf8)
        guard place.count == 2 else { return nil }
        let bytes = Array(text.utf8)
        let found = unsafe bytes.withUnsafeBytes { buffer in
            unsafe contatto_phone_read(
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count,
                CChar(bitPattern: place[0]), CChar(bitPattern: place[1]))
        }
        guard found.parsed else { return nil }
        country = Int(found.country)
        leadingZeros = Int(found.leading_zeros)
        national = found.national
        type = found.type
        isValid = found.valid
        isPossible = found.possible
    }

    /// The number within its country, with its zeros.
    var significant: String { String(repeating: "0", count: leadingZeros) + String(national) }

    var e164: String { "+\(country)\(significant)" }

    /// Who may stand behind it.
    var nature: Nature {
        switch UInt32(bitPattern: type) {
        case contatto_phone_mobile.rawValue, contatto_phone_fixed_or_mobile.rawValue: .mobile
        case contatto_phone_fixed.rawValue, contatto_phone_voip.rawValue: .fixed
        default: .service
        }
    }

    enum Nature {
        /// In somebody's pocket, or where the plan does not tell.
        case mobile
        /// A place's: a house, an office.
        case fixed
        /// Toll-free, shared cost, premium, personal, pager, voice mail: nobody's identity.
        case service
    }
}

extension Normaliser {
    /// E.164. What the caller calls phone or landline becomes what the number is; a switchboard stays one.
    func phone(_ text: String, as kind: IdentifierKind) throws(Refusal) -> Identifier {
        let bare = text.lowercased().hasPrefix("tel:") ? String(text.dropFirst(4)) : text
        guard !bare.unicodeScalars.contains(where: { $0.properties.isAlphabetic }) else {
            throw Normaliser.invalid(kind, "it holds letters; send one number, without a label or extension")
        }
        let digits = bare.unicodeScalars.count { $0.properties.numericType == .decimal }
        guard digits > 0 else { throw Normaliser.invalid(kind, "it holds no digits") }
        guard digits > 5 else { throw Normaliser.blocked(kind, "a short number is a service's, not a person's") }
        guard digits <= 20 else { throw Normaliser.invalid(kind, "it has too many digits; send one number each") }
        guard var number = Phone(bare, region: region) else {
            throw Normaliser.invalid(kind, "it is no telephone number")
        }
        number = repaired(number)
        if Placeholder.isMadeUp(digits: Array(number.significant.utf8)) {
            throw Normaliser.blocked(kind, "its digits repeat or run in sequence")
        }
        guard number.isValid else {
            throw Normaliser.invalid(
                kind,
                number.isPossible
                    ? "it has a possible length but lies in no assigned range" : "no number of its country is that long"
            )
        }
        switch (number.nature, kind) {
        case (.service, .switchboard): break
        case (.service, _): throw Normaliser.blocked(kind, "a toll-free, premium or shared number is no person's")
        case (.mobile, .landline): return Identifier(kind: .phone, scope: "", canonical: number.e164)
        case (.fixed, .phone): return Identifier(kind: .landline, scope: "", canonical: number.e164)
        default: break
        }
        return Identifier(kind: kind, scope: "", canonical: number.e164)
    }

    /// Undoes what people do to numbers in Italy: a 0 typed before a mobile, San Marino written as a district.
    private func repaired(_ number: Phone) -> Phone {
        let national = String(number.national)
        if number.country == 39, !number.isValid, number.leadingZeros == 1, national.hasPrefix("3"),
            let mobile = Phone("+39" + national, region: "IT"), mobile.isValid, mobile.nature == .mobile
        {
            return mobile
        }
        // The same six digits are dialled as 0549 from Italy and as +378, with or without 0549, from elsewhere;
        // +378 0549 is the form every network takes.
        let inItaly = number.country == 39 && number.leadingZeros == 1 && national.hasPrefix("549")
        let bare = number.country == 378 && number.leadingZeros == 0 && national.utf8.count == 6
        if inItaly || bare,
            let sanMarino = Phone("+3780549" + national.suffix(6), region: "SM"), sanMarino.isValid,
            sanMarino.nature != .mobile
        {
            return sanMarino
        }
        return number
    }
}
