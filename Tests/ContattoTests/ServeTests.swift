internal import Contact
internal import ContactTesting
import Foundation
internal import Postgres
import Testing

/// The real binary, serving.
@Suite struct ServeTests {
    @Test func `serve says where it listens, answers, and stops in order`() async throws {
        let commands = try await Commands.migrated()
        let admin = try await commands.run(["key", "create", "--role", "admin"])
        #expect(admin.status == 0 && admin.lines.count == 1, "\(admin)")
        #expect(admin.output.wholeMatch(of: /contatto_1_1_[0-9A-Za-z]{32}_[0-9A-Za-z]{5}\n/) != nil, "\(admin.output)")
        let key = admin.lines[0]
        let serving = try await Serving.start(commands, ["--log-level", "debug", "--log-format", "json"])
        let port = serving.port
        #expect(serving.firstLine == "listening http://127.0.0.1:\(port)")

        let text = #"{"id":"1","source":"nobody","identifiers":[{"kind":"email","value":"anna@example.it"}]}"#
        let refused = try await serving.post(Data(text.utf8), key: key)
        #expect(refused.status == 422 && refused.text.contains("source_unknown"), "\(refused)")
        let made = try await commands.run(
            ["import", "interactions", "-"], input: Data(text.replacing("nobody", with: "shop").utf8))
        #expect(made.status == 0, "\(made)")
        let created = try await commands.run(
            ["key", "create", "--role", "connector", "--source", "shop", "--expires", "90d"])
        #expect(created.status == 0, "\(created)")
        let posted = try await serving.post(
            Data(#"{"id":"2","identifiers":[{"kind":"email","value":"anna@example.it"}]}"#.utf8),
            key: created.lines[0])
        #expect(posted.status == 200 && posted.text.contains("\"accepted\":1"), "\(posted)")
        let asked = try await serving.get("/v1/profiles/by/email/anna@example.it?secret=query", key: key)
        #expect(asked.status == 200, "\(asked)")

        let result = try await serving.stop()
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "listening http://127.0.0.1:\(port)\n")
        // One line a request, and nothing in it that a person could be known by.
        let logged = result.errors.split(separator: "\n").filter { $0.contains("\"message\":\"request") }
        #expect(logged.count == 3, "\(result.errors)")
        for word in ["example.it", "anna", "secret", "query", key] {
            #expect(!result.errors.contains(word), "the log holds \(word):\n\(result.errors)")
        }
        try await commands.drop()
    }

    @Test func `keys are listed without their secret, and taken back`() async throws {
        let commands = try await Commands.migrated()
        let first = try await commands.run(["key", "create", "--role", "reader"])
        let listed = try await commands.run(["key", "list", "--json"])
        let object = try JSONValue(Array(listed.lines[0].utf8))
        #expect(object["role"]?.string == "reader" && object["revoked_at"]?.kind == .null)
        #expect(!listed.output.contains(first.lines[0].split(separator: "_")[3]))
        #expect(try await commands.run(["key", "revoke", "1"]).status == 0)
        #expect(try await commands.run(["key", "revoke", "2"]).status == 1)
        #expect(try await commands.run(["key", "list"]).output.contains("revoked"))
        for wrong in [
            ["--role", "king"], ["--role", "connector"], ["--role", "reader", "--source", "shop"],
            ["--role", "reader", "--expires", "soon"], ["--role", "connector", "--source", "nobody"],
        ] {
            let result = try await commands.run(["key", "create"] + wrong)
            #expect(result.status == 64 && result.output.isEmpty, "\(wrong): \(result)")
        }
        try await commands.drop()
    }

    @Test func `a port that is taken ends serve with the reason`() async throws {
        let commands = try await Commands.migrated()
        let serving = try await Serving.start(commands, [])
        let second = try await commands.run(["serve", "--port", "\(serving.port)"])
        #expect(second.status == 1 && second.output.isEmpty, "\(second)")
        #expect(
            second.errors == """
                contatto: port \(serving.port) on 127.0.0.1 is in use: choose another with --port, or stop what listens \
                there

                """)
        let nowhere = try await commands.run(["serve", "--port", "0", "--host", "192.0.2.1"])
        #expect(nowhere.status == 1 && nowhere.errors.contains("is no address of this machine"), "\(nowhere)")
        let unknown = try await commands.run(["serve", "--port", "0", "--host", "nowhere.invalid"])
        #expect(unknown.status == 1 && unknown.errors.contains("the host nowhere.invalid is not known"), "\(unknown)")
        #expect(try await serving.stop().status == 0)
        try await commands.drop()
    }

    @Test func `a second signal ends what the first one lets finish`() async throws {
        let commands = try await Commands.migrated()
        let line = #"{"id":"0","source":"shop","identifiers":[{"kind":"email","value":"anna@example.it"}]}"#
        #expect(try await commands.run(["import", "interactions", "-"], input: Data(line.utf8)).status == 0)
        let key = try await commands.run(["key", "create", "--role", "connector", "--source", "shop"]).lines[0]
        let serving = try await Serving.start(commands, [])
        // A request that cannot be answered: the journal's row is held.
        var settings = try ConnectionSettings(uri: commands.server.uri())
        settings.searchPath = [commands.schema]
        let holder = Database(settings, connections: 1)
        let release = Monitor(false)
        let held = Task {
            try await holder.transaction { (session: borrowing Session) throws(DatabaseError) in
                _ = try session.query(text: "SELECT 1::int4 FROM journal FOR NO KEY UPDATE")
                _ = release.wait(atMost: .seconds(60)) { $0 ? true : nil }
            }
        }
        // Of those who lock its row: whoever only reads it, as the service of the rules does, is none of them.
        let blocked =
            "SELECT count(*)::text FROM pg_locks WHERE relation = '\(commands.schema).journal'::regclass AND mode = 'RowShareLock'"
        func locks() async throws -> Int { Int(try await commands.query(blocked)[0][0]) ?? 0 }
        let deadline = ContinuousClock.now + .seconds(60)
        while try await locks() == 0, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
        let before = try await locks()
        async let posted = serving.post(
            Data(#"{"id":"1","identifiers":[{"kind":"email","value":"anna@example.it"}]}"#.utf8), key: key)
        while try await locks() == before, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        serving.terminate()
        while try await serving.get("/healthz", key: key).status != 0, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(serving.isRunning, "the first signal waits for what was accepted")
        serving.terminate()
        // Before the folder its answer is written into is taken away.
        #expect(try await posted.status != 200)
        let result = try await serving.stop()
        #expect(result.status != 0 && ContinuousClock.now < deadline, "\(result)")
        release.change { $0 = true }
        _ = await held.result
        await holder.close()
        try await commands.drop()
    }

    @Test func `200 MB of lines, and one line of 200 MB, do not fill the memory`() async throws {
        let commands = try await Commands.migrated()
        let line = #"{"id":"0","source":"shop","identifiers":[{"kind":"email","value":"anna@example.it"}]}"#
        #expect(try await commands.run(["import", "interactions", "-"], input: Data(line.utf8)).status == 0)
        let key = try await commands.run(["key", "create", "--role", "connector", "--source", "shop"]).lines[0]
        let serving = try await Serving.start(commands, [])
        let padding = String(repeating: "x", count: 100_000)
        var lines = Data()
        for number in 1...2_000 {
            let text =
                #"{"id":"\#(number)","x_pad":"\#(padding)","identifiers":[{"kind":"email","value":"a\#(number % 50)@example.it"}]}"#
            lines.append(Data((text + "\n").utf8))
        }
        let stored = try await serving.post(lines, key: key, type: "application/x-ndjson")
        #expect(stored.status == 200 && !stored.text.contains("urn:contatto:error"), "\(stored.text.suffix(400))")
        let rows = try await commands.query("SELECT count(*)::text FROM interaction")
        #expect(rows == [["2001"]])

        let long = Data(repeating: UInt8(ascii: "x"), count: 200_000_000)
        let refused = try await serving.post(long, key: key, type: "application/x-ndjson")
        #expect(refused.status == 422 && refused.text.contains("too_large"), "\(refused.text.prefix(400))")

        let peak = try serving.peakBytes()
        // The thread sanitizer keeps several bytes for each one that is used.
        let isSanitized = ProcessInfo.processInfo.environment["TSAN_OPTIONS"] != nil
        #expect(peak < (isSanitized ? 1_500_000_000 : 300_000_000), "the peak was \(peak)")
        print("peak memory of serve: \(peak / 1_000_000) MB")
        #expect(try await serving.stop().status == 0)
        try await commands.drop()
    }
}
