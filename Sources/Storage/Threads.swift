package import Contact
package import Postgres

/// Which threads are one.
///
/// A connector names the thread of an interaction by what that interaction alone tells, and says beside which names belong
/// together (``ThreadLink``). What is connected is one thread, called by the least id among them: a function of the set of
/// what was stored, whatever came first. As more arrives, two threads may become one; never one two.
package struct Threads: Sendable {
    /// Threads looked at in one call; beyond, what is connected only through others counts as apart.
    package static let most = 10_000
    /// Steps outward in one call: a chain of mails that each name only the one before is followed so far.
    static let mostSteps = 200

    private let database: Database
    private let workspace: Workspace

    package init(_ database: Database, workspace: Workspace) {
        self.database = database
        self.workspace = workspace
    }

    /// For each thread the id of the whole that it belongs to: itself where it belongs to none.
    package func resolve(_ threads: [HubID]) async throws(DatabaseError) -> [HubID: HubID] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [HubID: HubID] in
            try Self.resolve(threads, workspace, in: session)
        }
    }

    /// All threads that belong together with one, itself among them.
    static func members(
        of thread: HubID, _ workspace: Workspace, in session: borrowing Session
    ) throws(DatabaseError) -> Set<HubID> {
        var groups = Groups()
        return try walk([thread], &groups, workspace, in: session)
    }

    /// Walks outward from all of them at once, each thread once: a ring ends as a line does.
    static func resolve(
        _ threads: [HubID], _ workspace: Workspace, in session: borrowing Session
    ) throws(DatabaseError) -> [HubID: HubID] {
        var groups = Groups()
        _ = try walk(threads, &groups, workspace, in: session)
        var found: [HubID: HubID] = [:]
        for thread in threads { found[thread] = groups.least(of: thread) }
        return found
    }

    /// What was reached.
    private static func walk(
        _ threads: [HubID], _ groups: inout Groups, _ workspace: Workspace, in session: borrowing Session
    ) throws(DatabaseError) -> Set<HubID> {
        var frontier = Set(threads)
        var seen = frontier
        for _ in 0..<Self.mostSteps where !frontier.isEmpty && seen.count <= most {
            let rows = try session.execute(.threadNeighbours, [.int8(workspace.id), .uuids(frontier.sorted())])
            frontier = []
            for row in 0..<rows.count {
                let pair = (try rows.id(row, 0), try rows.id(row, 1))
                groups.join(pair.0, pair.1)
                if seen.insert(pair.0).inserted { frontier.insert(pair.0) }
                if seen.insert(pair.1).inserted { frontier.insert(pair.1) }
            }
        }
        return seen
    }

    /// Sets that grow together, each called by its least member.
    private struct Groups {
        private var above: [HubID: HubID] = [:]

        mutating func least(of thread: HubID) -> HubID {
            var top = thread
            while let next = above[top] { top = next }
            var place = thread
            while place != top, let next = above[place] {
                above[place] = top
                place = next
            }
            return top
        }

        mutating func join(_ a: HubID, _ b: HubID) {
            let tops = (least(of: a), least(of: b))
            guard tops.0 != tops.1 else { return }
            above[max(tops.0, tops.1)] = min(tops.0, tops.1)
        }
    }
}

extension Statement {
    static let threadNeighbours = Statement(
        """
        /* thread.neighbours */
        (SELECT thread, next FROM thread_link WHERE workspace = $1 AND thread = ANY ($2::uuid[]) LIMIT 10000)
        UNION ALL
        (SELECT thread, next FROM thread_link WHERE workspace = $1 AND next = ANY ($2::uuid[]) LIMIT 10000)
        """, isPlannedAnew: true)
}
