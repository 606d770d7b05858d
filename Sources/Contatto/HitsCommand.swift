internal import API
import ArgumentParser
internal import Contact
internal import Storage

struct HitsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hits",
        abstract:
            "Count what trackers reported and is no customer's: machines, and visitors who are not to be recognised.",
        discussion: """
            By day (UTC), source, kind and machine, the latest first. Kinds: bot, ai_crawler (collects for a model), \
            ai_fetcher (somebody asked an assistant just now), unrecognised (a person without consent, or without a name).

            Example: contatto hits --days 30
            """)

    @OptionGroup var hub: HubOptions
    @Option(help: "Days, today's among them.") var days = 7
    @Flag(help: "One JSON object a line.") var json = false

    func validate() throws {
        guard (1...366).contains(days) else { throw ValidationError("--days is a number from 1 to 366") }
    }

    func run() async throws {
        try await hub.withHub("hits") { hub in
            let now = currentMicroseconds()
            let start = now - now % 86_400_000_000 - Int64(days - 1) * 86_400_000_000
            let counts = try await Hits(hub.database, workspace: hub.workspace).counts(since: start, limit: 100_000)
            if json {
                for count in counts { StandardOutput.write(HitJSON.object(count)) }
                return
            }
            var table = Table("DAY", "SOURCE", "KIND", "MACHINE", "COUNT")
            for count in counts {
                table.add(HitJSON.day(count.day), count.source, count.kind.name, count.agent, "\(count.count)")
            }
            table.print()
        }
    }
}
