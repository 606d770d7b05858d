import Contact
import ContactTesting
import Storage
import Testing

/// When and where the values that join were shown.
@Suite struct ShownTests {
    private static let customer = [(kind: "customer_number", value: "1042")]
    private static let both = [("customer_number", "1042"), ("email", "anna@example.com")]

    @Test func `Each end of a link tells the first and the last interaction that showed it`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            // Years, months and partitions apart, and in no order.
            let calls = [
                "2025-12-31T23:59:59Z", "2013-02-03T04:05:06Z", "2026-01-01T00:00:00Z", "2026-03-31T22:30:00Z",
            ]
            let lines =
                calls.enumerated().map { line("call \($0)", Self.customer, channel: "phone", at: $1) }
                + [line("order", Self.both, source: "shop", channel: "store", at: "2026-05-04T10:00:00Z")]
            let receipt = try await ledger.accept(TestDatabase.batch(lines))
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            guard case .accepted(let order, let id?) = receipt.outcomes[4],
                case .profile(let profile)? = try await profiles.profile(id)
            else {
                Issue.record("\(receipt.outcomes)")
                return
            }
            let link = try #require(profile.evidence.first)
            #expect(profile.evidence.count == 1)
            let shown = try await profiles.shown(profile.evidence, profile.refused)
            let ends = [link.a, link.b].compactMap { shown[$0] }.sorted { $0.interactions > $1.interactions }
            #expect(ends.map(\.interactions) == [4, 1])
            #expect(ends[0].first.occurredAt == Timestamp.microseconds(calls[1]))
            #expect(ends[0].last.occurredAt == Timestamp.microseconds(calls[3]))
            #expect(ends[0].first.channel == "phone" && !ends[0].isMore)
            #expect(ends[1].first.interaction == order && ends[1].last.interaction == order)
            #expect(ends[1].first.channel == "store" && ends[1].first.source == "shop")
        }
    }

    @Test func `A long history is counted up to a limit, and an erased one is told nothing of`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let many = (0..<Profiles.mostCounted + 20).map { line("call \($0)", Self.customer) }
            let receipt = try await ledger.accept(TestDatabase.batch(many + [line("order", Self.both)]))
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            guard case .accepted(_, let id?) = receipt.outcomes[0],
                case .profile(let profile)? = try await profiles.profile(id)
            else {
                Issue.record("\(receipt.outcomes)")
                return
            }
            let shown = try await profiles.shown(profile.evidence)
            #expect(shown.values.map(\.interactions).sorted() == [1, Profiles.mostCounted])
            #expect(shown.values.contains { $0.isMore })
            _ = try await ledger.erase([id])
            #expect(try await profiles.shown(profile.evidence).isEmpty)
        }
    }
}
