import ArgumentParser
internal import Contact
internal import Postgres
internal import Storage

struct SourceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "source", abstract: "Set up sources: a mailbox, a shop, a site.",
        subcommands: [Add.self, Set.self, List.self, Test.self, Pause.self, Resume.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a source.",
            discussion: """
                Kinds and their settings:

                \(Roster.connectors.map { "\($0.kind)\n\(SourceOptions.table($0))" }.joined(separator: "\n\n"))

                Example: contatto source add interactions --name shop --set channel=store
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its kind.") var kind: String
        @Option(help: "Its name, by which interactions and keys refer to it.") var name: String
        @Option(name: .customLong("set"), help: "A setting, as key=value; may be given several times.")
        var settings: [String] = []

        func run() async throws {
            guard let type = Roster.find(kind) else {
                return try await ending {
                    throw Ending(.usage, "there is no kind of source \(kind); there are: \(Roster.kinds)")
                }
            }
            try await hub.withHub("source") { hub in
                guard Sources.isValid(name) else {
                    throw Ending(
                        .usage,
                        """
                        a name has 1 to 64 characters, none of them a control character, and no white space at its ends
                        """)
                }
                let changes = try SourceOptions(settings, for: type).changes
                try check(type, changes, of: nil, named: name, hub)
                let made = try await SourceStore(hub.database, workspace: hub.workspace).add(
                    name, kind: kind, channel: changes.values["channel"].flatMap { $0 } ?? type.channel,
                    changes: changes, seal: try seal(for: changes, hub), now: currentMicroseconds())
                guard made else {
                    throw Ending(
                        .failed, "there is a source \(name) already; `contatto source set \(name)` changes it")
                }
                StandardOutput.write("made source \(name); `contatto source test \(name)` says what it needs")
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change settings of a source; what is not named stays as it is.",
            discussion: "Example: contatto source set posta --set own=bottega.example")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its name.") var name: String
        @Option(name: .customLong("set"), help: "A setting, as key=value; key= takes it away.")
        var settings: [String] = []

        func run() async throws {
            try await hub.withHub("source") { hub in
                let (source, type) = try await findSource(name, hub)
                guard !settings.isEmpty else { throw Ending(.usage, "say what to set: --set key=value") }
                let changes = try SourceOptions(settings, for: type).changes
                if changes.values["channel"] != nil {
                    throw Ending(.usage, "the channel of a source stays what it was made with")
                }
                try check(type, changes, of: source, named: name, hub)
                try await SourceStore(hub.database, workspace: hub.workspace).change(
                    source, changes, seal: try seal(for: changes, hub))
                StandardOutput.write("changed source \(name)")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the sources: how each is, and its settings; of secrets only that they are set.",
            discussion: "Example: contatto source list --json")

        @OptionGroup var hub: HubOptions
        @Flag(help: "One JSON object a line.") var json = false

        func run() async throws {
            try await hub.withHub("source") { hub in
                let store = SourceStore(hub.database, workspace: hub.workspace)
                let sources = try await store.list()
                let states = try await store.states()
                if json {
                    for one in sources { write(one, states[one.name]) }
                } else {
                    try await show(sources, states, hub)
                }
            }
        }

        private func show(_ sources: [ConfiguredSource], _ states: [String: SourceState], _ hub: Hub) async throws {
            var table = Table("NAME", "KIND", "CHANNEL", "STATE", "SETTINGS")
            for one in sources {
                let plain = one.values.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.short($0.value))" }
                let secret = one.secrets.map { "\($0)=•••" }
                let state = SourceStateText.line(
                    one, states[one.name], isFollowed: try await isFollowed(one, hub), now: currentMicroseconds())
                table.add(one.name, one.kind, one.channel, state, (plain + secret).joined(separator: " "))
            }
            table.print()
        }

        /// A certificate is a setting too, and no line of a table.
        private static func short(_ value: String) -> String {
            guard value.contains("\n") || value.count > 80 else { return value }
            return value.prefix(40).replacing("\n", with: " ") + "…"
        }

        private func isFollowed(_ source: ConfiguredSource, _ hub: Hub) async throws -> Bool {
            do {
                return try await Roster.follower(
                    of: source, in: hub.workspace, hub.database, hub.server.secretKey) != nil
            } catch let error as DatabaseError {
                throw error
            } catch {
                // What is wrong with its settings or secrets is told by whoever follows it.
                return true
            }
        }

        private func write(_ one: ConfiguredSource, _ state: SourceState?) {
            StandardOutput.write(
                JSONWriter.object([
                    ("name", JSONWriter.string(one.name)), ("kind", JSONWriter.string(one.kind)),
                    ("channel", JSONWriter.string(one.channel)),
                    ("precedence", JSONWriter.number(Int64(one.precedence))),
                    (
                        "settings",
                        JSONWriter.object(
                            one.values.sorted { $0.key < $1.key }.map { ($0.key, JSONWriter.string($0.value)) })
                    ),
                    ("secrets", JSONWriter.array(one.secrets.map(JSONWriter.string))),
                    ("created_at", JSONWriter.string(Timestamp.text(one.createdAt))),
                    ("paused", JSONWriter.bool(one.isPaused)), ("state", SourceStateText.json(state)),
                ]))
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop following a source, until it is resumed; whoever follows it stops within seconds.",
            discussion: "Example: contatto source pause posta")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await hub.withHub("source") { hub in
                let (source, _) = try await findSource(name, hub)
                try await SourceStore(hub.database, workspace: hub.workspace).pause(source, true)
                StandardOutput.write(
                    "paused source \(name); `contatto source resume \(name)` goes on where it was left")
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow a paused source again, from where it was left.",
            discussion: "Example: contatto source resume posta")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await hub.withHub("source") { hub in
                let (source, _) = try await findSource(name, hub)
                try await SourceStore(hub.database, workspace: hub.workspace).pause(source, false)
                StandardOutput.write("source \(name) is followed again")
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what the other side of a source needs, or what is wrong.",
            discussion: "Example: contatto source test shop")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its name.") var name: String
        @Option(help: "Where the hub is reached over HTTP.") var address = "http://127.0.0.1:7600"
        @Flag(help: "One JSON object a line.") var json = false

        func run() async throws {
            try await hub.withHub("source") { hub in
                let (source, type) = try await findSource(name, hub)
                var findings: [Finding]
                do {
                    let settings = try await SourceStore(hub.database, workspace: hub.workspace).settings(
                        of: source, seal: source.secrets.isEmpty ? nil : try hub.seal(),
                        now: currentMicroseconds())
                    findings = await (try type.init(settings)).findings(address: address)
                } catch let error as SettingsError {
                    findings = error.problems.map {
                        Finding(.wrong, "\($0); `contatto source set \(name) --set key=value` changes it")
                    }
                }
                for finding in findings {
                    if json {
                        StandardOutput.write(
                            JSONWriter.object([
                                ("weight", JSONWriter.string(finding.weight.rawValue)),
                                ("text", JSONWriter.string(finding.text)),
                            ]))
                    } else {
                        StandardOutput.write("\(finding.weight.rawValue): \(finding.text)")
                    }
                }
                if findings.contains(where: { $0.weight == .wrong }) {
                    throw Ending(.failed, "source \(name) cannot work as it is set")
                }
            }
        }
    }
}

/// A source that exists, and what reads it.
func findSource(_ name: String, _ hub: Hub) async throws -> (ConfiguredSource, any Connector.Type) {
    guard let source = try await SourceStore(hub.database, workspace: hub.workspace).find(name) else {
        throw Ending(.failed, "there is no source \(name); `contatto source list` shows them")
    }
    guard let type = Roster.find(source.kind) else {
        throw Ending(.failed, "source \(name) is of kind \(source.kind), which this build does not know")
    }
    return (source, type)
}

/// Lets the connector read the settings as they would be, before anything is stored.
private func check(
    _ type: any Connector.Type, _ changes: SourceStore.Changes, of source: ConfiguredSource?, named name: String,
    _ hub: Hub
) throws {
    var values = source?.values ?? [:]
    for (key, value) in changes.values { values[key] = value }
    var secrets: [String: Secret] = [:]
    for key in source?.secrets ?? [] { secrets[key] = Secret("kept") }
    for (key, value) in changes.secrets { secrets[key] = value }
    do {
        _ = try type.init(
            SourceSettings(
                source: name, values: values, secrets: secrets, normaliser: Normaliser(region: hub.workspace.region)))
    } catch {
        throw Ending(.usage, "\(error); its settings are:\n\(SourceOptions.table(type))")
    }
}

/// The seal, where there is a secret to put under it.
private func seal(for changes: SourceStore.Changes, _ hub: Hub) throws -> Seal? {
    changes.secrets.values.contains { $0 != nil } ? try hub.seal() : nil
}
