import Foundation
import Testing

/// The README's commands are run as they stand there; deploy/test runs the quickstart and its question.
@Suite struct ReadmeTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The lines of the README's blocks of shell before the map, without their comments.
    private func commands() throws -> [String] {
        let text = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let first = try #require(text.range(of: "## The map"))
        var lines: [String] = []
        var isShell = false
        for line in text[..<first.lowerBound].split(separator: "\n") {
            if line.hasPrefix("```") {
                isShell = line == "```sh"
            } else if isShell {
                let command = line.split(separator: "#").first.map(String.init) ?? ""
                lines.append(command.trimmingCharacters(in: .whitespaces))
            }
        }
        return lines.filter { !$0.isEmpty }
    }

    @Test func `every command on the first screen does what it says`() async throws {
        let hub = try await Commands.migrated()
        let all = try commands()
        #expect(
            all.filter { !$0.hasPrefix("contatto ") } == [
                "deploy/quickstart", "deploy/test",
                #"curl -H "Authorization: Bearer $KEY" http://127.0.0.1:7600/v1/profiles/by/email/maria.rossi@example.it"#,
            ])
        let mail = Self.root.appending(path: "deploy/sample/mail").path
        let expected = [
            "source add": "made source email", "import email": "accepted 6", "profile search": "maria rossi",
            "profile explain": "both show email:maria.rossi@example.it", "key create": "contatto_1_",
        ]
        var seen: Set<String> = []
        // What joins her two addresses comes from the shop.
        _ = try await hub.run(["source", "add", "interactions", "--name", "shop", "--set", "channel=store"])
        let sale = Self.root.appending(path: "deploy/sample/shop.ndjson").path
        #expect(try await hub.run(["import", "interactions", sale, "--source", "shop"]).status == 0)
        for command in all where command.hasPrefix("contatto ") && command != "contatto serve" {
            let words = command.dropFirst("contatto ".count).split(separator: " ").map(String.init)
            let quoted = command.split(separator: "\"")
            var arguments = words
            if quoted.count > 1 {
                let head = quoted[0].dropFirst("contatto ".count).split(separator: " ").map(String.init)
                arguments = head + [String(quoted[1])]
            }
            let result = try await hub.run(arguments.map { $0 == "~/Maildir" ? mail : $0 })
            #expect(result.status == 0, "\(command): \(result.errors)")
            let name = words.prefix(2).joined(separator: " ")
            seen.insert(name)
            #expect(result.output.contains(try #require(expected[name], "\(name)")), "\(command): \(result.output)")
        }
        #expect(seen == Set(expected.keys))
        // `serve` is run by ServeTests, on a port that is free.
        #expect(all.contains("contatto serve"))
        try await hub.drop()
    }
}
