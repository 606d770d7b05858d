internal import Contact
package import Postgres
package import Resolution

/// How far new rules have been taken to what was there before them.
package struct RuleProgress: Sendable {
    package let version: Int32
    /// `values`: which are shared is found anew; `profiles`: who is who; `facets`, `records`: of a model of soft evidence,
    /// facets are given their records, and records are compared.
    package let stage: String
    /// How many of those this step has looked at.
    package let looked: Int
    package let merged: Int
    package let split: Int
}

/// What became of a change of rules.
package enum RuleChange: Sendable {
    /// The version it is, and the rules in full.
    case made(Int32, Rules)
    case unusable(RulesError)
    /// Others have changed the rules meanwhile: those of this version are not as they were expected.
    case overtaken(by: Int32)
}

extension Ledger {
    /// Values, then profiles, looked at in one step: as much as a batch of the intake, so that nobody waits long.
    private static let pageOfValues = 500
    private static let pageOfProfiles = 200

    /// Makes rules the workspace's; what comes from now on is resolved by them, and ``applyRules()`` takes them to the rest.
    /// Kinds that the workspace has declared stay declared. Returns their version.
    @concurrent
    package func change(rules: Rules, who: String, why: String) async throws(DatabaseError) -> Int32 {
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Int32 in
            let current = try self.journalHead(locking: true, in: session).rules
            var rules = rules
            let standing = try RuleSets.read(current, self.workspace, in: session)
            do throws(RulesError) { try rules.keepOwn(of: standing) } catch {
                throw DatabaseError(.usage, error.description)
            }
            return try self.add(rules, after: current, who: who, why: why, in: session)
        }
    }

    /// Changes what JSON names in the rules in force, and leaves the rest as it is: of two at once the later one changes what
    /// the earlier one has made. With `expected`, only if that is the version in force; with an expectation, only if that holds.
    @concurrent
    package func change(
        by json: [UInt8], expected: Int32? = nil, who: String, why: String,
        expecting expectation: RuleExpectation? = nil
    ) async throws(DatabaseError) -> RuleChange {
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> RuleChange in
            let current = try self.journalHead(locking: true, in: session).rules
            if let expected, expected != current { return .overtaken(by: current) }
            let base = try RuleSets.read(current, self.workspace, in: session)
            if let expectation, !expectation(current, base) { return .overtaken(by: current) }
            var rules: Rules
            do throws(RulesError) {
                rules = try Rules(json: json, over: base)
                try rules.keepOwn(of: base)
            } catch { return .unusable(error) }
            let version = try self.add(rules, after: current, who: who, why: why, in: session)
            return .made(version, rules)
        }
    }

    private func add(
        _ rules: Rules, after current: Int32, who: String, why: String, in session: borrowing Session
    ) throws(DatabaseError) -> Int32 {
        let version = current + 1
        _ = try session.execute(
            .ruleSetAdd,
            [
                .int8(workspace.id), .int4(version), .jsonb(rules.json), .text(who), .text(why), .timestamp(now()),
            ])
        _ = try session.execute(.ruleSetCurrent, [.int8(workspace.id), .int4(version)])
        return version
    }

    /// Takes the rules in force one bounded step further over what is there; nil where nothing is left to do.
    @concurrent
    package func applyRules() async throws(DatabaseError) -> RuleProgress? {
        let progress = try await applyStep()
        if progress != nil { bell.ring() }
        return progress
    }

    private func applyStep() async throws(DatabaseError) -> RuleProgress? {
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> RuleProgress? in
            let seen = try session.execute(.intakeStart, [.int8(self.workspace.id)])
            guard seen.count == 1 else { return nil }
            let before = try JournalHead(seen, 0)
            if before.rules == 0 {
                // What was resolved before there were rules, by a hub of an earlier version, is looked at once.
                // Somebody may have made rules while the row was waited for.
                let version = try self.journalHead(locking: true, in: session).rules
                guard version == 0 else {
                    return RuleProgress(version: version, stage: "values", looked: 0, merged: 0, split: 0)
                }
                _ = try session.execute(.ruleSetFirst, [.int8(self.workspace.id), .timestamp(self.now())])
                _ = try session.execute(.ruleSetCurrent, [.int8(self.workspace.id), .int4(1)])
                return RuleProgress(version: 1, stage: "values", looked: 0, merged: 0, split: 0)
            }
            let pending = try session.execute(
                .ruleSetPending, [.int8(self.workspace.id), .int4(before.rules)])
            guard pending.count == 1 else { return try self.applyModel(before, in: session) }
            let head = try self.journalHead(locking: true, in: session)
            // Another may have taken this step while the row was waited for.
            let rows = try session.execute(.ruleSetPending, [.int8(self.workspace.id), .int4(head.rules)])
            guard rows.count == 1 else { return nil }
            let resolving = try self.resolving(head, in: session)
            let after = try rows.optionalID(0, 1) ?? HubID(high: 0, low: 0)
            return try rows.int16(0, 0) == 1
                ? self.share(after: after, by: resolving.rules, head, in: session)
                : self.regroup(after: after, by: resolving, head, in: session)
        }
    }

    /// Finds anew where a page of values is shared.
    private func share(
        after: HubID, by rules: Rules, _ head: JournalHead, in session: borrowing Session
    ) throws(DatabaseError) -> RuleProgress {
        let rows = try session.execute(
            .ruleSetValues, [.int8(workspace.id), .uuid(after), .int8(Int64(Self.pageOfValues))])
        var values: [HubID] = []
        for row in 0..<rows.count { values.append(try rows.id(row, 0)) }
        if let last = values.last {
            let wanted = Set(values)
            let facets = try StoredFacets.read(
                try session.execute(.ruleSetFacets, [.int8(workspace.id), .uuids(values)])
            ).map(\.facet)
            let decisions = try StoredDecisions.read(
                try session.execute(.resolveDecisions, [.int8(workspace.id), .uuids([]), .uuids(values)]))
            var settlement = Settlement()
            for value in values { settlement.shared[value] = [] }
            for (value, runs) in sharedRuns(facets, decisions: decisions, rules: rules) where wanted.contains(value) {
                settlement.shared[value] = runs
            }
            try settlement.write(workspace, in: session)
            _ = try session.execute(
                .ruleSetReached, [.int8(workspace.id), .int4(head.rules), .int2(1), .uuid(last), .null(.timestamptz)])
        } else {
            _ = try session.execute(
                .ruleSetReached, [.int8(workspace.id), .int4(head.rules), .int2(2), .null(.uuid), .null(.timestamptz)])
        }
        return RuleProgress(version: head.rules, stage: "values", looked: values.count, merged: 0, split: 0)
    }

    /// Partitions a page of profiles, and all that they may belong to, anew.
    private func regroup(
        after: HubID, by resolving: Resolving, _ head: JournalHead, in session: borrowing Session
    ) throws(DatabaseError) -> RuleProgress {
        let rows = try session.execute(
            .ruleSetProfiles, [.int8(workspace.id), .uuid(after), .int8(Int64(Self.pageOfProfiles))])
        var profiles: [HubID] = []
        for row in 0..<rows.count { profiles.append(try rows.id(row, 0)) }
        var settlement = Settlement()
        if !profiles.isEmpty {
            var reading = ComponentReading(workspace, resolving)
            try reading.add(profiles: Set(profiles), following: true, in: session)
            settlement = try settle(&reading, resolving, in: session).0
            try settlement.write(workspace, in: session)
            _ = try append(settlement.changes, after: head.position, in: session)
        }
        _ = try session.execute(
            .ruleSetReached,
            [
                .int8(workspace.id), .int4(head.rules), .int2(2), profiles.last.map { .uuid($0) } ?? .null(.uuid),
                profiles.isEmpty ? .timestamp(now()) : .null(.timestamptz),
            ])
        return RuleProgress(
            version: head.rules, stage: "profiles", looked: profiles.count, merged: settlement.merged.count,
            split: settlement.split.count)
    }
}

/// The rules and the model a process has read last, since they rarely change.
final class RuleBook: Sendable {
    private let rules = Monitor<(version: Int32, rules: Rules)>((0, .standard))
    private let model = Monitor<(version: Int32, model: SoftModel)>((1, SoftModels.shipped))
    let memory = SoftMemory()

    /// As it was last read.
    var modelInForce: SoftModel { model.withLock { $0.model } }

    /// The one of a version, if it is the one that was last read; version 0 has none.
    func model(_ version: Int32) -> SoftModel? {
        model.withLock { $0.version == version ? $0.model : nil }
    }

    func resolving(
        _ head: JournalHead, _ workspace: Workspace, in session: borrowing Session
    ) throws(DatabaseError) -> Resolving {
        Resolving(
            workspace: workspace, rules: try rules(head.rules, workspace, in: session),
            model: try model(head.model, workspace, in: session), isDecided: head.isDecided, memory: memory)
    }

    private func rules(
        _ version: Int32, _ workspace: Workspace, in session: borrowing Session
    ) throws(DatabaseError) -> Rules {
        let known = rules.withLock { $0 }
        if known.version == version { return known.rules }
        let read = try RuleSets.read(version, workspace, in: session)
        rules.withLock { $0 = (version, read) }
        return read
    }

    private func model(
        _ version: Int32, _ workspace: Workspace, in session: borrowing Session
    ) throws(DatabaseError) -> SoftModel {
        let known = model.withLock { $0 }
        if known.version == version { return known.model }
        let read = try SoftModels.read(version, workspace, in: session)
        model.withLock { $0 = (version, read) }
        return read
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

    /// The rules in force, their version, and whether everything has been looked at by them.
    static func current(
        _ workspace: Workspace, in session: borrowing Session
    ) throws(DatabaseError) -> (version: Int32, rules: Rules, isApplied: Bool) {
        let head = try session.execute(.intakeStart, [.int8(workspace.id)])
        let version = head.isEmpty ? 0 : try head.int32(0, 3)
        let pending = try session.execute(.ruleSetPending, [.int8(workspace.id), .int4(version)])
        return (version, try read(version, workspace, in: session), pending.isEmpty)
    }
}

extension Statement {
    static let ruleSetRead = Statement(
        """
        /* rule_set.read */
        SELECT rules FROM rule_set WHERE workspace = $1 AND version = $2
        """)
    static let ruleSetAdd = Statement(
        """
        /* rule_set.add */
        INSERT INTO rule_set (workspace, version, rules, who, why, made_at) VALUES ($1, $2, $3, $4, $5, $6)
        """)
    static let ruleSetFirst = Statement(
        """
        /* rule_set.first */
        INSERT INTO rule_set (workspace, version, rules, who, why, made_at)
        VALUES ($1, 1, '{}', 'contatto', 'the standard rules', $2)
        ON CONFLICT DO NOTHING
        """)
    static let ruleSetCurrent = Statement(
        """
        /* rule_set.current */
        UPDATE journal SET rules = $2 WHERE workspace = $1
        """)
    static let ruleSetPending = Statement(
        """
        /* rule_set.pending */
        SELECT stage, reached FROM rule_set WHERE workspace = $1 AND version = $2 AND applied_at IS NULL
        """)
    static let ruleSetReached = Statement(
        """
        /* rule_set.reached */
        UPDATE rule_set SET stage = $3, reached = $4, applied_at = $5 WHERE workspace = $1 AND version = $2
        """)
    static let ruleSetValues = Statement(
        """
        /* rule_set.values */
        SELECT identifier FROM identifier WHERE workspace = $1 AND identifier > $2 ORDER BY identifier LIMIT $3
        """)
    static let ruleSetProfiles = Statement(
        """
        /* rule_set.profiles */
        SELECT profile FROM profile WHERE workspace = $1 AND profile > $2 AND canonical IS NULL AND NOT gone
        ORDER BY profile LIMIT $3
        """)
    /// All facets that show some values, with everything else they show.
    static let ruleSetFacets = Statement(
        """
        /* rule_set.facets */
        SELECT facet.facet, facet.profile, facet.period, facet.attributes, shown.identifier, identifier.kind,
          identifier.scope, identifier.value, identifier.role, shown.assurance, facet.soft
        FROM facet
        JOIN facet_identifier AS shown ON shown.workspace = $1 AND shown.facet = facet.facet
        JOIN identifier ON identifier.workspace = $1 AND identifier.identifier = shown.identifier
        WHERE facet.workspace = $1 AND facet.facet = ANY (ARRAY(
          SELECT facet FROM facet_identifier WHERE workspace = $1 AND identifier = ANY ($2::uuid[])))
        ORDER BY facet.facet
        """, isPlannedAnew: true)
}
