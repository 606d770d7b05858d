internal import Contact

/// An envelope with a list of events in it, read such that one broken event does not cost the others.
struct Envelope: Sendable {
    /// Everything but the events.
    let members: JSONValue
    let events: [(value: Result<JSONValue, Refusal>, raw: RawInput)]

    /// Reads an object whose list stands under one of `keys`, or a list by itself; nil where it is an object without any: one
    /// event. Throws where there is not even that.
    static func read(_ body: [UInt8], list keys: [String]) throws(Refusal) -> Envelope? {
        let whole: JSONValue
        do throws(Refusal) {
            whole = try JSONValue(body)
        } catch {
            // Taken apart by its brackets alone, each event is read for itself.
            guard let pieces = JSONPieces.find(body, keys) else { throw error }
            let rest =
                Array(body[..<pieces.list.lowerBound]) + Array("[]".utf8) + Array(body[pieces.list.upperBound...])
            let members = try JSONValue(rest)
            return Envelope(
                members: members,
                events: pieces.elements.map { range in
                    let bytes = Array(body[range])
                    do throws(Refusal) { return (.success(try JSONValue(bytes)), RawInput(bytes)) } catch {
                        return (.failure(error), RawInput(bytes))
                    }
                })
        }
        let list = whole.kind == .array ? whole.elements : keys.lazy.compactMap { whole[$0]?.elements }.first
        guard let list else { return nil }
        return Envelope(
            members: whole, events: list.map { (.success($0), RawInput(Array(body[$0.range]))) })
    }
}

/// Finds the elements of a list in a text that is not JSON as a whole: by brackets and quotes alone.
enum JSONPieces {
    static func find(_ body: [UInt8], _ keys: [String]) -> (list: Range<Int>, elements: [Range<Int>])? {
        for key in keys {
            let wanted = Array("\"\(key)\"".utf8)
            guard let place = place(of: wanted, in: body) else { continue }
            var start = place + wanted.count
            while start < body.count, isBlank(body[start]) || body[start] == UInt8(ascii: ":") { start += 1 }
            guard start < body.count, body[start] == UInt8(ascii: "[") else { continue }
            if let found = elements(body, from: start) { return found }
        }
        return nil
    }

    /// As a key of the outermost object.
    private static func place(of wanted: [UInt8], in body: [UInt8]) -> Int? {
        var depth = 0
        var place = 0
        while place < body.count {
            switch body[place] {
            case UInt8(ascii: "\""):
                let end = endOfString(body, place)
                if depth == 1, body[place..<end].elementsEqual(wanted) { return place }
                place = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            place += 1
        }
        return nil
    }

    private static func elements(_ body: [UInt8], from start: Int) -> (list: Range<Int>, elements: [Range<Int>])? {
        var elements: [Range<Int>] = []
        var depth = 1
        var place = start + 1
        var begin = place
        func close(_ end: Int) {
            var (first, last) = (begin, end)
            while first < last, isBlank(body[first]) { first += 1 }
            while last > first, isBlank(body[last - 1]) { last -= 1 }
            if first < last { elements.append(first..<last) }
        }
        while place < body.count {
            switch body[place] {
            case UInt8(ascii: "\""):
                place = endOfString(body, place)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 {
                    close(place)
                    return (start..<place + 1, elements)
                }
            case UInt8(ascii: ",") where depth == 1:
                close(place)
                begin = place + 1
            default: break
            }
            place += 1
        }
        return nil
    }

    /// The place after the quote that closes it.
    private static func endOfString(_ body: [UInt8], _ start: Int) -> Int {
        var place = start + 1
        while place < body.count {
            if body[place] == UInt8(ascii: "\\") {
                place += 2
            } else if body[place] == UInt8(ascii: "\"") {
                return place + 1
            } else {
                place += 1
            }
        }
        return body.count
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

/// Pairs of `name=value` as a form sends them (application/x-www-form-urlencoded): percent-decoded, `+` is a blank, broken
/// UTF-8 is repaired, and of a name that stands twice the first value that is not empty counts.
struct FormFields: Sendable {
    private static let most = 500
    private(set) var values: [String: String] = [:]

    init(_ text: some Sequence<UInt8>) {
        var count = 0
        for pair in Array(text).split(separator: UInt8(ascii: "&")) {
            count += 1
            guard count <= Self.most else { break }
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.decoded(parts[0])
            let value = parts.count == 2 ? Self.decoded(parts[1]) : ""
            if values[name, default: ""].isEmpty { values[name] = value }
        }
    }

    /// Of a path with a query; without one it has none.
    init(query path: String) {
        self.init(path.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst().prefix { $0 != UInt8(ascii: "#") })
    }

    /// A value that is not empty.
    subscript(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                output.append(0x20)
            } else if byte == UInt8(ascii: "%"), rest.count >= 2, let high = digit(rest[rest.startIndex]),
                let low = digit(rest[rest.startIndex + 1])
            {
                output.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x57
        case 0x41...0x46: byte - 0x37
        default: nil
        }
    }
}

/// Base64 in either alphabet, with or without padding (RFC 4648, sections 4 and 5).
enum Base64 {
    static func decoded(_ text: String) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count * 3 / 4)
        var (buffer, bits) = (UInt32(0), 0)
        for byte in text.utf8 {
            let six: UInt8
            switch byte {
            case 0x41...0x5A: six = byte - 0x41
            case 0x61...0x7A: six = byte - 0x61 + 26
            case 0x30...0x39: six = byte - 0x30 + 52
            case UInt8(ascii: "+"), UInt8(ascii: "-"): six = 62
            case UInt8(ascii: "/"), UInt8(ascii: "_"): six = 63
            case UInt8(ascii: "="), 0x0A, 0x0D: continue
            default: return nil
            }
            buffer = buffer << 6 | UInt32(six)
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        return output
    }
}
