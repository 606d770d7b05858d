import Contact
import ContactTesting
import Postgres
import Testing

@testable import Storage

@Suite struct SearchTests {
    private static let people = [
        line("1", [("email", "maria.rossi@example.it"), ("phone", "+39 333 123 4567")], name: "María Rossi"),
        line("2", [("email", "m.rossi@studio.example")], name: "Rossi Maria"),
        line("3", [("email", "luca@example.com")], name: "Luca D'Angelo"),
        line("4", [("email", "100%_vero@example.com")], name: "Anna Verdi"),
    ]

    @Test(
        arguments: [
            ("rossi", ["1", "2"]), ("ROSSÌ  maria", ["1", "2"]), ("maria.rossi@example.it", ["1"]),
            ("333 123-4567", ["1"]), ("1234567", ["1"]), ("d’angelo", ["3"]), ("luca verdi", []), ("100%", ["4"]),
            ("_", ["4"]), ("%", ["4"]), ("\\", []), ("example.it", ["1"]), ("nobody", []), ("   ", []),
        ])
    func `Every word is found, whatever its accents and case, and no character means anything else`(
        query: String, found: [String]
    ) async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let receipt = try await workspace.ledger().accept(TestDatabase.batch(Self.people, source: "mail"))
            var names: [HubID: String] = [:]
            for (place, outcome) in receipt.outcomes.enumerated() {
                if case .accepted(_, let profile?) = outcome { names[profile] = String(place + 1) }
            }
            let other = try await database.workspace("other")
            _ = try await other.ledger().accept(TestDatabase.batch(Self.people, source: "mail"))
            let profiles = Profiles(database.hub, workspace: workspace.workspace, key: workspace.key)
            let matches = try await profiles.search(query)
            #expect(Set(matches.map { names[$0.profile] ?? "another workspace's" }) == Set(found))
        }
    }

    @Test func `The one that is meant exactly stands first, and the list is cut`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            var people = (0..<30).map { Self.line("\($0)", [("email", "anna.maria\($0)@example.com")], name: nil) }
            people.append(Self.line("exact", [("email", "maria@example.com")], name: "Maria"))
            _ = try await workspace.ledger().accept(TestDatabase.batch(people, source: "mail"))
            let profiles = Profiles(database.hub, workspace: workspace.workspace, key: workspace.key)
            let matches = try await profiles.search("maria", limit: 5)
            #expect(matches.count == 5)
            #expect(matches.first?.names == ["maria"])
            #expect(matches.first?.identifiers.map(\.value) == ["maria@example.com"])
        }
    }

    private static func line(_ id: String, _ identifiers: [(String, String)], name: String?) -> [UInt8] {
        let shown = identifiers.map {
            JSONWriter.object([("kind", JSONWriter.string($0.0)), ("value", JSONWriter.string($0.1))])
        }
        return JSONWriter.object([
            ("id", JSONWriter.string(id)), ("channel", JSONWriter.string("email")),
            ("identifiers", JSONWriter.array(shown)),
            (
                "attributes",
                JSONWriter.object(name.map { [("name", JSONWriter.string($0))] } ?? [])
            ),
        ])
    }
}
