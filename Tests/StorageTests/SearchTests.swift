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
        line("4", [("email", "giuseppina82@example.com")], name: "Anna De Verdi"),
        line("ORD-881", [("email", "ordine@example.com")], name: nil),
        line(
            "6", [("email", "tilde@example.net")], name: "Tilde Serra", subject: "La lavatrice",
            text: "Perché non è ancora arrivata? Aspetto da due settimane, my washing machines."),
    ]

    @Test(
        arguments: [
            ("rossi", ["1", "2"]), ("ROSSÌ  maria", ["1", "2"]), ("maria.rossi@example.it", ["1", "2"]),
            ("333 123-4567", ["1"]), ("1234567", ["1"]), ("0039 333 1234567", ["1"]), ("d’angelo", ["3"]),
            ("dangelo luca", ["3"]), ("luca verdi", []), ("100%", []), ("_", []), ("%", []), ("\\", []), ("' | '", []),
            ("example.it", ["1"]), ("nobody", []), ("   ", []), ("mari ros", ["1", "2"]), ("rosi", ["1", "2"]),
            ("amria rosis", ["1", "2"]), ("deverdi", ["4"]), ("guiseppina82@example.com", ["4"]),
            ("giusepina82", ["4"]),
            ("ord-881", ["5"]), ("rossi 4567", ["1"]), ("lavatrici", ["6"]), ("arrivato perche", ["6"]),
            ("machine", ["6"]), ("tilde lavatrice", []), ("serra settimane", []),
        ])
    func `a person is found by a part, an end, a misspelt word and a word of a message`(
        query: String, found: [String]
    ) async throws {
        try await TestDatabase.with { database in
            let (workspace, names) = try await Self.store(database, "main")
            _ = try await Self.store(database, "other")
            let profiles = Profiles(database.hub, workspace: workspace.workspace, key: workspace.key)
            let answer = try await profiles.search(query, now: TestDatabase.now)
            #expect(Set(answer.matches.map { names[$0.profile] ?? "another workspace's" }) == Set(found), "\(query)")
            #expect(answer.reach.behind == 0)
            let strays = try await database.superuser.texts(
                """
                SELECT word FROM (SELECT workspace, unnest(tsvector_to_array(words)) AS word FROM search_facet
                  UNION ALL SELECT workspace, unnest(tsvector_to_array(words)) FROM search_text) AS every
                WHERE word !~ ('^' || workspace || '[.#~@]')
                """)
            #expect(strays.isEmpty)
        }
    }

    private static func store(
        _ database: TestDatabase, _ name: String
    ) async throws -> (TestWorkspace, [HubID: String]) {
        let workspace = try await database.workspace(name)
        let receipt = try await workspace.ledger().accept(TestDatabase.batch(Self.people, source: "mail"))
        var names: [HubID: String] = [:]
        for (place, outcome) in receipt.outcomes.enumerated() {
            if case .accepted(_, let profile?) = outcome { names[profile] = String(place + 1) }
        }
        #expect(names.count == Self.people.count)
        let step = try await SearchIndex(database.hub, workspace: workspace.workspace).catchUp(within: .seconds(600))
        guard case .done = step else { throw Problem("not all is indexed") }
        return (workspace, names)
    }

    @Test func `the one that is meant exactly stands first, and the list is cut`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            var people = (0..<30).map { Self.line("\($0)", [("email", "anna.maria\($0)@example.com")], name: nil) }
            people.append(Self.line("exact", [("email", "maria@example.com")], name: "Maria"))
            _ = try await workspace.ledger().accept(TestDatabase.batch(people, source: "mail"))
            try await SearchIndex(database.hub, workspace: workspace.workspace).catchUp(within: .seconds(600))
            let profiles = Profiles(database.hub, workspace: workspace.workspace, key: workspace.key)
            let matches = try await profiles.search("maria", limit: 5, now: TestDatabase.now).matches
            #expect(matches.count == 5)
            #expect(matches.first?.names == ["maria"])
            #expect(matches.first?.identifiers.map(\.value) == ["maria@example.com"])
        }
    }

    @Test func `what came before there was an index, and what comes while it works, is found`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let many = (0..<1_300).map {
                Self.line("\($0)", [("email", "numero\($0)@example.com")], name: "Persona", text: "parola\($0)")
            }
            _ = try await ledger.accept(TestDatabase.batch(many, source: "mail"))
            let index = SearchIndex(database.hub, workspace: workspace.workspace)
            let profiles = Profiles(database.hub, workspace: workspace.workspace, key: workspace.key)
            let before = try await profiles.search("numero7", now: TestDatabase.now + 5_000_000)
            #expect(before.matches.isEmpty)
            #expect(before.reach.behind > 0)
            guard case .more = try await index.step() else { throw Problem("1,300 people in one step") }
            _ = try await ledger.accept(
                TestDatabase.batch([Self.line("new", [("email", "nuova@example.com")], name: "Nuova")], source: "mail"))
            // Another process goes on where this one stood.
            let other = SearchIndex(database.hub, workspace: workspace.workspace)
            guard case .done = try await other.catchUp(within: .seconds(600)) else { throw Problem("not all is there") }
            for query in ["numero0", "numero1299", "parola1299", "parola3", "nuova"] {
                let found = try await profiles.search(query, now: TestDatabase.now)
                #expect(!found.matches.isEmpty, "\(query)")
                #expect(found.reach.behind == 0)
            }
            // What a day of the journal told is no longer kept: all is looked at again, and nothing stands twice.
            try await database.superuser.run("UPDATE search_cursor SET position = 0; UPDATE journal SET gone = 5")
            guard case .done = try await index.catchUp(within: .seconds(600)) else { throw Problem("not all is there") }
            #expect(try await database.superuser.texts("SELECT count(*)::text FROM search_facet") == ["1301"])
            #expect(try await database.superuser.texts("SELECT count(*)::text FROM search_text") == ["1300"])
        }
    }

    @Test func `nothing of an erased person is found, and who shows the same later is`() async throws {
        try await TestDatabase.with { database in
            let (workspace, names) = try await Self.store(database, "main")
            let ledger = workspace.ledger()
            let index = SearchIndex(database.hub, workspace: workspace.workspace)
            let profiles = Profiles(database.hub, workspace: workspace.workspace, key: workspace.key)
            for number in ["4", "6", "1"] {
                let profile = try #require(names.first { $0.value == number }?.key)
                _ = try await ledger.erase([profile])
            }
            for query in ["giuseppina82", "lavatrice", "tilde", "verdi", "1234567"] {
                #expect(try await profiles.search(query, now: TestDatabase.now).matches.isEmpty, "\(query)")
            }
            let words = Set(try await database.superuser.texts("SELECT DISTINCT word FROM search_word"))
            #expect(words.isDisjoint(with: ["tilde", "serra", "verdi", "deverdi"]))
            // The other Maria Rossi is still called so.
            #expect(words.isSuperset(of: ["maria", "rossi"]))
            let again = Self.line("later", [("email", "giuseppina82@example.com")], name: "Anna De Verdi")
            _ = try await ledger.accept(TestDatabase.batch([again], source: "mail"))
            try await index.catchUp(within: .seconds(600))
            #expect(try await profiles.search("anan verdi", now: TestDatabase.now).matches.count == 1)
        }
    }

    @Test func `after a merge one is found under the name of the other`() async throws {
        try await TestDatabase.with { database in
            let (workspace, names) = try await Self.store(database, "main")
            let joining = Self.line(
                "join", [("email", "ordine@example.com"), ("email", "luca@example.com")], name: nil)
            _ = try await workspace.ledger().accept(TestDatabase.batch([joining], source: "mail"))
            let index = SearchIndex(database.hub, workspace: workspace.workspace)
            try await index.catchUp(within: .seconds(600))
            let profiles = Profiles(database.hub, workspace: workspace.workspace, key: workspace.key)
            let found = try await profiles.search("d'angelo ordine", now: TestDatabase.now)
            #expect(found.matches.count == 1)
            #expect(Set(["3", "5"]).contains(found.matches.first.flatMap { names[$0.profile] } ?? ""))
            #expect(try await profiles.search("rossi ordine", now: TestDatabase.now).matches.isEmpty)
        }
    }

    @Test func `the beginning of an address finds whose it is, among many of that name and that address elsewhere`()
        async throws
    {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            var people = (0..<90).map {
                Self.line("\($0)", [("email", "cliente\($0)@example.com")], name: "Anna Rossini")
            }
            people += (0..<350).map { Self.line("b\($0)", [("email", "bea.verdi@shop\($0).example")], name: nil) }
            people += (0..<20).map { Self.line("c\($0)", [("email", "carla_neri5\($0)@example.com")], name: nil) }
            people += [
                Self.line("dot", [("email", "carla.neri57@example.net")], name: nil),
                Self.line("none", [("email", "carlaneri57@example.net")], name: nil),
            ]
            people.append(Self.line("meant", [("email", "anna.rossetti@example.org")], name: "Bea Neri"))
            _ = try await workspace.ledger().accept(TestDatabase.batch(people, source: "mail"))
            try await SearchIndex(database.hub, workspace: workspace.workspace).catchUp(within: .seconds(600))
            let profiles = Profiles(database.hub, workspace: workspace.workspace, key: workspace.key)
            for (typed, meant) in [
                ("anna.ross", "anna.rossetti@example.org"), ("bea.verdi@shop77", "bea.verdi@shop77.example"),
                ("carla.neri5", "carla.neri57@example.net"), ("carlaneri5", "carlaneri57@example.net"),
            ] + stride(from: 0, to: 350, by: 25).map({ ("bea.vredi@shop\($0).ex", "bea.verdi@shop\($0).example") }) {
                let matches = try await profiles.search(typed, limit: 5, now: TestDatabase.now).matches
                #expect(matches.first?.identifiers.first?.value == meant, "\(typed): \(matches)")
            }
        }
    }

    private static func line(
        _ id: String, _ identifiers: [(String, String)], name: String?, subject: String? = nil, text: String? = nil
    ) -> [UInt8] {
        let shown = identifiers.map {
            JSONWriter.object([("kind", JSONWriter.string($0.0)), ("value", JSONWriter.string($0.1))])
        }
        var members: [(String, [UInt8])] = [
            ("id", JSONWriter.string(id)), ("channel", JSONWriter.string("email")),
            ("identifiers", JSONWriter.array(shown)),
            ("attributes", JSONWriter.object(name.map { [("name", JSONWriter.string($0))] } ?? [])),
        ]
        if let text {
            members.append(
                (
                    "message",
                    JSONWriter.object([
                        ("subject", JSONWriter.string(subject ?? "")), ("text", JSONWriter.string(text)),
                    ])
                ))
        }
        return JSONWriter.object(members)
    }
}
