internal import Postgres
internal import Resolution

/// Records that were read and made ready, since those that come together are compared with the same others.
final class SoftMemory: Sendable {
    private struct State {
        var model: SoftHash?
        var recent: [Int64: SoftEntry] = [:]
        /// What was recent before it.
        var older: [Int64: SoftEntry] = [:]
    }

    /// Of the recent ones; about 2 kB each.
    private let capacity: Int
    private let state = Monitor(State())

    init(capacity: Int = 8_000) { self.capacity = capacity }

    /// In the same order; nil where one is not remembered.
    func entries(of records: [Int64], under model: SoftModel) -> [SoftEntry?] {
        state.withLock { state in
            guard state.model == model.version else { return Array(repeating: nil, count: records.count) }
            return records.map { state.recent[$0] ?? state.older[$0] }
        }
    }

    func remember(_ entries: [SoftEntry?], of records: [Int64], under model: SoftModel) {
        state.withLock { state in
            if state.model != model.version { state = State(model: model.version) }
            for (id, entry) in zip(records, entries) {
                if state.recent.count >= capacity {
                    state.older = state.recent
                    state.recent = [:]
                }
                state.recent[id] = entry
            }
        }
    }
}
