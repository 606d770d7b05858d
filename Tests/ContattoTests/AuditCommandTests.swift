import Contact
import Foundation
import Testing

/// Issuers and the audit log, as commands.
@Suite struct AuditCommandTests {
    @Test func `issuers are added, listed and removed, and who did it is written down`() async throws {
        let hub = try await Commands.migrated()
        let url = "https://id.example.it/realms/shop"
        let add = [
            "issuer", "add", url, "--audience", "contatto", "--role", "support=agent", "--role", "lead=supervisor",
        ]
        #expect(try await hub.run(add).output == "added issuer 1\n")
        #expect(try await hub.run(add).status == 1)
        for (change, named) in [
            (["http://id.example.it", "--audience", "a", "--role", "x=agent"], "https"),
            ([url, "--audience", "a", "--role", "x=public"], "reader, agent"),
            ([url, "--audience", "a", "--role", "x=agent", "--algorithms", "HS256"], "RS256"),
            ([url, "--audience", "a", "--role", "x=agent", "--keys", "ftp://x"], "https"),
        ] {
            let ended = try await hub.run(["issuer", "add"] + change)
            #expect(ended.status == 64 && ended.errors.contains(named), "\(change): \(ended)")
        }
        let list = try #require(try await hub.run(["issuer", "list", "--json"]).lines.first)
        let listed = try JSONValue(Array(list.utf8))
        #expect(listed["issuer"]?.string == url && listed["roles"]?["lead"]?.string == "supervisor")
        #expect(try await hub.run(["issuer", "remove", "1"]).output == "removed issuer 1\n")
        #expect(try await hub.run(["issuer", "remove", "1"]).status == 1)
        let rows = try await hub.run(["audit", "--json", "--limit", "2"]).lines.map { try JSONValue(Array($0.utf8)) }
        #expect(rows.compactMap { $0["action"]?.string } == ["issuerRemove", "issuerAdd"])
        #expect(rows.allSatisfy { $0["role"]?.string == "login" && $0["object"]?.string == "1" })
        #expect(try await hub.run(["audit", "--action", "audit"]).output.contains(" audit "))
        try await hub.drop()
    }
}
