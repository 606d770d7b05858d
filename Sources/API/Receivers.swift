internal import Contact
internal import Postgres
internal import Storage

/// The connectors that are spoken to over HTTP, made when they are first spoken to and made anew every few seconds, so
/// that a changed setting takes effect.
package final class Receivers: Sendable {
    private static let remembered: Duration = .seconds(3)
    /// Forgotten all at once beyond this: names come from outside, and those that are none are remembered too.
    private static let most = 1_000

    private struct Place: Hashable {
        let workspace: Int64
        let source: String
    }

    private struct Memory {
        let receiver: (any Receiver)?
        let until: ContinuousClock.Instant
    }

    private let lookUp: ReceiverLookup
    private let memory = Monitor<[Place: Memory]>([:])

    init(_ lookUp: @escaping ReceiverLookup) { self.lookUp = lookUp }

    func find(_ source: String, in workspace: Workspace) async throws -> (any Receiver)? {
        let place = Place(workspace: workspace.id, source: source)
        let moment = ContinuousClock.now
        if let known = memory.withLock({ $0[place] }), known.until > moment { return known.receiver }
        let receiver = try await lookUp(workspace, source)
        memory.withLock { memory in
            if memory.count >= Self.most { memory = [:] }
            memory[place] = Memory(receiver: receiver, until: moment + Self.remembered)
        }
        return receiver
    }
}
