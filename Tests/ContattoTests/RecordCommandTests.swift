import Contact
import Foundation
import Testing

@testable import Contatto

/// Consents, memories and preferences from the command line.
@Suite struct RecordCommandTests {
    private static let input = Data(
        #"{"id":"a","source":"shop","channel":"store","identifiers":[{"kind":"email","value":"a@example.it"}]}"#.utf8)

    @Test func `what a customer says is recorded, listed and asked for`() async throws {
        let commands = try await Commands.migrated()
        #expect(try await commands.run(["import", "interactions", "-"], input: Self.input).status == 0)
        let a = "email:a@example.it"
        let check = ["consent", "check", a, "--purpose", "marketing", "--channel", "email"]
        let before = try await commands.run(check)
        #expect(before.status == 1 && before.output.hasPrefix("no: the customer was never asked"), "\(before)")
        let made = try await commands.run([
            "consent", "record", a, "--purpose", "marketing", "--channel", "email", "--state", "granted", "--basis",
            "consent", "--text-version", "2026-05",
        ])
        #expect(made.status == 0 && made.output.hasPrefix("marketing on email: granted"), "\(made)")
        let after = try await commands.run(check)
        #expect(after.status == 0 && after.output.hasPrefix("yes: the customer has agreed"), "\(after)")
        let refused = try await commands.run([
            "consent", "record", a, "--purpose", "marketing", "--state", "withdrawn", "--json",
        ])
        #expect(try JSONValue(Array(refused.output.utf8))["standing"]?["state"]?.string == "withdrawn", "\(refused)")
        #expect(try await commands.run(check + ["--json"]).output.contains(#""reason":"withdrawn""#))
        let listed = try await commands.run(["consent", "list", a])
        #expect(listed.lines.count == 2 && listed.lines[0].contains("on all channels: withdrawn"), "\(listed)")
        #expect(listed.lines[1].contains("(consent, text 2026-05), by \(LoginName.current)"), "\(listed)")
        let shown = try await commands.run(["profile", "show", a])
        #expect(shown.output.contains("marketing on email: withdrawn since"), "\(shown)")
        let cases: [([String], Int32)] = [
            (["consent", "record", a, "--purpose", "fun", "--state", "denied"], 64),
            (["consent", "record", a, "--purpose", "marketing", "--state", "granted"], 64),
            (["consent", "record", a, "--purpose", "marketing", "--state", "perhaps"], 64),
            (["consent", "record", a, "--purpose", "marketing", "--state", "denied", "--at", "today"], 64),
            (["consent", "record", "\(HubID.random())", "--purpose", "marketing", "--state", "denied"], 1),
            (["consent", "list", a, "--limit", "0"], 64),
            (["consent", "check", a, "--purpose", "marketing", "--channel", "Email"], 64),
        ]
        for (arguments, status) in cases {
            let result = try await commands.run(arguments)
            #expect(result.status == status && result.output.isEmpty && !result.errors.isEmpty, "\(result)")
        }
        try await commands.drop()
    }

    @Test func `what was heard is written down and closed, and an agent's word goes first`() async throws {
        let commands = try await Commands.migrated()
        #expect(try await commands.run(["import", "interactions", "-"], input: Self.input).status == 0)
        let a = "email:a@example.it"
        let promise = ["memory", "add", a, "promised", "call her", "--by", "2036-12-01T18:00:00+01:00"]
        let made = try await commands.run(promise + ["--json"])
        let id = try #require(try JSONValue(Array(made.output.utf8))["memory"]?["id"]?.string, "\(made)")
        #expect(try await commands.run(promise).output == "known already: memory \(id)\n")
        let warned = try await commands.run(["memory", "add", a, "prefers", "he is diabetic"])
        #expect(warned.status == 2 && warned.errors.contains("diabetic (health)"), "\(warned)")
        #expect(warned.errors.contains("--confirmed") && warned.output.isEmpty)
        let meant = try await commands.run(["memory", "add", a, "prefers", "he is diabetic", "--confirmed"])
        #expect(meant.status == 0, "\(meant)")
        let shown = try await commands.run(["profile", "show", a])
        #expect(shown.output.contains("promised by 2036-12-01T17:00:00.000000Z: call her"), "\(shown)")
        #expect(shown.output.contains("1 more to remember"), "\(shown)")
        let closed = try await commands.run(["memory", "close", id, "--as", "kept", "--why", "on Monday"])
        #expect(closed.status == 0 && closed.output.contains("says \(LoginName.current): on Monday"), "\(closed)")
        let listed = try await commands.run(["memory", "list", a, "--json"])
        #expect(listed.lines.count == 2 && listed.lines[1].contains(#""as":"kept""#), "\(listed)")
        let cases: [([String], Int32)] = [
            (["memory", "add", a, "said", "x"], 64), (["memory", "add", a, "promised", "x"], 64),
            (["memory", "close", id, "--as", "done", "--why", "x"], 64),
            (["memory", "close", id, "--as", "outdated", "--why", "x"], 1),
            (["memory", "close", "x", "--as", "kept", "--why", "x"], 64), (["profile", "prefer", a], 64),
            (["profile", "prefer", a, "--tone", "voi"], 64), (["profile", "prefer", a, "--language", "Italian"], 64),
        ]
        for (arguments, status) in cases {
            let result = try await commands.run(arguments)
            #expect(result.status == status && result.output.isEmpty && !result.errors.isEmpty, "\(result)")
        }
        #expect(try await commands.run(["profile", "prefer", a, "--tone", "lei", "--channel", "phone"]).status == 0)
        let preferred = try await commands.run(["profile", "show", a])
        #expect(preferred.output.contains(#"tone = "lei"  (agent: \#(LoginName.current)"#), "\(preferred)")
        #expect(preferred.output.contains(#"preferred_channel = "phone""#))
        try await commands.drop()
    }
}
