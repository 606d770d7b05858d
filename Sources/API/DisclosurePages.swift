package import Contact
internal import HTTPTypes
internal import Postgres
internal import Storage

/// The tables of disclosure of the workspaces, remembered for a few seconds: another process may have changed one.
final class DisclosureTables: Sendable {
    private static let remembered: Duration = .seconds(3)
    private let memory = Monitor<[Int64: (table: DisclosureTable, until: ContinuousClock.Instant)]>([:])

    func table(_ workspace: OpenWorkspace) async throws -> DisclosureTable {
        let id = workspace.workspace.id
        let moment = ContinuousClock.now
        if let known = memory.withLock({ $0[id] }), known.until > moment { return known.table }
        let table = try await workspace.profiles.disclosures.table()
        memory.withLock { $0[id] = (table, moment + Self.remembered) }
        return table
    }

    func forget(_ workspace: OpenWorkspace) { memory.withLock { $0[workspace.workspace.id] = nil } }
}

/// What touchpoints may be told: `GET` and `PUT /v1/disclosure`.
struct DisclosurePages: Sendable {
    private static let mostRules = 1_000

    let desk: Desk
    let workspace: OpenWorkspace
    let key: Key

    func show() async throws -> Answer { .json(DisclosureJSON.table(try await workspace.profiles.disclosures.table())) }

    /// The lines of the body take the place of all lines that the workspace has said itself.
    func change(_ bytes: [UInt8]) async throws -> Answer {
        let body = try BodyObject(bytes, knowing: ["rules"])
        let members = ["kind", "assurance", "touchpoint", "may", "needs_consent"]
        guard let lines = try body.objects("rules", knowing: members), lines.count <= Self.mostRules else {
            throw BodyObject.invalid(
                "rules is missing, or has more than \(Self.mostRules) lines",
                "send as rules the workspace's own lines, all of them; [] for those that come with the hub alone")
        }
        var rules: [DisclosureRule] = []
        var places: [[String]: DisclosureRule] = [:]
        for line in lines {
            let rule = try rule(line)
            guard let said = places.updateValue(rule, forKey: rule.place) else {
                rules.append(rule)
                continue
            }
            guard said == rule else {
                throw Problem(
                    .conflict, "record_conflict", "This cannot be recorded as it stands",
                    "two lines say different things of the same", whatToDo: "send one line for each")
            }
        }
        try await workspace.ledger.disclosures.replace(rules, by: DecisionPages.who(key), now: desk.now())
        desk.disclosures.forget(workspace)
        return .json(DisclosureJSON.table(DisclosureTable(rules)))
    }

    private func rule(_ line: BodyObject) throws(Problem) -> DisclosureRule {
        let kinds = IdentifierKind.all.map(\.name)
        guard
            let level = try line.text("may").flatMap(DisclosureLevel.init(name:)),
            let kind = try Self.choice(line.text("kind"), IdentifierKind.init(name:)),
            let assurance = try Self.choice(line.text("assurance"), Assurance.init(name:)),
            let touchpoint = try Self.choice(line.text("touchpoint"), Touchpoint.init(rawValue:))
        else {
            throw BodyObject.invalid(
                "a line names what does not exist, or not what may be told",
                "send may as \(DisclosureLevel.allCases.map(\.name).joined(separator: ", ")); kind as one of "
                    + "\(kinds.joined(separator: ", ")); assurance as claimed, presented or verified; touchpoint as "
                    + "\(Touchpoint.allCases.map(\.rawValue).joined(separator: ", ")); leave out what may be any")
        }
        return DisclosureRule(
            kind.value, assurance.value, touchpoint.value, level, needsConsent: try line.flag("needs_consent"))
    }

    /// Nil where the text names nothing.
    private static func choice<Value>(_ text: String?, _ read: (String) -> Value?) -> (value: Value?, Void)? {
        guard let text else { return (nil, ()) }
        return read(text).map { ($0, ()) }
    }
}

/// The table of disclosure as JSON.
package enum DisclosureJSON {
    /// The workspace's own lines, and what holds in each cell.
    package static func table(_ table: DisclosureTable) -> [UInt8] {
        JSONWriter.object([
            ("rules", JSONWriter.array(table.own.map { JSONWriter.object(line($0)) })),
            ("cells", JSONWriter.array(cells(table))),
        ])
    }

    private static func cells(_ table: DisclosureTable) -> [[UInt8]] {
        IdentifierKind.all.flatMap { kind in
            Assurance.allCases.flatMap { assurance in
                Touchpoint.allCases.map { touchpoint in
                    let (rule, isOwn) = table.cell(kind, assurance, touchpoint)
                    let cell = DisclosureRule(
                        kind, assurance, touchpoint, rule.level, needsConsent: rule.needsConsent)
                    return JSONWriter.object(line(cell) + [("own", JSONWriter.bool(isOwn))])
                }
            }
        }
    }

    private static func line(_ rule: DisclosureRule) -> [(String, [UInt8])] {
        [
            ("kind", rule.kind.map { JSONWriter.string($0.name) } ?? JSONWriter.null),
            ("assurance", rule.assurance.map { JSONWriter.string($0.name) } ?? JSONWriter.null),
            ("touchpoint", rule.touchpoint.map { JSONWriter.string($0.rawValue) } ?? JSONWriter.null),
            ("may", JSONWriter.string(rule.level.name)), ("needs_consent", JSONWriter.bool(rule.needsConsent)),
        ]
    }
}
