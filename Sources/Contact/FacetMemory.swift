/// The facets a reader has made, by the bytes they were made from. Nearly all traffic shows a facet that was
/// shown before; finding it costs one hash of its bytes instead of normalising its identifiers again.
struct FacetMemory: Sendable {
    /// What had to be done to an input so that it could be stored; stands in the body.
    struct Flags: OptionSet, Sendable {
        let rawValue: UInt8
        static let utf8Repaired = Flags(rawValue: 1)
        static let nulReplaced = Flags(rawValue: 2)
        static let identifierBlocked = Flags(rawValue: 4)
        static let birthDatePlaceholder = Flags(rawValue: 8)

        var names: [StaticString] {
            var names: [StaticString] = []
            if contains(.identifierBlocked) { names.append("identifier_blocked") }
            if contains(.birthDatePlaceholder) { names.append("birth_date_placeholder") }
            if contains(.utf8Repaired) { names.append("utf8_repaired") }
            if contains(.nulReplaced) { names.append("nul_replaced") }
            return names
        }
    }

    private struct Entry: Sendable {
        var identifiers: [UInt8]
        var attributes: [UInt8]
        /// One, or one a period if an identifier changes hands.
        var facets: [FacetContent]
        var flags: Flags
    }

    /// Two generations: when the young one is full it becomes the old one, and what is still in use comes back.
    private var young: [Int: Entry] = [:]
    private var old: [Int: Entry] = [:]
    private let most: Int
    /// Longer ones are rare and would let few senders fill the memory.
    private static let longest = 4_096

    init(most: Int) {
        self.most = max(1, most / 2)
    }

    /// What was made from these bytes, and the hash under which to remember it if nothing was. No attributes are
    /// no bytes.
    mutating func find(
        _ identifiers: Span<UInt8>, _ attributes: Span<UInt8>, at microseconds: Int64
    ) -> (hash: Int, found: (facet: FacetContent, flags: Flags)?) {
        // Seeded by the process, so that nobody outside can choose inputs that fall on one another.
        var hasher = Hasher()
        unsafe identifiers.withUnsafeBufferPointer { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(identifiers.count)
        unsafe attributes.withUnsafeBufferPointer { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        let hash = hasher.finalize()
        guard let entry = young[hash] ?? revived(hash), JSONTape.equal(identifiers, entry.identifiers.span),
            JSONTape.equal(attributes, entry.attributes.span), let first = entry.facets.first
        else { return (hash, nil) }
        if first.period == nil { return (hash, (first, entry.flags)) }
        let period = Period(microseconds: microseconds)
        guard let facet = entry.facets.first(where: { $0.period == period }) else { return (hash, nil) }
        return (hash, (facet, entry.flags))
    }

    mutating func remember(
        _ facet: FacetContent, _ flags: Flags, hash: Int, _ identifiers: Span<UInt8>, _ attributes: Span<UInt8>
    ) {
        let length = identifiers.count + attributes.count
        guard length <= Self.longest else { return }
        var entry = Entry(identifiers: [], attributes: [], facets: [facet], flags: flags)
        JSONTape.append(identifiers, to: &entry.identifiers)
        JSONTape.append(attributes, to: &entry.attributes)
        if let known = young[hash], known.identifiers == entry.identifiers, known.attributes == entry.attributes {
            entry.facets += known.facets
        }
        keep(entry, hash)
    }

    private mutating func revived(_ hash: Int) -> Entry? {
        guard let entry = old[hash] else { return nil }
        keep(entry, hash)
        return entry
    }

    private mutating func keep(_ entry: Entry, _ hash: Int) {
        if young.count >= most {
            old = young
            young = [:]
        }
        young[hash] = entry
    }
}
