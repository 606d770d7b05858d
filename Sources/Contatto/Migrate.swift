import ArgumentParser
internal import Postgres
internal import Storage

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the database to this build's schema, and make the partitions that are to come.",
        discussion: """
            Makes the roles contatto_owner, contatto_hub and contatto_search where the login may, else prints the SQL \
            for an administrator. The first time it makes the workspace `main`. Twice changes nothing; run it daily \
            to have the next partitions made.

            Example: contatto migrate --database postgresql://localhost/contatto
            """)

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await ending {
            let (settings, schema, _) = try hub.connection("migrate")
            let report = try await Migration(settings, schema: schema).run(now: currentMicroseconds())
            for change in report.applied { StandardOutput.write("applied \(change)") }
            if let first = report.partitions.first, let last = report.partitions.last {
                StandardOutput.write("made \(report.partitions.count) partitions, \(first) to \(last)")
            }
            let database = try await hub.open("migrate")
            do {
                let workspaces = Workspaces(database)
                if report.applied.contains("v0001 workspace"), try await workspaces.list().isEmpty {
                    _ = try await workspaces.add("main", now: currentMicroseconds())
                    StandardOutput.write("made workspace main")
                }
            } catch {
                await database.close()
                throw error
            }
            await database.close()
            StandardOutput.write("schema \(report.version)")
        }
    }
}
