package import Contact
package import Postgres

/// Reads the journal of one workspace: every change, in the order of commit, from any place that is still kept.
///
/// Positions are dense: between two changes of a page that nobody filtered, what is missing is an interaction that was
/// erased since.
package struct Changes: Sendable {
    /// Changes of these types only, or of one profile only; both nil = all.
    package struct Filter: Hashable, Sendable {
        package var types: Set<ChangeType>?
        /// Any id it ever had; a change is its where today both lead to the same profile.
        package var profile: HubID?

        package init(types: Set<ChangeType>? = nil, profile: HubID? = nil) {
            self.types = types
            self.profile = profile
        }

        package var isEmpty: Bool { types == nil && profile == nil }
    }

    package struct Page: Sendable {
        package var changes: [Change]
        /// Where the next page begins.
        package var next: JournalCursor
        /// Where the journal ended when this was read.
        package var end: Int64

        package var isLast: Bool { next.position >= end }
    }

    package enum Reading: Sendable {
        case page(Page)
        /// The cursor is of another epoch: what it stands for is unknown here.
        case otherEpoch(now: JournalCursor)
        /// What comes next after the cursor is no longer kept; `oldest` is the first place from which all is.
        case behind(oldest: JournalCursor)
        /// The cursor is one that this journal has not reached.
        case ahead(end: JournalCursor)
    }

    /// How far one page looks where most of it may be filtered out.
    static let mostLooked: Int64 = 50_000
    /// The most changes of a page.
    package static let mostOfPage = 5_000

    package let database: Database
    let workspace: Workspace

    package init(_ database: Database, workspace: Workspace) {
        self.database = database
        self.workspace = workspace
    }

    /// Where the journal begins and ends now.
    package func bounds() async throws(DatabaseError) -> (oldest: JournalCursor, end: JournalCursor) {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> (oldest: JournalCursor, end: JournalCursor) in
            let head = try session.execute(.feedHead, [.int8(workspace.id)])
            let epoch = try head.id(0, 0)
            return (
                JournalCursor(epoch: epoch, position: try head.int64(0, 2)),
                JournalCursor(epoch: epoch, position: try head.int64(0, 1))
            )
        }
    }

    /// What comes after a place, at most `limit` changes. `since` is a time no later than that of any change wanted: it
    /// only saves looking into older days.
    package func page(
        after cursor: JournalCursor, limit: Int, filter: Filter = Filter(), since: Int64? = nil
    ) async throws(DatabaseError) -> Reading {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Reading in
            try Self.read(after: cursor, limit: limit, filter: filter, since: since, workspace, in: session)
        }
    }

    private static func read(
        after cursor: JournalCursor, limit: Int, filter: Filter, since: Int64?, _ workspace: Workspace,
        in session: borrowing Session
    ) throws(DatabaseError) -> Reading {
        let span = filter.isEmpty ? Int64(limit) : mostLooked
        let mostRows = filter.profile == nil ? limit : mostOfPage
        let types = (filter.types ?? Set(ChangeType.allCases)).map(\.rawValue).sorted()
        let found = try session.pipeline([
            (.feedHead, [.int8(workspace.id)]),
            (
                .feedChanges,
                [
                    .int8(workspace.id), .int8(cursor.position), .int8(cursor.position + span), .int2s(types),
                    .timestamp(since ?? 0), .int8(Int64(mostRows)),
                ]
            ),
        ])
        let head = found[0]
        guard head.count == 1 else {
            throw DatabaseError(.usage, "workspace \(workspace.name) is gone, or has no journal")
        }
        let now = JournalCursor(epoch: try head.id(0, 0), position: try head.int64(0, 1))
        let gone = try head.int64(0, 2)
        guard cursor.epoch == now.epoch else { return .otherEpoch(now: now) }
        guard cursor.position >= gone else { return .behind(oldest: JournalCursor(epoch: now.epoch, position: gone)) }
        // The head was read first: what is beyond it was not there then, and is not told.
        guard cursor.position <= now.position else { return .ahead(end: now) }
        var sheet = try Sheet(
            found[1], after: cursor.position, upTo: min(cursor.position + span, now.position), most: mostRows)
        try sheet.name(in: session, workspace)
        if let profile = filter.profile { try sheet.keep(only: profile, in: session, workspace) }
        let (changes, reached) = sheet.changes(limit: limit)
        return .page(
            Page(
                changes: changes, next: JournalCursor(epoch: now.epoch, position: reached), end: now.position))
    }
}

/// The rows of the journal that a page is made of.
private struct Sheet {
    private struct Row {
        let first: Int64
        let position: Int64
        let at: Int64
        let type: ChangeType
        let profile: HubID?
        let version: Int64?
        let items: [(interaction: HubID, facet: HubID)]
        let body: [UInt8]
    }

    private let after: Int64
    private let end: Int64
    private var rows: [Row] = []
    private var homes: [HubID: (profile: HubID, version: Int64)] = [:]
    private var kept: Set<HubID>?

    /// The statement may have left out rows that come after its last one.
    private let isCut: Bool

    init(_ found: borrowing Rows, after: Int64, upTo end: Int64, most: Int) throws(DatabaseError) {
        self.after = after
        isCut = found.count >= most
        self.end = end
        rows.reserveCapacity(found.count)
        for row in 0..<found.count {
            let first = try found.int64(row, 1)
            guard first <= end, let type = ChangeType(rawValue: try found.int16(row, 2)) else { continue }
            rows.append(
                Row(
                    first: first, position: try found.int64(row, 0), at: try found.timestamp(row, 3), type: type,
                    profile: try found.optionalID(row, 4), version: try found.optionalInt64(row, 5),
                    items: try RecordedItems.read(found, row, 6), body: try found.jsonb(row, 7)))
        }
    }

    private func places(of row: Row) -> Range<Int> {
        let begin = Int(max(0, after + 1 - row.first))
        return begin..<max(begin, min(row.items.count, Int(end - row.first + 1)))
    }

    /// Looks up whose the interactions are today.
    mutating func name(in session: borrowing Session, _ workspace: Workspace) throws(DatabaseError) {
        var facets: Set<HubID> = []
        for row in rows { for place in places(of: row) { facets.insert(row.items[place].facet) } }
        guard !facets.isEmpty else { return }
        let found = try session.execute(.feedHomes, [.int8(workspace.id), .uuids(facets.sorted())])
        homes.reserveCapacity(found.count)
        for row in 0..<found.count {
            homes[try found.id(row, 0)] = (try found.id(row, 1), try found.int64(row, 2))
        }
    }

    /// Keeps what is of one profile today.
    mutating func keep(
        only profile: HubID, in session: borrowing Session, _ workspace: Workspace
    ) throws(DatabaseError) {
        let named = Set(rows.compactMap(\.profile)).union([profile]).sorted()
        let found = try session.execute(.feedSurvivors, [.int8(workspace.id), .uuids(named)])
        var survivors: [HubID: HubID] = [:]
        for row in 0..<found.count { survivors[try found.id(row, 0)] = try found.id(row, 1) }
        let wanted = survivors[profile] ?? profile
        kept = Set(named.filter { survivors[$0] == wanted } + [wanted, profile])
    }

    /// The changes in order, and how far they reach.
    func changes(limit: Int) -> (changes: [Change], reached: Int64) {
        var changes: [Change] = []
        changes.reserveCapacity(limit)
        for row in rows {
            guard row.type == .interactionRecorded else {
                guard changes.count < limit else { return (changes, row.position - 1) }
                if let kept, row.profile.map({ !kept.contains($0) }) ?? true { continue }
                changes.append(
                    Change(
                        position: row.position, type: row.type, at: row.at, profile: row.profile,
                        version: row.version, body: row.body))
                continue
            }
            for place in places(of: row) {
                let (interaction, facet) = row.items[place]
                // One whose facet is gone is an empty place.
                guard let home = homes[facet], kept?.contains(home.profile) ?? true else { continue }
                let position = row.first + Int64(place)
                guard changes.count < limit else { return (changes, position - 1) }
                changes.append(
                    Change(
                        position: position, type: row.type, at: row.at, profile: home.profile,
                        version: home.version, interaction: interaction, facet: facet))
            }
        }
        guard isCut, let last = rows.last else { return (changes, end) }
        return (changes, min(last.position, end))
    }
}

extension Statement {
    static let feedHead = Statement(
        """
        /* feed.head */
        SELECT epoch, position, gone FROM journal WHERE workspace = $1
        """)
    static let feedChanges = Statement(
        """
        /* feed.changes */
        SELECT position, first, type, at, profile, version, items, body FROM change
        WHERE workspace = $1 AND position > $2 AND position < $3 + 500 AND first <= $3 AND type = ANY ($4::smallint[])
          AND at >= $5
        ORDER BY position LIMIT $6
        """)
    static let feedHomes = Statement(
        """
        /* feed.homes */
        SELECT facet.facet, facet.profile, profile.version
        FROM unnest($2::uuid[]) AS wanted (facet)
        JOIN facet ON facet.workspace = $1 AND facet.facet = wanted.facet
        JOIN profile ON profile.workspace = $1 AND profile.profile = facet.profile
        """, isPlannedAnew: true)
    static let feedSurvivors = Statement(
        """
        /* feed.survivors */
        SELECT profile, coalesce(canonical, profile) FROM profile
        WHERE workspace = $1 AND profile = ANY ($2::uuid[])
        """, isPlannedAnew: true)
}
