import Foundation
import Testing

@testable import Contatto

/// What goes to a person's terminal, and what happens where nobody reads.
@Suite struct OutputTests {
    @Test func `what a stranger wrote does not steer the terminal`() async throws {
        #expect(Plain.text("a\u{1B}[2Jb\u{7}c\u{9B}d\u{202E}e\tf\n") == "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\u{FFFD}e\tf\n")
        #expect(Plain.text("perché 👍") == "perché 👍")
        let commands = try await Commands.migrated()
        let line = #"""
            {"id":"1","channel":"email","identifiers":[{"kind":"email","value":"a@example.it"}],"message":{"subject":"\u001b[2Jgone","text":"x"}}
            """#
        _ = try await commands.run(["import", "interactions", "-", "--source", "mail"], input: Data(line.utf8))
        let shown = try await commands.run(["profile", "show", "email:a@example.it"])
        #expect(shown.output.contains("[2Jgone"))
        #expect(!shown.output.unicodeScalars.contains { $0.value == 0x1B })
        try await commands.drop()
    }

    @Test func `an answer that cannot be written is status 1, and said`() async throws {
        let commands = try await Commands.migrated()
        let full = try await commands.run(["stats"], output: "/dev/full")
        #expect(full.status == 1)
        #expect(full.errors.contains("the answer cannot be written: No space left"), "\(full.errors)")
        try await commands.drop()
    }

    @Test(
        arguments: [
            ("workspace:\n", 0, ""), ("workspace: [a, b]\n", 78, "one value"),
            ("schema: extension\n", 78, "belongs to others"),
            ("schema: pg_x\n", 78, "belongs to others"),
        ])
    func `a settings file says one value a key, or nothing`(yaml: String, status: Int32, says: String) async throws {
        let commands = try await Commands.migrated()
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString + ".yaml")
        try yaml.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }  // scratch; a leftover harms nobody
        let environment = yaml.hasPrefix("schema") ? ["CONTATTO_SCHEMA": ""] : [:]
        let result = try await commands.run(["stats", "--config", file.path], environment: environment)
        #expect(result.status == status, "\(result.errors)")
        #expect(says.isEmpty ? result.errors.isEmpty : result.errors.contains(says), "\(result.errors)")
        try await commands.drop()
    }

    @Test(
        arguments: [
            (["stats", "--database", ""], 78, "embedded:FOLDER"),
            (["stats", "--database", "foo"], 78, "embedded:FOLDER"),
            (["workspace", "add", "two", "--zone", "Nowhere/X"], 64, "Europe/Rome"),
            (["workspace", "add", "two", "--region", "XX"], 64, "ISO 3166"),
            (["workspace", "add", "two", "--language", "qq"], 64, "ISO 639"),
            (["import", "email", "/nowhere"], 1, "/nowhere"), (["import", "interactions", "/nowhere"], 1, "/nowhere"),
        ])
    func `what is wrong is said in words`(arguments: [String], status: Int32, says: String) async throws {
        let commands = try await Commands.migrated()
        let result = try await commands.run(arguments)
        #expect(result.status == status, "\(result.errors)")
        #expect(result.errors.contains(says), "\(result.errors)")
        try await commands.drop()
    }
}
