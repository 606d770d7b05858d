import Contact
import Foundation
import Testing

@testable import Contatto

@Suite struct SourceCommandTests {
    @Test func `a source is made, shown, changed and tested, and what is wrong is said`() async throws {
        let commands = try await Commands.migrated()
        let made = try await commands.run([
            "source", "add", "interactions", "--name", "shop", "--set", "channel=store", "--set", "trust=verified",
        ])
        #expect(made.status == 0, "\(made.errors)")
        #expect(try await commands.run(["source", "add", "interactions", "--name", "shop"]).status == 1)
        #expect(try await commands.run(["source", "set", "shop", "--set", "precedence=5"]).status == 0)
        let listed = try await commands.run(["source", "list", "--json"])
        let source = try #require(
            try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [String: Any])
        #expect(source["channel"] as? String == "store" && source["precedence"] as? Int == 5)
        #expect(source["settings"] as? [String: String] == ["channel": "store", "trust": "verified"])
        let tested = try await commands.run(["source", "test", "shop", "--address", "https://hub.example"])
        #expect(tested.status == 0)
        #expect(tested.output.contains("https://hub.example/v1/interactions"))
        #expect(tested.output.contains("contatto key create --role connector --source shop"))
        try await commands.drop()
    }

    @Test(
        arguments: [
            (["source", "add", "pigeon", "--name", "p"], 64, "kinds"),
            (["source", "add", "interactions", "--name", "two\nlines"], 64, "control character"),
            (["source", "add", "interactions", "--name", "s", "--set", "colour=red"], 64, "has no setting colour"),
            (["source", "add", "interactions", "--name", "s", "--set", "channel"], 64, "key=value"),
            (["source", "add", "interactions", "--name", "s", "--set", "channel=E-mail"], 64, "lower-case"),
            (["source", "add", "interactions", "--name", "s", "--set", "trust=much"], 64, "claimed, presented"),
            (["source", "set", "nobody", "--set", "trust=claimed"], 1, "no source nobody"),
            (["source", "test", "nobody"], 1, "no source nobody"),
        ])
    func `what cannot be is refused with what can`(arguments: [String], status: Int32, says: String) async throws {
        let commands = try await Commands.migrated()
        let result = try await commands.run(arguments)
        #expect(result.status == status, "\(result.errors)")
        #expect(result.errors.contains(says == "kinds" ? "there are: " : says), "\(result.errors)")
        #expect(try await commands.run(["source", "list", "--json"]).output.isEmpty)
        try await commands.drop()
    }

    @Test func `a search answers with profiles, and with status 1 where there is none`() async throws {
        let commands = try await Commands.migrated()
        let line = """
            {"id":"1","channel":"store","identifiers":[{"kind":"email","value":"maria.rossi@example.it"}],"attributes":{"name":"Maria Rossi"}}
            """
        _ = try await commands.run(["import", "interactions", "-", "--source", "shop"], input: Data(line.utf8))
        let found = try await commands.run(["profile", "search", "ROSSI mar"])
        #expect(found.status == 0 && found.output.contains("maria rossi  email:maria.rossi@example.it"))
        #expect(try await commands.run(["profile", "search", "bianchi"]).status == 1)
        #expect(try await commands.run(["profile", "search", "x", "--limit", "0"]).status == 64)
        try await commands.drop()
    }

    /// Each connector has one folder, one line in Package.swift and one in the roster.
    @Test func `the roster names every connector there is a folder for`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folders = try FileManager.default.contentsOfDirectory(atPath: root.path + "/connectors")
            .filter { !$0.hasPrefix(".") }
        #expect(Set(folders + ["interactions"]) == Set(Roster.connectors.map { $0.kind }))
        let manifest = try String(contentsOfFile: root.path + "/Package.swift", encoding: .utf8)
        for folder in folders { #expect(manifest.contains("(\"\(folder)\", ")) }
    }
}
