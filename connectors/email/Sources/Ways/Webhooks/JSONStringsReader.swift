/// The strings that stand directly in a JSON object, in any number of pieces: a mail of 25 MB is taken out of a request of
/// twice that without the request being held.
///
/// It sees to what it takes, not to the grammar of what it passes over: what is no JSON gives no mail, and is refused.
struct JSONStringsReader: FormReader {
    private enum State { case outside, string, escape, unicode }

    private var state = State.outside
    private var depth = 0
    private var isObject = false
    private var wasOpened = false
    /// The next string of the object is a key.
    private var isKeyNext = false
    private var isKey = false
    private var key: [UInt8] = []
    private var digits: [UInt8] = []
    /// The first half of a pair of surrogates.
    private var high: UInt32?

    mutating func take(_ bytes: [UInt8], into fields: inout FormFields) throws(FormFault) {
        var value: [UInt8] = []
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            if state == .string, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                // Most of a request is one long string.
                let rest = bytes[place...]
                let end = rest.firstIndex { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") } ?? rest.endIndex
                add(rest[..<end], &value)
                place = end
                continue
            }
            place += 1
            switch state {
            case .outside: try outside(byte, &fields)
            case .string: string(byte, &value, &fields)
            case .escape:
                state = .string
                if byte == UInt8(ascii: "u") {
                    state = .unicode
                    digits = []
                } else {
                    add([Self.escaped(byte)], &value)
                }
            case .unicode:
                digits.append(byte)
                guard digits.count == 4 else { continue }
                state = .string
                guard let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
                    throw FormFault("\\u is not followed by four hexadecimal digits")
                }
                add(unit: unit, &value)
            }
        }
        give(&value, &fields)
    }

    mutating func finish(into fields: inout FormFields) throws(FormFault) {
        guard state == .outside, depth == 0, wasOpened else { throw FormFault("it is no JSON object, or was cut off") }
    }

    private mutating func outside(_ byte: UInt8, _ fields: inout FormFields) throws(FormFault) {
        switch byte {
        case UInt8(ascii: "\""):
            guard depth > 0 else { throw FormFault("it is no JSON object") }
            state = .string
            isKey = depth == 1 && isObject && isKeyNext
            if isKey { key = [] }
            isKeyNext = false
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            if depth == 1 {
                guard !wasOpened else { throw FormFault("something follows the JSON object") }
                wasOpened = true
                isObject = byte == UInt8(ascii: "{")
                guard isObject else { throw FormFault("it is no JSON object") }
                isKeyNext = true
            }
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            guard depth >= 0 else { throw FormFault("it is no JSON object") }
        case UInt8(ascii: ","): if depth == 1 { isKeyNext = true }
        default: break
        }
    }

    private mutating func string(_ byte: UInt8, _ value: inout [UInt8], _ fields: inout FormFields) {
        switch byte {
        case UInt8(ascii: "\\"): state = .escape
        default:
            flushHigh(&value)
            give(&value, &fields)
            state = .outside
        }
    }

    private var isWanted: Bool { depth == 1 && isObject && !isKey }

    private mutating func add(_ bytes: ArraySlice<UInt8>, _ value: inout [UInt8]) {
        flushHigh(&value)
        if isKey {
            // A longer one is none that is asked for.
            key += bytes.prefix(100 - min(100, key.count))
        } else if isWanted {
            value += bytes
        }
    }

    private mutating func add(unit: UInt32, _ value: inout [UInt8]) {
        if let first = high, (0xDC00...0xDFFF).contains(unit) {
            high = nil
            append(0x10000 + (first - 0xD800) << 10 + (unit - 0xDC00), &value)
            return
        }
        flushHigh(&value)
        if (0xD800...0xDBFF).contains(unit) { high = unit } else { append(unit, &value) }
    }

    /// Half a pair stands for nothing.
    private mutating func flushHigh(_ value: inout [UInt8]) {
        guard high != nil else { return }
        high = nil
        append(0xFFFD, &value)
    }

    private mutating func append(_ code: UInt32, _ value: inout [UInt8]) {
        add(Array(String(Character(Unicode.Scalar(code) ?? "\u{FFFD}")).utf8)[...], &value)
    }

    private mutating func give(_ value: inout [UInt8], _ fields: inout FormFields) {
        if !isKey, !value.isEmpty { fields.append(String(decoding: key, as: UTF8.self), value[...]) }
        value = []
    }

    private static func escaped(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        default: byte
        }
    }
}
