import Contact
import Foundation
import Testing

@testable import Contatto

/// Who is who, decided, explained and erased from the command line.
@Suite struct DecisionCommandTests {
    /// Two addresses, and what joins them.
    private static func lines(_ bridge: Bool = true) -> Data {
        var lines = ["a", "b"].map {
            #"{"id":"\#($0)","source":"shop","channel":"store","identifiers":[{"kind":"email","value":"\#($0)@example.it"}]}"#
        }
        if bridge {
            lines.append(
                #"{"id":"both","source":"shop","identifiers":[{"kind":"email","value":"a@example.it"},{"kind":"email","value":"b@example.it"}]}"#
            )
        }
        return Data(lines.joined(separator: "\n").utf8)
    }

    private func object(_ text: String) throws -> JSONValue { try JSONValue(Array(text.utf8)) }

    /// The facet that shows one address alone.
    private func facet(_ commands: Commands, _ email: String) async throws -> String {
        let explained = try await commands.run(["profile", "explain", "email:\(email)", "--json"])
        for facet in try object(explained.lines[0])["facets"]?.elements ?? [] {
            let values = (facet["identifiers"]?.elements ?? []).compactMap { $0["value"]?.string }
            if values == [email] { return try #require(facet["facet"]?.string) }
        }
        throw Serving.Failure(description: "no facet shows \(email) alone: \(explained.output)")
    }

    @Test func `a customer is taken apart and put together again, with the reason`() async throws {
        let commands = try await Commands.migrated()
        #expect(try await commands.run(["import", "interactions", "-"], input: Self.lines()).status == 0)
        let (a, b) = (try await facet(commands, "a@example.it"), try await facet(commands, "b@example.it"))
        let before = try await commands.run(["profile", "explain", "email:a@example.it"])
        for end in [b, "email:b@example.it"] {
            let why = try await commands.run(["profile", "explain", "email:a@example.it", "--with", end])
            #expect(why.output.contains("are one customer") && why.output.contains("both show email:"), "\(why)")
        }

        let preview = try await commands.run(["decision", "not-same", a, "--from", b, "--preview"])
        #expect(preview.status == 0 && preview.lines[0] == "preview: nothing was changed", "\(preview)")
        #expect(preview.output.contains("would split"))
        #expect(try await commands.run(["profile", "explain", "email:a@example.it"]).output == before.output)
        #expect(try await commands.run(["decision", "list"]).output.isEmpty)

        let made = try await commands.run(["decision", "not-same", a, "--from", b, "--why", "two sisters", "--json"])
        let id = try #require(try object(made.output)["decision"]?.string, "\(made)")
        let listed = try await commands.run(["decision", "list"])
        #expect(listed.output.contains("because: two sisters") && listed.output.contains(id), "\(listed)")
        #expect(listed.output.contains("  \(LoginName.current)\n") && !LoginName.current.isEmpty)
        let apart = try await commands.run(["profile", "explain", a, "--with", b])
        #expect(apart.status == 0 && apart.output.contains("are not one customer, but profiles"), "\(apart)")
        #expect(apart.output.contains("a person said that they are not the same customer"), "\(apart)")

        let back = try await commands.run(["decision", "revoke", id])
        #expect(back.status == 0 && back.output.contains("merged"), "\(back)")
        // Either of the two ids may be the one that survives this time; the other redirects.
        let after = try await commands.run(["profile", "explain", "email:a@example.it"])
        #expect(after.lines.dropFirst() == before.lines.dropFirst(), "\(after)")
        #expect(try await commands.run(["decision", "list"]).output.contains("taken back"))
        let twice = try await commands.run(["decision", "revoke", id])
        #expect(twice.status == 1 && twice.errors.contains("revoked before") && twice.output.isEmpty, "\(twice)")
        try await commands.drop()
    }

    @Test func `two are said to be one, and a value to be several people's`() async throws {
        let commands = try await Commands.migrated()
        let input = Self.lines(false)
        #expect(try await commands.run(["import", "interactions", "-"], input: input).status == 0)
        let pair = ["email:a@example.it", "email:b@example.it"]
        let same = try await commands.run(["decision", "same"] + pair + ["--why", "she said so"])
        #expect(same.status == 0 && same.output.contains("merged"), "\(same)")
        let explained = try await commands.run(["profile", "explain", pair[0]])
        #expect(explained.output.contains("a person said that they are one customer"), "\(explained)")
        let shared = try await commands.run(["decision", "shared", pair[0], "--why", "a family", "--json"])
        #expect(shared.status == 0, "\(shared)")
        let listed = try await commands.run(["decision", "list", "--json", "--limit", "1"])
        let decision = try object(listed.lines[0])
        #expect(listed.lines.count == 1 && decision["identifier"]?["value"]?.string == "a@example.it", "\(listed)")
        #expect(try await commands.run(["profile", "explain", pair[0]]).output.contains("shared by several"))
        let reviews = try await commands.run(["review", "list"])
        #expect(reviews.status == 0 && reviews.output == "nothing waits for a decision\n", "\(reviews)")
        try await commands.drop()
    }

    @Test func `what is erased is gone, after a preview, and what is left is said`() async throws {
        let commands = try await Commands.migrated()
        let input = Self.lines(false)
        #expect(try await commands.run(["import", "interactions", "-"], input: input).status == 0)
        let shown = try await commands.run(["profile", "show", "email:a@example.it", "--json"])
        let id = try #require(try object(shown.lines[0])["id"]?.string)
        let preview = try await commands.run(["profile", "erase", "email:a@example.it", "--preview"])
        #expect(preview.status == 0 && preview.output.contains("would erase 1 interaction"), "\(preview)")
        #expect(try await commands.run(["profile", "show", id]).status == 0)
        let erased = try await commands.run(["profile", "erase", id, "--yes"])
        #expect(erased.output.contains("erased profile \(id)") && erased.output.contains("backups"), "\(erased)")
        let gone = try await commands.run(["profile", "show", id])
        #expect(gone.status == 1 && gone.errors.contains("was erased"), "\(gone)")
        let again = try await commands.run(["import", "interactions", "-"], input: input)
        #expect(again.output == "accepted 0, known 2, refused 0\n", "\(again)")
        try await commands.drop()
    }

    @Test func `what cannot be decided has its status and says what to do`() async throws {
        let commands = try await Commands.migrated()
        #expect(try await commands.run(["import", "interactions", "-"], input: Self.lines()).status == 0)
        let a = "email:a@example.it"
        let nobody = HubID.random().description
        let cases: [([String], Int32, String)] = [
            (["decision", "same", a, nobody], 64, "--why"),
            (["decision", "same", a, nobody, "--why", " "], 64, "--why"),
            (["decision", "same", a, nobody, "--why", "x"], 1, "no living profile and no facet"),
            (["decision", "same", a, "email:b@example.it", "--why", "x"], 1, "the same already"),
            (["decision", "same", a, "who", "--why", "x"], 64, "neither an id nor KIND:VALUE"),
            (["decision", "not-same", a, "--why", "x"], 64, "--from"),
            (["decision", "not-same", a, "--from", a, "--why", "x"], 1, "both sides"),
            (["decision", "shared", "email:no@example.it", "--why", "x"], 1, "nobody shows"),
            (["decision", "shared", "colour:red", "--why", "x"], 64, "kind"),
            (["decision", "revoke", nobody], 1, "there is no decision"), (["decision", "revoke", "x"], 64, "no id"),
            (["decision", "list", "--limit", "0"], 64, "--limit"), (["review", "list", "--limit", "0"], 64, "--limit"),
            (["profile", "erase", a], 64, "--preview"), (["profile", "erase", a, "--yes", "--preview"], 64, "--yes"),
            (["profile", "erase", nobody, "--yes"], 1, "no living profile"),
            (["profile", "explain", a, "--with", nobody], 1, "neither a living profile"),
        ]
        for (arguments, status, says) in cases {
            let result = try await commands.run(arguments)
            #expect(result.status == status && result.output.isEmpty, "\(arguments): \(result)")
            #expect(result.errors.contains(says), "\(arguments): \(result.errors)")
        }
        #expect(try await commands.query("SELECT count(*)::text FROM decision") == [["0"]])
        try await commands.drop()
    }
}
