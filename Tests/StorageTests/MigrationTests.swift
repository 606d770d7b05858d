import Contact
import ContactTesting
import Foundation
import HubSchema
import Postgres
import Testing

@testable import Storage

@Suite struct MigrationTests {
    @Test func `The kinds of identifiers are those of the code`() async throws {
        try await TestDatabase.with { database in
            let stored = try await database.hub.texts("SELECT kind || ' ' || name FROM identifier_kind ORDER BY kind")
            #expect(stored == IdentifierKind.all.map { "\($0.code) \($0.name)" })
        }
    }

    @Test func `The list of changes is that of the folder, and each is applied under its name`() async throws {
        #expect(Schema.changes.map(\.version) == Array(1...Schema.version))
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "schema/changes")
        // Run from a build alone, without the sources, there is nothing to compare.
        if FileManager.default.fileExists(atPath: folder.path) {
            let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            let digits = { (version: Int32) in String(String(version + 10_000).dropFirst()) }
            #expect(files == Schema.changes.map { "v\(digits($0.version))_\($0.name).sql" })
            for (file, change) in zip(files, Schema.changes) {
                let text = try Data(contentsOf: folder.appending(path: file))
                #expect(Array(text) == change.sql, "\(file) is listed under another version")
            }
        }
        try await TestDatabase.with { database in
            let applied = try await database.hub.texts("SELECT version || name FROM schema_change ORDER BY version")
            #expect(applied == Schema.changes.map { "\($0.version)\($0.name)" })
        }
    }

    @Test func `Migrating again does nothing`() async throws {
        try await TestDatabase.with { database in
            let before = try await shape(database)
            let report = try await database.migrate()
            #expect(report.applied == [])
            #expect(report.partitions == [])
            #expect(report.version == Schema.version)
            let after = try await shape(database)
            #expect(before == after)
        }
    }

    @Test func `Several migrations of one empty database at once apply each change once`() async throws {
        try await TestDatabase.with(isMigrated: false) { database in
            let applied = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<4 { group.addTask { try await database.migrate().applied } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.sorted() == applied && applied.count == Schema.changes.count, "\(applied)")
            try await Migration.check(database.hub)
            try await TestDatabase.with { other in
                let (one, reference) = (try await shape(database), try await shape(other))
                #expect(one == reference)
            }
        }
    }

    @Test func `An edited change is refused by name, and nothing is applied after it`() async throws {
        try await TestDatabase.with { database in
            try await database.owner.run("UPDATE schema_change SET checksum = '\\x00' WHERE version = 2")
            let failure = await error { try await database.migrate() }
            #expect("\(failure, default: "")".contains("v0002 identity was edited"), "\(String(describing: failure))")
        }
    }

    @Test func `A hub works on its own version and the next, and says what to do about another`() async throws {
        try await TestDatabase.with(isMigrated: false) { database in
            let none = await error { try await Migration.check(database.superuser) }
            #expect("\(none, default: "")".contains("run `contatto migrate`"))
            try await database.migrate()
            try await Migration.check(database.hub)
            func check(atVersion version: Int32) async throws -> String? {
                try await database.owner.run(
                    "DELETE FROM schema_change WHERE version > \(Schema.version - 1)")
                if version >= Schema.version {
                    try await database.owner.run(
                        "INSERT INTO schema_change (version, name, checksum) VALUES (\(version), 'later', '')")
                }
                return await error { try await Migration.check(database.hub) }.map { "\($0)" }
            }
            let older = try await check(atVersion: Schema.version - 1)
            #expect(older?.contains("run `contatto migrate`") == true)
            #expect(try await check(atVersion: Schema.version) == nil)
            #expect(try await check(atVersion: Schema.version + 1) == nil)
            let newer = try await check(atVersion: Schema.version + 2)
            #expect(newer?.contains("upgrade contatto") == true)
        }
    }

    @Test func `A login that may make nothing is told what an administrator has to run`() async throws {
        try await TestDatabase.with(isMigrated: false) { database in
            let settings = try ConnectionSettings(uri: database.server.uri(user: "contatto_hub"))
            let failure = await error {
                _ = try await Migration(settings, schema: database.schema).run(now: TestDatabase.now)
            }
            #expect(failure is Migration.Failure, "\(String(describing: failure))")
            #expect("\(failure, default: "")".contains("CREATE SCHEMA \"\(database.schema)\""))
        }
    }

    /// Every column and constraint of every table, partitions included.
    private func shape(_ database: TestDatabase) async throws -> [String] {
        try await database.superuser.texts(
            """
            SELECT relname || '.' || attname || ' ' || format_type(atttypid, atttypmod) || attnotnull FROM pg_attribute
            JOIN pg_class ON pg_class.oid = attrelid
            WHERE relnamespace = current_schema()::regnamespace AND attnum > 0
            UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = current_schema()::regnamespace ORDER BY 1
            """)
    }
}
