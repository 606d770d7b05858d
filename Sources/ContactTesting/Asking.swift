package import Postgres

/// Statements made at run time, to look at what is really there.
extension Database {
    package func run(_ script: String) async throws(DatabaseError) {
        try await session { (session: borrowing Session) throws(DatabaseError) in try session.run(script) }
    }

    package func int64(_ sql: String, _ parameters: [Parameter] = []) async throws(DatabaseError) -> Int64 {
        try await session { (session: borrowing Session) throws(DatabaseError) -> Int64 in
            try session.query(text: sql, parameters).int64(0, 0)
        }
    }

    /// The texts of the first column.
    package func texts(_ sql: String) async throws(DatabaseError) -> [String] {
        try await session { (session: borrowing Session) throws(DatabaseError) -> [String] in
            try session.texts(sql)
        }
    }

    /// Polls, for what happens in another session or process: throws after two minutes.
    package func wait(until sql: String, gives value: Int64) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        var last: Int64 = -1
        repeat {
            last = try await int64(sql)
            if last == value { return }
            try await Task.sleep(for: .milliseconds(5))
        } while ContinuousClock.now < deadline
        throw Overdue(sql: sql, last: last)
    }
}

package struct Overdue: Error {
    package let sql: String
    package let last: Int64

    package init(sql: String, last: Int64) {
        self.sql = sql
        self.last = last
    }
}

extension Session {
    package borrowing func texts(_ sql: String) throws(DatabaseError) -> [String] {
        let rows = try query(text: sql)
        var found: [String] = []
        for row in 0..<rows.count { found.append(try rows.text(row, 0)) }
        return found
    }
}
