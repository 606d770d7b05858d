import Contact
import FoundationEssentials
import HTTPTypes
import Storage
import Testing

@testable import API

/// Takes one identifier a line; a body that begins with `!` is of no use to it.
private struct Postbox: Receiver {
    static let kind = "postbox"
    static let channel = "email"
    static let keys: [SettingKey] = []
    static let routes = [
        ReceiverRoute(.post, "letters"), ReceiverRoute(.put, "stamps"), ReceiverRoute(.post, "letters/mime"),
    ]

    private let source: String

    init(_ settings: SourceSettings) throws(SettingsError) { source = settings.source }

    func findings(address: String) async -> [Finding] { [] }

    func receive(_ request: ReceivedRequest, into intake: any Intake) async throws -> ReceivedAnswer {
        var bytes: [UInt8] = []
        for try await piece in request.body { bytes += piece }
        guard bytes.first != UInt8(ascii: "!") else {
            throw ReceiverError.unusable(.unprocessableContent, "send letters, not shouts")
        }
        var reader = InteractionReader(InteractionReader.Settings())
        let items = bytes.split(separator: 10).map { line in
            let text =
                #"{"id":"\#(String(decoding: line, as: UTF8.self))","identifiers":[{"kind":"email","value":"\#(String(decoding: line, as: UTF8.self))"}]}"#
            return IntakeItem(reader.read(Array(text.utf8), arrival: request.arrival), raw: RawInput(Array(line)))
        }
        let receipt = try await intake.accept(Batch(items, source: source))
        return ReceivedAnswer(
            .accepted, contentType: "text/plain", Array("\(request.route.path) \(receipt.outcomes.count)".utf8))
    }
}

@Suite struct ReceiverTests {
    private static let lookUp: ReceiverLookup = { workspace, source in
        guard source == "box" else { return nil }
        return try Postbox(
            SourceSettings(source: source, values: [:], normaliser: Normaliser(region: workspace.region)))
    }

    @Test func `a source's connector is spoken to under the source's address`() async throws {
        try await LiveHub.with(receivers: Self.lookUp) { hub in
            let key = try await hub.key(.connector, source: "box")
            let body = Array("anna@example.it\nluca@example.it\nnobody\n".utf8)
            let reply = try await hub.ask("POST", "/v1/sources/box/letters", key: key, body)
            #expect(reply.status == 202 && reply.text == "letters 3", "\(reply)")
            #expect(try await hub.stored() == 2)
            let admin = try await hub.key(.admin)
            #expect(try await hub.ask("POST", "/v1/sources/box/letters", key: admin, body).status == 202)
            #expect(try await hub.stored() == 2)
            let metrics = try await hub.get("/metrics").text
            #expect(metrics.contains(#"contatto_intake_items_total{outcome="accepted"} 2"#), "\(metrics)")
            #expect(metrics.contains(#"contatto_intake_refused_total{reason="identifier_invalid"} 2"#), "\(metrics)")
        }
    }

    @Test func `the key may come as the password of an address with a user in it`() async throws {
        try await LiveHub.with(receivers: Self.lookUp) { hub in
            let key = try await hub.key(.connector, source: "box")
            let other = try await hub.key(.connector, source: "shop")
            func post(_ scheme: String, _ credentials: String, _ path: String = "letters") async throws -> Reply {
                let encoded = Data(credentials.utf8).base64EncodedString()
                return try await hub.ask(
                    "POST", "/v1/sources/box/\(path)", Array("anna@example.it\n".utf8),
                    fields: ["Authorization: \(scheme) \(encoded)"])
            }
            #expect(try await post("Basic", "actionmailbox:\(key)").text == "letters 1")
            #expect(try await post("basic", ":\(key)", "letters/mime").text == "letters/mime 1")
            #expect(try await post("Basic", "actionmailbox:\(other)").status == 403)
            // Without a password the user is the key, as Segment's clients send it.
            for credentials in ["\(key):", key] {
                #expect(try await post("Basic", credentials).status != 401, "\(credentials)")
            }
            for credentials in ["actionmailbox:x\(key)", "\(key):x", "x\(key):", "", ":", "a:b:\(key)"] {
                #expect(try await post("Basic", credentials).status == 401, "\(credentials)")
            }
            let none = try await hub.ask("POST", "/v1/sources/box/letters", [], fields: ["Authorization: Basic %"])
            #expect(none.status == 401)
            #expect(try await hub.stored() == 1)
        }
    }

    @Test func `another source, path or method, and what the connector cannot use, are said`() async throws {
        try await LiveHub.with(receivers: Self.lookUp) { hub in
            let key = try await hub.key(.connector, source: "box")
            let other = try await hub.key(.connector, source: "shop")
            let cases: [(method: String, path: String, key: String, body: String, status: Int, problem: String)] = [
                ("POST", "box/letters", other, "", 403, "forbidden"),
                ("POST", "shop/letters", key, "", 403, "forbidden"),
                ("POST", "shop/letters", other, "", 404, "source_unknown"),
                ("POST", "box/parcels", key, "", 404, "not_found"), ("POST", "box/letters/", key, "", 404, "not_found"),
                ("DELETE", "box/letters", key, "", 405, "method_not_allowed"),
                ("POST", "box/letters", key, "!a", 422, "unusable"),
            ]
            for one in cases {
                let reply = try await hub.ask(
                    one.method, "/v1/sources/\(one.path)", key: one.key, Array(one.body.utf8))
                #expect(reply.status == one.status && reply.problem == one.problem, "\(one): \(reply)")
            }
        }
    }

    @Test func `bodies are held within one budget, and who finds it spent is told to come again`() async throws {
        try await LiveHub.with(receivers: Self.lookUp) { hub in
            let budget = hub.desk.budget
            let key = try await hub.key(.connector, source: "box")
            // A megabyte is left: for 300 kB that a connector holds, for 200 kB of an array.
            let others = Desk.bodyBytes - (1 << 20)
            #expect(budget.take(others))
            let cases: [(path: String, kilobytes: Int, status: Int)] = [
                ("/v1/sources/box/letters", 300, 422), ("/v1/sources/box/letters", 400, 503),
                ("/v1/interactions", 200, 200), ("/v1/interactions", 300, 503),
            ]
            for one in cases {
                let blank = String(repeating: " ", count: one.kilobytes * 1_000)
                let body = one.path == "/v1/interactions" ? "[\(line("\(one.kilobytes)"))\(blank)]" : "!" + blank
                let reply = try await hub.ask("POST", one.path, key: key, Array(body.utf8))
                #expect(reply.status == one.status, "\(one): \(reply)")
                guard one.status == 503 else { continue }
                #expect(reply.problem == "busy" && reply.fields["retry-after"] == "5", "\(one): \(reply)")
            }
            budget.give(others)
            try await LiveHub.eventually("all is given back") { budget.take(Desk.bodyBytes) }
            budget.give(Desk.bodyBytes)
            #expect(!budget.take(Desk.bodyBytes + 1))
        }
    }
}
