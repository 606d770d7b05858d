internal import NIOConcurrencyHelpers

/// The facets that readers have made, by the bytes they were made from. Nearly all traffic shows a facet that was
/// shown before; finding it costs one hash of its bytes instead of normalising its identifiers again, and what was computed
/// for the object it hands out is found by that object.
///
/// Readers that work at once may share one; what one purpose made is never another's.
package final class FacetMemory: Sendable {
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
        var purpose: Int
        var identifiers: [UInt8]
        var attributes: [UInt8]
        /// One, or one a period if an identifier changes hands.
        var facets: [FacetContent]
        var flags: Flags
    }

    private let entries: NIOLockedValueBox<RecentlyUsed<Int, Entry>>
    /// Longer ones are rare and would let few senders fill the memory.
    private static let longest = 4_096

    /// `most`: facets it holds, about half a kilobyte each.
    package init(most: Int) {
        entries = NIOLockedValueBox(RecentlyUsed(most: most / 2))
    }

    /// What was made from these bytes for this purpose, and the hash under which to remember it if nothing was. No attributes
    /// are no bytes.
    func find(
        _ identifiers: Span<UInt8>, _ attributes: Span<UInt8>, for purpose: Int, at microseconds: Int64
    ) -> (hash: Int, found: (facet: FacetContent, flags: Flags)?) {
        // Seeded by the process, so that nobody outside can choose inputs that fall on one another.
        var hasher = Hasher()
        unsafe identifiers.withUnsafeBufferPointer { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(identifiers.count)
        unsafe attributes.withUnsafeBufferPointer { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(purpose)
        let hash = hasher.finalize()
        guard let entry = entries.withLockedValue({ $0.find(hash) }), entry.purpose == purpose,
            JSONTape.equal(identifiers, entry.identifiers.span), JSONTape.equal(attributes, entry.attributes.span),
            let first = entry.facets.first
        else { return (hash, nil) }
        if first.period == nil { return (hash, (first, entry.flags)) }
        let period = Period(microseconds: microseconds)
        guard let facet = entry.facets.first(where: { $0.period == period }) else { return (hash, nil) }
        return (hash, (facet, entry.flags))
    }

    func remember(
        _ facet: FacetContent, _ flags: Flags, hash: Int, _ identifiers: Span<UInt8>, _ attributes: Span<UInt8>,
        for purpose: Int
    ) {
        let length = identifiers.count + attributes.count
        guard length <= Self.longest else { return }
        var made = Entry(purpose: purpose, identifiers: [], attributes: [], facets: [facet], flags: flags)
        JSONTape.append(identifiers, to: &made.identifiers)
        JSONTape.append(attributes, to: &made.attributes)
        let entry = made
        entries.withLockedValue { entries in
            var entry = entry
            if let known = entries.find(hash), known.purpose == purpose,
                known.identifiers == entry.identifiers, known.attributes == entry.attributes
            {
                entry.facets += known.facets
            }
            entries.keep(entry, for: hash)
        }
    }
}
