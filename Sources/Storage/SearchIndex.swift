internal import Contact
package import Postgres

/// Keeps the search tables of one workspace: reads the journal, and what was stored before there was anything to read.
///
/// One step at a time, each a transaction under the row of `search_cursor`: of several processes one works, and an erasure
/// meets nothing half done.
package final class SearchIndex: Sendable {
    /// Interactions of the journal that one step looks at.
    private static let span: Int64 = 2_000
    /// Facets of those that were there before that one step looks at.
    private static let facetsOfStep: Int64 = 500
    /// Letters of a message that are indexed: people search for what they remember, and remember how it began.
    private static let lettersOfMessage = 20_000
    /// Facets that this process knows to be indexed.
    private static let mostKnown = 200_000

    private let database: Database
    private let workspace: Workspace
    private let known = Monitor((era: JournalHead.Era?.none, facets: Set<HubID>()))

    package init(_ database: Database, workspace: Workspace) {
        self.database = database
        self.workspace = workspace
    }

    /// What a step came to.
    package enum Step: Sendable {
        /// All that was there when it looked is indexed.
        case done
        case more
        /// Somebody else is at it.
        case busy
    }

    /// Works until all is indexed, somebody else is at it, or the time is over.
    @discardableResult
    package func catchUp(within patience: Duration) async throws(DatabaseError) -> Step {
        let deadline = ContinuousClock.now + patience
        while true {
            let step = try await step()
            guard case .more = step, ContinuousClock.now < deadline, !Task.isCancelled else { return step }
        }
    }

    package func step() async throws(DatabaseError) -> Step {
        let workspace = workspace
        do throws(DatabaseError) {
            return try await database.transaction(opening: workspace.opening) {
                (session: borrowing Session) throws(DatabaseError) -> Step in
                try self.step(in: session)
            }
        } catch let error where error.state == .lockNotAvailable {
            return .busy
        } catch let error where error.state == .foreignKeyViolation {
            // A facet was erased between the look at it and its row: the next look does not find it.
            known.withLock { $0 = (nil, []) }
            return .more
        }
    }

    private func step(in session: borrowing Session) throws(DatabaseError) -> Step {
        let own: [Parameter] = [.int8(workspace.id)]
        var cursor = try session.execute(.searchCursor, own)
        let head = try JournalHead(try session.execute(.intakeStart, own), 0)
        if cursor.count == 0 {
            // From here on the journal tells; what stands already is read in passing.
            _ = try session.execute(
                .searchCursorAdd, own + [.uuid(head.era.epoch), .int8(head.position), .uuid(HubID(high: 0, low: 0))])
            cursor = try session.execute(.searchCursor, own)
        }
        var position = try cursor.int64(0, 1)
        var older = try cursor.optionalID(0, 2)
        // Of another epoch: a restore brought the rows back as they stood at the same moment as the journal.
        position = min(position, head.position)
        let gone = try session.execute(.feedHead, own).int64(0, 2)
        if position < gone {
            // What should have been read is no longer kept: all of it is looked at again.
            position = head.position
            older = HubID(high: 0, low: 0)
        }
        known.withLock { if $0.era != head.era { $0 = (head.era, []) } }
        if position < head.position {
            let end = min(head.position, position + Self.span)
            try index(after: position, upTo: end, in: session)
            position = end
        } else if let begin = older {
            older = try index(older: begin, in: session)
        } else {
            return .done
        }
        _ = try session.execute(
            .searchCursorMove, own + [.uuid(head.era.epoch), .int8(position), older.map { .uuid($0) } ?? .null(.uuid)])
        return position < head.position || older != nil ? .more : .done
    }

    /// What the journal tells of.
    private func index(after begin: Int64, upTo end: Int64, in session: borrowing Session) throws(DatabaseError) {
        let rows = try session.execute(.searchRecorded, [.int8(workspace.id), .int8(begin), .int8(end)])
        var facets: Set<HubID> = []
        var speaking: [HubID] = []
        for row in 0..<rows.count {
            let first = try rows.int64(row, 0)
            let items = try RecordedItems.read(rows, row, 1)
            let places = try RecordedItems.messages(try rows.jsonb(row, 2), of: items.count)
            for (place, item) in items.enumerated() where first + Int64(place) > begin && first + Int64(place) <= end {
                facets.insert(item.facet)
                if places.contains(place) { speaking.append(item.interaction) }
            }
        }
        let unknown = known.withLock { known in facets.filter { !known.facets.contains($0) } }
        if !unknown.isEmpty {
            try index(facets: unknown.sorted(), in: session)
            known.withLock { known in
                if known.facets.count > Self.mostKnown { known.facets = [] }
                known.facets.formUnion(facets)
            }
        }
        guard !speaking.isEmpty else { return }
        try index(
            messages: try session.execute(
                .searchMessages,
                [.int8(workspace.id), .uuids(speaking.sorted()), .int8(Int64(Self.lettersOfMessage))]), in: session)
    }

    /// Some of the facets that were there before; where it is to go on, nil where that was the last.
    private func index(older begin: HubID, in session: borrowing Session) throws(DatabaseError) -> HubID? {
        let rows = try session.execute(
            .searchOlder, [.int8(workspace.id), .uuid(begin), .int8(Self.facetsOfStep)])
        var facets: [HubID] = []
        for row in 0..<rows.count { facets.append(try rows.id(row, 0)) }
        guard let last = facets.last else { return nil }
        try index(facets: facets, in: session)
        try index(
            messages: try session.execute(
                .searchOlderMessages,
                [.int8(workspace.id), .uuids(facets), .int8(Int64(Self.lettersOfMessage))]), in: session)
        return Int64(facets.count) < Self.facetsOfStep ? nil : last
    }

    /// Those of the facets that are not indexed yet.
    private func index(facets: [HubID], in session: borrowing Session) throws(DatabaseError) {
        let wanted: [Parameter] = [.int8(workspace.id), .uuids(facets)]
        let missing = try session.execute(.searchMissing, wanted)
        guard missing.count > 0 else { return }
        var rows: [HubID: SearchRows] = [:]
        for row in 0..<missing.count {
            var one = SearchRows(workspace.id)
            for column in 1...2 {
                if let said = try missing.optionalText(row, column) { one.add(name: said) }
            }
            rows[try missing.id(row, 0)] = one
        }
        let shown = try session.execute(.searchShown, [.int8(workspace.id), .uuids(rows.keys.sorted())])
        for row in 0..<shown.count {
            guard let kind = IdentifierKind(code: try shown.int16(row, 1)) else { continue }
            let identifier = Identifier(
                kind: kind, scope: try shown.text(row, 2), canonical: try shown.text(row, 3))
            rows[try shown.id(row, 0)]?.add(identifier)
        }
        var (ids, texts) = (ArrayBuilder(.uuid, reserving: rows.count), ArrayBuilder(.text, reserving: rows.count))
        var names: Set<String> = []
        for (facet, one) in rows.sorted(by: { $0.key < $1.key }) {
            ids.append(facet)
            texts.append(text: one.text)
            names.formUnion(one.names)
        }
        var statements: [(Statement, [Parameter])] = [
            (.searchFacetsAdd, [.int8(workspace.id), .array(ids), .array(texts)])
        ]
        if !names.isEmpty { statements.append((.searchWordsAdd, SearchRows.parameters(names, workspace.id))) }
        _ = try session.pipeline(statements)
    }

    private func index(messages: borrowing Rows, in session: borrowing Session) throws(DatabaseError) {
        guard messages.count > 0 else { return }
        var ids = ArrayBuilder(.uuid, reserving: messages.count)
        var facets = ArrayBuilder(.uuid, reserving: messages.count)
        var times = ArrayBuilder(.timestamptz, reserving: messages.count)
        var texts = ArrayBuilder(.text, reserving: messages.count)
        for row in 0..<messages.count {
            ids.append(try messages.id(row, 0))
            facets.append(try messages.id(row, 1))
            times.append(timestamp: try messages.timestamp(row, 2))
            // Cut and folded as a search is: the stems of an accented word and of the plain one are else two.
            texts.append(text: SearchWords.words(try messages.text(row, 3)).joined(separator: " "))
        }
        _ = try session.execute(
            .searchTextsAdd, [.int8(workspace.id), .array(ids), .array(facets), .array(times), .array(texts)])
    }

    /// How far the words are that can be searched for.
    package struct Reach: Sendable {
        /// All up to here is indexed.
        package let cursor: JournalCursor
        /// Microseconds since what is not indexed yet was stored; 0 = nothing is missing.
        package let behind: Int64
    }

    static func reach(_ workspace: Workspace, now: Int64, in session: borrowing Session) throws(DatabaseError) -> Reach
    {
        let rows = try session.execute(.searchReach, [.int8(workspace.id)])
        let epoch = try rows.id(0, 0)
        let (position, isWhole) = (try rows.int64(0, 1), try rows.bool(0, 2))
        var behind: Int64 = 0
        if !isWhole {
            let waiting = try session.execute(.searchWaiting, [.int8(workspace.id), .int8(position)])
            // Where the journal holds nothing that waits, it is what stood there before there was an index.
            behind = waiting.count == 1 ? max(1, now - (try waiting.timestamp(0, 0))) : 1
        }
        return Reach(cursor: JournalCursor(epoch: epoch, position: position), behind: behind)
    }
}

/// The items of a row of the journal.
enum RecordedItems {
    /// Pairs of 16 and 16 bytes.
    static func read(
        _ rows: borrowing Rows, _ row: Int, _ column: Int
    ) throws(DatabaseError) -> [(interaction: HubID, facet: HubID)] {
        if try rows.isNull(row, column) { return [] }
        return try rows.withBytes(row, column) { bytes in
            func id(_ place: Int) -> HubID {
                func half(_ start: Int) -> UInt64 {
                    UInt64(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
                }
                return HubID(high: half(place), low: half(place + 8))
            }
            return stride(from: 0, to: bytes.byteCount / 32 * 32, by: 32).map { (id($0), id($0 + 16)) }
        }
    }

    /// The body of a row of which some interactions have a message: the places of these.
    static func body(_ places: [Int]) -> [UInt8] {
        guard !places.isEmpty else { return Array("{}".utf8) }
        return JSONWriter.object([("messages", JSONWriter.array(places.map { JSONWriter.number(Int64($0)) }))])
    }

    /// A row from before such places were written down says none; what it tells of is read with what was there before.
    static func messages(_ body: [UInt8], of count: Int) throws(DatabaseError) -> Set<Int> {
        do throws(Refusal) {
            guard let places = try JSONValue(body)["messages"]?.elements else { return [] }
            return Set(places.compactMap { $0.integer.map(Int.init) })
        } catch {
            throw DatabaseError(.usage, "a row of the journal cannot be read: \(error.detail)")
        }
    }
}
