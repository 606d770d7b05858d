internal import NIOConcurrencyHelpers
internal import NIOCore

/// Connections whose last answer is over, kept for a while in case of another webhook for the same place.
///
/// They are found by address: whoever takes one has just looked the name up and had its addresses judged.
final class IdleConnections: Sendable {
    private struct Kept {
        let connection: WebhookConnection
        let end: Scheduled<Void>
    }

    private struct State {
        var kept: [WebhookConnection.Place: [Kept]] = [:]
        var count = 0
        var isClosed = false

        mutating func takeLast(_ place: WebhookConnection.Place) -> Kept? {
            guard let last = kept[place]?.popLast() else { return nil }
            if kept[place]?.isEmpty == true { kept[place] = nil }
            count -= 1
            return last
        }

        mutating func remove(_ connection: WebhookConnection) -> Kept? {
            guard let index = kept[connection.place]?.firstIndex(where: { $0.connection === connection }) else {
                return nil
            }
            let removed = kept[connection.place]?.remove(at: index)
            if kept[connection.place]?.isEmpty == true { kept[connection.place] = nil }
            count -= 1
            return removed
        }
    }

    private let state = NIOLockedValueBox(State())
    private let lifetime: TimeAmount
    /// For one place, and for all.
    private let most: (here: Int, all: Int)

    init(lifetime: Duration, mostPerPlace: Int, most: Int) {
        self.lifetime = TimeAmount(lifetime)
        self.most = (mostPerPlace, most)
    }

    deinit { closeAll() }

    /// The connection used last, for the others may go unused then; nil if there is none.
    func take(_ places: [WebhookConnection.Place]) -> WebhookConnection? {
        for place in places {
            while let kept = state.withLockedValue({ $0.takeLast(place) }) {
                kept.end.cancel()
                if kept.connection.isOpen { return kept.connection }
            }
        }
        return nil
    }

    /// Keeps a connection, or closes it where enough are kept.
    func keep(_ connection: WebhookConnection) {
        let end = connection.loop.scheduleTask(in: lifetime) { [weak self] in
            self?.forget(connection)
            connection.close()
        }
        let isKept = state.withLockedValue { state in
            let here = state.kept[connection.place]?.count ?? 0
            guard !state.isClosed, state.count < most.all, here < most.here else { return false }
            state.kept[connection.place, default: []].append(Kept(connection: connection, end: end))
            state.count += 1
            return true
        }
        guard isKept else {
            end.cancel()
            return connection.close()
        }
        // It may have gone meanwhile, and nobody would say so again.
        if !connection.isOpen { forget(connection) }
    }

    /// Takes a connection out that has ended; one that is not kept is left alone.
    func forget(_ connection: WebhookConnection) {
        state.withLockedValue { $0.remove(connection) }?.end.cancel()
    }

    /// Closes all, and whatever comes later.
    func closeAll() {
        let all = state.withLockedValue { state in
            let all = state.kept.values.joined().map { $0 }
            state = State(isClosed: true)
            return all
        }
        for kept in all {
            kept.end.cancel()
            kept.connection.close()
        }
    }

    /// How many are kept.
    var count: Int { state.withLockedValue { $0.count } }
}
