internal import NIOConcurrencyHelpers

/// A JSON text and a place in it: for callers that read settings, answers and bodies, a value at a time.
package struct JSONValue: Sendable {
    /// One for all values of a text: a value is passed on often.
    private final class Text: Sendable {
        let bytes: [UInt8]
        let tape: JSONTape

        init(_ bytes: [UInt8], _ tape: JSONTape) {
            self.bytes = bytes
            self.tape = tape
        }
    }

    private let text: Text
    private let node: Int
    private var bytes: [UInt8] { text.bytes }
    private var tape: JSONTape { text.tape }

    /// Reads one text; see ``JSONTape`` for what is refused.
    package init(_ bytes: [UInt8]) throws(Refusal) {
        self.init(Text(bytes, try ScratchTapes.shared.read(bytes)), 0)
    }

    private init(_ text: Text, _ node: Int) {
        self.text = text
        self.node = node
    }

    package var kind: JSONTape.Node.Kind { tape.nodes[node].kind }

    /// What is special in it or anywhere inside it.
    package var marks: JSONTape.Marks { tape.nodes[node].marks }

    /// Where its source stands in the text that was read.
    package var range: Range<Int> { tape.nodes[node].range }

    /// A member of an object; nil if there is none or this is no object.
    package subscript(_ key: String) -> JSONValue? {
        tape.member(key, of: node, bytes.span).map { JSONValue(text, $0) }
    }

    package var string: String? { kind == .string ? tape.string(of: node, bytes.span) : nil }

    /// A number as it is spelt.
    package var number: String? { kind == .number ? tape.number(of: node, bytes.span) : nil }

    /// A number that is whole and fits.
    package var integer: Int64? { number.flatMap { Int64($0) } }

    /// A moment as RFC 3339 writes it, read where it stands; see ``Timestamp/microseconds(_:)``.
    package var timestamp: Int64? {
        guard kind == .string, marks.isEmpty else { return nil }
        return Timestamp.microseconds(bytes.span.extracting(range.lowerBound + 1..<range.upperBound - 1))
    }

    package var bool: Bool? {
        switch kind {
        case .yes: true
        case .no: false
        default: nil
        }
    }

    package var isNull: Bool { kind == .null }

    package var elements: [JSONValue]? {
        kind == .array ? tape.children(of: node).map { JSONValue(text, $0) } : nil
    }

    /// The members of an object, in the order of the text.
    package var members: [(key: String, value: JSONValue)]? {
        guard kind == .object else { return nil }
        return tape.children(of: node).map { (tape.string(of: $0, bytes.span), JSONValue(text, $0 + 1)) }
    }

    /// Its one canonical spelling: no space, keys sorted.
    package var canonical: [UInt8] {
        var output: [UInt8] = []
        tape.appendCanonical(node, bytes.span, to: &output)
        return output
    }

    /// Appends it as it came where that is clean, else written anew.
    package func append(to output: inout [UInt8]) { tape.append(node, bytes.span, to: &output) }

    /// As it came where that is clean, else written anew: what PostgreSQL can hold.
    package var storable: [UInt8] {
        var output: [UInt8] = []
        tape.append(node, bytes.span, to: &output)
        return output
    }
}

/// Tapes to read on: while a text is read its tape needs room for what may yet come, more than the allocator keeps ready for a
/// thread (glibc: 1,032 bytes), and making it anew was a tenth of what reading an event took (perf). A value keeps a copy that
/// is as long as its text's nodes; the tape that was read on never leaves here. (Tapes of values that are gone were used again
/// before: the thread sanitizer does not see that whoever let go of a value had read it before.)
private final class ScratchTapes: Sendable {
    static let shared = ScratchTapes()
    /// As many are read at once as there are threads.
    private static let most = 4
    /// A long text's tape is not kept.
    private static let mostNodes = 512
    /// In bytes, of texts that need one: shorter ones are within what the allocator has ready, longer ones beyond `mostNodes`.
    private static let lengths = 256..<8_192

    private let idle = NIOLockedValueBox<[JSONTape]>([])

    func read(_ bytes: [UInt8]) throws(Refusal) -> JSONTape {
        guard Self.lengths.contains(bytes.count) else {
            var tape = JSONTape()
            try tape.parse(bytes.span)
            return tape
        }
        var tape = idle.withLockedValue { $0.popLast() } ?? JSONTape()
        defer { keep(tape) }
        try tape.parse(bytes.span)
        return JSONTape(copying: tape)
    }

    private func keep(_ tape: JSONTape) {
        guard tape.capacity <= Self.mostNodes else { return }
        idle.withLockedValue { if $0.count < Self.most { $0.append(tape) } }
    }
}
