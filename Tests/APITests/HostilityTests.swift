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
