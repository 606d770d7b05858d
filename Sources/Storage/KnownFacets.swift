internal import Contact
internal import Postgres

/// Facets that are known to be stored, with their last month: nearly all traffic shows one of them.
///
/// Safe only because an erasure raises `journal.erasures` under the journal row: what was remembered under another
/// number is forgotten, and a transaction that relied on it is rolled back and run again.
final class KnownFacets: Sendable {
    private struct State {
        var erasures: Int64 = -1
        var months: [HubID: Int32] = [:]
    }

    /// About 40 bytes each.
    private let capacity: Int
    private let state = Monitor(State())

    init(capacity: Int = 500_000) { self.capacity = capacity }

    /// The last months of those that are remembered under this number of erasures.
    func months(of facets: [HubID], erasures: Int64) -> [Int32?] {
        state.withLock { state in
            if state.erasures != erasures {
                state.erasures = erasures
                state.months = [:]
            }
            return facets.map { state.months[$0] }
        }
    }

    /// Remembers what a committed transaction has stored or read.
    func remember(_ facets: some Sequence<(facet: HubID, month: Int32)>, erasures: Int64) {
        state.withLock { state in
            guard state.erasures == erasures else { return }
            if state.months.count > capacity { state.months = [:] }
            for (facet, month) in facets { state.months[facet] = max(month, state.months[facet] ?? month) }
        }
    }
}
