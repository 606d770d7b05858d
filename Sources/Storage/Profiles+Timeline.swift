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
    /// one. Walks months, so that one partition is touched at a time, until the page is full; the first
    /// one only as far back as need be.
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
    /// The days on which facets had their latest interactions, the latest first, where they are known already.
    private var days: [Int] = []

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
        of profile: HubID, _ workspace: Workspace, limit: Int, days: [Int], in session: borrowing Session
    ) throws(DatabaseError) -> [TimelineEntry] {
        var walk = TimelineWalk(workspace, profile, TimelineFilter(), nil, false, limit)
        walk.keepsPlans = true
        walk.days = days
        return try walk.run(in: session)
    }

    mutating func run(in session: borrowing Session) throws(DatabaseError) -> [TimelineEntry] {
        conditions = try conditions(in: session)
        var span = try oldestFirst ? firstSpanUpward(in: session) : firstSpan(in: session)
        while let present = span, entries.count < limit {
            let found = try page(present, in: session)
            span = try oldestFirst ? next(above: present, found, in: session) : next(below: present, found, in: session)
        }
        return entries
    }

    /// Downward: from the end to the beginning of its month, so that one partition is touched; or less, where the days on
    /// which facets had their latest interaction say that it fills the page: then the facets that were not there since
    /// need no look.
    private func firstSpan(in session: borrowing Session) throws(DatabaseError) -> Range<Int64>? {
        var days = days
        if days.count < limit {
            let rows = try ask(.profileLatest, [.int8(workspace.id), .uuid(profile), .int8(Int64(limit))], in: session)
            days = []
            for row in 0..<rows.count { days.append(try rows.date(row, 0)) }
        }
        guard let last = days.first else { return nil }
        var end = min(until, Month.beginning(of: last + 1))
        if let place { end = min(end, place.occurredAt + 1) }
        guard var span = span(below: end) else { return nil }
        if days.count >= limit, !filter.looksInside {
            let full = Month.beginning(of: days[limit - 1])
            if span.contains(full) { span = full..<span.upperBound }
        }
        return span
    }

    private func firstSpanUpward(in session: borrowing Session) throws(DatabaseError) -> Range<Int64>? {
        try moment(.profileLater, max(since, place?.occurredAt ?? Self.never) - 1, in: session).flatMap(span(from:))
    }

    /// After a span without any, those are leapt over that are empty too.
    private func next(
        below span: Range<Int64>, _ found: Int, in session: borrowing Session
    ) throws(DatabaseError) -> Range<Int64>? {
        guard found == 0 else { return self.span(below: span.lowerBound) }
        return try moment(.profileEarlier, span.lowerBound, in: session).flatMap { self.span(below: $0 + 1) }
    }

    private func next(
        above span: Range<Int64>, _ found: Int, in session: borrowing Session
    ) throws(DatabaseError) -> Range<Int64>? {
        guard found == 0 else { return self.span(from: span.upperBound) }
        return try moment(.profileLater, span.upperBound - 1, in: session).flatMap(self.span(from:))
    }

    private func span(below end: Int64) -> Range<Int64>? {
        end > since ? max(since, Month.beginning(of: Month.firstDay(Month.of(end - 1))))..<end : nil
    }

    private func span(from start: Int64) -> Range<Int64>? {
        start < until ? start..<min(until, Month.beginning(of: Month.firstDay(Month.of(start) + 1))) : nil
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
        _ span: Range<Int64>, in session: borrowing Session
    ) throws(DatabaseError) -> Int {
        let bound: TimelinePlace
        if let place, span.contains(place.occurredAt) {
            bound = place
        } else {
            let least = HubID(high: 0, low: 0)
            bound = TimelinePlace(occurredAt: oldestFirst ? span.lowerBound - 1 : span.upperBound, interaction: least)
        }
        let asked: [Parameter] = [
            .int8(workspace.id), .uuid(profile), .timestamp(span.lowerBound), .timestamp(span.upperBound),
            .date(CivilDate(microseconds: span.lowerBound).daysSince1970), .int8(Int64(limit - entries.count)),
            .timestamp(bound.occurredAt), .uuid(bound.interaction),
        ]
        let statement: Statement =
            oldestFirst
            ? .profileTimelineUpward : filter.looksInside ? .profileTimelineWhere : .profileTimeline
        let rows = try ask(statement, !oldestFirst && !filter.looksInside ? asked : asked + conditions, in: session)
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
        WHERE facet.workspace = $1 AND facet.profile = $2 AND facet.last_day >= $5
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
        WHERE facet.workspace = $1 AND facet.profile = $2 AND facet.last_day >= $5
        ORDER BY one.occurred_at, one.interaction LIMIT $6
        """, isPlannedAnew: true)
}
