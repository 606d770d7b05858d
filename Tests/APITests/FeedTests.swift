import Contact
import ContactTesting
import Postgres
import ServiceLifecycle
import Testing

@testable import Storage

/// Changes over HTTP: pages, waits, streams, and the snapshot a reader begins with.
@Suite struct FeedTests {
    private func changes(
        _ hub: LiveHub, _ key: String, _ query: String = "", accept: String = "application/json"
    ) async throws -> Reply {
        try await hub.ask("GET", "/v1/changes" + query, key: key, fields: ["Accept: \(accept)"])
    }

    private func types(_ reply: Reply) -> [String] {
        (reply.json?["changes"]?.elements ?? []).compactMap { $0["type"]?.string }
    }

    private func show(_ hub: LiveHub, _ key: String, _ id: String, _ emails: String...) async throws -> String {
        let shown = emails.map { #"{"kind":"email","value":"\#($0)"}"# }.joined(separator: ",")
        let reply = try await hub.post(#"{"id":"\#(id)","identifiers":[\#(shown)]}"#, key: key)
        return try #require(reply.json?["items"]?.elements?.first?["profile"]?.string, "\(reply)")
    }

    @Test func `a page tells what happened, in order, as CloudEvents`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let key = try await hub.key(.subscriber)
            let a = try await show(hub, shop, "1", "a@example.it")
            _ = try await show(hub, shop, "2", "b@example.it")
            let merged = try await show(hub, shop, "3", "a@example.it", "b@example.it")

            let reply = try await changes(hub, key)
            #expect(reply.status == 200 && reply.fields["content-type"] == "application/json", "\(reply)")
            let found = types(reply)
            #expect(found.filter { $0 == "interaction.recorded" }.count == 3)
            #expect(found.filter { $0 == "profile.created" }.count == 2)
            #expect(found.filter { $0 == "profile.merged" }.count == 1)
            let events = try #require(reply.json?["changes"]?.elements)
            let epoch = try #require(reply.json?["next"]?.string).prefix(36)
            for (place, event) in events.enumerated() {
                #expect(event["specversion"]?.string == "1.0")
                #expect(event["source"]?.string == "/workspaces/\(hub.workspace.id)")
                #expect(event["id"]?.string == "\(epoch)-\(place + 1)")
                #expect(
                    event["sequence"]?.string == String(repeating: "0", count: 19 - "\(place + 1)".count)
                        + "\(place + 1)")
                #expect(event["time"]?.string?.hasSuffix("Z") == true)
                #expect(event["partitionkey"]?.string == event["subject"]?.string)
                #expect(event["data"]?["profile"]?.string == event["subject"]?.string)
            }
            // An interaction is told under the profile it belongs to today.
            let recorded = events.filter { $0["type"]?.string == "interaction.recorded" }
            #expect(recorded.allSatisfy { $0["subject"]?.string == merged })
            let union = try #require(events.first { $0["type"]?.string == "profile.merged" })
            #expect(union["data"]?["into"]?.string == merged)
            #expect([a, merged].contains(union["subject"]?.string) || union["subject"]?.string != merged)
            #expect(reply.json?["more"]?.bool == false)
            #expect(reply.json?["next"]?.string == reply.json?["end"]?.string)

            let batch = try await changes(hub, key, "?limit=2", accept: "application/cloudevents-batch+json")
            #expect(batch.fields["content-type"] == "application/cloudevents-batch+json")
            #expect(batch.json?.elements?.count == 2)
            #expect(batch.fields["contatto-next"] == "\(epoch).2")
        }
    }

    @Test func `pages of any size together are the journal, filtered or not`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let key = try await hub.key(.subscriber)
            for batch in 0..<4 {
                let lines = (0..<20).map { line("\(batch)-\($0)", email: "c\(($0 * 7 + batch) % 13)@example.it") }
                _ = try await hub.post(lines.joined(separator: "\n"), key: shop, type: "application/x-ndjson")
            }
            let one = try await show(hub, shop, "last", "c1@example.it", "c2@example.it")
            let whole = try await changes(hub, key, "?limit=5000")
            let all = (whole.json?["changes"]?.elements ?? []).map(\.canonical)
            #expect(all.count > 90)
            for (query, keeps) in [
                ("", { (_: JSONValue) in true }),
                ("&types=profile.*", { $0["type"]?.string?.hasPrefix("profile.") == true }),
                (
                    "&types=interaction.recorded,profile.merged",
                    {
                        ["interaction.recorded", "profile.merged"].contains($0["type"]?.string)
                    }
                ),
                (
                    "&profile=\(one)",
                    { event in
                        event["subject"]?.string == one || event["data"]?["into"]?.string == one
                            || whole.json?["changes"]?.elements?.contains {
                                $0["type"]?.string == "profile.merged" && $0["data"]?["into"]?.string == one
                                    && $0["subject"]?.string == event["subject"]?.string
                            } == true
                    }
                ),
            ] as [(String, (JSONValue) -> Bool)] {
                let expected = (whole.json?["changes"]?.elements ?? []).filter(keeps).map(\.canonical)
                #expect(!expected.isEmpty)
                for limit in [1, 3, 7, 50] {
                    var found: [[UInt8]] = []
                    var after = "oldest"
                    while true {
                        let page = try await changes(hub, key, "?limit=\(limit)&after=\(after)\(query)")
                        let events = try #require(page.json?["changes"]?.elements, "\(page)")
                        #expect(events.count <= limit)
                        found += events.map(\.canonical)
                        after = try #require(page.json?["next"]?.string)
                        if page.json?["more"]?.bool == false { break }
                    }
                    #expect(found == expected, "\(query) by \(limit)")
                }
            }
        }
    }

    @Test func `a cursor that cannot be used is told, and how to go on`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let key = try await hub.key(.subscriber)
            for number in 0..<6 { _ = try await show(hub, shop, "\(number)", "n\(number)@example.it") }
            let cursor = try #require(try await changes(hub, key, "?limit=2").json?["next"]?.string)
            let epoch = cursor.prefix(36)

            let other = try await changes(hub, key, "?after=00000000-0000-4000-8000-000000000000.3")
            #expect(other.status == 410 && other.problem == "epoch_ended", "\(other)")
            #expect(other.json?["snapshot"]?.string == "/v1/profiles?snapshot")
            #expect(try await changes(hub, key, "?after=\(epoch).999").problem == "cursor_ahead")
            for wrong in [
                "after=x", "after=\(epoch)", "after=\(epoch).-1", "limit=0", "limit=5001", "wait=61",
                "payload=fat", "types=profile.gone", "profile=x",
            ] {
                #expect(try await changes(hub, key, "?" + wrong).status == 400, "\(wrong)")
            }
            // Four changes are no longer kept.
            try await hub.database.superuser.session { (session: borrowing Session) throws(DatabaseError) in
                try session.run("DELETE FROM change WHERE position <= 4; UPDATE journal SET gone = 4")
            }
            let behind = try await changes(hub, key, "?after=\(cursor)")
            #expect(behind.status == 410 && behind.problem == "changes_gone", "\(behind)")
            #expect(behind.json?["oldest"]?.string == "\(epoch).4")
            #expect(try await changes(hub, key, "?after=\(epoch).4").json?["changes"]?.elements?.count == 8)
            #expect(try await changes(hub, key).json?["changes"]?.elements?.count == 8)
            let stream = try await changes(hub, key, "?after=\(cursor)", accept: "text/event-stream")
            #expect(stream.status == 410 && stream.problem == "changes_gone", "\(stream)")
        }
    }

    @Test func `a page that is waited for comes with what it waited for`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let key = try await hub.key(.subscriber)
            let none = try await changes(hub, key, "?after=now")
            #expect(none.json?["changes"]?.elements?.isEmpty == true)
            let waiting = Task { try await changes(hub, key, "?after=now&wait=60&types=profile.created") }
            // Whatever it has seen before it began to wait, one that comes later ends it.
            let isOver = Monitor(false)
            let busy = Task {
                for number in 0..<10_000 where !isOver.withLock({ $0 }) {
                    _ = try await show(hub, shop, "\(number)", "w\(number)@example.it")
                }
            }
            let reply = try await waiting.value
            isOver.withLock { $0 = true }
            try await busy.value
            #expect(Set(types(reply)) == ["profile.created"], "\(reply)")
        }
    }

    /// What a stream has brought, an event each.
    private func events(_ text: String) -> [(id: String, type: String, data: JSONValue)] {
        text.split(separator: "\n\n").compactMap { block in
            var fields: [String: String] = [:]
            for line in block.split(separator: "\n") {
                guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { continue }
                fields[String(line[..<colon])] = String(line[line.index(colon, offsetBy: 2)...])
            }
            guard let id = fields["id"], let type = fields["event"], let data = fields["data"] else { return nil }
            do throws(Refusal) { return (id, type, try JSONValue(Array(data.utf8))) } catch { return nil }
        }
    }

    private func stream(
        _ hub: LiveHub, _ key: String, _ query: String = "", last: String? = nil
    ) async throws -> Wire {
        let wire = try hub.connect()
        let fields = ["Accept: text/event-stream"] + (last.map { ["Last-Event-ID: \($0)"] } ?? [])
        await wire.send(LiveHub.head("GET", "/v1/changes" + query, key: key, length: nil, fields: fields))
        return wire
    }

    @Test func `a stream brings what comes, and goes on where it was left`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let key = try await hub.key(.subscriber)
            _ = try await show(hub, shop, "before", "before@example.it")
            let wire = try await stream(hub, key, "?after=oldest")
            let first = await wire.receive(until: "interaction.recorded")
            #expect(first.contains("HTTP/1.1 200") && first.lowercased().contains("content-type: text/event-stream"))
            #expect(first.contains("retry: 3000"))
            var text = first
            for number in 0..<20 {
                _ = try await show(hub, shop, "\(number)", "s\(number)@example.it")
                text += await wire.receive(until: "interaction.recorded")
            }
            wire.vanish()
            // What was sent in one write comes in chunks of its own; the framing is taken out by hand.
            let plain = Self.unchunked(text)
            let found = events(plain)
            let whole = try await changes(hub, key, "?limit=5000").json?["changes"]?.elements ?? []
            #expect(found.map(\.data.canonical) == whole.prefix(found.count).map(\.canonical))
            #expect(found.count >= 41)
            let cut = found[found.count / 2]
            #expect(cut.id.split(separator: ".").last.map(String.init) == "\(found.count / 2 + 1)")

            // Taken up again, with nothing left out and nothing twice; of some types, and in full.
            let again = try await stream(hub, key, last: cut.id)
            _ = try await show(hub, shop, "after", "after@example.it", "before@example.it")
            var rest = ""
            while !rest.contains("\"sequence\":\"00000000000000000\(whole.count + 2)\"") {
                let piece = await again.receive()
                try #require(!piece.isEmpty)
                rest += String(decoding: piece, as: UTF8.self)
            }
            again.vanish()
            let sequences = events(Self.unchunked(rest)).compactMap { $0.data["sequence"]?.string.flatMap { Int($0) } }
            #expect(sequences == Array((found.count / 2 + 2)...(whole.count + 2)))
            let full = try await stream(hub, key, "?after=oldest&types=profile.*&payload=full")
            let told = await full.receive(until: "after@example.it")
            #expect(told.contains("\"snapshot\":{\"id\"") && told.contains("before@example.it"))
            #expect(!told.contains("interaction.recorded"))
            full.vanish()
        }
    }

    /// Takes the framing of chunks out of an answer.
    private static func unchunked(_ text: String) -> String {
        guard let head = text.firstRange(of: "\r\n\r\n") else { return text }
        var rest = Array(text[head.upperBound...].utf8)[...]
        var plain: [UInt8] = []
        while let end = rest.firstRange(of: [13, 10]),
            let count = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16)
        {
            let begin = end.upperBound
            plain += rest[begin..<min(begin + count, rest.endIndex)]
            guard begin + count + 2 <= rest.endIndex else { break }
            rest = rest[(begin + count + 2)...]
        }
        return String(decoding: plain, as: UTF8.self)
    }

    @Test func `a stop ends streams and waits in order`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.subscriber)
            let wire = try await stream(hub, key)
            _ = await wire.receive(until: "retry: 3000")
            let waiting = Task { try await changes(hub, key, "?after=now&wait=60") }
            await hub.group.triggerGracefulShutdown()
            let rest = String(decoding: await wire.receiveAll(), as: UTF8.self)
            #expect(rest.hasSuffix("0\r\n\r\n"))
            // It was answered, or came too late.
            _ = try? await waiting.value
            try await LiveHub.eventually("it ends") { hub.hasEnded.withLock { $0 } }
        }
    }

    @Test func `a copy that begins with a snapshot stays right through merges, splits and erasures`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let admin = try await hub.key(.admin)
            let key = try await hub.key(.subscriber)
            var copy: [String: JSONValue] = [:]
            for number in 0..<30 { _ = try await show(hub, shop, "a\(number)", "p\(number)@example.it") }
            var after: String?
            var cursor = ""
            repeat {
                let page = try await hub.get(
                    "/v1/profiles?snapshot&limit=7" + (after.map { "&after=\($0)" } ?? ""), key: key)
                for profile in try #require(page.json?["profiles"]?.elements, "\(page)") {
                    copy[profile["id"]?.string ?? ""] = profile
                }
                // Meanwhile things happen.
                _ = try await show(
                    hub, shop, "b\(copy.count)", "p\(copy.count)@example.it", "p\(copy.count + 1)@example.it")
                after = page.json?["next"]?.string
                cursor = try #require(page.json?["changes"]?.string)
            } while after != nil
            let joined = try await show(hub, shop, "c", "p0@example.it", "p20@example.it")
            let parts = try await hub.ask(
                "POST", "/v1/decisions", key: admin,
                Array(
                    #"{"kind":"shared","identifier":{"kind":"email","value":"p20@example.it"},"why":"the desk's own"}"#
                        .utf8))
            #expect(parts.status == 200 || parts.status == 201, "\(parts)")
            let erased = try await show(hub, shop, "d", "p25@example.it")
            let gone = try await hub.ask(
                "POST", "/v1/erasures", key: admin, Array(#"{"ids":["\#(erased)"]}"#.utf8))
            #expect(gone.status == 200, "\(gone)")
            #expect(!joined.isEmpty)

            while true {
                let page = try await changes(hub, key, "?after=\(cursor)&payload=full&limit=11&types=profile.*")
                for event in try #require(page.json?["changes"]?.elements, "\(page)") {
                    let id = event["subject"]?.string ?? ""
                    if let state = event["data"]?["snapshot"], state.members != nil {
                        copy[id] = state
                    } else {
                        copy[id] = nil
                    }
                }
                cursor = try #require(page.json?["next"]?.string)
                if page.json?["more"]?.bool == false { break }
            }
            var truth: [String: JSONValue] = [:]
            let whole = try await hub.get("/v1/profiles?snapshot&limit=1000", key: key)
            for profile in whole.json?["profiles"]?.elements ?? [] { truth[profile["id"]?.string ?? ""] = profile }
            #expect(truth.count > 15)
            #expect(copy.mapValues(\.canonical) == truth.mapValues(\.canonical))
        }
    }

    @Test func `decisions are told, before what comes of them`() async throws {
        try await LiveHub.with { hub in
            let shop = try await hub.key(.connector, source: "shop")
            let admin = try await hub.key(.admin)
            let a = try await show(hub, shop, "1", "a@example.it")
            let b = try await show(hub, shop, "2", "b@example.it")
            let made = try await hub.ask(
                "POST", "/v1/decisions", key: admin,
                Array(#"{"kind":"same","profiles":["\#(a)","\#(b)"],"why":"she said so"}"#.utf8))
            let id = try #require(made.json?["decision"]?.string ?? made.json?["id"]?.string, "\(made)")
            _ = try await hub.ask("DELETE", "/v1/decisions/\(id)", key: admin)
            let reply = try await changes(hub, admin, "?types=decision.*,profile.merged,profile.split")
            #expect(
                types(reply) == ["decision.made", "profile.merged", "decision.revoked", "profile.split"], "\(reply)")
            let first = try #require(reply.json?["changes"]?.elements?.first)
            #expect(first["data"]?["decision"]?.string == id && first["data"]?["kind"]?.string == "same")
            #expect(first["data"]?["profiles"]?.elements?.count == 1)
        }
    }
}
