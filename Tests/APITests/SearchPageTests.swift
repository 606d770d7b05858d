import Contact
import ContactTesting
import HTTPTypes
import Postgres
import Storage
import Testing

@testable import API

@Suite struct SearchPageTests {
    private static let line =
        #"{"id":"m1","channel":"email","identifiers":[{"kind":"email","value":"tilde@example.net"}],"#
        + #""attributes":{"name":"Tilde Serra"},"message":{"subject":"La lavatrice","text":"Non è ancora arrivata."}}"#

    @Test func `a search answers who was found, by what, and how far it knows`() async throws {
        try await LiveHub.with { hub in
            let (shop, reader) = (try await hub.key(.connector, source: "shop"), try await hub.key(.reader))
            let stored = try await hub.post(Self.line, key: shop)
            let profile = try #require(stored.json?["items"]?.elements?.first?["profile"]?.string)
            let early = try await hub.get("/v1/search?q=tilda", key: reader)
            #expect(early.status == 200)
            let behind = early.json?["indexed"]?["behind_ms"]?.integer ?? 0
            #expect(early.json?["matches"]?.elements?.isEmpty == true && behind > 0)
            // An address that is typed whole needs no index.
            let whole = try await hub.get("/v1/search?q=TILDE%40example.net", key: reader)
            #expect(whole.json?["matches"]?.elements?.first?["id"]?.string == profile)

            let index = SearchIndex(hub.database.hub, workspace: hub.workspace.workspace)
            try await index.catchUp(within: .seconds(600))
            for query in ["tilda", "SERRA%20tild", "lavatrici", "m1"] {
                let found = try await hub.get("/v1/search?q=\(query)", key: reader)
                let match = found.json?["matches"]?.elements?.first
                #expect(match?["id"]?.string == profile, "\(query)")
                #expect(match?["kind"]?.string == "customer")
                #expect(match?["names"]?.elements?.first?.string == "tilde serra")
                #expect(match?["identifiers"]?.elements?.first?["value"]?.string == "tilde@example.net")
                #expect(match?["last_day"]?.string?.count == 10)
                #expect(found.json?["indexed"]?["behind_ms"]?.integer == 0)
            }
            let said = try await hub.get("/v1/search?q=lavatrice", key: reader)
            #expect(said.json?["matches"]?.elements?.first?["interactions"]?.elements?.count == 1)
            for bad in ["/v1/search", "/v1/search?q=", "/v1/search?q=%20", "/v1/search?q=x&limit=51"] {
                #expect(try await hub.get(bad, key: reader).status == 400, "\(bad)")
            }
        }
    }

    @Test func `a key that asks too often is told to wait, and what is delivered is not counted`() async throws {
        try await LiveHub.with(pace: KeyPace(rate: 2)) { hub in
            let (shop, reader) = (try await hub.key(.connector, source: "shop"), try await hub.key(.reader))
            var replies: [Reply] = []
            for _ in 0..<12 { replies.append(try await hub.get("/v1/search?q=x", key: reader)) }
            #expect(replies.prefix(4).allSatisfy { $0.status == 200 })
            let reply = try #require(replies.first { $0.status == 429 })
            #expect(reply.json?["type"]?.string == "urn:contatto:error:too_many_requests")
            for number in 0..<12 {
                let line = Self.line.replacing("m1", with: "n\(number)")
                #expect(try await hub.post(line, key: shop).status == 200)
            }
        }
    }

    @Test func `the bucket of a key fills at its rate, whatever the others do`() {
        let pace = KeyPace(rate: 10)
        var taken = 0
        while pace.take(1, 1, now: 100) == nil { taken += 1 }
        #expect(taken == 20)
        #expect(pace.take(1, 1, now: 100) == 1)
        #expect(pace.take(1, 2, now: 100) == nil)
        #expect(pace.take(2, 1, now: 100) == nil)
        taken = 0
        while pace.take(1, 1, now: 100.5) == nil { taken += 1 }
        #expect(taken == 5)
        let free = KeyPace(rate: 0)
        #expect((0..<10_000).allSatisfy { _ in free.take(1, 1, now: 0) == nil })
    }

    @Test func `a timeline is filtered, and read from either end`() async throws {
        try await LiveHub.with { hub in
            let (shop, reader) = (try await hub.key(.connector, source: "shop"), try await hub.key(.reader))
            var profile = ""
            for number in 0..<6 {
                let channel = number < 3 ? "email" : "store"
                let line =
                    #"{"id":"i\#(number)","channel":"\#(channel)","kind":"k\#(number % 2)","#
                    + #""occurred_at":"2026-10-0\#(number + 1)T10:00:00Z","#
                    + #""identifiers":[{"kind":"email","value":"tilde@example.net"}]}"#
                let stored = try await hub.post(line, key: shop)
                profile = try #require(stored.json?["items"]?.elements?.first?["profile"]?.string)
            }
            func ids(_ query: String) async throws -> [String] {
                let reply = try await hub.get("/v1/profiles/\(profile)/interactions?\(query)", key: reader)
                #expect(reply.status == 200, "\(query): \(reply)")
                return (reply.json?["interactions"]?.elements ?? []).compactMap { $0["occurred_at"]?.string }
                    .map { String($0.prefix(10).suffix(2)) }
            }
            #expect(try await ids("limit=2") == ["06", "05"])
            #expect(try await ids("order=oldest&limit=2") == ["01", "02"])
            #expect(try await ids("channel=email") == ["03", "02", "01"])
            #expect(try await ids("channel=email,store&kind=k1") == ["06", "04", "02"])
            #expect(try await ids("since=2026-10-02T10:00:00Z&until=2026-10-04T10:00:00Z") == ["03", "02"])
            #expect(try await ids("direction=out") == [])
            #expect(try await ids("source=shop&order=oldest&limit=1") == ["01"])
            let first = try await hub.get("/v1/profiles/\(profile)/interactions?order=oldest&limit=4", key: reader)
            let next = try #require(first.json?["next"]?.string)
            #expect(try await ids("order=oldest&after=\(next)") == ["05", "06"])
            for bad in [
                "order=x", "direction=x", "thread=x", "since=x", "channel=", "q=%25", "after=\(next)",
                "order=oldest&before=\(next)", "before=x",
            ] {
                let reply = try await hub.get("/v1/profiles/\(profile)/interactions?\(bad)", key: reader)
                #expect(reply.status == 400, "\(bad)")
            }
        }
    }

    @Test func `who has an answer already is spared it`() async throws {
        try await LiveHub.with { hub in
            let (shop, reader) = (try await hub.key(.connector, source: "shop"), try await hub.key(.reader))
            #expect(try await hub.post(Self.line, key: shop).status == 200)
            let path = "/v1/profiles/by/email/tilde@example.net"
            let first = try await hub.get(path, key: reader)
            let tag = try #require(first.fields["etag"])
            let known = try await hub.ask("GET", path, key: reader, fields: ["If-None-Match: \"other\", \(tag)"])
            #expect(known.status == 304 && known.body.isEmpty && known.fields["etag"] == tag)
            #expect(try await hub.ask("GET", path, key: reader, fields: ["If-None-Match: \"other\""]).status == 200)
            let more = Self.line.replacing("m1", with: "m2").replacing("Tilde Serra", with: "Tilde Bo")
            #expect(try await hub.post(more, key: shop).status == 200)
            let changed = try await hub.ask("GET", path, key: reader, fields: ["If-None-Match: \(tag)"])
            #expect(changed.status == 200 && changed.fields["etag"] != tag)
        }
    }
}
