package import Contact
package import Postgres

/// The lines that a workspace says itself of what touchpoints may be told.
package struct Disclosures: Sendable {
    private let database: Database
    private let workspace: Workspace

    package init(_ database: Database, workspace: Workspace) {
        self.database = database
        self.workspace = workspace
    }

    /// A line that this build does not understand is one that says nothing may be told.
    package func table() async throws(DatabaseError) -> DisclosureTable {
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> DisclosureTable in
            let rows = try session.execute(.disclosureRules, [.int8(workspace.id)])
            var own: [DisclosureRule] = []
            for row in 0..<rows.count {
                let kind = try rows.text(row, 0)
                let touchpoint = try rows.text(row, 2)
                guard kind.isEmpty || IdentifierKind(name: kind) != nil,
                    touchpoint.isEmpty || Touchpoint(rawValue: touchpoint) != nil
                else { continue }
                own.append(
                    DisclosureRule(
                        IdentifierKind(name: kind), Assurance(rawValue: UInt8(clamping: try rows.int16(row, 1))),
                        Touchpoint(rawValue: touchpoint),
                        DisclosureLevel(rawValue: try rows.int16(row, 3)) ?? .nothing,
                        needsConsent: try rows.bool(row, 4)))
            }
            return DisclosureTable(own)
        }
    }

    /// Puts other lines in the place of all of its own.
    package func replace(_ rules: [DisclosureRule], by who: String, now: Int64) async throws(DatabaseError) {
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) in
            _ = try session.execute(.disclosureClear, [.int8(workspace.id)])
            for rule in rules {
                _ = try session.execute(
                    .disclosureAdd,
                    [
                        .int8(workspace.id), .text(rule.kind?.name ?? ""), .int2(Int16(rule.assurance?.rawValue ?? 0)),
                        .text(rule.touchpoint?.rawValue ?? ""), .int2(rule.level.rawValue), .bool(rule.needsConsent),
                        .text(who), .timestamp(now),
                    ])
            }
        }
    }
}

extension Ledger {
    package var disclosures: Disclosures { Disclosures(database, workspace: workspace) }
}

extension Statement {
    static let disclosureRules = Statement(
        """
        /* disclosure.rules */
        SELECT kind, assurance, touchpoint, level, consent FROM disclosure WHERE workspace = $1
        ORDER BY kind, assurance, touchpoint
        """)
    static let disclosureClear = Statement(
        """
        /* disclosure.clear */
        DELETE FROM disclosure WHERE workspace = $1
        """)
    static let disclosureAdd = Statement(
        """
        /* disclosure.add */
        INSERT INTO disclosure (workspace, kind, assurance, touchpoint, level, consent, who, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """)
}
