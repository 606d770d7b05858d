internal import Contact
internal import Postgres

/// Facets that are known to be stored, with their last day: nearly all traffic shows one of them.
///
/// Safe only because an erasure raises `journal.erasures` under the journal row, and a restore changes its epoch: what
/// was remembered under another pair is forgotten, and a transaction that relied on it is rolled back and run again.
final class KnownFacets: Sendable {
    private struct State {
        var since: JournalHead.Era?
        var days: [HubID: Int32] = [:]
    }

    /// About 40 bytes each.
    private let capacity: Int
    private let state = Monitor(State())

    init(capacity: Int = 500_000) { self.capacity = capacity }

    func forget() { state.withLock { $0 = State() } }

    /// The last days of those that are remembered since then.
    func days(of facets: [HubID], since: JournalHead.Era) -> [Int32?] {
        state.withLock { state in
            if state.since != since {
                state.since = since
                state.days = [:]
            }
            return facets.map { state.days[$0] }
        }
    }

    /// Remembers what a committed transaction has stored or read.
    func remember(_ facets: some Sequence<(facet: HubID, day: Int32)>, since: JournalHead.Era) {
        state.withLock { state in
            guard state.since == since else { return }
            if state.days.count > capacity { state.days = [:] }
            for (facet, day) in facets { state.days[facet] = max(day, state.days[facet] ?? day) }
        }
    }
}
