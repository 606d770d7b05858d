import Contact
import ContactTesting
import GroundTruth
import Postgres
import Resolution
import Storage
import Testing

/// Kinds of identifiers that a workspace has declared for itself, from the rules to the profile.
@Suite struct OwnKindTests {
    private static let declared = #"""
        {"kinds":{"custom/membership":{"spelling":"digits","exclusive":true,"tier":1,"values":null,"names":null},
        "custom/badge":{"spelling":"alphanumeric","gap":0}}}
        """#

    private func rules(_ json: String, over base: Rules = .exact) throws -> Rules {
        try Rules(json: Array(json.utf8), over: base)
    }

    private func shown(_ id: String, _ shown: [(String, String)], at: String = "2026-05-04T10:00:00Z") -> [UInt8] {
        let identifiers = shown.map { kind, value in
            kind == "email"
                ? #"{"kind":"email","value":"\#(value)"}"#
                : #"{"kind":"custom","scope":"\#(kind)","value":"\#(value)"}"#
        }
        return Array(
            #"{"id":"\#(id)","source":"shop","channel":"store","occurred_at":"\#(at)","identifiers":[\#(identifiers.joined(separator: ","))]}"#
                .utf8)
    }

    private func profile(_ outcome: Receipt.Outcome?) -> HubID? {
        switch outcome {
        case .accepted(_, let profile), .known(_, let profile): profile
        case .refused, nil: nil
        }
    }

    @Test func `What is shown before its kind is declared is refused, and taken when it comes again`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let lines = [
                shown("1", [("membership", "No. 42")]), shown("2", [("membership", "42"), ("email", "a@example.com")]),
                shown("3", [("email", "b@example.com")]),
            ]
            let before = try await ledger.accept(TestDatabase.batch(lines))
            for outcome in before.outcomes.prefix(2) {
                guard case .refused(let refusal) = outcome else {
                    Issue.record("\(outcome)")
                    continue
                }
                #expect(refusal.reason == .identifierInvalid)
                #expect(refusal.detail.contains("custom/membership: nobody has declared this kind"), "\(refusal)")
            }
            #expect(profile(before.outcomes[2]) != nil, "the others are stored")

            // Another process declares it: this one, which knows of none, asks again.
            _ = try await workspace.ledger().change(rules: try rules(Self.declared), who: "test", why: "")
            let after = try await ledger.accept(TestDatabase.batch(lines))
            let id = try #require(profile(after.outcomes[0]))
            #expect(profile(after.outcomes[1]) == id)
            #expect(profile(after.outcomes[2]) == profile(before.outcomes[2]))
            // A value that is none of the kind is refused alone.
            let none = try await ledger.accept(TestDatabase.batch([shown("4", [("membership", "forty-two")])]))
            #expect(profile(none.outcomes[0]) == nil)

            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let asked = Identifier(kind: .custom, scope: "membership", canonical: "n. 42")
            #expect(try await profiles.profiles(showing: asked) == [id])
            #expect(try await profiles.spelt(asked).description == "custom:membership/42")
            let unknown = Identifier(kind: .custom, scope: "tessera", canonical: "42")
            #expect(try await profiles.profiles(showing: unknown).isEmpty)
            guard case .profile(let found)? = try await profiles.profile(id) else {
                Issue.record("\(id) does not answer")
                return
            }
            #expect(found.evidence.count == 1 && found.facets.count == 2)
            let values = Set(found.facets.flatMap(\.identifiers).map(\.identifier.description))
            #expect(values == ["custom:membership/42", "email:a@example.com"])
            // A person may say of it what he may say of any value.
            let decided = try await ledger.decide(.shared(asked), who: "test", why: "a family's")
            #expect(decided.split.count == 1)
            try await expectNothingOrphaned(database, workspace)
        }
    }

    @Test func `Rules that do not name a declared kind leave it declared, and none spells it otherwise`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            _ = try await ledger.change(rules: try rules(Self.declared), who: "test", why: "")
            _ = try await ledger.change(rules: .exact, who: "test", why: "")
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let (version, kept, _) = try await profiles.rules()
            let declared = try rules(Self.declared)
            #expect(version == 3 && kept == declared)
            let otherwise = try rules(#"{"kinds":{"custom/badge":{"spelling":"exact"}}}"#)
            let refused = await error { _ = try await ledger.change(rules: otherwise, who: "test", why: "") }
            #expect("\(String(describing: refused))".contains("cannot be changed"), "\(String(describing: refused))")
            #expect(try await profiles.rules().version == 3)
        }
    }

    @Test func `Any order, any batches and a replay give the same profiles, and so does a change of the kind's rules`()
        async throws
    {
        var random = Seeded(5)
        let halves = ["2024-02-01T00:00:00Z", "2024-09-01T00:00:00Z", "2025-02-01T00:00:00Z", "2026-02-01T00:00:00Z"]
        let lines = (0..<150).map { number in
            var values = [("email", "p\(Int.random(in: 0..<60, using: &random))@example.com")]
            if Bool.random(using: &random) {
                values.append(("membership", "M \(Int.random(in: 100..<140, using: &random))"))
            }
            if Bool.random(using: &random) {
                values.append(("badge", "ab-\(Int.random(in: 0..<40, using: &random))"))
            }
            if values.count > 1, Bool.random(using: &random) { values.removeFirst() }
            return shown("\(number)", values, at: halves[Int.random(in: 0..<4, using: &random)])
        }
        let silent = try rules(#"{"kinds":{"custom/badge":{"links":null}}}"#, over: try rules(Self.declared))
        try await TestDatabase.with { database in
            var answers: [String] = []
            var changed: [String] = []
            for seed in 0..<3 {
                var random = Seeded(UInt64(seed))
                let workspace = try await database.workspace("acme\(seed)")
                let ledger = workspace.ledger()
                // The last one comes to the rules by way of others.
                if seed == 2 { _ = try await ledger.change(rules: silent, who: "test", why: "") }
                if seed < 2 { _ = try await ledger.change(rules: try rules(Self.declared), who: "test", why: "") }
                var rest = lines.shuffled(using: &random)[...]
                while !rest.isEmpty {
                    let batch = Array(rest.prefix(Int.random(in: 1...40, using: &random)))
                    rest = rest.dropFirst(batch.count)
                    _ = try await ledger.accept(TestDatabase.batch(batch + [lines[0]]))
                }
                if seed == 2 { _ = try await ledger.change(rules: try rules(Self.declared), who: "test", why: "") }
                while try await ledger.applyRules() != nil {}
                let answer = try await database.answer(workspace)
                #expect(answer.interactions == lines.count)
                #expect(answer.profiles.contains { $0.interactions.count > 5 })
                answers.append("\(answer)")
                _ = try await ledger.change(rules: silent, who: "test", why: "")
                while try await ledger.applyRules() != nil {}
                let after = try await database.answer(workspace)
                #expect(after.profiles.count > answer.profiles.count)
                changed.append("\(after)")
                try await expectNothingOrphaned(database, workspace)
            }
            #expect(Set(answers).count == 1 && Set(changed).count == 1)
        }
    }
}
