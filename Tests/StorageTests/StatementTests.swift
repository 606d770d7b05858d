import ContactTesting
import Foundation
import Postgres
import Testing

@testable import Storage

@Suite struct StatementTests {
    @Test func `Every statement can be prepared by the hub's role`() async throws {
        try await TestDatabase.with { database in
            for statement in Statement.all {
                let problem = try await unpreparable("\(statement.sql)", on: database.hub)
                #expect(problem == nil)
            }
            // The control: a column and a table that are not there, and one that the hub may not write.
            let faults = [
                "SELECT colour FROM facet WHERE workspace = $1", "SELECT 1 FROM facets WHERE workspace = $1",
                "SELECT facet FROM facet WHERE workspace = $1 AND profile = $2::text",
            ]
            for fault in faults {
                let problem = try await unpreparable(fault, on: database.hub)
                #expect(problem != nil, "\(fault)")
            }
        }
    }

    /// Prepares it as text: the server works out what it means, and says why it cannot.
    private func unpreparable(_ sql: String, on database: Database) async throws -> String? {
        try await database.deciding { (session: borrowing Session) throws(DatabaseError) -> Verdict<String?> in
            let refusal = try session.refusal(of: "PREPARE tried AS \(sql)")
            // A ROLLBACK does not take it back.
            if refusal == nil { try session.run("DEALLOCATE tried") }
            return .rollback(refusal.map { "\($0)" })
        }
    }

    @Test func `The list of statements is that of the sources`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Storage")
        // Run from a build alone, without the sources, there is nothing to compare.
        guard FileManager.default.fileExists(atPath: folder.path) else { return }
        var declared: [String] = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasSuffix(".swift") {
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            declared += text.matches(of: /static let \w+ = Statement\(\s*"""\s*\/\* ([a-z_.]+) \*\//).map {
                String($0.1)
            }
            let count = text.matches(of: /static let \w+ = Statement\(/).count
            #expect(text.matches(of: /\/\* [a-z_]+\.[a-z_]+ \*\//).count == count, "a statement of \(file) has no name")
        }
        let listed = Statement.all.map { statement in
            "\(statement.sql)".split(separator: "\n")[0].trimmingCharacters(in: CharacterSet(charactersIn: "/* "))
        }
        #expect(declared.count > 40)
        #expect(declared.sorted() == listed.sorted())
        #expect(Set(listed).count == listed.count)
    }
}
