/// The body: everything that is stored and has no column of its own.
extension InteractionReader {
    /// A JSON object PostgreSQL can hold: `kind`, `id`, `customer` and `thread` as the source names them (people
    /// look for an order by its number, and the columns hold keyed ids), `occurred_at` as stated, `attributes` as displayed, `detail`,
    /// `place`, `touch`, `corrects`, `flags`. Copied as it came wherever that is clean.
    func body(
        _ fields: [Int?], kind: String, _ line: Span<UInt8>, _ flags: inout FacetMemory.Flags
    ) throws(Refusal) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(256)
        JSONTape.append(literal: "{\"kind\":\"", to: &body)
        body.append(contentsOf: kind.utf8)
        body.append(UInt8(ascii: "\""))

        try check(fields, line)
        for (field, key) in Self.copied {
            guard let node = fields[field.rawValue] else { continue }
            flags.formUnion(FacetMemory.Flags(tape.nodes[node].marks))
            JSONTape.append(literal: key, to: &body)
            tape.append(node, line, to: &body)
        }
        append(flags, to: &body)
        body.append(UInt8(ascii: "}"))
        return body
    }

    private static let copied: [(Field, StaticString)] = [
        (.id, ",\"id\":"), (.customer, ",\"customer\":"), (.thread, ",\"thread\":"),
        (.occurredAt, ",\"occurred_at\":"), (.attributes, ",\"attributes\":"), (.detail, ",\"detail\":"),
        (.place, ",\"place\":"), (.touch, ",\"touch\":"), (.corrects, ",\"corrects\":"),
    ]

    /// The shapes of what is copied without being read.
    private func check(_ fields: [Int?], _ line: Span<UInt8>) throws(Refusal) {
        if let detail = fields[Field.detail.rawValue], tape.nodes[detail].kind != .object {
            throw Refusal(.malformedJSON, "detail is not an object")
        }
        if let place = fields[Field.place.rawValue], tape.nodes[place].kind != .string {
            throw Refusal(.malformedJSON, "place is not a string")
        }
        _ = try name(fields[Field.corrects.rawValue], "corrects", line)
        guard let touch = fields[Field.touch.rawValue] else { return }
        guard tape.nodes[touch].kind == .object else { throw Refusal(.malformedJSON, "touch is not an object") }
        for part in try self.fields(Self.touchKeys, of: touch, line, within: "touch") {
            guard let part, tape.nodes[part].kind == .string else {
                throw Refusal(.malformedJSON, "touch is not a kind and a value, both strings")
            }
        }
    }

    private func append(_ flags: FacetMemory.Flags, to body: inout [UInt8]) {
        guard !flags.isEmpty else { return }
        JSONTape.append(literal: ",\"flags\":[", to: &body)
        for (place, name) in flags.names.enumerated() {
            if place > 0 { body.append(UInt8(ascii: ",")) }
            body.append(UInt8(ascii: "\""))
            JSONTape.append(literal: name, to: &body)
            body.append(UInt8(ascii: "\""))
        }
        body.append(UInt8(ascii: "]"))
    }
}
