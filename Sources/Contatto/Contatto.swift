import ArgumentParser

/// The one binary: every process of the hub is a subcommand of it.
@main
struct Contatto: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contatto",
        abstract: "Gathers what customers do on every channel and knows who is who.",
        discussion: """
            Settings come from options, then CONTATTO_… variables, then the file of --config, then defaults; \
            `contatto config` shows what holds. Answers go to stdout, everything else to stderr.

            Without a database set, one of this machine's own is made and started as needed (embedded).

            Exit status: 0 done, 1 failed, 2 done with refusals, 64 usage, 69 no database, 73 database owned by \
            another process, 75 try again, 78 settings.
            """,
        subcommands: [
            Serve.self, Connect.self, Deliver.self, Migrate.self, WorkspaceCommand.self, SourceCommand.self,
            KeyCommand.self,
            Import.self, ProfileCommand.self, DecisionCommand.self, ReviewCommand.self, RulesCommand.self,
            DisclosureCommand.self,
            ConsentCommand.self, MemoryCommand.self, AuditCommand.self, IssuerCommand.self,
            ResolverCommand.self, SubscriptionCommand.self, Stats.self, HitsCommand.self,
            Generate.self, Config.self,
        ])
}
