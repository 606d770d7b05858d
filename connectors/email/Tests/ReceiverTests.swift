import Contact
import ContactTesting
import Foundation
import HTTPTypes
import Postgres
import Testing

@testable import EmailConnector

@Suite struct ReceiverTests {
    private func connector(_ values: [String: String] = [:]) throws -> EmailConnector {
        var all = ["own": "bottega.example"]
        all.merge(values) { $1 }
        return try EmailConnector(SourceSettings(source: "email", values: all, normaliser: Normaliser()))
    }

    private func post(
        _ pieces: [[UInt8]], type: String? = "message/rfc822", to intake: any Intake
    ) async throws -> ReceivedAnswer {
        var head = HTTPRequest(method: .post, scheme: "http", authority: "hub", path: "/v1/sources/email/messages")
        head.headerFields[.contentType] = type
        let body = ReceivedBody {
            let feed = Feed(pieces)
            return { await feed.next() }
        }
        return try await connector().receive(
            ReceivedRequest(route: EmailConnector.routes[0], head: head, body: body, arrival: TestDatabase.now),
            into: intake)
    }

    private actor Feed {
        private var pieces: ArraySlice<[UInt8]>
        init(_ pieces: [[UInt8]]) { self.pieces = pieces[...] }
        func next() -> [UInt8]? { pieces.popFirst() }
    }

    @Test func `A raw mail is stored once, and the answer names its profile`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let mail = Array("From: a@example.it\r\nMessage-ID: <r@x>\r\nSubject: x\r\n\r\nTesto\r\n".utf8)
            let first = try await post([Array(mail.prefix(10)), Array(mail.dropFirst(10))], to: ledger)
            #expect(first.status == .ok)
            let answer = try JSONValue(first.body)
            #expect(answer["accepted"]?.integer == 1)
            #expect(answer["items"]?.elements?.first?["profile"]?.string != nil)
            let again = try await post([mail], type: "application/octet-stream", to: ledger)
            #expect(try JSONValue(again.body)["known"]?.integer == 1)
            let original = try await database.superuser.transaction {
                (session: borrowing Session) throws(DatabaseError) -> [UInt8]? in
                try session.query(text: "SELECT original FROM message", []).optionalBytes(0, 0)
            }
            #expect(original == mail)
        }
    }

    @Test func `What cannot be read and what is too large is refused and kept`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let bad = try await post([Array("niente\n".utf8)], to: ledger)
            #expect(bad.status == .unprocessableContent)
            let piece = Array("From: a@example.it\n\n".utf8) + [UInt8](repeating: 0x61, count: 4 << 20)
            let large = try await post((0..<50).map { _ in piece }, to: ledger)
            #expect(large.status == .unprocessableContent)
            let refused = try JSONValue(large.body)["refused"]?.elements?.first
            #expect(refused?["reason"]?.string == "too_large")
            let rows = try await database.superuser.transaction {
                (session: borrowing Session) throws(DatabaseError) -> Rows in
                try session.query(
                    text: "SELECT octet_length(raw)::bigint, length FROM refusal WHERE reason = 'too_large'", [])
            }
            #expect(try rows.int64(0, 0) == 64 << 10)
            #expect(try rows.int64(0, 1) == Int64(50 * piece.count))
        }
    }

    @Test func `An empty body or another type is no mail`() async throws {
        try await TestDatabase.with { database in
            let ledger = try await database.workspace().ledger()
            await #expect(throws: ReceiverError.self) { _ = try await post([], to: ledger) }
            await #expect(throws: ReceiverError.self) {
                _ = try await post([Array("{}".utf8)], type: "application/json; charset=utf-8", to: ledger)
            }
        }
    }

    @Test func `Without own addresses nothing starts, and it says how to set them`() throws {
        #expect(throws: SettingsError.self) { _ = try connector(["own": ""]) }
        let error = #expect(throws: SettingsError.self) {
            _ = try connector(["own": "no domain, x@", "trust": "much", "authserv": "a b"])
        }
        #expect(error?.problems.count == 4, "\(error?.problems ?? [])")
    }

    @Test func `The test of a source says what is missing`() async throws {
        let bare = await (try connector()).findings(address: "http://127.0.0.1:7600")
        #expect(bare.contains { $0.weight == .doubtful && $0.text.contains("authserv") })
        #expect(bare.contains { $0.weight == .needed && $0.text.contains("/v1/sources/email/messages") })
        let full = await (try connector(["authserv": "mx.bottega.example", "trust": "verified"])).findings(address: "x")
        #expect(!full.contains { $0.weight == .doubtful })
        let named = await (try connector(["authserv": "mx.bottega.example"])).findings(address: "x")
        #expect(named.contains { $0.weight == .good && $0.text.contains("mx.bottega.example") })
        let low = await (try connector(["authserv": "mx.bottega.example", "trust": "presented"])).findings(address: "x")
        #expect(low.contains { $0.weight == .doubtful && $0.text.contains("trust.email=verified") })
    }

    @Test func `The source's trust is a ceiling`() throws {
        let mail = try Fixture.bytes("auth-pass")
        for (values, expected) in [
            (["trust": "presented"], Assurance.presented), (["trust": "claimed"], .claimed),
            (["trust": "claimed", "trust.email": "verified"], .verified), (["authserv": ""], .presented),
            (["trust": ""], .verified), (["trust": "", "authserv": ""], .presented),
            (["trust": "", "trust.email": "presented"], .presented),
        ] {
            let one = try #require(items(mail, try mailSettings(values)).first).outcome.get()
            #expect(one.facet.identifiers.first?.assurance == expected, "\(values)")
        }
    }

    @Test func `Mail older than the retention is refused as expired`() throws {
        let settings = try EmailSettings(
            SourceSettings(
                source: "email", values: ["own": "bottega.example"], normaliser: Normaliser(), oldest: arrived.time))
        let found = MailReader(settings).items(RawInput(try Fixture.bytes("plain")), arrival: arrived)
        guard case .failure(let refusal) = try #require(found.first).outcome else {
            Issue.record("it was read")
            return
        }
        #expect(refusal.reason == .expired)
    }
}
