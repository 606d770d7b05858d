import Contact
import ContactTesting
import Resolution
import Storage
import Testing

/// Changes of the rules, one after the other and at once.
@Suite struct RuleTests {
    private static let changes = [
        #"{"kinds":{"email":{"names":3}}}"#, #"{"kinds":{"email":{"values":4}},"degree":77}"#,
    ]

    @Test func `Of two changes at once none is lost, neither from the rules nor from their history`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledgers = [workspace.ledger(on: try database.process()), workspace.ledger(on: try database.process())]
            let made = try await database.holdingJournal(of: workspace, until: 2) {
                try await withThrowingTaskGroup(of: Int32.self) { group in
                    for (ledger, change) in zip(ledgers, Self.changes) {
                        group.addTask {
                            guard
                                case .made(let version, _) = try await ledger.change(
                                    by: Array(change.utf8), who: "t", why: "both")
                            else { throw Problem("not made") }
                            return version
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let (version, rules, _) = try await profiles.rules()
            #expect(made.sorted() == [2, 3] && version == 3)
            #expect(rules.kinds[.email]?.names == 3 && rules.kinds[.email]?.values == 4 && rules.degree == 77)
            #expect(rules.kinds[.phone] == Rules.standard.kinds[.phone])
            let history = try await database.superuser.texts("SELECT version::text FROM rule_set ORDER BY version")
            #expect(history == ["1", "2", "3"])
        }
    }

    @Test func `Who expects another version changes nothing, and neither does what cannot be used`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let change = Array(Self.changes[0].utf8)
            guard case .made(2, _) = try await ledger.change(by: change, expected: 1, who: "t", why: "") else {
                throw Problem("not made")
            }
            guard case .overtaken(by: 2) = try await ledger.change(by: change, expected: 1, who: "t", why: "") else {
                throw Problem("made over another's")
            }
            guard case .unusable = try await ledger.change(by: Array("[]".utf8), who: "t", why: "") else {
                throw Problem("made of nothing")
            }
            #expect(try await database.superuser.int64("SELECT count(*) FROM rule_set") == 2)
        }
    }

    @Test func `Which kinds can be guessed is read, written and kept`() throws {
        let rules = try Rules(json: Array(#"{"kinds":{"user_id":{"guessable":false}}}"#.utf8))
        #expect(rules[.userID].guessable == false && rules[.email].guessable && !rules[.cookie].guessable)
        #expect(try Rules(json: rules.json) == rules)
        #expect(try JSONValue(rules.json)["kinds"]?["user_id"]?["guessable"]?.bool == false)
        #expect(throws: RulesError.self) { try Rules(json: Array(#"{"kinds":{"email":{"guessable":1}}}"#.utf8)) }
        let secret = Set(IdentifierKind.all.filter { !Rules.standard[$0].guessable })
        #expect(secret == [.cookie, .device])
    }
}
