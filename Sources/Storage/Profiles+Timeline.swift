package import Contact
package import Postgres

/// Which interactions of a timeline are wanted; what is nil does not matter.
package struct TimelineFilter: Sendable {
    package var channels: [String]?
    /// By name.
    package var sources: [String]?
    package var kinds: [String]?
    package var isOutbound: Bool?
    /// As ``Threads`` calls it.
    package var thread: HubID?
    /// At this moment or later.
    package var since: Int64?
    /// Before this moment.
    package var until: Int64?
    /// All of these stand in the message, however inflected.
    package var words: [String]?

    package init() {}

    /// Anything but a span of time.
    fileprivate var looksInside: Bool {
        channels != nil || sources != nil || kinds != nil || isOutbound != nil || thread != nil || words != nil
    }
}

extension Profiles {
    /// Interactions of a profile that a filter lets through: the latest first, before a place; or the oldest first, after
    /// one. Walks months, so that one partition is touched at a time, until the page is full.
    package func timeline(
        _ profile: HubID, _ filter: TimelineFilter = TimelineFilter(), from place: TimelinePlace? = nil,
        oldestFirst: Bool = false, limit: Int = 20
    ) async throws(DatabaseError) -> [TimelineEntry] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [TimelineEntry] in
            var walk = TimelineWalk(workspace, profile, filter, place, oldestFirst, limit)
            var entries = try walk.run(in: session)
            let threads = try Threads.resolve(entries.compactMap(\.thread), workspace, in: session)
            for place in entries.indices { entries[place].thread = entries[place].thread.flatMap { threads[$0] } }
            return entries
        }
    }
}

struct TimelineWalk {
    /// Nothing is stored that happened before; a bound that every comparison bears.
    static let never: Int64 = -62_135_596_800_000_000

    private let workspace: Workspace
    private let profile: HubID
    private let filter: TimelineFilter
    private let oldestFirst: Bool
    private let limit: Int
    private let since: Int64
    private let until: Int64
    private let place: TimelinePlace?
    private var entries: [TimelineEntry] = []
    private var conditions: [Parameter] = []
    /// By plans that are kept (``Profiles/glancing``).
    private var keepsPlans = false

    init(
        _ workspace: Workspace, _ profile: HubID, _ filter: TimelineFilter, _ place: TimelinePlace?,
        _ oldestFirst: Bool, _ limit: Int
    ) {
        self.workspace = workspace
        self.profile = profile
        self.filter = filter
        self.oldestFirst = oldestFirst
        self.limit = limit
        self.place = place
        since = filter.since ?? Self.never
        until = filter.until ?? .max
    }

    /// The latest interactions of a profile, in a transaction that is opened so that plans may be kept.
    static func latest(
        of profile: HubID, _ workspace: Workspace, limit: Int, in session: borrowing Session
    ) throws(DatabaseError) -> [TimelineEntry] {
        var walk = TimelineWalk(workspace, profile, TimelineFilter(), nil, false, limit)
        walk.keepsPlans = true
        return try walk.run(in: session)
    }

    mutating func run(in session: borrowing Session) throws(DatabaseError) -> [TimelineEntry] {
        let own: [Parameter] = [.int8(workspace.id), .uuid(profile)]
        let latest = try session.execute(.profileLatest, own)
        guard let last = try latest.optionalDate(0, 0).map(Month.ofDay) else { return [] }
        conditions = try conditions(in: session)
        var month: Int32
        if oldestFirst {
            let from = max(since, place?.occurredAt ?? Self.never)
            guard let first = try moment(.profileLater, from - 1, in: session) else { return [] }
            month = Month.of(first)
        } else {
            month = last
            if let place { month = min(month, Month.of(place.occurredAt)) }
            if until < .max { month = min(month, Month.of(until - 1)) }
        }
        while entries.count < limit {
            let start = Int64(Month.firstDay(month)) * 86_400_000_000
            let end = Int64(Month.firstDay(month + 1)) * 86_400_000_000
            guard oldestFirst ? start < until : end > since else { break }
            let found = try page(month, max(start, since), min(end, until), in: session)
            month += oldestFirst ? 1 : -1
            guard found == 0 else { continue }
            // A month without any: leap over those that are empty too.
            let next =
                oldestFirst
                ? try moment(.profileLater, end - 1, in: session) : try moment(.profileEarlier, start, in: session)
            guard let next else { break }
            month = Month.of(next)
        }
        return entries
    }

    private func ask(
        _ statement: Statement, _ parameters: [Parameter], in session: borrowing Session
    ) throws(DatabaseError) -> Rows {
        keepsPlans ? try session.keeping(statement, parameters) : try session.execute(statement, parameters)
    }

    private func moment(
        _ statement: Statement, _ from: Int64, in session: borrowing Session
    ) throws(DatabaseError) -> Int64? {
        let rows = try ask(statement, [.int8(workspace.id), .uuid(profile), .timestamp(from)], in: session)
        return try rows.optionalTimestamp(0, 0)
    }

    private mutating func page(
        _ month: Int32, _ start: Int64, _ end: Int64, in session: borrowing Session
    ) throws(DatabaseError) -> Int {
        let bound: TimelinePlace
        if let place, place.occurredAt >= start, place.occurredAt < end {
            bound = place
        } else {
            let least = HubID(high: 0, low: 0)
            bound = TimelinePlace(occurredAt: oldestFirst ? start - 1 : end, interaction: least)
        }
        let span: [Parameter] = [
            .int8(workspace.id), .uuid(profile), .timestamp(start), .timestamp(end),
            .date(Month.firstDay(month)), .int8(Int64(limit - entries.count)), .timestamp(bound.occurredAt),
            .uuid(bound.interaction),
        ]
        let statement: Statement =
            oldestFirst
            ? .profileTimelineUpward : filter.looksInside ? .profileTimelineWhere : .profileTimeline
        let rows = try ask(statement, !oldestFirst && !filter.looksInside ? span : span + conditions, in: session)
        for row in 0..<rows.count { entries.append(try Profiles.entry(rows, row)) }
        return rows.count
    }

    /// What a page's statement asks of each interaction; null = nothing.
    private func conditions(in session: borrowing Session) throws(DatabaseError) -> [Parameter] {
        func texts(_ values: [String]?) -> Parameter {
            guard let values else { return .null(.textArray) }
            var builder = ArrayBuilder(.text, reserving: values.count)
            for value in values { builder.append(text: value) }
            return .array(builder)
        }
        var sources: Parameter = .null(.int8Array)
        if let names = filter.sources {
            let rows = try session.execute(.sourceList, [.int8(workspace.id)])
            var ids: [Int64] = []
            for row in 0..<rows.count where names.contains(try rows.text(row, 1)) { ids.append(try rows.int64(row, 0)) }
            sources = .int8s(ids)
        }
        var threads: Parameter = .null(.uuidArray)
        if let thread = filter.thread {
            threads = .uuids(try Threads.members(of: thread, workspace, in: session).sorted())
        }
        return [
            texts(filter.channels), sources, filter.isOutbound.map { .int2($0 ? 1 : 0) } ?? .null(.int2),
            texts(filter.kinds), threads, texts(filter.words),
        ]
    }
}

extension Statement {
    /// The moment of the first interaction after a given one; looks into every partition.
    static let profileLater = Statement(
        """
        /* profile.later */
        SELECT min(first.occurred_at)
        FROM facet
        CROSS JOIN LATERAL (
          SELECT occurred_at FROM interaction
          WHERE workspace = $1 AND facet = facet.facet AND occurred_at > $3
          ORDER BY occurred_at LIMIT 1) AS first
        WHERE facet.workspace = $1 AND facet.profile = $2
        """, isPlannedAnew: true)
    static let profileTimelineWhere = Statement(
        """
        /* profile.timeline_where */
        SELECT one.interaction, one.occurred_at, one.channel, one.direction, source.name, message.subject, one.body,
          one.thread, one.amount, one.currency
        FROM facet
        CROSS JOIN LATERAL (
          SELECT interaction, occurred_at, channel, direction, source, message, thread, amount, currency, body
          FROM interaction
          WHERE workspace = $1 AND facet = facet.facet AND occurred_at >= $3 AND occurred_at < $4
            AND (occurred_at, interaction) < ($7, $8)
            AND ($9::text[] IS NULL OR channel = ANY ($9)) AND ($10::bigint[] IS NULL OR source = ANY ($10))
            AND ($11::smallint IS NULL OR direction = $11) AND ($12::text[] IS NULL OR body->>'kind' = ANY ($12))
            AND ($13::uuid[] IS NULL OR thread = ANY ($13))
            AND ($14::text[] IS NULL OR EXISTS (
              SELECT FROM search_text WHERE search_text.workspace = $1
                AND search_text.interaction = interaction.interaction
                AND search_text.words @@ search_stems($1, $14)::tsquery))
          ORDER BY occurred_at DESC, interaction DESC LIMIT $6) AS one
        JOIN source ON source.workspace = $1 AND source.source = one.source
        LEFT JOIN message ON message.workspace = $1 AND message.message = one.message
        WHERE facet.workspace = $1 AND facet.profile = $2 AND facet.last_month >= $5
        ORDER BY one.occurred_at DESC, one.interaction DESC LIMIT $6
        """, isPlannedAnew: true)
    static let profileTimelineUpward = Statement(
        """
        /* profile.timeline_upward */
        SELECT one.interaction, one.occurred_at, one.channel, one.direction, source.name, message.subject, one.body,
          one.thread, one.amount, one.currency
        FROM facet
        CROSS JOIN LATERAL (
          SELECT interaction, occurred_at, channel, direction, source, message, thread, amount, currency, body
          FROM interaction
          WHERE workspace = $1 AND facet = facet.facet AND occurred_at >= $3 AND occurred_at < $4
            AND (occurred_at, interaction) > ($7, $8)
            AND ($9::text[] IS NULL OR channel = ANY ($9)) AND ($10::bigint[] IS NULL OR source = ANY ($10))
            AND ($11::smallint IS NULL OR direction = $11) AND ($12::text[] IS NULL OR body->>'kind' = ANY ($12))
            AND ($13::uuid[] IS NULL OR thread = ANY ($13))
            AND ($14::text[] IS NULL OR EXISTS (
              SELECT FROM search_text WHERE search_text.workspace = $1
                AND search_text.interaction = interaction.interaction
                AND search_text.words @@ search_stems($1, $14)::tsquery))
          ORDER BY occurred_at, interaction LIMIT $6) AS one
        JOIN source ON source.workspace = $1 AND source.source = one.source
        LEFT JOIN message ON message.workspace = $1 AND message.message = one.message
        WHERE facet.workspace = $1 AND facet.profile = $2 AND facet.last_month >= $5
        ORDER BY one.occurred_at, one.interaction LIMIT $6
        """, isPlannedAnew: true)
}
