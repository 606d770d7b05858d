internal import Crypto

/// The byte forms from which ids and tie-breaks are computed (FORMATS.md, Canonical bytes).
///
/// A version byte, a tag byte that says what kind of thing follows (so that no two kinds can have equal bytes),
/// then fields in fixed order, each a UInt32 big-endian length and UTF-8 in NFC:
///
/// * identifier: kind, scope, value
/// * facet: the number of identifiers, each a field that holds the byte of its ``Standing`` and the fields kind, scope,
///   value, sorted by bytes; the number of attributes, each name and folded value, sorted by bytes; the period
/// * interaction: source as decimal text, id at the source, customer
/// * message, thread: source as decimal text, id at the source
/// * refusal: source, reason, SHA-256 of the input
/// * seen: source as decimal text, SHA-256 of the input and of how it was read
/// * consent: facet as 32 hexadecimal digits, purpose, channel, state, basis, version of the text, microseconds since 1970 as
///   decimal text, who, source, proof, interaction; each empty where there is none
///
/// Numbers are UInt32 big-endian. Any change of these bytes, or of the normalisation of what stands in them,
/// takes a new version: ids that are stored were made from them.
package enum CanonicalBytes {
    package static let version: UInt8 = 1

    package enum Tag: UInt8, Sendable, CaseIterable {
        case identifier = 0x49  // I
        case facet = 0x46  // F
        case interaction = 0x4E  // N
        case message = 0x4D  // M
        case thread = 0x54  // T
        case refusal = 0x52  // R
        case seen = 0x53  // S
        case consent = 0x43  // C
    }

    package static func identifier(_ identifier: Identifier) -> [UInt8] {
        var bytes = begin(.identifier, capacity: 96)
        append(identifier, to: &bytes)
        return bytes
    }

    package static func facet(_ facet: FacetContent) -> [UInt8] {
        var bytes = begin(.facet, capacity: 64 + 96 * (facet.identifiers.count + facet.attributes.count))
        append(number: facet.identifiers.count, to: &bytes)
        for shown in facet.identifiers {
            let start = bytes.count
            append(number: 0, to: &bytes)
            bytes.append(shown.standing.rawValue)
            append(shown.identifier, to: &bytes)
            let length = UInt32(bytes.count - start - 4)
            for place in 0..<4 { bytes[start + place] = UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32(place))) }
        }
        append(number: facet.attributes.count, to: &bytes)
        for attribute in facet.attributes {
            append(field: attribute.name, to: &bytes)
            append(field: attribute.value, to: &bytes)
        }
        append(field: facet.period?.description ?? "", to: &bytes)
        return bytes
    }

    package static func interaction(source: Int64, id: String, customer: String) -> [UInt8] {
        var bytes = begin(.interaction, capacity: 36 + id.utf8.count + customer.utf8.count)
        append(field: String(source), to: &bytes)
        append(field: id, to: &bytes)
        append(field: customer, to: &bytes)
        return bytes
    }

    package static func message(source: Int64, id: String) -> [UInt8] {
        part(.message, source: source, id: id)
    }

    package static func thread(source: Int64, id: String) -> [UInt8] {
        part(.thread, source: source, id: id)
    }

    package static func refusal(source: String, reason: RefusalReason, sha256: [UInt8]) -> [UInt8] {
        var bytes = begin(.refusal, capacity: 128)
        append(field: source, to: &bytes)
        append(field: reason.rawValue, to: &bytes)
        append(number: sha256.count, to: &bytes)
        bytes.append(contentsOf: sha256)
        return bytes
    }

    package static func seen(source: Int64, sha256: [UInt8]) -> [UInt8] {
        var bytes = begin(.seen, capacity: 64)
        append(field: String(source), to: &bytes)
        append(number: sha256.count, to: &bytes)
        bytes.append(contentsOf: sha256)
        return bytes
    }

    /// All that it says; not its id, nor when it was recorded.
    package static func consent(_ said: ConsentStatement) -> [UInt8] {
        var bytes = begin(.consent, capacity: 256)
        let fields = [
            Hexadecimal.text(said.facet.bytes), said.purpose.rawValue, said.channel, said.state.name,
            said.basis?.rawValue, said.textVersion, String(said.statedAt), said.who, said.source, said.proof,
            said.interaction.map { Hexadecimal.text($0.bytes) },
        ]
        for field in fields { append(field: field ?? "", to: &bytes) }
        return bytes
    }

    /// SHA-256 of the same bytes without a key, so that two workspaces break ties alike; never stored.
    package static func contentHash(of identifier: Identifier) -> [UInt8] {
        Array(SHA256.hash(data: Self.identifier(identifier)))
    }

    /// SHA-256 of the same bytes without a key, so that two workspaces break ties alike; never stored.
    package static func contentHash(of facet: FacetContent) -> [UInt8] {
        Array(SHA256.hash(data: Self.facet(facet)))
    }

    /// SHA-256 of a trait's canonical JSON: what decides between two values of one moment.
    package static func contentHash(of trait: Interaction.Trait) -> [UInt8] {
        Array(SHA256.hash(data: trait.value))
    }

    /// Which of two identifiers comes first in a facet: the order of their canonical bytes, without making them.
    static func precedes(_ a: ShownIdentifier, _ b: ShownIdentifier) -> Bool {
        if a.standing != b.standing { return a.standing.rawValue < b.standing.rawValue }
        return precedes(
            [a.identifier.kind.name, a.identifier.scope, a.identifier.value],
            [b.identifier.kind.name, b.identifier.scope, b.identifier.value])
    }

    static func precedes(_ a: FacetContent.Attribute, _ b: FacetContent.Attribute) -> Bool {
        precedes([a.name, a.value], [b.name, b.value])
    }

    /// With the length before the bytes, the shorter field comes first, then the order of the bytes.
    private static func precedes(_ a: [String], _ b: [String]) -> Bool {
        for (left, right) in zip(a, b) {
            let lengths = (left.utf8.count, right.utf8.count)
            if lengths.0 != lengths.1 { return lengths.0 < lengths.1 }
            if !left.utf8.elementsEqual(right.utf8) { return left.utf8.lexicographicallyPrecedes(right.utf8) }
        }
        return false
    }

    private static func part(_ tag: Tag, source: Int64, id: String) -> [UInt8] {
        var bytes = begin(tag, capacity: 32 + id.utf8.count)
        append(field: String(source), to: &bytes)
        append(field: id, to: &bytes)
        return bytes
    }

    private static func begin(_ tag: Tag, capacity: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(capacity)
        bytes.append(version)
        bytes.append(tag.rawValue)
        return bytes
    }

    private static func append(_ identifier: Identifier, to bytes: inout [UInt8]) {
        append(field: identifier.kind.name, to: &bytes)
        append(field: identifier.scope, to: &bytes)
        append(field: identifier.value, to: &bytes)
    }

    private static func append(field text: String, to bytes: inout [UInt8]) {
        let composed = Text.nfc(text)
        append(number: composed.utf8.count, to: &bytes)
        bytes.append(contentsOf: composed.utf8)
    }

    private static func append(number: Int, to bytes: inout [UInt8]) {
        let word = UInt32(number)
        bytes.append(UInt8(truncatingIfNeeded: word >> 24))
        bytes.append(UInt8(truncatingIfNeeded: word >> 16))
        bytes.append(UInt8(truncatingIfNeeded: word >> 8))
        bytes.append(UInt8(truncatingIfNeeded: word))
    }
}
