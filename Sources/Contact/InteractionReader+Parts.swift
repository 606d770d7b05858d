/// The parts of an interaction. A node given here is never null: null is absent.
extension InteractionReader {
    static let longestName = 512
    static let mostIdentifiers = 64
    static let longestAttribute = 512
    static let longestTrait = 4_096

    /// An id or a name at the source. It cannot be repaired without changing what it names.
    func name(_ node: Int?, _ field: String, _ line: Span<UInt8>) throws(Refusal) -> String? {
        guard let node else { return nil }
        guard tape.nodes[node].kind == .string else { throw Refusal(.malformedJSON, "\(field) is not a string") }
        let marks = tape.nodes[node].marks
        if marks.contains(.badUTF8) { throw Refusal(.notUTF8, "\(field) is not UTF-8") }
        if marks.contains(.nul) { throw Refusal(.identifierInvalid, "\(field) holds U+0000") }
        let text = Text.nfc(tape.string(of: node, line))
        guard text.utf8.count <= Self.longestName else {
            throw Refusal(.tooLarge, "\(field) is longer than \(Self.longestName) bytes")
        }
        return text
    }

    /// A channel or kind; empty if absent.
    func word(_ node: Int?, _ field: String, _ line: Span<UInt8>) throws(Refusal) -> String {
        guard let node else { return "" }
        guard tape.nodes[node].kind == .string else { throw Refusal(.malformedJSON, "\(field) is not a string") }
        let range = tape.nodes[node].range
        let text = line.extracting(range.lowerBound + 1..<range.upperBound - 1)
        guard text.count <= 64, JSONTape.isWord(text, dots: true) else {
            throw Refusal(.malformedJSON, "\(field) is not up to 64 of a-z, 0-9, dot and underscore")
        }
        return JSONTape.string(text)
    }

    /// As the sources' table takes it: it names the channel of a source that is made for it.
    func channel(_ node: Int?, _ line: Span<UInt8>) throws(Refusal) -> String {
        let text = try word(node, "channel", line)
        guard let first = text.utf8.first else { return "" }
        guard (0x61...0x7A).contains(first), text.utf8.count <= 32, !text.utf8.contains(UInt8(ascii: ".")) else {
            throw Refusal(.malformedJSON, "channel is not a letter and up to 31 of a-z, 0-9 and underscore")
        }
        return text
    }

    func direction(_ node: Int?, _ line: Span<UInt8>) throws(Refusal) -> Interaction.Direction {
        switch try word(node, "direction", line) {
        case "", "in": return .inbound
        case "out": return .outbound
        default: throw Refusal(.malformedJSON, "direction is neither in nor out")
        }
    }

    func occurred(_ node: Int?, _ line: Span<UInt8>, arrival: Int64) throws(Refusal) -> Int64 {
        guard let node else { return try young(arrival) }
        guard tape.nodes[node].kind == .string else { throw Refusal(.timeImpossible, "occurred_at is not a string") }
        let range = tape.nodes[node].range
        guard let time = Timestamp.microseconds(line.extracting(range.lowerBound + 1..<range.upperBound - 1)) else {
            throw Refusal(.timeImpossible, "occurred_at is not RFC 3339 with an offset")
        }
        guard time >= 0 else { throw Refusal(.timeImpossible, "occurred_at lies before 1970") }
        guard time <= arrival + 86_400_000_000 else {
            throw Refusal(.timeImpossible, "occurred_at lies more than a day after the arrival")
        }
        return try young(time)
    }

    private func young(_ time: Int64) throws(Refusal) -> Int64 {
        if let oldest = settings.oldest, time < oldest {
            throw Refusal(.expired, "it happened before \(Timestamp.text(oldest))")
        }
        return time
    }

    func amount(_ node: Int?, _ line: Span<UInt8>) throws(Refusal) -> Interaction.Money? {
        guard let node else { return nil }
        guard tape.nodes[node].kind == .object else { throw Refusal(.malformedJSON, "amount is not an object") }
        let fields = try fields(Self.amountKeys, of: node, line, within: "amount")
        guard let minor = fields[0], tape.nodes[minor].kind == .number, let units = Int64(tape.number(of: minor, line))
        else { throw Refusal(.malformedJSON, "amount.minor is not a whole number of the smallest unit") }
        guard let currency = fields[1], tape.nodes[currency].kind == .string else {
            throw Refusal(.malformedJSON, "amount.currency is missing")
        }
        let code = tape.string(of: currency, line)
        guard code.utf8.count == 3, code.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            throw Refusal(.malformedJSON, "amount.currency is not three upper-case letters (ISO 4217)")
        }
        return Interaction.Money(minor: units, currency: code)
    }

    func message(
        _ node: Int?, _ line: Span<UInt8>, _ flags: inout FacetMemory.Flags
    ) throws(Refusal) -> Interaction.Message? {
        guard let node else { return nil }
        guard tape.nodes[node].kind == .object else { throw Refusal(.unparsableMessage, "message is not an object") }
        let fields = try fields(Self.messageKeys, of: node, line, within: "message")
        for (place, field) in fields.enumerated() {
            guard let field, tape.nodes[field].kind != .string else { continue }
            throw Refusal(.unparsableMessage, "message.\(["id", "subject", "text"][place]) is not a string")
        }
        for field in [fields[1], fields[2]] {
            if let field { flags.formUnion(FacetMemory.Flags(tape.nodes[field].marks)) }
        }
        let id = try name(fields[0], "message.id", line)
        return Interaction.Message(
            id: id == "" ? nil : id, subject: fields[1].map { tape.string(of: $0, line) },
            text: fields[2].map { tape.string(of: $0, line) } ?? "")
    }

    func traits(
        _ node: Int?, _ line: Span<UInt8>, _ flags: inout FacetMemory.Flags
    ) throws(Refusal) -> [Interaction.Trait] {
        guard let node else { return [] }
        guard tape.nodes[node].kind == .object else { throw Refusal(.malformedJSON, "traits is not an object") }
        flags.formUnion(FacetMemory.Flags(tape.nodes[node].marks))
        var traits: [Interaction.Trait] = []
        var key = node + 1
        while key < tape.nodes[node].next {
            let value = key + 1
            let range = tape.nodes[key].range
            let name = line.extracting(range.lowerBound + 1..<range.upperBound - 1)
            guard (1...64).contains(name.count), JSONTape.isWord(name, dots: false) else {
                throw Refusal(.malformedJSON, "a trait's name is not up to 64 of a-z, 0-9 and underscore")
            }
            if tape.nodes[value].kind != .null {
                var bytes: [UInt8] = []
                tape.appendCanonical(value, line, to: &bytes)
                guard bytes.count <= Self.longestTrait else {
                    throw Refusal(.tooLarge, "a trait's value is longer than \(Self.longestTrait) bytes")
                }
                traits.append(Interaction.Trait(name: JSONTape.string(name), value: bytes))
            }
            key = tape.nodes[value].next
        }
        traits.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return traits
    }

    static let amountKeys = FieldKeys(["minor", "currency"])
    static let messageKeys = FieldKeys(["id", "subject", "text"])
    static let touchKeys = FieldKeys(["kind", "value"])
}

extension FacetMemory.Flags {
    init(_ marks: JSONTape.Marks) {
        self = []
        if marks.contains(.badUTF8) { insert(.utf8Repaired) }
        if marks.contains(.nul) { insert(.nulReplaced) }
    }
}
