import Contact
import ContactTesting
import Postgres
import Storage
import Testing

/// Erasure is a part of its own; here it is what DESIGN.md section 3 says it does, under the journal row.
@Suite struct ErasureTests {
    /// Erases the facets that show one address, alone.
    private func erasing(_ address: String) -> String {
        """
        CREATE TEMPORARY TABLE erased ON COMMIT DROP AS SELECT facet, profile FROM facet
          JOIN facet_identifier USING (workspace, facet) JOIN identifier USING (workspace, identifier)
          WHERE value = '\(address)';
        UPDATE interaction_key SET facet = NULL WHERE facet IN (SELECT facet FROM erased);
        DELETE FROM interaction WHERE facet IN (SELECT facet FROM erased);
        DELETE FROM facet_identifier WHERE facet IN (SELECT facet FROM erased);
        DELETE FROM facet WHERE facet IN (SELECT facet FROM erased);
        UPDATE profile SET gone = true, facets = 0, traits = '{}' WHERE profile IN (SELECT profile FROM erased);
        UPDATE journal SET erasures = erasures + 1
        """
    }

    @Test func `What is erased while a batch waits is not appended to, and comes back as somebody new`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let first = try await ledger.accept(TestDatabase.batch([line("1", [("email", "ada@example.com")])]))
            let receipt = try await database.holdingJournal(
                of: workspace, until: 1, then: erasing("ada@example.com")
            ) {
                // Its facet is remembered, so it is neither looked up nor stored before the row is waited for.
                try await ledger.accept(TestDatabase.batch([line("2", [("email", "ada@example.com")])]))
            }
            #expect(ledger.counts.repeatedForErasure == 1)
            guard case .accepted(_, let before?) = first.outcomes[0],
                case .accepted(_, let after?) = receipt.outcomes[0]
            else {
                Issue.record("\(first) \(receipt)")
                return
            }
            #expect(before != after)
            try await expectNothingOrphaned(database, workspace)
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            guard case .gone? = try await profiles.profile(before) else {
                Issue.record("an erased profile is not gone")
                return
            }
        }
    }

    @Test func `After a restore that lost facets they are stored anew, not taken for known`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let lines = [line("1", [("email", "ada@example.com")])]
            _ = try await ledger.accept(TestDatabase.batch(lines))
            // As a promotion that lost the last commits would leave it: the process lives on and remembers.
            try await database.superuser.run(
                """
                DELETE FROM interaction; DELETE FROM interaction_key; DELETE FROM change;
                DELETE FROM facet_identifier; DELETE FROM facet; DELETE FROM profile;
                UPDATE journal SET epoch = gen_random_uuid(), position = 0
                """)
            let receipt = try await ledger.accept(TestDatabase.batch(lines))
            guard case .accepted(_, _?) = receipt.outcomes[0] else {
                Issue.record("\(receipt)")
                return
            }
            try await expectNothingOrphaned(database, workspace)
            try await expectDenseJournal(database, workspace)
        }
    }

    @Test func `A source taken away meanwhile is looked for again, and nothing is refused for it`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger { $0.patience = .milliseconds(50) }
            func message(_ id: String) -> Batch {
                TestDatabase.batch([
                    Array(
                        (#"{"id":"\#(id)","source":"desk","channel":"email","message":{"text":"x"},"#
                            + #""identifiers":[{"kind":"email","value":"ada@example.com"}]}"#).utf8)
                ])
            }
            _ = try await ledger.accept(message("1"))
            try await database.superuser.run(
                "DELETE FROM interaction; DELETE FROM interaction_key; DELETE FROM message; DELETE FROM source")
            // Its number is remembered, and refers to nothing any more.
            let gone = await error { _ = try await ledger.accept(message("2")) }
            guard case .unavailable = gone as? IntakeError else {
                Issue.record("\(String(describing: gone))")
                return
            }
            guard case .accepted = try await ledger.accept(message("2")).outcomes[0] else {
                Issue.record("the source was not made anew")
                return
            }
            #expect(try await database.superuser.texts("SELECT reason FROM refusal") == [])
        }
    }

    @Test func `A replay of what was erased brings nothing back, also while it is being erased`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let lines = [line("1", [("email", "ada@example.com")]), line("2", [("email", "bob@example.com")])]
            let ledger = workspace.ledger()
            _ = try await ledger.accept(TestDatabase.batch(lines))
            _ = try await database.holdingJournal(of: workspace, until: 1, then: erasing("ada@example.com")) {
                // One new item, so that the batch takes the row and repeats.
                try await ledger.accept(TestDatabase.batch(lines + [line("3", [("email", "bob@example.com")])]))
            }
            let before = try await database.digests()
            for ledger in [ledger, workspace.ledger()] { _ = try await ledger.accept(TestDatabase.batch(lines)) }
            #expect(try await database.digests() == before)
            let stored = try await database.superuser.texts("SELECT body->>'id' FROM interaction ORDER BY 1")
            #expect(stored == ["2", "3"])
            let tombstones = try await database.superuser.int64(
                "SELECT count(*) FROM interaction_key WHERE facet IS NULL")
            #expect(tombstones == 1)
            try await expectNothingOrphaned(database, workspace)
        }
    }

    @Test func `What another process knew is forgotten after an erasure`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledgers = [workspace.ledger(), workspace.ledger(on: try database.process())]
            for (place, ledger) in ledgers.enumerated() {
                _ = try await ledger.accept(TestDatabase.batch([line("\(place)", [("email", "ada@example.com")])]))
            }
            try await database.superuser.transaction { (session: borrowing Session) throws(DatabaseError) in
                try session.run(self.erasing("ada@example.com"))
            }
            for (place, ledger) in ledgers.enumerated() {
                _ = try await ledger.accept(TestDatabase.batch([line("new \(place)", [("email", "ada@example.com")])]))
                #expect(ledger.counts.repeatedForErasure == 0)
            }
            try await expectNothingOrphaned(database, workspace)
            let stored = try await database.superuser.int64("SELECT count(*) FROM interaction")
            #expect(stored == 2)
        }
    }
}
