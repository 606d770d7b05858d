internal import Contact
internal import Resolution

/// A batch with its ids computed, as the intake's transactions take it: nothing in it asks the database.
struct PreparedBatch: Sendable {
    var items: [PreparedItem]
    var cursor: PreparedCursor?
    /// Roughly what it holds in memory.
    var bytes: Int
    var hits: [PreparedHit] = []
    var wantsProfiles = true

    /// What a transaction's length goes by.
    var count: Int { items.count + hits.count }
}

struct PreparedHit: Sendable {
    let id: HubID
    let source: Int64
    let content: Hit
}

struct PreparedCursor: Sendable {
    var source: Int64
    var step: CursorStep
}

enum PreparedItem: Sendable {
    case interaction(PreparedInteraction)
    case refusal(PreparedRefusal)
}

/// A class: it is sorted, filtered and looked at many times on its way, and copying its many references each time
/// was a third of the import's processor time (perf, 200,000 lines of known customers).
final class PreparedInteraction: Sendable {
    let id: HubID
    let facet: PreparedFacet
    let source: Int64
    /// As the interaction or its batch names it.
    let sourceName: String
    let precedence: Int16
    let channel: String
    let message: HubID?
    let thread: HubID?
    let links: [PreparedThreadLink]
    let content: Interaction
    let raw: RawInput
    /// Whole months since year 0 of its time.
    let day: Int32

    init(
        id: HubID, facet: PreparedFacet, source: Sources.Source, message: HubID?, thread: HubID?,
        links: [PreparedThreadLink], content: Interaction, raw: RawInput
    ) {
        self.id = id
        self.facet = facet
        self.source = source.id
        sourceName = source.name
        precedence = source.precedence
        channel = content.channel.isEmpty ? source.channel : content.channel
        self.message = message
        self.thread = thread
        self.links = links
        self.content = content
        self.raw = raw
        day = Int32(clamping: CivilDate(microseconds: content.occurredAt).daysSince1970)
    }
}

/// Two threads that are one, the lesser id first.
struct PreparedThreadLink: Hashable, Comparable, Sendable {
    let thread: HubID
    let next: HubID

    /// Nil for a thread and itself.
    init?(_ a: HubID, _ b: HubID) {
        guard a != b else { return nil }
        thread = min(a, b)
        next = max(a, b)
    }

    static func < (a: PreparedThreadLink, b: PreparedThreadLink) -> Bool {
        a.thread == b.thread ? a.next < b.next : a.thread < b.thread
    }
}

struct PreparedRefusal: Sendable {
    let id: HubID
    let source: String
    let refusal: Refusal
    let raw: RawInput
    let length: Int64
    let sha256: [UInt8]
}

/// A facet with its ids, computed once for all the interactions that show it.
final class PreparedFacet: Sendable {
    struct Shown: Sendable {
        let id: HubID
        let identifier: Identifier
        let standing: Standing
        let isRole: Bool
    }

    let id: HubID
    let content: FacetContent
    let shown: [Shown]
    /// JSON object of the folded attributes.
    let attributes: [UInt8]
    let assurance: Assurance
    /// As the resolver takes it, with the id of its soft record.
    func resolver(soft: Int64?) -> ResolverFacet {
        ResolverFacet(
            id: id, content: content,
            showings: shown.map {
                ResolverFacet.Showing(
                    value: $0.id, identifier: $0.identifier, standing: $0.standing, isRole: $0.isRole)
            }, soft: soft)
    }

    init(id: HubID, content: FacetContent, shown: [Shown], attributes: [UInt8], assurance: Assurance) {
        self.id = id
        self.content = content
        self.shown = shown
        self.attributes = attributes
        self.assurance = assurance
    }
}

/// Months as numbers: `year * 12 + month - 1`.
enum Month {
    static func of(_ microseconds: Int64) -> Int32 {
        let date = CivilDate(microseconds: microseconds)
        return Int32(clamping: date.year * 12 + date.month - 1)
    }

    /// Its first day, in days since 1970-01-01.
    static func firstDay(_ month: Int32) -> Int {
        CivilDate(year: Int(month) / 12, month: Int(month) % 12 + 1, day: 1).daysSince1970
    }

    /// The first moment of a day given in days since 1970-01-01.
    static func beginning(of day: Int) -> Int64 { Int64(day) * 86_400_000_000 }

    /// The month of a day given in days since 1970-01-01.
    static func ofDay(_ day: Int) -> Int32 {
        let date = CivilDate(daysSince1970: day)
        return Int32(clamping: date.year * 12 + date.month - 1)
    }
}
