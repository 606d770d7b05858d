internal import Contact
internal import Postgres

/// The keys of soft records that this process has stored lately, by the stretch of the journal they came with: whoever has
/// searched before he held the journal row learns what came meanwhile without searching again.
///
/// Written under the journal row, before the commit: what stands there of a transaction that came to nothing begins where the
/// next one to hold the row begins, which takes it out.
final class SoftLog: Sendable {
    private struct Entry {
        let from: Int64
        let to: Int64
        let keys: [Soft.Key]
    }

    private struct State {
        var epoch: HubID?
        var entries: [Entry] = []
        var keys = 0
    }

    /// Of 16 bytes each. Who waits for the row waits for one or two transactions.
    private static let mostKeys = 200_000
    private static let mostEntries = 256

    private let state = Monitor(State())

    /// Says what the transaction that holds the row stores, and how far it takes the journal.
    func record(_ keys: [Soft.Key], from head: JournalHead, to position: Int64) {
        state.withLock { state in
            if state.epoch != head.era.epoch { state = State(epoch: head.era.epoch) }
            while let last = state.entries.last, last.from >= head.position {
                state.keys -= last.keys.count
                state.entries.removeLast()
            }
            guard position > head.position else { return }
            state.entries.append(Entry(from: head.position, to: position, keys: keys))
            state.keys += keys.count
            while state.keys > Self.mostKeys || state.entries.count > Self.mostEntries {
                state.keys -= state.entries.removeFirst().keys.count
            }
        }
    }

    /// What was stored between two heads of the journal; nil where this process does not know all of it.
    func keys(from: JournalHead, to: JournalHead) -> [Soft.Key]? {
        guard from.era == to.era else { return nil }
        if from.position == to.position { return [] }
        return state.withLock { state in
            guard state.epoch == to.era.epoch else { return nil }
            var (position, keys) = (from.position, [Soft.Key]())
            for entry in state.entries where entry.from == position && position < to.position {
                keys += entry.keys
                position = entry.to
            }
            return position == to.position ? keys : nil
        }
    }
}
