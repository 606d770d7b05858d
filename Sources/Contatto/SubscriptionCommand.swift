import ArgumentParser
internal import Contact
internal import Delivery
internal import Postgres
internal import Storage

struct SubscriptionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscription", abstract: "Set up who is told of changes: webhooks, and topics of Kafka.",
        subcommands: [
            Add.self, Set.self, List.self, Pause.self, Resume.self, Test.self, Rotate.self, Replay.self, Dead.self,
            Log.self, Remove.self,
        ])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a subscription. Of a webhook it prints what its receiver checks signatures with, once.",
            discussion: """
                Kinds and their settings:

                webhook
                \(table(WebhookSettings.keys))

                kafka
                \(table(TopicSettings.keys))
                  property.NAME  any property of librdkafka, as property.security.protocol=sasl_ssl

                Example: contatto subscription add webhook --name crm --set url=https://crm.example/changes
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its kind: webhook or kafka.") var kind: String
        @Option(help: "Its name: 1 to 63 of a-z, 0-9, _ and -.") var name: String
        @Option(name: .customLong("set"), help: "A setting, as key=value; may be given several times.")
        var settings: [String] = []
        @Option(help: "Where it begins: now, oldest, or a cursor.") var after = "now"
        @Option(help: "A secret that the receiver has already, as whsec_….") var secret: String?
        @Flag(help: "Sign with ed25519: the receiver gets a public key.") var ed25519 = false

        func run() async throws {
            try await hub.subscribing { subscribing, _ in
                guard let kind = Subscription.Kind(rawValue: kind) else {
                    throw SubscriptionFault("there is no kind \(kind): there are webhook and kafka")
                }
                let made = try await subscribing.add(
                    name, kind: kind, values: try pairs(settings), secret: secret,
                    scheme: ed25519 ? .ed25519 : .shared, from: try Subscribing.start(after))
                StandardError.write("made subscription \(name); it is told of what comes after \(made.cursor)")
                if let text = made.verifyWith { StandardOutput.write(text) }
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change settings of a subscription; what is not named stays as it is.",
            discussion: "Example: contatto subscription set crm --set types=profile.*")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its name.") var name: String
        @Option(name: .customLong("set"), help: "A setting, as key=value; key= takes it away.")
        var settings: [String] = []

        func run() async throws {
            try await hub.subscription(name) { subscribing, one, _ in
                guard !settings.isEmpty else { throw Ending(.usage, "say what to set: --set key=value") }
                try await subscribing.change(one, try pairs(settings))
                StandardOutput.write("changed subscription \(name)")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the subscriptions: how each is, and how far it was told.",
            discussion: "Example: contatto subscription list --json")

        @OptionGroup var hub: HubOptions
        @Flag(help: "One JSON object a line.") var json = false

        func run() async throws {
            try await hub.subscribing { subscribing, _ in
                let health = try await subscribing.subscriptions.health()
                var table = Table(
                    "NAME", "KIND", "STATE", "BEHIND", "DELIVERED", "WAITING", "DEAD", "TO", "LAST FAILURE")
                for one in try await subscribing.subscriptions.list() {
                    let state = health[one.id]
                    if json {
                        StandardOutput.write(JSONWriter.object(SubscriptionJSON.subscription(one, state)))
                        continue
                    }
                    let failure = one.disabled ?? (state?.failures ?? 0 > 0 ? state?.failure : nil) ?? "–"
                    table.add(
                        one.name, one.kind.rawValue, SubscriptionJSON.state(one, state),
                        state.map { "\(max(0, $0.end - $0.cursor.position))" } ?? "–",
                        "\(state?.delivered ?? 0)", "\(state?.waiting ?? 0)", "\(state?.dead ?? 0)",
                        one.values["url"] ?? one.values["topic"] ?? "–", failure)
                }
                if !json { table.print() }
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell a subscription nothing until it is resumed; what happens meanwhile is kept for it.",
            discussion: "Example: contatto subscription pause crm")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await hub.subscription(name) { subscribing, one, _ in
                try await subscribing.subscriptions.pause(one, true)
                StandardOutput.write(
                    "paused subscription \(name); `contatto subscription resume \(name)` goes on where it was left")
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell a paused or disabled subscription again, from where it was left.",
            discussion: "Example: contatto subscription resume crm")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await hub.subscription(name) { subscribing, one, _ in
                try await subscribing.subscriptions.pause(one, false)
                StandardOutput.write("subscription \(name) is told again")
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send one signed event that is about nobody, and say what came back.",
            discussion: "Example: contatto subscription test crm")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await hub.subscription(name) { subscribing, one, client in
                let (isGood, text) = try await subscribing.test(one, client: try await client())
                guard isGood else { throw Ending(.failed, text) }
                StandardOutput.write(text)
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign with a new secret, and with the one before until that is dropped.",
            discussion: """
                Prints what the receiver checks signatures with from now on. Once it does: --drop.

                Example: contatto subscription rotate crm
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its name.") var name: String
        @Option(help: "The new secret, as whsec_…; default: one is made.") var secret: String?
        @Flag(help: "Sign with ed25519 from now on.") var ed25519 = false
        @Flag(help: "Make no new secret: only stop signing with the one before.") var drop = false

        func run() async throws {
            try await hub.subscription(name) { subscribing, one, _ in
                if drop {
                    try await subscribing.dropPrevious(one)
                    StandardOutput.write("subscription \(name) signs with its current secret alone")
                } else {
                    StandardOutput.write(
                        try await subscribing.rotate(one, secret: secret, scheme: ed25519 ? .ed25519 : nil))
                }
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell everything after a place once more, with the ids it had.",
            discussion: "Example: contatto subscription replay crm --after oldest")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its name.") var name: String
        @Option(help: "From where: oldest, now, or a cursor.") var after: String

        func run() async throws {
            try await hub.subscription(name) { subscribing, one, _ in
                let cursor = try await subscribing.replay(one, from: try Subscribing.start(after))
                StandardOutput.write("subscription \(name) is told everything after \(cursor)")
            }
        }
    }

    struct Dead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what could not be delivered, or have it tried again.",
            discussion: "Example: contatto subscription dead crm --retry all")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its name.") var name: String
        @Option(help: "Have it tried again: a position, or all.") var retry: String?

        func run() async throws {
            try await hub.subscription(name) { subscribing, one, _ in
                let subscriptions = subscribing.subscriptions
                if let retry {
                    let position = Int64(retry)
                    guard retry == "all" || position != nil else {
                        throw Ending(.usage, "--retry is a position, or all")
                    }
                    let count = try await subscriptions.revive(one, position: position, now: currentMicroseconds())
                    StandardOutput.write("\(count) tried again")
                    return
                }
                guard let epoch = try await subscriptions.health()[one.id]?.cursor.epoch else { return }
                for dead in try await subscriptions.parked(one, areDead: true, limit: 10_000) {
                    StandardOutput.write(SubscriptionJSON.parked(dead, epoch: epoch))
                }
            }
        }
    }

    struct Log: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the latest attempts of a webhook, newest first: how long each took, and what came back.",
            discussion: "Example: contatto subscription log crm")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its name.") var name: String
        @Option(help: "How many.") var limit = 50

        func run() async throws {
            try await hub.subscription(name) { subscribing, one, _ in
                for attempt in try await subscribing.subscriptions.log(one, limit: max(1, limit)) {
                    StandardOutput.write(SubscriptionJSON.attempt(attempt))
                }
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a subscription, with what waits for it.",
            discussion: "Example: contatto subscription remove crm")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await hub.subscription(name) { subscribing, one, _ in
                try await subscribing.subscriptions.remove(one)
                StandardOutput.write("removed subscription \(name)")
            }
        }
    }
}

private func table(_ keys: [SettingKey]) -> String {
    let width = keys.map(\.name.count).max() ?? 0
    return keys.map { key in
        "  \(key.name)\(String(repeating: " ", count: width - key.name.count + 2))\(key.abstract)"
    }.joined(separator: "\n")
}

private func pairs(_ settings: [String]) throws -> [String: String] {
    var values: [String: String] = [:]
    for setting in settings {
        guard let equals = setting.firstIndex(of: "=") else {
            throw Ending(.usage, "a setting is key=value, not \(setting)")
        }
        values[String(setting[..<equals])] = String(setting[setting.index(after: equals)...])
    }
    return values
}

extension HubOptions {
    fileprivate typealias MakeClient = () async throws -> WebhookClient

    fileprivate func subscribing(_ work: (Subscribing, @escaping MakeClient) async throws -> Void) async throws {
        try await withHub("subscription") { hub in
            let exceptions = try webhookExceptions()
            let subscribing = Subscribing(
                hub.database, workspace: hub.workspace, addressGuard: AddressGuard(exceptions),
                seal: { try hub.seal() }, now: currentMicroseconds)
            do {
                try await work(subscribing) {
                    WebhookClient(AddressGuard(exceptions), tls: try await WebhookTLS.make())
                }
            } catch let fault as SubscriptionFault {
                throw Ending(.failed, fault.description)
            }
        }
    }

    fileprivate func subscription(
        _ name: String, _ work: (Subscribing, Subscription, @escaping MakeClient) async throws -> Void
    ) async throws {
        try await subscribing { subscribing, client in
            guard let one = try await subscribing.subscriptions.find(name) else {
                throw Ending(.failed, "there is no subscription \(name); `contatto subscription list` shows them")
            }
            try await work(subscribing, one, client)
        }
    }

    /// Where webhooks may go besides public addresses: the operator's word.
    func webhookExceptions() throws -> AddressGuard.Exceptions {
        let text = try settings()[.webhooksAllow] ?? ""
        do throws(SubscriptionFault) { return try AddressGuard.Exceptions(text) } catch {
            throw Ending(.settings, error.description)
        }
    }
}
