internal import Contact
internal import Postgres
internal import Resolution

extension Ledger {
    /// The rules of a version, read once.
    func rules(at version: Int32, in session: borrowing Session) throws(DatabaseError) -> Rules {
        let known = ruleBook.withLock { $0 }
        if known.version == version { return known.rules }
        let rules = try RuleSets.read(version, workspace, in: session)
        ruleBook.withLock { $0 = (version, rules) }
        return rules
    }
}

/// The rules of a workspace, in their versions.
enum RuleSets {
    /// Version 0 are the standard rules.
    static func read(
        _ version: Int32, _ workspace: Workspace, in session: borrowing Session
    ) throws(DatabaseError) -> Rules {
        guard version > 0 else { return .standard }
        let rows = try session.execute(.ruleSetRead, [.int8(workspace.id), .int4(version)])
        guard rows.count == 1 else { throw DatabaseError(.usage, "rule set \(version) of the workspace is gone") }
        let json = try rows.jsonb(0, 0)
        do throws(RulesError) { return try Rules(json: json) } catch {
            throw DatabaseError(.usage, "rule set \(version) of the workspace cannot be read: \(error)")
        }
    }
}

extension Statement {
    static let ruleSetRead = Statement(
        """
        /* rule_set.read */
        SELECT rules FROM rule_set WHERE workspace = $1 AND version = $2
        """)
}
