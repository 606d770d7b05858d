import Contact
import ContactTesting
import Storage
import Testing

/// A partita IVA makes an organisation, never a person.
@Suite struct OrganisationTests {
    private static let number = "01114601006"
    private static let lines: [(id: String, shown: [(kind: String, value: String)], more: String)] = [
        ("mailbox", [("partita_iva", number), ("email", "info@acme.example")], ""),
        ("site", [("partita_iva", "IT \(number)"), ("domain", "acme.example")], ""),
        ("invoice", [("partita_iva", number)], #","attributes":{"company":"Acme S.r.l."}"#),
        ("anna", [("partita_iva", number), ("email", "anna@acme.example")], ""),
        ("berto", [("partita_iva", number), ("email", "berto@acme.example")], ""),
        ("named", [("partita_iva", number)], #","attributes":{"name":"Carla Neri"}"#),
    ]

    private func profiles(_ receipt: Receipt) -> [HubID] {
        receipt.outcomes.compactMap { outcome in
            switch outcome {
            case .accepted(_, let profile), .known(_, let profile): profile
            case .refused: nil
            }
        }
    }

    @Test(arguments: 0..<4)
    func `What shows its number and nothing of a person is one organisation, whatever came first`(seed: UInt64)
        async throws
    {
        try await TestDatabase.with { database in
            var random = Seeded(seed)
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            for one in Self.lines.shuffled(using: &random) {
                _ = try await ledger.accept(TestDatabase.batch([line(one.id, one.shown, more: one.more)]))
            }
            let found = profiles(
                try await ledger.accept(TestDatabase.batch(Self.lines.map { line($0.id, $0.shown, more: $0.more) })))
            #expect(found.count == Self.lines.count)
            #expect(Set(found.prefix(3)).count == 1, "three facets of one organisation")
            #expect(Set(found.dropFirst(2)).count == 4, "who works there is joined neither to it nor to colleagues")
            let kinds = try await database.superuser.texts(
                "SELECT kind::text FROM profile WHERE canonical IS NULL AND NOT gone ORDER BY kind")
            #expect(kinds == ["0", "0", "0", "2"])

            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let shown = Identifier(kind: .partitaIVA, scope: "", canonical: Self.number)
            let all = try await profiles.profiles(showing: shown)
            #expect(all.first == found[0] && all.count == 4, "asked for by its number, it comes first")
            guard case .profile(let organisation)? = try await profiles.profile(found[0]) else {
                Issue.record("\(found[0]) does not answer")
                return
            }
            #expect(organisation.kind == "organisation" && organisation.facets.count == 3)
            #expect(organisation.evidence.count == 2)
            #expect(try await Statistics.read(workspace.hub, workspace.workspace).profiles == 3)
            try await expectDenseJournal(database, workspace)
            try await expectNothingOrphaned(database, workspace)
        }
    }

    @Test func `A number that is only claimed makes no organisation`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let lines = Self.lines.prefix(3).map { line($0.id, $0.shown, assurance: "claimed", more: $0.more) }
            let found = profiles(try await workspace.ledger().accept(TestDatabase.batch(lines)))
            #expect(Set(found).count == 3)
            #expect(try await database.superuser.int64("SELECT count(*) FROM profile WHERE kind = 2") == 0)
        }
    }
}
