import ArgumentParser
internal import Contact
internal import Foundation
internal import Postgres
internal import Storage

struct WorkspaceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workspace", abstract: "Make and list workspaces: one company's data each.",
        subcommands: [Add.self, List.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a workspace.",
            discussion: "Example: contatto workspace add acme --region IT --zone Europe/Rome --language it")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its name: lower-case letters, digits, - and _.") var name: String
        @Option(help: "Country (ISO 3166) in which numbers without a country code are read.") var region = "IT"
        @Option(help: "Time zone (IANA) in which its people read times.") var zone = "Europe/Rome"
        @Option(help: "Language (ISO 639-1) of its people.") var language = "it"
        @Option(help: "Months that interactions are kept; default: without end.") var retention: Int?

        func validate() throws {
            if let retention, !(1...1_200).contains(retention) {
                throw ValidationError("--retention is 1 to 1200 months")
            }
            guard TimeZone(identifier: zone) != nil else {
                throw ValidationError("--zone is a time zone of the IANA's list, as Europe/Rome, not \(zone)")
            }
            guard Locale.Region(region).isISORegion else {
                throw ValidationError("--region is a country's two letters (ISO 3166), as IT, not \(region)")
            }
            guard Locale.LanguageCode(language).isISOLanguage else {
                throw ValidationError("--language is a language's two letters (ISO 639-1), as it, not \(language)")
            }
        }

        func run() async throws {
            try await hub.withDatabase("workspace") { _, database in
                let workspace = try await add(database)
                StandardOutput.write("made workspace \(workspace.name)")
            }
        }

        private func add(_ database: Database) async throws -> Workspace {
            do throws(DatabaseError) {
                return try await Workspaces(database).add(
                    name, region: region, zone: zone, language: language, retentionMonths: retention,
                    now: currentMicroseconds())
            } catch {
                if error.constraint == "workspace_name_key" {
                    throw Ending(.failed, "there is a workspace \(name) already")
                }
                guard error.state == .checkViolation else { throw error }
                throw Ending(
                    .usage,
                    """
                    a name is lower-case letters, digits, - and _ (at most 63), a region two upper-case letters, a \
                    language two lower-case letters, a retention at least one month
                    """)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the workspaces.", discussion: "Example: contatto workspace list --json")

        @OptionGroup var hub: HubOptions
        @Flag(help: "One JSON object a line.") var json = false

        func run() async throws {
            try await hub.withDatabase("workspace") { _, database in
                show(try await Workspaces(database).list())
            }
        }

        private func show(_ workspaces: [Workspace]) {
            guard json else {
                var table = Table("NAME", "REGION", "ZONE", "LANGUAGE", "KEPT")
                for one in workspaces {
                    table.add(
                        one.name, one.region, one.zone, one.language,
                        one.retentionMonths.map { "\($0) months" } ?? "always")
                }
                table.print()
                return
            }
            for one in workspaces {
                StandardOutput.write(
                    JSONWriter.object([
                        ("name", JSONWriter.string(one.name)), ("region", JSONWriter.string(one.region)),
                        ("zone", JSONWriter.string(one.zone)), ("language", JSONWriter.string(one.language)),
                        (
                            "retention_months",
                            one.retentionMonths.map { JSONWriter.number(Int64($0)) } ?? Array("null".utf8)
                        ),
                    ]))
            }
        }
    }
}
