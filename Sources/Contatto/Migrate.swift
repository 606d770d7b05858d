import ArgumentParser
internal import Postgres
internal import Storage

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Bring the database to this build's schema, make the partitions that are to come, drop old days of the journal.",
        discussion: """
            Makes the roles contatto_owner, contatto_hub and contatto_search where the login may, else prints the SQL \
            for an administrator. The first time it makes the workspace `main`. Twice changes nothing; run it daily \
            to have the next partitions made, and the days dropped that the journal is no longer kept for. The embedded database is migrated by every command that starts it.

            Example: contatto migrate --database postgresql://localhost/contatto
            """)

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withServer("migrate") { server in
            // The embedded database was migrated when it was opened, unless another process owns it.
            let done: HubServer.Prepared
            if let prepared = server.prepared {
                done = prepared
            } else {
                done = try await server.migrate(isEmbedded: server.cluster != nil)
            }
            for change in done.report.applied { StandardOutput.write("applied \(change)") }
            if let first = done.report.partitions.first, let last = done.report.partitions.last {
                StandardOutput.write("made \(done.report.partitions.count) partitions, \(first) to \(last)")
            }
            let owner = Database(server.login.acting(as: .owner, on: server.schema), connections: 1)
            let gone: [String]
            do {
                let days = try await Partitions(owner).forget(try hub.retention(), now: currentMicroseconds())
                let months = try await Partitions(owner).forgetAudit(
                    olderThan: try hub.auditMonths(), now: currentMicroseconds())
                gone = days + months
            } catch {
                await owner.close()
                throw error
            }
            await owner.close()
            if let last = gone.last { StandardOutput.write("dropped \(gone.count) days of the journal, up to \(last)") }
            if done.madeWorkspace { StandardOutput.write("made workspace main") }
            StandardOutput.write("schema \(done.report.version)")
        }
    }
}
