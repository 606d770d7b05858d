import API
import Contact
import ContactTesting
import Postgres
import Storage
import Testing

@Suite struct GlanceTests {
    /// Few facets are read in one statement, many by walking months: both must show what the timeline shows.
    @Test(arguments: [1, 3, 16, 17, 60])
    func `a glance shows the profile in short and the beginning of its timeline`(facets: Int) async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            let reader = try await hub.key(.reader)
            var lines: [String] = []
            for number in 0..<70 {
                let month = 1 + number * 7 % 11
                lines.append(
                    #"{"id":"\#(number)","occurred_at":"20\#(20 + number % 4)-\#(month < 10 ? "0" : "")\#(month)-03T10:00:00Z","#
                        + #""identifiers":[{"kind":"email","value":"anna@example.it"},"#
                        + #"{"kind":"forum_account","scope":"forum","value":"anna\#(number % facets)"}],"#
                        + #""thread":"t\#(number % 5)","traits":{"plan":"pro"}}"#)
            }
            let stored = try await hub.post("[" + lines.joined(separator: ",") + "]", key: key)
            #expect(stored.status == 200, "\(stored)")
            let path = "/v1/profiles/by/email/anna@example.it"
            let whole = try #require(try await hub.get(path, key: reader).json)
            let id = try #require(whole["id"]?.string)
            #expect(whole["facets"]?.elements?.count == facets)
            for count in [1, 20, 69, 70, 200] {
                let reply = try await hub.get("\(path)?interactions=\(count)", key: reader)
                let glance = try #require(reply.json, "\(reply)")
                let timeline = try #require(
                    try await hub.get("/v1/profiles/\(id)/interactions?limit=\(count)", key: reader).json)
                #expect(glance["interactions"]?.elements?.count == min(count, 70))
                for name in ["interactions", "next"] { #expect(glance[name]?.canonical == timeline[name]?.canonical) }
                let profile = try #require(glance["profile"])
                for name in ["id", "kind", "version", "traits"] {
                    #expect(profile[name]?.canonical == whole[name]?.canonical, "\(name)")
                }
                #expect(profile["identifiers"]?.elements?.count == min(50, facets) + 1)
                #expect(glance["others"]?.elements?.isEmpty == true)
            }
            for count in ["0", "201", "many", ""] {
                let reply = try await hub.get("\(path)?interactions=\(count)", key: reader)
                #expect(reply.status == 400 && reply.problem == "limit_invalid", "\(count): \(reply)")
            }
            let nobody = try await hub.get("/v1/profiles/by/email/nobody@example.it?interactions=20", key: reader)
            #expect(nobody.status == 404 && nobody.problem == "profile_unknown", "\(nobody)")
        }
    }
}
