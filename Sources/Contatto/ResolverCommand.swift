internal import API
import ArgumentParser
internal import Contact
internal import Resolution
internal import Storage

struct ResolverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolver", abstract: "The model by which names, dates and addresses that are alike are weighed.",
        subcommands: [Show.self, Train.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what each likeness counts, in bits.", discussion: "Example: contatto resolver show")

        @OptionGroup var hub: HubOptions
        @Flag(help: "The model, as one JSON object.") var json = false

        func run() async throws {
            try await hub.withHub("resolver") { hub in
                let model = try await hub.profiles().model()
                if json { StandardOutput.write(model.parameters.canonicalJSON) } else { ModelText.write(model) }
            }
        }
    }

    struct Train: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Learn a model from the customers that are there, and use it from now on.",
            discussion: """
                It is learnt from what nobody has labelled, and from showings that a shared number or address has joined;                 nothing leaves this machine. What is there is then compared once more, step by step; where that is cut off,                 `contatto serve` goes on with it, or `contatto rules apply`.

                Example: contatto resolver train
                """)

        @OptionGroup var hub: HubOptions
        @Flag(help: "One JSON object.") var json = false

        func run() async throws {
            try await hub.withHub("resolver") { hub in
                let ledger = hub.ledger()
                let trained: TrainedModel
                do throws(TrainingError) { trained = try await ledger.train(who: LoginName.current) } catch {
                    guard case .tooFew = error else { throw error }
                    throw Ending(.usage, "\(error); the model that comes with the program stays in force")
                }
                if !json {
                    StandardOutput.write(
                        """
                        model \(trained.version), learnt from \(trained.records) records and \(trained.labels) pairs that \
                        were known to be one customer, is in force for what comes
                        """)
                }
                ModelText.write(try await applyRules(ledger), version: trained.version, json: json)
            }
        }
    }
}
