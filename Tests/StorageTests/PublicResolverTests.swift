import Contact
import ContactTesting
import Foundation
import Resolution
import Storage
import Testing

/// What is written under public keys, step by step: who guesses a value stands apart from whom others vouch for.
@Suite struct PublicResolverTests {
    private static let secret = "c-77ab19f0c2"

    private func profile(_ ledger: Ledger, _ line: [UInt8], isPublic: Bool = true) async throws -> HubID {
        let receipt = try await ledger.accept(Sent.batch([Sent(line: line, isPublic: isPublic)]))
        guard case .accepted(_, let profile?) = receipt.outcomes[0] else { throw Problem("not accepted") }
        return profile
    }

    private func read(_ id: HubID, _ profiles: Profiles, guesses: Bool = false) async throws -> Profile {
        guard case .profile(let found)? = try await profiles.profile(id, guesses: guesses) else {
            throw Problem("\(id) is lost")
        }
        return found
    }

    @Test func `A guess joins nobody whom others vouch for, is explained, and counts where nobody does`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let customer = try await profile(
                ledger, line("1", [("user_id", "u1"), ("cookie", Self.secret)]), isPublic: false)
            let before = try await read(customer, profiles)
            let stranger = try await profile(ledger, line("2", [("user_id", "u1")]))
            #expect(stranger != customer)
            #expect(try await profile(ledger, line("3", [("user_id", "u1"), ("cookie", "c-aaaaaaaaaa")])) == stranger)
            let after = try await read(customer, profiles)
            #expect(after.version == before.version && after.facets.count == 1 && after.refused.isEmpty)
            #expect(try await database.superuser.int64("SELECT count(*) FROM profile WHERE contested") == 0)
            #expect(try await profiles.reviews().isEmpty)
            for (id, other) in [(customer, stranger), (stranger, customer)] {
                let refused = try await read(id, profiles, guesses: true).refused
                #expect(!refused.isEmpty && refused.allSatisfy { $0.reason == .guess && $0.profile == other })
                let pair = try #require(try await profiles.explain(id, other))
                #expect(pair.path.isEmpty && pair.refused.first?.reason == .guess)
            }
            try await database.expectResolved(workspace)

            // The visitor's own browser brings him back, and nobody with him who knew his number.
            #expect(try await profile(ledger, line("4", [("cookie", Self.secret)])) == customer)
            #expect(try await profile(ledger, line("5", [("user_id", "u1"), ("cookie", Self.secret)])) == customer)
            #expect(try await read(stranger, profiles).facets.count == 2)
            try await database.expectResolved(workspace)

            // Where nobody vouches any more, it is one visitor to the page.
            _ = try await ledger.erase([try #require(before.facets.first?.id)])
            #expect(
                try await database.superuser.int64(
                    "SELECT count(*) FROM profile WHERE canonical IS NULL AND NOT gone") == 1)
            try await database.expectResolved(workspace)
            try await expectNothingOrphaned(database, workspace)
            try await expectDenseJournal(database, workspace)
        }
    }

    @Test(arguments: 0..<(ProcessInfo.processInfo.environment["CI_LONG"] == nil ? 4 : 40) as Range<UInt64>)
    func `Among trusted words, guesses and browsers the hub reaches the partition of the whole set`(
        seed: UInt64
    ) async throws {
        try await TestDatabase.with { database in
            var random = Seeded(900 + seed)
            for round in 0..<6 {
                let workspace = try await database.workspace("w\(round)")
                let ledger = workspace.ledger()
                var rules = Rules.standard
                var made: [HubID] = []
                for number in 0..<40 {
                    _ = try await ledger.accept(Sent.batch([Self.some("\(number)", &random)]))
                    let facets = try await database.superuser.texts(
                        "SELECT facet::text FROM facet WHERE workspace = \(workspace.id) ORDER BY 1"
                    ).compactMap { HubID($0) }
                    guard let a = facets.randomElement(using: &random), let b = facets.randomElement(using: &random)
                    else { continue }
                    do {
                        switch Int.random(in: 0..<12, using: &random) {
                        case 0: made.append(try await ledger.decide(.same(a, b), who: "t", why: "").decision!)
                        case 1, 2: made.append(try await ledger.decide(.notSame([a], [b]), who: "t", why: "").decision!)
                        case 3:
                            if let last = made.popLast() { _ = try await ledger.revoke(last, who: "t") }
                        case 4: _ = try await ledger.erase([a])
                        case 5:
                            rules.component = Int.random(in: 4...12, using: &random)
                            rules.kinds[.userID]?.guessable.toggle()
                            rules.kinds[.cookie]?.names = [nil, 1, 2].drawn(&random)
                            _ = try await ledger.change(rules: rules, who: "t", why: "")
                            while try await ledger.applyRules() != nil {}
                        default: break
                        }
                    } catch let error as DecisionError {
                        guard case .database = error.kind else { continue }
                        throw error
                    }
                    if number % 8 == 7 { try await database.expectResolved(workspace, rules: rules) }
                }
                try await database.expectResolved(workspace, rules: rules)
                try await expectNothingOrphaned(database, workspace)
                try await expectDenseJournal(database, workspace)
            }
        }
    }

    /// One of few values each, half of it under a public key.
    private static func some(_ id: String, _ random: inout Seeded) -> Sent {
        let values: [(kind: String, value: String)] =
            ["a@example.com", "b@example.com"].map { ("email", $0) } + ["u1", "u2"].map { ("user_id", $0) }
            + (0..<3).map { ("cookie", "c-77ab19f0c\($0)") } + [("phone", "+393471234567")]
        var shown: [(kind: String, value: String)] = []
        for _ in 0..<[1, 2, 2, 3].drawn(&random) {
            let one = values.drawn(&random)
            if !shown.contains(where: { $0 == one }) { shown.append(one) }
        }
        let name = ["", "", "", "Anna Rossi", "Bruno Neri"].drawn(&random)
        let more = name.isEmpty ? "" : #","attributes":{"name":"\#(name)"}"#
        let at = ["2026-05-04", "2025-02-01", "2023-03-03"].drawn(&random)
        return Sent(
            line: line(id, shown, at: "\(at)T10:00:00Z", more: more), isPublic: Bool.random(using: &random))
    }
}
