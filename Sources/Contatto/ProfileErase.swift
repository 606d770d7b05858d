internal import API
import ArgumentParser
internal import Contact
internal import Storage

extension ProfileCommand {
    struct Erase: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erase profiles, or facets of one, with their interactions: for good.",
            discussion: """
                Not erased by this yet: originals and messages of the mailbox, backups, and what other systems hold.

                Example: contatto profile erase email:maria.rossi@example.it --preview
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "Profiles or facets: ids, or KIND:VALUE that only one profile shows.") var profiles: [String]
        @Flag(help: "Erase, without asking.") var yes = false
        @Flag(help: "Say what would be erased, and erase nothing.") var preview = false
        @Flag(help: "One JSON object.") var json = false

        func validate() throws {
            guard yes != preview else {
                throw ValidationError("what is erased does not come back: see it first with --preview, then say --yes")
            }
        }

        func run() async throws {
            try await hub.withHub("profile") { hub in
                let erased = try await hub.ledger().erase(
                    try await Subject.ids(profiles, hub), isPreview: preview)
                guard !json else {
                    return StandardOutput.write(
                        JSONWriter.object(
                            DecisionJSON.decided(erased, isPreview: preview) + [
                                ("not_erased", JSONWriter.string(DecisionJSON.notErased))
                            ]))
                }
                DecisionText.write(erased, isPreview: preview, json: false)
                StandardOutput.write(DecisionJSON.notErased)
            }
        }
    }
}
