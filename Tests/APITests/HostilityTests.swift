import Contact
import ContactTesting
import Foundation
import Storage
import Testing

/// What anybody may post under the key that stands in a page changes nobody whom better evidence vouches for.
@Suite struct HostilityTests {
    /// Ten thousand in the long form; `benchmarks --hostile` posts as many to the real server.
    static let count = ProcessInfo.processInfo.environment["CI_LONG"] == nil ? 1_000 : 10_000

    @Test func `a profile with verified evidence stays as it is under a thousand hostile posts`() async throws {
        try await LiveHub.with { hub in
            let desk = try await hub.key(.connector, source: "desk", settings: #"{"trust.email":"verified"}"#)
            let site = try await hub.key(.public, source: "site")
            let reader = try await hub.key(.reader)
            for line in Hostility.victim { #expect(try await hub.post(line, key: desk).status == 200) }
            let found = try await hub.get("/v1/profiles/by/email/\(Hostility.address)", key: reader)
            let id = try #require(found.json?["id"]?.string, "\(found)")
            let before = try await page(hub, id, reader)
            #expect(before["facets"]?.elements?.count == 3, "\(found)")
            #expect(before["traits"]?["plan"]?.string == "pro")

            // One by one first: what one alone does, the next could hide again.
            for number in 0..<10 {
                let reply = try await hub.post(Hostility.line(number), key: site)
                #expect(reply.status == 200, "\(reply)")
                try await expect(hub, id, reader, before, after: number + 1)
            }
            var posted = 10
            while posted < Self.count {
                let end = min(posted + 250, Self.count)
                let lines = (posted..<end).map(Hostility.line).joined(separator: "\n")
                let reply = try await hub.post(lines, key: site, type: "application/x-ndjson")
                let accepted = reply.lines.compactMap { $0["accepted"]?.integer }.reduce(0, +)
                try #require(accepted == end - posted, "\(reply)")
                posted = end
                try await expect(hub, id, reader, before, after: posted)
            }
            // That it could be seen: one such word of somebody who may give it.
            let word = line("word", email: Hostility.address)
            #expect(try await hub.post(word, key: desk).status == 200)
            #expect(try await page(hub, id, reader)["version"]?.integer != before["version"]?.integer)
        }
    }

    @Test func `who guesses an account stands apart, which explain says; the browser itself leads back`() async throws {
        try await LiveHub.with { hub in
            let desk = try await hub.key(.connector, source: "desk", settings: #"{"trust.email":"verified"}"#)
            let site = try await hub.key(.public, source: "site")
            let agent = try await hub.key(.agent)
            for line in Hostility.victim { #expect(try await hub.post(line, key: desk).status == 200) }
            let found = try await hub.get("/v1/profiles/by/email/\(Hostility.address)", key: agent)
            let id = try #require(found.json?["id"]?.string, "\(found)")
            func interactions() async throws -> Int? {
                try await hub.get("/v1/profiles/\(id)/interactions", key: agent).json?["interactions"]?.elements?.count
            }
            #expect(try await interactions() == 3)
            // Nothing in it contradicts her: no name, and one number.
            let claimed = #"{"kind":"email","value":"\#(Hostility.address)","assurance":"claimed"}"#
            let guess = Hostility.nameless("g1", "\(Hostility.account),\(claimed)")
            #expect(try await hub.post(guess, key: site).status == 200)
            #expect(try await interactions() == 3, "a stranger's words stand in her timeline")
            let first = try await hub.get("/v1/profiles/by/user_id/shop/1042", key: agent)
            #expect(first.json?["id"]?.string == id, "\(first)")
            let stranger = try #require(first.json?["others"]?.elements?.first?.string, "\(first)")
            #expect(try await hub.get("/v1/profiles/\(id)", key: agent).json?["refused"]?.elements?.count == 0)
            for path in ["\(id)/explain", "\(stranger)/explain", "\(id)/explain?with=\(stranger)"] {
                let told = try await hub.get("/v1/profiles/\(path)", key: agent)
                let refused = try #require(told.json?["refused"]?.elements?.first, "\(told)")
                #expect(refused["reason"]?.string == "guess", "\(told)")
                #expect(refused["words"]?.string?.contains("anybody can write that") == true, "\(told)")
                #expect(refused["identifier"]?["kind"]?.string == "user_id", "\(told)")
            }
            let reviews = try await hub.get("/v1/reviews", key: agent)
            #expect(reviews.json?["reviews"]?.elements?.count == 0, "\(reviews)")

            let back = Hostility.nameless("b1", Hostility.browser)
            #expect(try await hub.post(back, key: site).status == 200)
            #expect(try await interactions() == 4, "her own browser does not lead back to her")
        }
    }

    /// All that the profile's page says, member by member.
    private func page(_ hub: LiveHub, _ id: String, _ key: String) async throws -> JSONValue {
        let reply = try await hub.get("/v1/profiles/\(id)", key: key)
        return try #require(reply.json, "\(reply)")
    }

    private func expect(
        _ hub: LiveHub, _ id: String, _ key: String, _ before: JSONValue, after count: Int
    ) async throws {
        let now = try await page(hub, id, key)
        #expect(now["id"]?.string == id, "it is another's after \(count)")
        for (name, value) in before.members ?? [] {
            let found = now[name]?.canonical ?? []
            #expect(found == value.canonical, "\(name) after \(count): \(String(decoding: found, as: UTF8.self))")
        }
    }
}
