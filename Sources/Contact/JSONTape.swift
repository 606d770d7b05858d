/// One JSON text (RFC 8259) read into a flat list of nodes that point into its bytes.
///
/// Our own, because it must do what no general parser does at once: refuse a key that stands twice, bound the
/// depth, repair and mark what PostgreSQL could not hold, and leave strings and numbers where they are until
/// somebody asks, so that unchanged parts are copied as they came. A tape is used again for the next text and
/// then allocates nothing.
package struct JSONTape: Sendable {
    /// A value; for an object, its members follow as a string node (the key) and the value's node.
    package struct Node: Sendable {
        package enum Kind: UInt8, Sendable { case null, yes, no, number, string, array, object }

        package var kind: Kind
        package var marks: Marks
        /// The value's bytes, for a string with its quotes.
        package var range: Range<Int> { Int(start)..<Int(end) }
        /// The index of the first node after this value and all it holds.
        package var next: Int { Int(after) }

        var start: Int32
        var end: Int32
        var after: Int32
    }

    /// What is special in a string, or in anything inside an array or object.
    package struct Marks: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let escaped = Marks(rawValue: 1)
        /// Invalid UTF-8, or half of a surrogate pair: read as U+FFFD.
        package static let badUTF8 = Marks(rawValue: 2)
        /// U+0000: read as U+FFFD.
        package static let nul = Marks(rawValue: 4)
        /// Its bytes cannot be stored as they came.
        package static let dirty: Marks = [.badUTF8, .nul]
    }

    package static let deepest = 32

    package private(set) var nodes: [Node] = []

    package init() {}

    /// With room for as many nodes as the other holds, and memory of its own.
    init(copying other: JSONTape) {
        nodes.reserveCapacity(other.nodes.count)
        nodes.append(contentsOf: other.nodes)
    }

    /// Nodes it holds without asking for memory.
    var capacity: Int { nodes.capacity }

    /// Reads a whole text, replacing what the tape held. The root is node 0.
    package mutating func parse(_ bytes: Span<UInt8>) throws(Refusal) {
        nodes.removeAll(keepingCapacity: true)
        // Of what programs write, about one node in sixteen bytes; of what is long, it grows.
        nodes.reserveCapacity(min(bytes.count / 16, 256) + 4)
        guard bytes.count < Int(Int32.max) else { throw Refusal(.tooLarge, "the text is longer than 2 GiB") }
        var place = 0
        skipSpace(bytes, &place)
        try value(bytes, &place, depth: 0)
        skipSpace(bytes, &place)
        if place != bytes.count { throw malformed("something follows the value", place) }
    }

    private mutating func value(_ bytes: Span<UInt8>, _ place: inout Int, depth: Int) throws(Refusal) {
        guard place < bytes.count else { throw malformed("the text ends where a value is expected", place) }
        switch bytes[place] {
        case UInt8(ascii: "\""): try string(bytes, &place)
        case UInt8(ascii: "{"): try object(bytes, &place, depth: depth + 1)
        case UInt8(ascii: "["): try array(bytes, &place, depth: depth + 1)
        case UInt8(ascii: "-"), 0x30...0x39: try number(bytes, &place)
        case UInt8(ascii: "t"): try word("true", .yes, bytes, &place)
        case UInt8(ascii: "f"): try word("false", .no, bytes, &place)
        case UInt8(ascii: "n"): try word("null", .null, bytes, &place)
        default: throw malformed("no value begins like this", place)
        }
    }

    private mutating func object(_ bytes: Span<UInt8>, _ place: inout Int, depth: Int) throws(Refusal) {
        let index = try begin(.object, at: &place, depth: depth)
        skipSpace(bytes, &place)
        if place < bytes.count, bytes[place] == UInt8(ascii: "}") { return close(index, &place) }
        var members = 0
        while true {
            guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
                throw malformed("a key in quotes is expected", place)
            }
            let key = nodes.count
            try string(bytes, &place)
            skipSpace(bytes, &place)
            guard place < bytes.count, bytes[place] == UInt8(ascii: ":") else {
                throw malformed("a colon is expected after a key", place)
            }
            place += 1
            skipSpace(bytes, &place)
            let member = nodes.count
            try value(bytes, &place, depth: depth)
            nodes[index].marks.formUnion(nodes[key].marks.union(nodes[member].marks))
            members += 1
            skipSpace(bytes, &place)
            guard place < bytes.count else { throw malformed("an object is not closed", place) }
            if bytes[place] == UInt8(ascii: "}") { break }
            guard bytes[place] == UInt8(ascii: ",") else {
                throw malformed("a comma or closing brace is expected", place)
            }
            place += 1
            skipSpace(bytes, &place)
        }
        close(index, &place)
        if members > 1 { try refuseTwins(in: index, members: members, bytes) }
    }

    private mutating func array(_ bytes: Span<UInt8>, _ place: inout Int, depth: Int) throws(Refusal) {
        let index = try begin(.array, at: &place, depth: depth)
        skipSpace(bytes, &place)
        if place < bytes.count, bytes[place] == UInt8(ascii: "]") { return close(index, &place) }
        while true {
            let element = nodes.count
            try value(bytes, &place, depth: depth)
            nodes[index].marks.formUnion(nodes[element].marks)
            skipSpace(bytes, &place)
            guard place < bytes.count else { throw malformed("an array is not closed", place) }
            if bytes[place] == UInt8(ascii: "]") { return close(index, &place) }
            guard bytes[place] == UInt8(ascii: ",") else {
                throw malformed("a comma or closing bracket is expected", place)
            }
            place += 1
            skipSpace(bytes, &place)
        }
    }

    private mutating func begin(_ kind: Node.Kind, at place: inout Int, depth: Int) throws(Refusal) -> Int {
        guard depth <= Self.deepest else {
            throw Refusal(.tooDeep, "objects and arrays are nested more than \(Self.deepest) deep")
        }
        nodes.append(Node(kind: kind, marks: [], start: Int32(place), end: 0, after: 0))
        place += 1
        return nodes.count - 1
    }

    private mutating func close(_ index: Int, _ place: inout Int) {
        place += 1
        nodes[index].end = Int32(place)
        nodes[index].after = Int32(nodes.count)
    }

    private mutating func leaf(_ kind: Node.Kind, _ marks: Marks, _ start: Int, _ end: Int) {
        nodes.append(
            Node(kind: kind, marks: marks, start: Int32(start), end: Int32(end), after: Int32(nodes.count + 1)))
    }

    private mutating func word(
        _ word: StaticString, _ kind: Node.Kind, _ bytes: Span<UInt8>, _ place: inout Int
    ) throws(Refusal) {
        let end = place + word.utf8CodeUnitCount
        guard end <= bytes.count, JSONTape.equal(bytes.extracting(place..<end), word) else {
            throw malformed("no value begins like this", place)
        }
        leaf(kind, [], place, end)
        place = end
    }

    private mutating func number(_ bytes: Span<UInt8>, _ place: inout Int) throws(Refusal) {
        let start = place
        if bytes[place] == UInt8(ascii: "-") { place += 1 }
        let whole = digits(bytes, &place)
        guard whole > 0, whole == 1 || bytes[place - whole] != UInt8(ascii: "0") else {
            throw malformed("a number is misspelt", start)
        }
        if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
            place += 1
            guard digits(bytes, &place) > 0 else { throw malformed("a number is misspelt", start) }
        }
        if place < bytes.count, bytes[place] | 0x20 == UInt8(ascii: "e") {
            place += 1
            if place < bytes.count, bytes[place] == UInt8(ascii: "+") || bytes[place] == UInt8(ascii: "-") {
                place += 1
            }
            // PostgreSQL's numeric ends at 131,072 digits before the point and 16,383 after it, and a jsonb
            // value beyond it would fail a whole batch.
            let exponent = digits(bytes, &place)
            guard exponent > 0 else { throw malformed("a number is misspelt", start) }
            guard exponent <= 3 else { throw malformed("a number's exponent has more than three digits", start) }
        }
        guard place - start <= 1_000 else { throw malformed("a number has more than 1000 characters", start) }
        leaf(.number, [], start, place)
    }

    private func digits(_ bytes: Span<UInt8>, _ place: inout Int) -> Int {
        let start = place
        while place < bytes.count, 0x30...0x39 ~= bytes[place] { place += 1 }
        return place - start
    }

    private mutating func string(_ bytes: Span<UInt8>, _ place: inout Int) throws(Refusal) {
        let start = place
        var marks: Marks = []
        var ascii = true
        place += 1
        while true {
            guard place < bytes.count else { throw malformed("a string is not closed", start) }
            let byte = bytes[place]
            if byte == UInt8(ascii: "\"") { break }
            if byte >= 0x80 {
                ascii = false
                place += 1
            } else if byte == UInt8(ascii: "\\") {
                marks.insert(.escaped)
                marks.formUnion(try escape(bytes, &place))
            } else if byte < 0x20 {
                throw malformed("a control character stands unescaped in a string", place)
            } else {
                place += 1
            }
        }
        if !ascii, !JSONTape.isUTF8(bytes.extracting(start + 1..<place)) { marks.insert(.badUTF8) }
        place += 1
        leaf(.string, marks, start, place)
    }

    /// Steps over one escape, or over both halves of a surrogate pair.
    private func escape(_ bytes: Span<UInt8>, _ place: inout Int) throws(Refusal) -> Marks {
        guard place + 1 < bytes.count else { throw malformed("a string is not closed", place) }
        switch bytes[place + 1] {
        case UInt8(ascii: "u"):
            guard let unit = JSONTape.hexUnit(bytes, place) else { throw malformed("a \\u escape is misspelt", place) }
            place += 6
            if unit == 0 { return .nul }
            guard 0xD800...0xDFFF ~= unit else { return [] }
            guard unit < 0xDC00, let second = JSONTape.hexUnit(bytes, place), 0xDC00...0xDFFF ~= second else {
                return .badUTF8
            }
            place += 6
            return []
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            place += 2
            return []
        default: throw malformed("an escape is misspelt", place)
        }
    }

    private func skipSpace(_ bytes: Span<UInt8>, _ place: inout Int) {
        while place < bytes.count {
            switch bytes[place] {
            case 0x20, 0x0A, 0x0D, 0x09: place += 1
            default: return
            }
        }
    }

    /// A key that stands twice means different things to different readers: refused.
    private func refuseTwins(in index: Int, members: Int, _ bytes: Span<UInt8>) throws(Refusal) {
        let plain = !nodes[index].marks.contains(.escaped) && nodes[index].marks.isDisjoint(with: .dirty)
        guard members > 24 || !plain else { return try refuseFewTwins(in: index, bytes) }
        var seen: Set<[UInt8]> = []
        var key = index + 1
        while key < nodes[index].next {
            guard seen.insert(text(of: key, bytes)).inserted else { throw twin(at: key) }
            key = nodes[key + 1].next
        }
    }

    /// Pair by pair, which for a few keys is cheaper than a set; their lengths tell most of them apart.
    private func refuseFewTwins(in index: Int, _ bytes: Span<UInt8>) throws(Refusal) {
        let end = nodes[index].next
        var key = index + 1
        while key < end {
            let length = nodes[key].end - nodes[key].start
            var other = nodes[key + 1].next
            while other < end {
                if nodes[other].end - nodes[other].start == length,
                    JSONTape.equal(bytes.extracting(nodes[key].range), bytes.extracting(nodes[other].range))
                {
                    throw twin(at: other)
                }
                other = nodes[other + 1].next
            }
            key = nodes[key + 1].next
        }
    }

    private func twin(at key: Int) -> Refusal { malformed("a key stands twice in one object", Int(nodes[key].start)) }

    private func malformed(_ what: String, _ place: Int) -> Refusal {
        Refusal(.malformedJSON, "\(what) (byte \(place))")
    }
}
