/// What a tape's nodes say, given the bytes they were read from.
extension JSONTape {
    /// The text of a string node: unescaped, repaired, UTF-8.
    package func text(of node: Int, _ bytes: Span<UInt8>) -> [UInt8] {
        let node = nodes[node]
        let inside = bytes.extracting(node.range.lowerBound + 1..<node.range.upperBound - 1)
        var text: [UInt8] = []
        text.reserveCapacity(inside.count)
        if node.marks.contains(.escaped) {
            JSONTape.unescape(inside, into: &text)
        } else {
            for place in inside.indices { text.append(inside[place]) }
        }
        return node.marks.contains(.badUTF8) ? Array(String(decoding: text, as: UTF8.self).utf8) : text
    }

    /// The same as a String.
    package func string(of node: Int, _ bytes: Span<UInt8>) -> String {
        guard nodes[node].marks.isEmpty else { return String(decoding: text(of: node, bytes), as: UTF8.self) }
        let range = nodes[node].range
        return JSONTape.string(bytes.extracting(range.lowerBound + 1..<range.upperBound - 1))
    }

    /// The spelling of a number node.
    package func number(of node: Int, _ bytes: Span<UInt8>) -> String {
        JSONTape.string(bytes.extracting(nodes[node].range))
    }

    /// Appends a value as JSON that PostgreSQL can hold: as it came where that is clean, else written anew.
    package func append(_ node: Int, _ bytes: Span<UInt8>, to output: inout [UInt8]) {
        guard !nodes[node].marks.isDisjoint(with: .dirty) else {
            return JSONTape.append(bytes.extracting(nodes[node].range), to: &output)
        }
        write(node, bytes, canonical: false, to: &output)
    }

    /// Appends a value in its one canonical spelling: no space, keys sorted by their UTF-8, strings with the
    /// escapes JSON demands and no others, numbers as they came.
    package func appendCanonical(_ node: Int, _ bytes: Span<UInt8>, to output: inout [UInt8]) {
        write(node, bytes, canonical: true, to: &output)
    }

    /// The index of a member's value, or nil.
    package func member(_ name: String, of object: Int, _ bytes: Span<UInt8>) -> Int? {
        guard nodes[object].kind == .object else { return nil }
        var key = object + 1
        while key < nodes[object].next {
            if spells(key, name, bytes) { return key + 1 }
            key = nodes[key + 1].next
        }
        return nil
    }

    /// Nearly every key is spelt as it is: then nothing is made to compare it.
    private func spells(_ key: Int, _ name: String, _ bytes: Span<UInt8>) -> Bool {
        guard nodes[key].marks.isEmpty else { return text(of: key, bytes).elementsEqual(name.utf8) }
        let range = nodes[key].range
        guard range.count - 2 == name.utf8.count else { return false }
        var place = range.lowerBound + 1
        for byte in name.utf8 {
            guard bytes[place] == byte else { return false }
            place += 1
        }
        return true
    }

    /// The indices of an array's elements, or of an object's keys.
    package func children(of node: Int) -> [Int] {
        let (end, step) = (nodes[node].next, nodes[node].kind == .object ? 1 : 0)
        var (child, count) = (node + 1, 0)
        while child < end {
            count += 1
            child = nodes[child + step].next
        }
        // Counted first: a list that grows is made anew five times for twenty.
        var found: [Int] = []
        found.reserveCapacity(count)
        child = node + 1
        while child < end {
            found.append(child)
            child = nodes[child + step].next
        }
        return found
    }

    private func write(_ node: Int, _ bytes: Span<UInt8>, canonical: Bool, to output: inout [UInt8]) {
        switch nodes[node].kind {
        case .null, .yes, .no, .number: JSONTape.append(bytes.extracting(nodes[node].range), to: &output)
        case .string: JSONTape.append(quoted: text(of: node, bytes), to: &output)
        case .array:
            output.append(UInt8(ascii: "["))
            for (place, child) in children(of: node).enumerated() {
                if place > 0 { output.append(UInt8(ascii: ",")) }
                write(child, bytes, canonical: canonical, to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object:
            var members = children(of: node).map { (key: text(of: $0, bytes), value: $0 + 1) }
            if canonical { members.sort { $0.key.lexicographicallyPrecedes($1.key) } }
            output.append(UInt8(ascii: "{"))
            for (place, member) in members.enumerated() {
                if place > 0 { output.append(UInt8(ascii: ",")) }
                JSONTape.append(quoted: member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                write(member.value, bytes, canonical: canonical, to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// The same of a text, nearly every one of which needs no escape.
    package static func append(quoted text: String, to output: inout [UInt8]) {
        let bytes = text.utf8.span
        for place in bytes.indices {
            let byte = bytes[place]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                return append(quoted: text.utf8, to: &output)
            }
        }
        output.append(UInt8(ascii: "\""))
        append(bytes, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    /// Appends a text as a JSON string with the escapes JSON demands and no others. U+0000 becomes U+FFFD.
    package static func append(quoted text: some Sequence<UInt8>, to output: inout [UInt8]) {
        let digits: StaticString = "0123456789abcdef"
        output.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            case 0: output.append(contentsOf: [0xEF, 0xBF, 0xBD])
            case 0x0A: output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
            case 0x0D: output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
            case 0x09: output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
            case 1..<0x20:
                append(literal: "\\u00", to: &output)
                output.append(digits.byte(Int(byte >> 4)))
                output.append(digits.byte(Int(byte & 15)))
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    package static func append(literal: StaticString, to output: inout [UInt8]) {
        for place in 0..<literal.utf8CodeUnitCount { output.append(literal.byte(place)) }
    }

    static func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
    }

    static func string(_ bytes: Span<UInt8>) -> String {
        unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    static func isUTF8(_ bytes: Span<UInt8>) -> Bool {
        // Where it is wrong does not matter: decoding repairs all of it.
        (try? UTF8Span(validating: bytes)) != nil
    }

    static func equal(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        return bytes.indices.allSatisfy { bytes[$0] == text.byte($0) }
    }

    static func equal(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        for place in a.indices where a[place] != b[place] { return false }
        return true
    }

    /// The code unit of the `\uXXXX` that stands at a place, or nil.
    static func hexUnit(_ bytes: Span<UInt8>, _ place: Int) -> UInt16? {
        guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt16 = 0
        for offset in 2..<6 {
            let byte = bytes[place + offset]
            switch byte {
            case 0x30...0x39: unit = unit << 4 | UInt16(byte - 0x30)
            case 0x41...0x46, 0x61...0x66: unit = unit << 4 | UInt16((byte | 0x20) - 0x57)
            default: return nil
            }
        }
        return unit
    }

    /// Undoes escapes that were found sound by the parser.
    private static func unescape(_ bytes: Span<UInt8>, into text: inout [UInt8]) {
        var place = 0
        while place < bytes.count {
            guard bytes[place] == UInt8(ascii: "\\"), place + 1 < bytes.count else {
                text.append(bytes[place])
                place += 1
                continue
            }
            guard let unit = hexUnit(bytes, place) else {
                switch bytes[place + 1] {
                case UInt8(ascii: "b"): text.append(0x08)
                case UInt8(ascii: "f"): text.append(0x0C)
                case UInt8(ascii: "n"): text.append(0x0A)
                case UInt8(ascii: "r"): text.append(0x0D)
                case UInt8(ascii: "t"): text.append(0x09)
                case let same: text.append(same)
                }
                place += 2
                continue
            }
            place += 6
            var scalar = UInt32(unit)
            if 0xD800..<0xDC00 ~= unit, let second = hexUnit(bytes, place), 0xDC00...0xDFFF ~= second {
                scalar = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
                place += 6
            }
            // Half a pair is no scalar; U+0000 is one that cannot be stored.
            let readable = scalar == 0 ? "\u{FFFD}" : UnicodeScalar(scalar) ?? "\u{FFFD}"
            text.append(contentsOf: UTF8.encode(readable) ?? UTF8.encodedReplacementCharacter)
        }
    }
}

extension StaticString {
    /// One of its bytes. Every literal used this way has several, so it is stored as a pointer.
    func byte(_ place: Int) -> UInt8 {
        precondition(place >= 0 && place < utf8CodeUnitCount)
        return unsafe utf8Start[place]
    }
}

extension JSONTape {
    static func begins(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
        bytes.count >= text.utf8CodeUnitCount && equal(bytes.extracting(0..<text.utf8CodeUnitCount), text)
    }

    /// Lower-case letters, digits, underscores, and dots where they are allowed.
    static func isWord(_ bytes: Span<UInt8>, dots: Bool) -> Bool {
        bytes.indices.allSatisfy {
            switch bytes[$0] {
            case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "_"): true
            case UInt8(ascii: "."): dots
            default: false
            }
        }
    }
}
