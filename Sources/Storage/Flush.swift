internal import Contact
internal import Postgres

/// The interactions of one transaction: de-duplicated, sorted by key, and encoded before the transaction begins.
struct Flush: Sendable {
    /// Distinct, in the order in which they arrived.
    let rows: [PreparedInteraction]
    let refusals: [PreparedRefusal]
    let cursors: [PreparedCursor]
    /// Distinct, by id.
    let hits: [PreparedHit]
    /// Places in `rows`, by interaction id.
    private let byKey: [Int]
    /// False for the control of the contention test, which must deadlock.
    let isSorted: Bool

    init(_ batches: [PreparedBatch], isSorted: Bool) {
        var rows: [PreparedInteraction] = []
        var refusals: [HubID: PreparedRefusal] = [:]
        var seen: Set<HubID> = []
        for item in batches.lazy.flatMap(\.items) {
            switch item {
            case .interaction(let interaction):
                if seen.insert(interaction.id).inserted { rows.append(interaction) }
            case .refusal(let refusal):
                refusals[refusal.id] = refusal
            }
        }
        self.rows = rows
        var hits: [HubID: PreparedHit] = [:]
        for hit in batches.lazy.flatMap(\.hits) { hits[hit.id] = hit }
        self.hits = hits.values.sorted { $0.id < $1.id }
        self.isSorted = isSorted
        self.refusals = refusals.values.sorted { $0.id < $1.id }
        cursors = batches.compactMap(\.cursor).sorted { $0.source < $1.source }
        // Keys beside places: the rows themselves are not touched while sorting.
        byKey =
            isSorted
            ? rows.enumerated().map { (id: $1.id, place: $0) }.sorted { $0.id < $1.id }.map(\.place)
            : Array(rows.indices)
    }

    /// Arrays of `intake.keys`.
    func keys(_ workspace: Int64) -> [Parameter] {
        var ids = ArrayBuilder(.uuid, reserving: rows.count)
        var times = ArrayBuilder(.timestamptz, reserving: rows.count)
        var facets = ArrayBuilder(.uuid, reserving: rows.count)
        for place in byKey {
            ids.append(rows[place].id)
            times.append(timestamp: rows[place].content.occurredAt)
            facets.append(rows[place].facet.id)
        }
        return [.int8(workspace), .array(ids), .array(times), .array(facets)]
    }
}

/// What of a flush is new, once the keys have answered: only this writes anything further.
struct NewRows: Sendable {
    /// Places in `flush.rows`, in the order of arrival.
    let places: [Int]
    let flush: Flush
    /// The distinct facets, by id, each with the last day among the new.
    let facets: [(facet: PreparedFacet, day: Int32)]

    init(_ flush: Flush, new: Set<HubID>?) {
        self.flush = flush
        places = flush.rows.indices.filter { new?.contains(flush.rows[$0].id) ?? true }
        var days: [HubID: (facet: PreparedFacet, day: Int32)] = [:]
        for place in places {
            let row = flush.rows[place]
            let day = row.day
            if let known = days[row.facet.id], known.day >= day { continue }
            days[row.facet.id] = (row.facet, day)
        }
        facets =
            flush.isSorted
            ? days.values.sorted { $0.facet.id < $1.facet.id }
            : places.reduce(into: ([], Set<HubID>())) { (found: inout ([(PreparedFacet, Int32)], Set<HubID>), place) in
                let id = flush.rows[place].facet.id
                if found.1.insert(id).inserted, let known = days[id] { found.0.append((known.facet, known.day)) }
            }.0
    }

    private var rows: some Sequence<PreparedInteraction> { places.lazy.map { flush.rows[$0] } }

    /// Arrays of `intake.messages`; nil where none has a message. One message may stand behind several interactions.
    func messages(_ workspace: Int64) -> [Parameter]? {
        var messages: [HubID: PreparedInteraction] = [:]
        for row in rows {
            if let message = row.message, messages[message] == nil { messages[message] = row }
        }
        guard !messages.isEmpty else { return nil }
        var ids = ArrayBuilder(.uuid, reserving: messages.count)
        var sources = ArrayBuilder(.int8, reserving: messages.count)
        var subjects = ArrayBuilder(.text, reserving: messages.count)
        var texts = ArrayBuilder(.text, reserving: messages.count)
        var originals = ArrayBuilder(.bytea, reserving: messages.count)
        for (id, row) in messages.sorted(by: { $0.key < $1.key }) {
            ids.append(id)
            sources.append(int8: row.source)
            subjects.append(optional: row.content.message?.subject)
            texts.append(text: row.content.message?.text ?? "")
            if let original = row.content.message?.original {
                originals.append(bytes: original)
            } else {
                originals.appendNull()
            }
        }
        return [
            .int8(workspace), .array(ids), .array(sources), .array(subjects), .array(texts), .array(originals),
        ]
    }

    /// Arrays of `intake.thread_links`; nil where there are none. Each pair once, sorted by key.
    func threadLinks(_ workspace: Int64) -> [Parameter]? {
        var links: [PreparedThreadLink: Int64] = [:]
        for row in rows {
            for link in row.links { links[link] = row.source }
        }
        guard !links.isEmpty else { return nil }
        var threads = ArrayBuilder(.uuid, reserving: links.count)
        var next = ArrayBuilder(.uuid, reserving: links.count)
        var sources = ArrayBuilder(.int8, reserving: links.count)
        for (link, source) in links.sorted(by: { $0.key < $1.key }) {
            threads.append(link.thread)
            next.append(link.next)
            sources.append(int8: source)
        }
        return [.int8(workspace), .array(threads), .array(next), .array(sources)]
    }

    /// Arrays of `intake.interactions`, sorted by the key (facet, occurred_at, interaction).
    func interactions(_ workspace: Int64) -> [Parameter] {
        let count = places.count
        var facets = ArrayBuilder(.uuid, reserving: count)
        var times = ArrayBuilder(.timestamptz, reserving: count)
        var ids = ArrayBuilder(.uuid, reserving: count)
        var sources = ArrayBuilder(.int8, reserving: count)
        var channels = ArrayBuilder(.text, reserving: count)
        var directions = ArrayBuilder(.int2, reserving: count)
        var messages = ArrayBuilder(.uuid, reserving: count)
        var threads = ArrayBuilder(.uuid, reserving: count)
        var amounts = ArrayBuilder(.int8, reserving: count)
        var currencies = ArrayBuilder(.text, reserving: count)
        var bodies = ArrayBuilder(.jsonb, reserving: count)
        let sorted = places.map { place in
            let row = flush.rows[place]
            return (facet: row.facet.id, at: row.content.occurredAt, id: row.id, place: place)
        }.sorted { a, b in
            if a.facet != b.facet { return a.facet < b.facet }
            if a.at != b.at { return a.at < b.at }
            return a.id < b.id
        }
        for key in sorted {
            let row = flush.rows[key.place]
            facets.append(row.facet.id)
            times.append(timestamp: row.content.occurredAt)
            ids.append(row.id)
            sources.append(int8: row.source)
            channels.append(text: row.channel)
            directions.append(int2: row.content.direction.rawValue)
            messages.append(optional: row.message)
            threads.append(optional: row.thread)
            if let amount = row.content.amount {
                amounts.append(int8: amount.minor)
                currencies.append(text: amount.currency)
            } else {
                amounts.appendNull()
                currencies.appendNull()
            }
            bodies.append(jsonb: row.content.body)
        }
        return [
            .int8(workspace), .array(facets), .array(times), .array(ids), .array(sources), .array(channels),
            .array(directions), .array(messages), .array(threads), .array(amounts), .array(currencies),
            .array(bodies),
        ]
    }

    /// The greatest observation by (facet, trait, source), in that order.
    func observations() -> [(trait: String, observation: NewObservation)] {
        struct Key: Hashable {
            let facet: HubID
            let trait: String
            let source: Int64
        }
        var greatest: [Key: NewObservation] = [:]
        for row in rows where !row.content.traits.isEmpty {
            for trait in row.content.traits {
                let key = Key(facet: row.facet.id, trait: trait.name, source: row.source)
                if let known = greatest[key], known.occurredAt > row.content.occurredAt { continue }
                let hash = CanonicalBytes.contentHash(of: trait)
                if let known = greatest[key], known.occurredAt == row.content.occurredAt,
                    !known.hash.lexicographicallyPrecedes(hash)
                {
                    continue
                }
                greatest[key] = NewObservation(
                    facet: row.facet, source: row.source, precedence: row.precedence, value: trait.value, hash: hash,
                    occurredAt: row.content.occurredAt)
            }
        }
        return greatest.sorted { a, b in
            if a.key.facet != b.key.facet { return a.key.facet < b.key.facet }
            if a.key.trait != b.key.trait { return a.key.trait.utf8.lexicographicallyPrecedes(b.key.trait.utf8) }
            return a.key.source < b.key.source
        }.map { ($0.key.trait, $0.value) }
    }

    /// (interaction, facet) pairs, in the order of arrival.
    /// Places of those that have a message, as `items` has them.
    func speaking() -> [Int] {
        places.indices.filter { flush.rows[places[$0]].message != nil }
    }

    func items() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32 * places.count)
        for row in rows {
            bytes.append(row.id)
            bytes.append(row.facet.id)
        }
        return bytes
    }
}

struct NewObservation: Sendable {
    let facet: PreparedFacet
    let source: Int64
    let precedence: Int16
    let value: [UInt8]
    let hash: [UInt8]
    let occurredAt: Int64
}

extension [UInt8] {
    mutating func append(_ id: HubID) {
        unsafe Swift.withUnsafeBytes(of: id.high.bigEndian) { unsafe append(contentsOf: $0) }
        unsafe Swift.withUnsafeBytes(of: id.low.bigEndian) { unsafe append(contentsOf: $0) }
    }
}
