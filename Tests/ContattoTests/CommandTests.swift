import Foundation
import Testing

/// The commands as a person uses them: answers on stdout, messages on stderr, statuses as FORMATS.md has them.
@Suite struct CommandTests {
    private static let two = """
        {"id":"1","source":"shop","channel":"store","identifiers":[{"kind":"customer_number","scope":"crm","value":"1042"},{"kind":"email","value":"Maria.Rossi@example.it"}],"traits":{"language":"it"}}
        {"id":"2","source":"mail","channel":"email","identifiers":[{"kind":"customer_number","scope":"crm","value":"1042"},{"kind":"email","value":"maria@bottega.example.it"}]}
        """

    @Test func `migrating twice changes nothing, and the first time makes a workspace`() async throws {
        let commands = try await Commands.unmigrated()
        let first = try await commands.run(["migrate"])
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.contains("applied v0001 workspace"))
        #expect(first.output.contains("made workspace main"))
        #expect(try await commands.run(["migrate"]).output == "schema 20\n")
        try await commands.drop()
    }

    @Test func `a command on a database without a schema says to migrate`() async throws {
        let commands = try await Commands.unmigrated()
        let result = try await commands.run(["stats"])
        #expect(result.status == 78)
        #expect(result.errors == "contatto: the database has no schema yet: run `contatto migrate`\n")
    }

    @Test func `no folder, a wrong option, half an address and an unreachable server have their statuses`() async throws
    {
        let commands = try await Commands.unmigrated()
        #expect(try await commands.run(["stats", "--database", "embedded:"]).status == 78)
        #expect(try await commands.run(["stats", "--colour"]).status == 64)
        #expect(try await commands.run(["stats", "--database", "postgresql://[half"]).status == 78)
        #expect(try await commands.run(["workspace", "add", "long", "--retention", "99999999999"]).status == 64)
        let unreachable = try await commands.run(["stats", "--database", "postgresql://127.0.0.1:1/none"])
        #expect(unreachable.status == 69)
        #expect(unreachable.output.isEmpty)
        #expect(unreachable.errors.contains("no database"))
    }

    @Test func `a customer with two addresses is one profile, with the reason`() async throws {
        let commands = try await Commands.migrated()
        let stored = try await commands.run(["import", "interactions", "-"], input: Data(Self.two.utf8))
        #expect(stored.output == "accepted 2, known 0, refused 0\n", "\(stored.errors)")

        let shown = try await commands.run(["profile", "show", "email:MARIA.ROSSI@example.it", "--json"])
        let profile = try #require(try json(shown.output))
        let values = (profile["identifiers"] as? [[String: Any]])?.compactMap { $0["value"] as? String }
        #expect(Set(values ?? []) == ["maria.rossi@example.it", "maria@bottega.example.it", "1042"])
        #expect((profile["traits"] as? [String: Any])?["language"] as? String == "it")
        #expect((profile["interactions"] as? [Any])?.count == 2)

        let explained = try await commands.run(["profile", "explain", "customer_number:crm/1042"])
        #expect(explained.output.contains("both show customer_number:crm/1042"))
        // When and where either said so.
        let ends = explained.output.split(separator: "\n").count { $0.hasSuffix(": 1 interaction") }
        #expect(ends == 2, "\(explained.output)")
        let id = try #require(profile["id"] as? String)
        #expect(try await commands.run(["profile", "explain", id]).output == explained.output)
        #expect(try await commands.run(["profile", "show", "email:nobody@example.it"]).status == 1)
        #expect(try await commands.run(["profile", "show", "what"]).status == 64)
        try await commands.drop()
    }

    @Test func `an absorbed id answers with its survivor and says so`() async throws {
        let commands = try await Commands.migrated()
        let bridge =
            #"{"id":"3","source":"shop","identifiers":[{"kind":"email","value":"a@example.it"},{"kind":"email","value":"b@example.it"}]}"#
        for (number, address) in ["a", "b"].enumerated() {
            let line =
                #"{"id":"x\#(number)","source":"shop","identifiers":[{"kind":"email","value":"\#(address)@example.it"}]}"#
            #expect(try await commands.run(["import", "interactions", "-"], input: Data(line.utf8)).status == 0)
        }
        func show(_ who: String) async throws -> [String: Any]? {
            try json(try await commands.run(["profile", "show", who, "--json"]).output)
        }
        var before: [String] = []
        for address in ["a", "b"] {
            before.append(try #require(try await show("email:\(address)@example.it")?["id"] as? String))
        }
        #expect(Set(before).count == 2)
        #expect(try await commands.run(["import", "interactions", "-"], input: Data(bridge.utf8)).status == 0)
        var after: [[String: Any]] = []
        for id in before { after.append(try #require(try await show(id))) }
        #expect(Set(after.compactMap { $0["id"] as? String }).count == 1)
        #expect(after.compactMap { $0["redirected_from"] as? String }.count == 1)
        try await commands.drop()
    }

    @Test func `each stored batch is acknowledged in the order of the lines`() async throws {
        let commands = try await Commands.migrated()
        let generated = try await commands.run(["generate", "--seed", "5", "--persons", "400"])
        #expect(generated.lines.count > 3_000)
        let result = try await commands.run(
            ["import", "interactions", "-", "--json"], input: Data(generated.output.utf8))
        #expect(result.status == 0, "\(result.errors)")
        var next = 1
        for line in result.lines.dropLast() {
            let range = try #require(try json(line)?["lines"] as? [Int])
            #expect(range[0] == next)
            next = range[1] + 1
        }
        #expect(next == generated.lines.count + 1)
        let totals = try #require(try json(result.lines.last ?? "")?["total"] as? [String: Any])
        #expect(totals["accepted"] as? Int == generated.lines.count)

        let stats = try #require(try json(try await commands.run(["stats", "--json"]).output))
        #expect(stats["interactions"] as? Int == generated.lines.count)
        #expect(stats["position"] as? String == totals["position"] as? String)
        try await commands.drop()
    }

    @Test func `an import whose acknowledgements cannot be written ends, and says so`() async throws {
        let commands = try await Commands.migrated()
        let result = try await commands.run(
            ["import", "interactions", "-", "--json"], input: Data(Self.two.utf8), output: "/dev/full")
        #expect(result.status == 1)
        #expect(result.errors.contains("the answer cannot be written"))
        try await commands.drop()
    }

    @Test func `workspaces do not see each other`() async throws {
        let commands = try await Commands.migrated()
        #expect(
            try await commands.run(["workspace", "add", "altra", "--region", "DE"]).output == "made workspace altra\n")
        #expect(try await commands.run(["workspace", "add", "altra"]).status == 1)
        #expect(try await commands.run(["workspace", "add", "Not A Name"]).status == 64)
        #expect(try await commands.run(["workspace", "list", "--json"]).lines.count == 2)
        #expect(try await commands.run(["stats"]).status == 64)
        let input = Data(Self.two.utf8)
        #expect(
            try await commands.run(["import", "interactions", "-", "--workspace", "altra"], input: input).status == 0)
        let other = try await commands.run(["profile", "show", "email:maria.rossi@example.it", "--workspace", "main"])
        #expect(other.status == 1)
        #expect(try await commands.run(["stats"], environment: ["CONTATTO_WORKSPACE": "altra"]).status == 0)
        try await commands.drop()
    }

    @Test func `settings come from the option, then the environment, then the file`() async throws {
        let commands = try await Commands.unmigrated()
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".yaml")
        defer { try? FileManager.default.removeItem(at: file) }  // scratch
        try Data("workspace: from_file\nconnections: 7\n".utf8).write(to: file)
        let arguments = ["config", "--json", "--config", file.path]
        func setting(_ name: String, _ result: Commands.Result) throws -> [String: String]? {
            try json(result.output)?[name] as? [String: String]
        }
        #expect(try await setting("workspace", commands.run(arguments))?["value"] == "from_file")
        #expect(try await setting("connections", commands.run(arguments)) == ["value": "7", "from": file.path])
        let environment = ["CONTATTO_WORKSPACE": "from_environment"]
        #expect(
            try await setting("workspace", commands.run(arguments, environment: environment))?["from"] == "environment")
        let option = try await commands.run(arguments + ["--workspace", "from_option"], environment: environment)
        #expect(try setting("workspace", option) == ["value": "from_option", "from": "option"])
        let secret = try await commands.run(["config", "--database", "postgresql://u:geheim@localhost/x"])
        #expect(secret.status == 0 && !secret.output.contains("geheim"))

        try Data("colour: red\n".utf8).write(to: file)
        let unknown = try await commands.run(arguments)
        #expect(unknown.status == 78)
        #expect(unknown.errors.contains("there is no setting colour"))
    }

    @Test(arguments: [
        [], ["migrate"], ["workspace", "add"], ["import", "interactions"], ["stats"], ["profile", "show"],
        ["profile", "explain"], ["profile", "erase"], ["decision", "same"], ["decision", "not-same"],
        ["decision", "shared"], ["decision", "list"], ["decision", "revoke"], ["review", "list"], ["rules", "show"],
        ["rules", "preview"], ["rules", "set"], ["rules", "apply"], ["generate"], ["config"],
    ])
    func `help has an example`(command: [String]) async throws {
        let result = try await Commands.unmigrated().run(command + ["--help"])
        #expect(result.status == 0)
        #expect(command.isEmpty || result.output.contains("Example: contatto"))
    }

    private func json(_ line: String) throws -> [String: Any]? {
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    }
}
