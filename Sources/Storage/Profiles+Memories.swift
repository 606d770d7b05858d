package import Contact
package import Postgres

extension Profiles {
    /// Where a page of memories ends.
    package struct MemoryPlace: Hashable, Sendable {
        /// 0 open promises, 1 what else is open, 2 what is closed.
        package let group: Int16
        /// Of a promise when it is due, else minus the time it was heard or closed: it only grows.
        package let rank: Int64
        package let memory: HubID

        package init(group: Int16, rank: Int64, memory: HubID) {
            self.group = group
            self.rank = rank
            self.memory = memory
        }

        /// The place of a memory.
        package init(_ memory: Memory) {
            if let closing = memory.closing {
                self.init(group: 2, rank: -closing.at, memory: memory.id)
            } else if let due = memory.dueAt {
                self.init(group: 0, rank: due, memory: memory.id)
            } else {
                self.init(group: 1, rank: -memory.heardAt, memory: memory.id)
            }
        }
    }

    /// Open ones first: promises by when they are due, then the others, the latest first; then what is closed, the latest first.
    package func memories(
        of profile: HubID, after place: MemoryPlace? = nil, limit: Int = 50
    ) async throws(DatabaseError) -> [Memory] {
        let workspace = workspace
        let place = place ?? MemoryPlace(group: -1, rank: 0, memory: HubID(high: 0, low: 0))
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [Memory] in
            try StoredMemories.read(
                try session.execute(
                    .memoryList,
                    [
                        .int8(workspace.id), .uuid(profile), .int2(place.group), .int8(place.rank),
                        .uuid(place.memory), .int8(Int64(limit)),
                    ]))
        }
    }
}

/// Memories as the table holds them.
enum StoredMemories {
    /// What comes first in each row.
    static let columns = 15

    /// A kind that this build does not know is left out.
    static func read(_ rows: borrowing Rows) throws(DatabaseError) -> [Memory] {
        var found: [Memory] = []
        for row in 0..<rows.count {
            guard let kind = MemoryKind(rawValue: try rows.text(row, 2)) else { continue }
            var closing: Memory.Closing?
            if let at = try rows.optionalTimestamp(row, 11) {
                closing = Memory.Closing(
                    end: MemoryEnd(rawValue: try rows.text(row, 12)) ?? .outdated, at: at, by: try rows.text(row, 13),
                    why: try rows.text(row, 14))
            }
            found.append(
                Memory(
                    id: try rows.id(row, 0), facet: try rows.id(row, 1), kind: kind, words: try rows.text(row, 3),
                    heardBy: try rows.text(row, 4), heardAt: try rows.timestamp(row, 5), who: try rows.text(row, 6),
                    recordedAt: try rows.timestamp(row, 7), dueAt: try rows.optionalTimestamp(row, 8),
                    interaction: try rows.optionalID(row, 9), isConfirmed: try rows.bool(row, 10), closing: closing))
        }
        return found
    }
}

extension Statement {
    static let memoryList = Statement(
        """
        /* memory.list */
        SELECT memory, facet, kind, words, heard_by, heard_at, who, recorded_at, due_at, interaction, confirmed,
          closed_at, closed_as, closed_by, closed_why
        FROM (
          SELECT one.*,
            CASE WHEN one.closed_at IS NOT NULL THEN 2 WHEN one.due_at IS NOT NULL THEN 0 ELSE 1 END::smallint AS band,
            CASE WHEN one.closed_at IS NULL AND one.due_at IS NOT NULL
              THEN (extract(epoch FROM one.due_at) * 1000000)::bigint
              ELSE -(extract(epoch FROM coalesce(one.closed_at, one.heard_at)) * 1000000)::bigint END AS rank
          FROM facet JOIN memory AS one ON one.workspace = $1 AND one.facet = facet.facet
          WHERE facet.workspace = $1 AND facet.profile = $2) AS one
        WHERE (band, rank, memory) > ($3::smallint, $4::bigint, $5::uuid)
        ORDER BY band, rank, memory LIMIT $6
        """, isPlannedAnew: true)
    /// The open ones and the closed ones, counted.
    static let memoryCounts = Statement(
        """
        /* memory.counts */
        SELECT count(*) FILTER (WHERE one.closed_at IS NULL), count(one.closed_at)
        FROM facet JOIN memory AS one ON one.workspace = $1 AND one.facet = facet.facet
        WHERE facet.workspace = $1 AND facet.profile = $2
        """, isPlannedAnew: true)
    static let memoryPromises = Statement(
        """
        /* memory.promises */
        SELECT one.memory, one.facet, one.kind, one.words, one.heard_by, one.heard_at, one.who, one.recorded_at, one.due_at,
          one.interaction, one.confirmed, one.closed_at, one.closed_as, one.closed_by, one.closed_why
        FROM facet JOIN memory AS one ON one.workspace = $1 AND one.facet = facet.facet
        WHERE facet.workspace = $1 AND facet.profile = $2 AND one.kind = 'promised' AND one.closed_at IS NULL
        ORDER BY one.due_at, one.memory LIMIT 20
        """, isPlannedAnew: true)
}
