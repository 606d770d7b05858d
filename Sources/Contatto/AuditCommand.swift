internal import API
import ArgumentParser
internal import Contact
internal import Storage

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Who looked at whom, and who changed what: the latest first.",
        discussion: """
            Rows hold ids only, and stay when a customer is erased.

            Example: contatto audit --profile 0193c1de-0000-4000-8000-000000000000 --since 2026-11-01T00:00:00Z
            """)

    @OptionGroup var hub: HubOptions
    @Option(help: "Rows about this profile, by its id.") var profile: String?
    @Option(help: "Rows of this asker, as the column WHO shows it.") var who: String?
    @Option(help: "Rows of this action.") var action: String?
    @Option(help: "From this time on, as 2026-11-01T00:00:00Z.") var since: String?
    @Option(help: "Before this time.") var until: String?
    @Option(help: "How many at most.") var limit = 50
    @Flag(help: "One JSON object a line.") var json = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is a number from 1") }
    }

    func run() async throws {
        try await hub.withHub("audit") { hub in
            var filter = Audit.Filter()
            filter.profile = try profile.map { try Spoken.id($0, of: "--profile") }
            filter.who = who
            filter.action = action
            filter.since = try since.map { try Spoken.moment($0, of: "--since") }
            filter.until = try until.map { try Spoken.moment($0, of: "--until") }
            let audit = Audit(hub.database, workspace: hub.workspace.id)
            var table = Table("AT", "WHO", "ACTION", "STATUS", "PROFILES")
            var place: (at: Int64, id: HubID)?
            var left = limit
            while left > 0 {
                let page = try await audit.page(filter, before: place, limit: min(left, 200))
                for entry in page {
                    if json { StandardOutput.write(AuditJSON.entry(entry)) } else { Self.add(entry, to: &table) }
                }
                guard let last = page.last, page.count == min(left, 200) else { break }
                place = (last.at, last.id)
                left -= page.count
            }
            if !json { table.print() }
            // Who reads who has read is written down, too.
            try await hub.note("audit", profiles: filter.profile.map { [$0] } ?? [])
        }
    }

    private static func add(_ entry: AuditEntry, to table: inout Table) {
        let shown = entry.profiles.prefix(3).map(\.description).joined(separator: " ")
        let more = entry.answered > 3 ? " … (\(entry.answered))" : ""
        table.add(
            Timestamp.text(entry.at), entry.who, entry.object.map { "\(entry.action) \($0)" } ?? entry.action,
            "\(entry.status)", shown + more)
    }
}

extension Hub {
    /// Writes down what was done by a command; durable when it returns.
    func note(_ action: String, object: String? = nil, profiles: [HubID] = []) async throws {
        let entry = AuditEntry(
            at: currentMicroseconds(), who: LoginName.current, role: "login", action: action, object: object,
            profiles: profiles, status: 200)
        try await Audit(database, workspace: workspace.id).add([entry])
    }
}
