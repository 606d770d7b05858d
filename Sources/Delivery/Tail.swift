internal import Contact
internal import Postgres
package import Storage

/// The end of one workspace's journal, read and written out once for all who follow it.
///
/// It reads while somebody follows, from where the journal ended when the first came; what it keeps is bounded, and whoever
/// falls behind it reads the journal by himself until he is here again.
package final class Tail: Sendable {
    /// Changes that were read together, written as events one after the other.
    package struct Sheet: Sendable {
        package struct Event: Sendable {
            package let position: Int64
            package let type: ChangeType
            /// Where its server-sent event ends in the text.
            package let end: Int
        }

        /// It holds everything after this position…
        package let after: Int64
        /// … up to this one.
        package let upTo: Int64
        package let events: [Event]
        /// As server-sent events (WHATWG HTML, 9.2), thin.
        package let text: [UInt8]
    }

    package enum Following: Sendable {
        /// In order, the first of them perhaps begun before the position that was asked for.
        case sheets([Sheet])
        /// Older than what is kept here, or nobody has read yet.
        case elsewhere
    }

    /// What is kept for those who are a little behind.
    static let mostBytes = 8 << 20
    private static let pageOfChanges = 1_000
    /// How often is looked where nobody rings.
    private static let interval: Duration = .seconds(1)

    private struct State {
        /// Of the reader: what one that was let go still finds is not taken.
        var reading = 0
        var followers = 0
        var reader: Task<Void, Never>?
        var sheets: [Sheet] = []
        var bytes = 0
        /// Everything up to here was read.
        var position: Int64?
        var epoch: HubID?
    }

    package let journal: Changes
    /// Rings when there is more here.
    package let moved = Bell()
    private let bell: Bell
    private let workspace: Int64
    private let state = Monitor(State())

    package init(_ journal: Changes, workspace: Int64, bell: Bell) {
        self.journal = journal
        self.workspace = workspace
        self.bell = bell
    }

    deinit { state.withLock { $0.reader }?.cancel() }

    /// Follows from now until ``leave()``, once for each.
    package func join() {
        state.withLock { state in
            state.followers += 1
            guard state.reader == nil else { return }
            let reading = state.reading
            // It holds the tail only while it looks.
            state.reader = Task { [weak self] in
                var place = Place()
                while !Task.isCancelled, let look = await self?.look(&place, reading) {
                    if !look.hasMore { await look.bell.wait(beyond: look.rung, atMost: Self.interval) }
                }
            }
        }
    }

    package func leave() {
        let reader = state.withLock { state -> Task<Void, Never>? in
            state.followers -= 1
            guard state.followers == 0 else { return nil }
            let reader = state.reader
            let reading = state.reading + 1
            state = State()
            state.reading = reading
            return reader
        }
        reader?.cancel()
    }

    /// What comes after a place; no sheets where nothing does yet.
    package func after(_ cursor: JournalCursor) -> Following {
        state.withLock { state in
            guard state.epoch == cursor.epoch, let end = state.position, cursor.position <= end else {
                return .elsewhere
            }
            if cursor.position == end { return .sheets([]) }
            guard let first = state.sheets.firstIndex(where: { $0.upTo > cursor.position }),
                state.sheets[first].after <= cursor.position
            else { return .elsewhere }
            return .sheets(Array(state.sheets[first...]))
        }
    }

    /// Where the reader stands.
    private struct Place {
        var cursor: JournalCursor?
        /// Time of the last change that was read.
        var since: Int64?
    }

    private func look(_ place: inout Place, _ reading: Int) async -> (bell: Bell, rung: UInt64, hasMore: Bool) {
        let rung = bell.count
        // Where the database does not answer the next look comes after a pause, as where nothing has moved.
        let hasMore = (try? await step(&place, reading)) ?? false
        return (bell, rung, hasMore)
    }

    /// Reads a page; true where there may be more at once.
    private func step(_ at: inout Place, _ reading: Int) async throws -> Bool {
        guard let place = at.cursor else {
            let end = try await journal.bounds().end
            begin(at: end, reading)
            at.cursor = end
            return false
        }
        // Clocks of those who write differ a little: a day is more than enough.
        let floor = at.since.map { $0 - 86_400_000_000 }
        guard case .page(let page) = try await journal.page(after: place, limit: Self.pageOfChanges, since: floor)
        else {
            // Another epoch: whoever follows reads by himself, and is told.
            state.withLock { state in
                guard state.reading == reading else { return }
                state.sheets = []
                state.bytes = 0
                state.position = nil
            }
            at.cursor = nil
            moved.sound()
            return false
        }
        guard page.next != place else { return false }
        add(Self.sheet(page, after: place, workspace: workspace), reading)
        at.since = page.changes.last?.at ?? at.since
        at.cursor = page.next
        return !page.isLast
    }

    private func begin(at end: JournalCursor, _ reading: Int) {
        state.withLock { state in
            guard state.reading == reading else { return }
            state.sheets = []
            state.bytes = 0
            state.epoch = end.epoch
            state.position = end.position
        }
        moved.sound()
    }

    private func add(_ sheet: Sheet, _ reading: Int) {
        state.withLock { state in
            guard state.reading == reading else { return }
            state.sheets.append(sheet)
            state.bytes += sheet.text.count
            state.position = sheet.upTo
            while state.bytes > Self.mostBytes, state.sheets.count > 1 {
                state.bytes -= state.sheets.removeFirst().text.count
            }
        }
        moved.sound()
    }

    /// Changes as server-sent events.
    package static func sheet(
        _ page: Changes.Page, after place: JournalCursor, workspace: Int64, known: EventWriter.Known? = nil
    ) -> Sheet {
        var writer = EventWriter(workspace: workspace, epoch: place.epoch)
        let epoch = Array("id: \(place.epoch).".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(page.changes.count * 560)
        var events: [Sheet.Event] = []
        events.reserveCapacity(page.changes.count)
        for change in page.changes {
            text += epoch
            text.append(decimal: change.position)
            text += "\nevent: ".utf8
            text += change.type.name.utf8
            text += "\ndata: ".utf8
            writer.append(change, known, to: &text)
            text += "\n\n".utf8
            events.append(Sheet.Event(position: change.position, type: change.type, end: text.count))
        }
        return Sheet(after: place.position, upTo: page.next.position, events: events, text: text)
    }
}

extension Tail.Sheet {
    /// The events after a position, of some types or all.
    package func text(after position: Int64, types: Set<ChangeType>?) -> ArraySlice<UInt8> {
        let first = events.firstIndex { $0.position > position } ?? events.endIndex
        let begin = first == events.startIndex ? 0 : events[first - 1].end
        guard let types else { return text[begin...] }
        var found: [UInt8] = []
        var start = begin
        for event in events[first...] {
            if types.contains(event.type) { found += text[start..<event.end] }
            start = event.end
        }
        return found[...]
    }
}
