internal import Contact
package import Postgres

/// Gathers rows of the audit log and writes them in groups, so that a look costs no commit of its own.
///
/// A look is answered while its row waits, for at most ``pause``: a crash can lose as much. A change is answered when its
/// row is durable. The queue is bounded: where the database does not take what waits, nobody looks any more.
package final class AuditLog: Sendable {
    /// How long the row of a look waits for others.
    private static let pause: Duration = .milliseconds(100)
    /// How long a change waits for its row.
    private static let patience: Duration = .seconds(10)
    /// Between attempts, where the database does not take them.
    private static let rest: Duration = .milliseconds(250)
    /// Rows of one transaction.
    private static let mostTogether = 500

    private struct Waiting {
        let workspace: Int64
        let entry: AuditEntry
        var answer: CheckedContinuation<Bool, Never>?
        let since: ContinuousClock.Instant
    }

    private struct State {
        var waiting: [Waiting] = []
        /// Taken, and not durable yet.
        var underway = 0
        var isRunning = false
        var isUrgent = false
        var written = 0
        var refused = 0
    }

    package struct Load: Sendable {
        /// Rows that wait to be durable.
        package let waiting: Int
        /// Rows that were written since the process began.
        package let written: Int
        /// Rows that the database refused for what they hold: must stay 0.
        package let refused: Int
    }

    private let database: Database
    private let most: Int
    private let state = Monitor(State())
    private let bell = Bell()
    private let done = Bell()

    /// At most so many rows may wait.
    package init(_ database: Database, most: Int = 10_000) {
        self.database = database
        self.most = most
    }

    package var load: Load {
        state.withLock { Load(waiting: $0.waiting.count + $0.underway, written: $0.written, refused: $0.refused) }
    }

    /// Whether another row may wait. Asked before anything is shown or changed.
    package var hasRoom: Bool { state.withLock { $0.waiting.count + $0.underway < most } }

    /// Takes the row of a look, which is written soon.
    package func note(_ entry: AuditEntry, in workspace: Int64) {
        let begins = state.withLock { state in
            state.waiting.append(Waiting(workspace: workspace, entry: entry, answer: nil, since: .now))
            return Self.begin(&state)
        }
        if begins { Task { await run() } }
    }

    /// Takes the row of a change; true once it is durable, false where that takes too long: it is written all the same, as
    /// soon as it can be.
    package func record(_ entry: AuditEntry, in workspace: Int64) async -> Bool {
        await withCheckedContinuation { continuation in
            let begins = state.withLock { state in
                state.waiting.append(Waiting(workspace: workspace, entry: entry, answer: continuation, since: .now))
                state.isUrgent = true
                return Self.begin(&state)
            }
            if begins { Task { await run() } } else { bell.sound() }
        }
    }

    private static func begin(_ state: inout State) -> Bool {
        defer { state.isRunning = true }
        return !state.isRunning
    }

    /// Returns when nothing waits any more, or the time is over: then false.
    package func flush(within patience: Duration = .seconds(5)) async -> Bool {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            let finished = done.count
            let isEmpty = state.withLock { state in
                state.isUrgent = !state.waiting.isEmpty
                return state.waiting.isEmpty && state.underway == 0
            }
            if isEmpty { return true }
            bell.sound()
            await done.wait(beyond: finished, atMost: .milliseconds(50))
        }
        return load.waiting == 0
    }

    /// Writes until nothing waits.
    private func run() async {
        while true {
            let rung = bell.count
            let (isOver, isUrgent) = state.withLock { state in
                if state.waiting.isEmpty { state.isRunning = false }
                return (state.waiting.isEmpty, state.isUrgent || state.waiting.count >= Self.mostTogether)
            }
            if isOver { return }
            if !isUrgent { await bell.wait(beyond: rung, atMost: Self.pause) }
            let taken = state.withLock { state in
                let taken = Array(state.waiting.prefix(Self.mostTogether))
                state.waiting.removeFirst(taken.count)
                state.underway = taken.count
                state.isUrgent = state.waiting.contains { $0.answer != nil }
                return taken
            }
            let left = await write(taken)
            let impatient = state.withLock { state in
                state.underway = 0
                let now = ContinuousClock.now
                var kept = left
                var impatient: [CheckedContinuation<Bool, Never>] = []
                for place in kept.indices where now - kept[place].since >= Self.patience {
                    if let answer = kept[place].answer.take() { impatient.append(answer) }
                }
                state.waiting = kept + state.waiting
                return impatient
            }
            for answer in impatient { answer.resume(returning: false) }
            done.sound()
            // A pause that nothing shortens: the database is to come back.
            if !left.isEmpty { try? await Task.sleep(for: Self.rest) }
        }
    }

    /// Writes what it can; returns what has to wait.
    private func write(_ taken: [Waiting]) async -> [Waiting] {
        var left: [Waiting] = []
        for (workspace, rows) in Dictionary(grouping: taken, by: \.workspace) {
            left += await write(rows, in: workspace)
        }
        return left
    }

    private func write(_ rows: [Waiting], in workspace: Int64) async -> [Waiting] {
        do throws(DatabaseError) {
            try await Audit(database, workspace: workspace).add(rows.map(\.entry))
            state.withLock { $0.written += rows.count }
            for row in rows { row.answer?.resume(returning: true) }
            return []
        } catch  where !Self.isOfTheRow(error) {
            return rows
        } catch  where rows.count > 1 {
            // One of them cannot be stored: the rest is not to wait for it.
            var left: [Waiting] = []
            for row in rows { left += await write([row], in: workspace) }
            return left
        } catch {
            state.withLock { $0.refused += 1 }
            for row in rows { row.answer?.resume(returning: false) }
            return []
        }
    }

    /// Whether it is for what the row holds (classes 22 and 23 of the SQL standard), so that no later attempt would do better.
    private static func isOfTheRow(_ error: DatabaseError) -> Bool {
        error.kind == .server && ["22", "23"].contains(error.state?.errorClass)
    }
}
