internal import Contact
internal import Postgres
internal import Resolution

/// Records that were read and made ready, since those that come together are compared with the same others.
final class SoftMemory: Sendable {
    private struct State {
        var model: SoftHash?
        var entries: RecentlyUsed<Int64, SoftEntry>
    }

    /// Of each of two generations; about 2 kB each.
    private let capacity: Int
    private let state: Monitor<State>

    init(capacity: Int = 8_000) {
        self.capacity = capacity
        state = Monitor(State(entries: RecentlyUsed(most: capacity)))
    }

    /// In the same order; nil where one is not remembered.
    func entries(of records: [Int64], under model: SoftModel) -> [SoftEntry?] {
        state.withLock { state in
            guard state.model == model.version else { return Array(repeating: nil, count: records.count) }
            return records.map { state.entries.find($0) }
        }
    }

    /// Remembers what was not found.
    func remember(_ entries: some Sequence<(Int64, SoftEntry)>, under model: SoftModel) {
        state.withLock { state in
            if state.model != model.version {
                state = State(model: model.version, entries: RecentlyUsed(most: capacity))
            }
            for (record, entry) in entries { state.entries.keep(entry, for: record) }
        }
    }
}
