internal import Contact

/// What is said of a person and does not recognise him, as traits of the hub: `firstName` becomes `first_name`.
enum Traits {
    /// As long as a trait may be (``InteractionReader``).
    private static let longest = 4_000
    private static let most = 200

    /// Those that cannot be kept are named in `leftOut`; the event is stored without them.
    static func add(
        _ traits: [(name: String, value: JSONValue)], to object: inout ObjectText, leftOut: inout [String]
    ) {
        var seen: Set<String> = []
        for (name, value) in traits where !value.isNull {
            let key = key(name)
            guard !key.isEmpty, seen.count < most, value.range.count <= longest, seen.insert(key).inserted else {
                leftOut.append(name)
                continue
            }
            object.add(named: key, value)
        }
    }

    /// A trait's name: up to 64 of a-z, 0-9 and underscore.
    static func key(_ name: String) -> String {
        var key: [UInt8] = []
        var wasSmall = false
        for byte in Text.fold(name).utf8.count == name.utf8.count ? Array(name.utf8) : Array(Text.fold(name).utf8) {
            switch byte {
            case 0x41...0x5A:
                if wasSmall { key.append(UInt8(ascii: "_")) }
                key.append(byte | 0x20)
                wasSmall = false
            case 0x61...0x7A, 0x30...0x39:
                key.append(byte)
                wasSmall = true
            default:
                if let last = key.last, last != UInt8(ascii: "_") { key.append(UInt8(ascii: "_")) }
                wasSmall = false
            }
        }
        while key.last == UInt8(ascii: "_") { key.removeLast() }
        return String(decoding: key.prefix(64), as: UTF8.self)
    }
}

extension TrackedEvent {
    /// Takes what Segment's specification of identify names (email, phone, name, birthday, address, company), whatever else
    /// is there becomes a trait. Names in other spellings, as PostHog's users write them, count too.
    mutating func take(traits: JSONValue?) {
        guard let members = traits?.members else { return }
        var first: String?
        var last: String?
        for (name, value) in members {
            switch name {
            case "email", "$email", "Email": person.email = value.string ?? person.email
            case "phone", "$phone", "phone_number", "phoneNumber": person.phone = value.text ?? person.phone
            case "name", "$name": person.name = value.string ?? person.name
            case "firstName", "first_name", "firstname": first = value.string
            case "lastName", "last_name", "lastname": last = value.string
            case "birthday", "birth_date", "birthDate", "dateOfBirth":
                person.birthDate = value.string.map { String($0.prefix(10)) }
            case "address" where value.kind == .object:
                person.street = value["street"]?.string
                person.city = value["city"]?.string
                person.postcode = (value["postalCode"] ?? value["postal_code"] ?? value["zip"])?.text
                person.country = value["country"]?.string
            case "company":
                person.company = value.string ?? value["name"]?.string
            case "id", "userId", "user_id": break
            default:
                self.traits.removeAll { $0.name == name }
                self.traits.append((name, value))
            }
        }
        if person.name == nil, first != nil || last != nil {
            person.name = [first, last].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
        }
    }
}

extension JSONValue {
    /// A text, or a number as it is spelt: ids are written either way.
    var text: String? { string ?? number }

    /// An account's or visitor's id: a text or a whole number; what is neither names nobody.
    var id: String? { text.flatMap { $0.isEmpty ? nil : $0 } }
}

/// The properties of an event as they are kept: without what stands elsewhere.
enum Properties {
    static func add(_ properties: JSONValue?, without consumed: Set<String>, to object: inout ObjectText) {
        guard let members = properties?.members else { return }
        for (name, value) in members where !consumed.contains(name) { object.add(named: name, value) }
    }
}

/// What an order was worth, as the e-commerce specifications of Segment, PostHog and Matomo write it.
enum Amount {
    /// Digits behind the point, ISO 4217, of those that have not two.
    private static let digits: [String: Int] = [
        "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
        "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0, "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3,
        "OMR": 3, "TND": 3,
    ]

    /// The amount of a purchase; a currency that is not stated is none that could be guessed.
    static func of(_ event: TrackedEvent) -> [UInt8]? {
        guard event.kind == .track, let properties = event.properties,
            let currency = properties["currency"]?.string?.uppercased(), currency.utf8.count == 3,
            currency.utf8.allSatisfy({ 0x41...0x5A ~= $0 }),
            let value = (properties["total"] ?? properties["revenue"] ?? properties["value"])?.text,
            let minor = minor(value, digits[currency] ?? 2)
        else { return nil }
        return JSONWriter.object([("minor", JSONWriter.number(minor)), ("currency", JSONWriter.string(currency))])
    }

    /// Units of the smallest coin; nil for what is no decimal number, or has more digits than there are coins.
    static func minor(_ text: String, _ digits: Int) -> Int64? {
        guard text.utf8.count <= 20 else { return nil }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        var fraction = parts.count == 2 ? Array(parts[1].utf8) : []
        while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
        guard fraction.count <= digits, fraction.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        fraction += Array(repeating: UInt8(ascii: "0"), count: digits - fraction.count)
        guard !parts[0].hasPrefix("+"), parts[0].contains(where: \.isNumber) else { return nil }
        return Int64(parts[0] + String(decoding: fraction, as: UTF8.self))
    }
}

/// Codes of discounts that an event names: what led a customer here need not be a link.
enum Coupons {
    static func touches(of event: TrackedEvent) -> [Touch] {
        guard event.kind == .track, let properties = event.properties else { return [] }
        for name in ["coupon", "coupon_id", "discount_code", "promo_code", "promotion_id"] {
            guard let code = properties[name]?.text, !code.isEmpty, code.utf8.count <= 200 else { continue }
            return [Touch(kind: .code, code: code, campaign: event.campaign?.name, costKey: nil)]
        }
        return []
    }
}
