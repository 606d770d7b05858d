/// Reads interactions as they are written outside (FORMATS.md, An interaction), one JSON object at a time.
///
/// A reader remembers the facets it has made and hands out one object for equal input; keep one for each source
/// and each thread that reads. Those of one workspace may share what they remember.
package struct InteractionReader: Sendable {
    package struct Settings: Sendable {
        package var normaliser: Normaliser
        /// The most a sender may vouch for an identifier; what says nothing is presented, or this if it is less.
        package var mostAssured: Assurance
        /// Where it is another for a kind: a public key's cookies, a source's `trust`.
        package var ceilings: [IdentifierKind: Assurance]
        /// The sender holds a public key: anybody may be speaking.
        package var isPublic: Bool
        /// What happened before is refused as expired; nil = nothing is.
        package var oldest: Int64?
        /// Bytes a line may have.
        package var largest: Int
        /// Facets kept in memory, about half a kilobyte each, where it is not shared.
        package var remembered: Int

        package init(
            normaliser: Normaliser = Normaliser(), mostAssured: Assurance = .verified,
            ceilings: [IdentifierKind: Assurance] = [:], isPublic: Bool = false, oldest: Int64? = nil,
            largest: Int = 1_048_576,
            remembered: Int = 200_000
        ) {
            self.normaliser = normaliser
            self.mostAssured = mostAssured
            self.ceilings = ceilings
            self.isPublic = isPublic
            self.oldest = oldest
            self.largest = largest
            self.remembered = remembered
        }

        func ceiling(_ kind: IdentifierKind) -> Assurance { ceilings[kind] ?? mostAssured }
    }

    let settings: Settings
    var tape = JSONTape()
    private let memory: FacetMemory
    private let purpose: Int

    /// `purpose`: tells these settings from others of readers that share the memory.
    package init(_ settings: Settings, sharing memory: FacetMemory? = nil, for purpose: Int = 0) {
        self.settings = settings
        self.memory = memory ?? FacetMemory(most: settings.remembered)
        self.purpose = purpose
    }

    /// Reads one object; `arrival`, in microseconds, is its time if it states none, and bounds the one it states.
    package mutating func read(_ line: [UInt8], arrival: Int64) -> Result<Interaction, Refusal> {
        read(line.span, arrival: arrival)
    }

    /// The same from bytes that are lent: nothing of them is kept.
    package mutating func read(_ line: Span<UInt8>, arrival: Int64) -> Result<Interaction, Refusal> {
        do {
            return .success(try interaction(line, arrival: arrival))
        } catch {
            return .failure(error)
        }
    }

    private mutating func interaction(_ line: Span<UInt8>, arrival: Int64) throws(Refusal) -> Interaction {
        guard line.count <= settings.largest else {
            throw Refusal(.tooLarge, "it has \(line.count) bytes; the limit is \(settings.largest)")
        }
        try tape.parse(line)
        guard tape.nodes[0].kind == .object else { throw Refusal(.malformedJSON, "the line is not a JSON object") }
        let fields = try fields(Field.keys, of: 0, line, within: "")
        func node(_ field: Field) -> Int? { fields[field.rawValue] }

        if let version = node(.v), tape.number(of: version, line) != "1" {
            throw Refusal(.malformedJSON, "v is not 1, the only version there is")
        }
        guard let id = try name(node(.id), "id", line), !id.isEmpty else {
            throw Refusal(.malformedJSON, "id is missing or empty")
        }
        let time = try occurred(node(.occurredAt), line, arrival: arrival)
        var flags: FacetMemory.Flags = []
        let facet = try facet(node(.identifiers), node(.attributes), line, at: time, &flags)
        let kind = try word(node(.kind), "kind", line)
        let thread = try name(node(.thread), "thread", line)
        return Interaction(
            source: try name(node(.source), "source", line) ?? "",
            channel: try channel(node(.channel), line),
            kind: kind.isEmpty ? "interaction" : kind,
            direction: try direction(node(.direction), line),
            id: id,
            customer: try name(node(.customer), "customer", line) ?? "",
            occurredAt: time,
            facet: facet,
            traits: try traits(node(.traits), line, &flags),
            thread: thread == "" ? nil : thread,
            message: try message(node(.message), line, &flags),
            amount: try amount(node(.amount), line),
            body: try body(fields, kind: kind.isEmpty ? "interaction" : kind, line, &flags))
    }

    private mutating func facet(
        _ identifiers: Int?, _ attributes: Int?, _ line: Span<UInt8>, at time: Int64, _ flags: inout FacetMemory.Flags
    ) throws(Refusal) -> FacetContent {
        guard let identifiers else { throw Refusal(.noIdentifier, "identifiers is missing") }
        let shown = line.extracting(tape.nodes[identifiers].range)
        let said = line.extracting(attributes.map { tape.nodes[$0].range } ?? 0..<0)
        let known = memory.find(shown, said, for: purpose, at: time)
        if let found = known.found {
            flags.formUnion(found.flags)
            return found.facet
        }
        var own: FacetMemory.Flags = []
        let facet = FacetContent.showing(
            try self.identifiers(identifiers, line, &own), attributes: try self.attributes(attributes, line, &own),
            at: time)
        memory.remember(facet, own, hash: known.hash, shown, said, for: purpose)
        flags.formUnion(own)
        return facet
    }
}

extension InteractionReader {
    /// The keys an interaction may have; `truth` and `x_…` may stand there and are not read.
    enum Field: Int, CaseIterable {
        case v, id, source, channel, kind, direction, occurredAt, customer, identifiers, attributes, traits, thread
        case message, amount, place, touch, corrects, detail, truth

        static let keys = FieldKeys([
            "v", "id", "source", "channel", "kind", "direction", "occurred_at", "customer", "identifiers",
            "attributes", "traits", "thread", "message", "amount", "place", "touch", "corrects", "detail", "truth",
        ])
    }

    /// Where the values of an object's keys stand, in the order of `keys`; nil for what is absent or null.
    /// A key that is none of them is refused.
    func fields(
        _ keys: FieldKeys, of object: Int, _ line: Span<UInt8>, within: String
    ) throws(Refusal) -> [Int?] {
        var found = [Int?](repeating: nil, count: keys.count)
        var key = object + 1
        let end = tape.nodes[object].next
        while key < end {
            let value = key + 1
            let range = tape.nodes[key].range
            let spelt = line.extracting(range.lowerBound + 1..<range.upperBound - 1)
            if let place = keys.place(of: spelt) {
                if tape.nodes[value].kind != .null { found[place] = value }
            } else if !within.isEmpty || !JSONTape.begins(spelt, "x_") {
                throw unknown(spelt, within)
            }
            key = tape.nodes[value].next
        }
        return found
    }

    /// Names the field only if it looks like one: a key may be anything, also a person's address.
    private func unknown(_ key: Span<UInt8>, _ within: String) -> Refusal {
        let plain = key.indices.allSatisfy {
            switch key[$0] {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        let place = within.isEmpty ? "" : "\(within)."
        guard plain, (1...40).contains(key.count) else {
            return Refusal(.unknownField, "a key \(within.isEmpty ? "" : "of \(within) ")is none that exists")
        }
        return Refusal(.unknownField, "\(place)\(JSONTape.string(key)) is no field that exists")
    }
}

/// A handful of short keys, found by comparing two words each.
struct FieldKeys: Sendable {
    private let words: [(UInt64, UInt64)]
    var count: Int { words.count }

    init(_ names: [String]) {
        words = names.map { FieldKeys.pack(Array($0.utf8).span) }
    }

    func place(of key: Span<UInt8>) -> Int? {
        guard key.count <= 16 else { return nil }
        let packed = FieldKeys.pack(key)
        for place in words.indices where words[place] == packed { return place }
        return nil
    }

    private static func pack(_ key: Span<UInt8>) -> (UInt64, UInt64) {
        var first: UInt64 = 0
        var second: UInt64 = 0
        for place in 0..<min(key.count, 8) { first = first << 8 | UInt64(key[place]) }
        if key.count > 8 {
            for place in 8..<min(key.count, 16) { second = second << 8 | UInt64(key[place]) }
        }
        return (first, second)
    }
}
