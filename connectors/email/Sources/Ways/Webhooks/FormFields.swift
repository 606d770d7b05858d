internal import Contact

/// What a provider's request holds, taken from the wire as it comes: the mail, a few short fields, and nothing else of it.
///
/// Until the mail has begun the request itself is kept, so that one without a mail can be refused with what came. Of both
/// there are never more than `most` bytes.
struct FormFields {
    /// Short fields: of a longer one nothing is kept.
    private static let longest = 4_096

    private let mailName: String
    private let wanted: Set<String>
    private var short: [String: [UInt8]] = [:]
    /// The raw mail; nil until it begins.
    private(set) var mail: GrowingMail?
    /// The request as it came; nil once the mail has begun.
    private(set) var whole: GrowingMail?
    private let most: Int

    init(mail: String, wanted: Set<String>, most: Int) {
        mailName = mail
        self.most = most
        whole = GrowingMail(most: most)
        self.wanted = wanted
    }

    /// Bytes of the request as they came.
    mutating func came(_ bytes: [UInt8]) { whole?.append(bytes[...]) }

    /// More of a field's value, decoded; a field begins with its first bytes, which may be none.
    mutating func append(_ name: String, _ bytes: ArraySlice<UInt8>) {
        if name == mailName {
            if mail == nil, !bytes.isEmpty {
                whole = nil
                mail = GrowingMail(most: most)
            }
            mail?.append(bytes)
        } else if wanted.contains(name), (short[name]?.count ?? 0) + bytes.count <= Self.longest {
            short[name, default: []] += bytes
        }
    }

    subscript(_ name: String) -> String? { short[name].map { String(decoding: $0, as: UTF8.self) } }
}

/// Takes a body apart, piece by piece.
protocol FormReader {
    /// Throws a ``FormFault`` where the body is not what it says it is.
    mutating func take(_ bytes: [UInt8], into fields: inout FormFields) throws(FormFault)
    /// The body is at its end.
    mutating func finish(into fields: inout FormFields) throws(FormFault)
}

/// Why a body cannot be taken apart, in a line for whoever sends it.
struct FormFault: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// application/x-www-form-urlencoded (WHATWG URL, section 5.1).
struct URLEncodedReader: FormReader {
    private var name: [UInt8] = []
    private var isName = true
    private var escape: [UInt8] = []
    private var isEscaped = false

    mutating func take(_ bytes: [UInt8], into fields: inout FormFields) throws(FormFault) {
        var value: [UInt8] = []
        for byte in bytes {
            if isEscaped {
                escape.append(byte)
                guard escape.count == 2 else { continue }
                isEscaped = false
                guard let decoded = Hexadecimal.bytes(String(decoding: escape, as: UTF8.self)) else {
                    throw FormFault("a percent sign is not followed by two hexadecimal digits")
                }
                try add(decoded[0], &value)
                escape = []
                continue
            }
            switch byte {
            case UInt8(ascii: "%"): isEscaped = true
            case UInt8(ascii: "+"): try add(0x20, &value)
            case UInt8(ascii: "=") where isName: isName = false
            case UInt8(ascii: "&"):
                give(&value, &fields)
                isName = true
                name = []
            default: try add(byte, &value)
            }
        }
        give(&value, &fields)
    }

    mutating func finish(into fields: inout FormFields) throws(FormFault) {
        if isEscaped { throw FormFault("it ends in the middle of a percent sign") }
    }

    private mutating func add(_ byte: UInt8, _ value: inout [UInt8]) throws(FormFault) {
        guard isName else { return value.append(byte) }
        guard name.count < 1_000 else { throw FormFault("the name of a field is longer than 1000 bytes") }
        name.append(byte)
    }

    private mutating func give(_ value: inout [UInt8], _ fields: inout FormFields) {
        if !isName { fields.append(String(decoding: name, as: UTF8.self), value[...]) }
        value = []
    }
}
