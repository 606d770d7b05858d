import Contact
import Foundation
import Testing

/// The resolver's rules from the command line, and what `serve` does with a change.
@Suite struct RulesCommandTests {
    private static let lines = (1...4).map {
        #"{"id":"\#($0)","source":"shop","channel":"store","identifiers":[{"kind":"email","value":"anna@example.it"},{"kind":"forum_account","scope":"forum","value":"\#($0)"}]}"#
    }.joined(separator: "\n")

    /// Runs with rules in a file.
    private func with(_ rules: String, _ work: (String) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".json")
        defer { try? FileManager.default.removeItem(at: file) }  // scratch; a leftover harms nobody
        try Data(rules.utf8).write(to: file)
        try await work(file.path)
    }

    @Test func `rules are shown, tried and set, and what is there follows them`() async throws {
        let commands = try await Commands.migrated()
        let input = Data(Self.lines.utf8)
        #expect(try await commands.run(["import", "interactions", "-"], input: input).status == 0)
        let shown = try await commands.run(["rules", "show"])
        #expect(shown.lines[0] == "the standard rules" && shown.output.contains("codice_fiscale"), "\(shown)")
        let email = try #require(shown.lines.first { $0.hasPrefix("email ") }, "\(shown)")
        #expect(email.contains("1 number, 1 name") && email.contains("yes"), "\(shown)")
        #expect(shown.lines.contains { $0.hasPrefix("card ") && $0.contains("2 numbers, 2 names") }, "\(shown)")
        let json = try await commands.run(["rules", "show", "--json"])
        #expect(try JSONValue(Array(json.lines[0].utf8))["degree"]?.integer == 500, "\(json)")
        try await with(json.output) { file in
            let same = try await commands.run(["rules", "preview", file])
            #expect(same.output.contains("would merge 0, split 0"), "what is shown is what is taken: \(same)")
        }
        try await with(#"{"kinds":{"email":{"links":null}}}"#) { file in
            let preview = try await commands.run(["rules", "preview", file])
            #expect(preview.lines[0].contains("1 profile of 4 facets: would merge 0, split 1"), "\(preview)")
            #expect(preview.output.contains("into 4"))
            #expect(try await commands.run(["rules", "show"]).output == shown.output)
            #expect(try await commands.run(["rules", "set", file]).status == 64)
            #expect(try await commands.run(["rules", "set", file, "--why", " "]).status == 64)
            let set = try await commands.run(["rules", "set", file, "--why", "mailboxes are shared here"])
            #expect(set.status == 0 && set.errors.isEmpty, "\(set)")
            #expect(set.lines[0] == "rules 2 hold for what comes" && set.output.contains("split 1"), "\(set)")
            let late = try await commands.run(["rules", "set", file, "--why", "x", "--expected-version", "1"])
            #expect(late.status == 1 && late.errors.contains("rules 2 hold, so nothing was changed"), "\(late)")
        }
        let living = "SELECT count(*)::text FROM profile WHERE canonical IS NULL AND NOT gone"
        #expect(try await commands.query(living) == [["4"]])
        #expect(try await commands.run(["rules", "show"]).lines[0] == "rules 2")
        let nothing = try await commands.run(["rules", "apply", "--json"])
        #expect(try JSONValue(Array(nothing.lines[0].utf8))["looked"]?.integer == 0, "\(nothing)")
        try await with(#"{"kinds":{"colour":{}}}"#) { file in
            for command in [["preview", file], ["set", file, "--why", "x"]] {
                let result = try await commands.run(["rules"] + command)
                #expect(result.status == 64 && result.errors.contains("no such kind"), "\(result)")
            }
        }
        #expect(try await commands.run(["rules", "preview", "/nowhere/rules.json"]).status == 64)
        try await commands.drop()
    }

    @Test func `a kind of one's own is declared, listed and asked for`() async throws {
        let commands = try await Commands.migrated()
        let lines = (1...2).map {
            #"{"id":"\#($0)","source":"club","channel":"store","identifiers":[{"kind":"custom","scope":"membership","value":"ab-\#($0 + 6)"},{"kind":"custom","scope":"badge","value":"B1"}]}"#
        }.joined(separator: "\n")
        let early = try await commands.run(["import", "interactions", "-"], input: Data(lines.utf8))
        #expect(early.status == 2, "\(early)")
        try await with(
            #"{"kinds":{"custom/membership":{"spelling":"alphanumeric"},"custom/badge":{"spelling":"exact","exclusive":true}}}"#
        ) { file in
            let set = try await commands.run(["rules", "set", file, "--why", "the club's own"])
            #expect(set.status == 0, "\(set)")
        }
        let shown = try await commands.run(["rules", "show"])
        let words = "custom/membership is a kind of your own: of a value letters and digits"
        #expect(shown.output.contains(words), "\(shown)")
        #expect(try await commands.run(["import", "interactions", "-"], input: Data(lines.utf8)).status == 0)
        let found = try await commands.run(["profile", "show", "custom:membership/A B 7"])
        #expect(found.status == 0 && found.output.contains("custom:membership/AB8"), "\(found)")
        let why = try await commands.run(
            ["profile", "explain", "custom:membership/ab7", "--with", "custom:membership/ab8"])
        #expect(why.output.contains("both show custom:badge/B1"), "\(why)")
        #expect(try await commands.run(["profile", "show", "custom:tessera/7"]).status == 1)
        try await commands.drop()
    }

    @Test func `serve takes a change of rules to what is there`() async throws {
        let commands = try await Commands.migrated()
        let input = Data(Self.lines.utf8)
        #expect(try await commands.run(["import", "interactions", "-"], input: input).status == 0)
        let admin = try await commands.run(["key", "create", "--role", "admin"]).lines[0]
        let serving = try await Serving.start(commands, [])
        let changed = try await serving.post(
            Data(#"{"rules":{"kinds":{"email":{"links":null}}},"why":"shared here"}"#.utf8), key: admin,
            method: "PUT", path: "/v1/rules")
        #expect(changed.status == 200, "\(changed)")
        let deadline = ContinuousClock.now + .seconds(120)
        var last = changed
        while !last.text.contains(#""applied":true"#), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(100))
            last = try await serving.get("/v1/rules", key: admin)
        }
        #expect(last.text.contains(#""applied":true"#), "\(last)")
        let living = "SELECT count(*)::text FROM profile WHERE canonical IS NULL AND NOT gone"
        #expect(try await commands.query(living) == [["4"]])
        let ended = try await serving.stop()
        #expect(ended.status == 0 && ended.errors.contains("applied rules"), "\(ended)")
        try await commands.drop()
    }
}
