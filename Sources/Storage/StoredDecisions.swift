internal import Contact
internal import Postgres
internal import Resolution

/// Decisions as the tables hold them.
enum StoredDecisions {
    /// Rows of one facet each (or of none), those of a decision one after the other. One whose facets are erased on one side
    /// decides nothing any more.
    static func read(_ rows: borrowing Rows) throws(DatabaseError) -> [Decision] {
        var found: [Decision] = []
        var row = 0
        while row < rows.count {
            let id = try rows.id(row, 0)
            let kind = try rows.int16(row, 1)
            let value = try rows.optionalID(row, 2)
            var sides: ([HubID], [HubID]) = ([], [])
            while row < rows.count, try rows.id(row, 0) == id {
                if let facet = try rows.optionalID(row, 3) {
                    if try rows.int16(row, 4) == 1 { sides.0.append(facet) } else { sides.1.append(facet) }
                }
                row += 1
            }
            switch kind {
            case 1: if let a = sides.0.first, let b = sides.1.first { found.append(.same(a, b)) }
            case 2: if !sides.0.isEmpty, !sides.1.isEmpty { found.append(.notSame(sides.0, sides.1)) }
            default: if let value { found.append(.shared(value)) }
            }
        }
        return found
    }
}
