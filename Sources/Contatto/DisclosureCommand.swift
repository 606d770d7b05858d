internal import API
import ArgumentParser
internal import Contact
internal import Storage

struct DisclosureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disclosure", abstract: "Say what touchpoints may be told of whoever they recognise.",
        discussion: """
            A touchpoint shows identifiers to POST /v1/recognise; the table says, by kind of identifier, by how surely it is \
            shown, and by touchpoint, what comes back: nothing, welcome_back, name_and_tone, open_matters, all.

            A page gets more than a welcome by a token that the site's own server signs for its user (JWT, HS256: sub, email, \
            exp within a day), with the secret of the source: contatto source set SOURCE --set \(UserToken.secretName)=…
            """,
        subcommands: [Show.self, Set.self, Reset.self], defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what holds: a line for each kind and assurance, a column for each touchpoint.",
            discussion: "Example: contatto disclosure show")

        @OptionGroup var hub: HubOptions
        @Flag(help: "As JSON, with the workspace's own lines.") var json = false

        func run() async throws {
            try await hub.withHub("disclosure") { hub in
                let table = try await Disclosures(hub.database, workspace: hub.workspace).table()
                if json { return StandardOutput.write(DisclosureJSON.table(table)) }
                var lines = Table(["KIND", "SHOWN AS"] + Touchpoint.allCases.map { $0.rawValue.uppercased() })
                for kind in IdentifierKind.all {
                    for assurance in Assurance.allCases {
                        let cells = Touchpoint.allCases.map { touchpoint in
                            let (rule, isOwn) = table.cell(kind, assurance, touchpoint)
                            let name = rule.level == .nothing ? "–" : rule.level.name
                            return name + (rule.needsConsent ? " with consent" : "") + (isOwn ? " *" : "")
                        }
                        lines.add([kind.name, assurance.name] + cells)
                    }
                }
                lines.print()
                if !table.own.isEmpty { StandardOutput.write("* the workspace's own") }
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what may be told in one case, or in many: any stands for all.",
            discussion: "Example: contatto disclosure set phone presented phone name_and_tone")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Kind of identifier, or any.") var kind: String
        @Argument(help: "claimed, presented, verified, or any.") var assurance: String
        @Argument(help: "\(Touchpoint.allCases.map(\.rawValue).joined(separator: ", ")), or any.")
        var touchpoint: String
        @Argument(help: "\(DisclosureLevel.allCases.map(\.name).joined(separator: ", ")).") var may: String
        @Flag(help: "Only where the customer agrees to be recognised.") var consent = false

        func validate() throws {
            if kind != "any", IdentifierKind(name: kind) == nil {
                throw ValidationError(
                    "kind is any, or one of \(IdentifierKind.all.map(\.name).joined(separator: ", "))")
            }
            if assurance != "any", Assurance(name: assurance) == nil {
                throw ValidationError("assurance is any, claimed, presented or verified")
            }
            if touchpoint != "any", Touchpoint(rawValue: touchpoint) == nil {
                throw ValidationError(
                    "touchpoint is any, or one of \(Touchpoint.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            if DisclosureLevel(name: may) == nil {
                throw ValidationError(
                    "what may be told is one of \(DisclosureLevel.allCases.map(\.name).joined(separator: ", "))")
            }
        }

        func run() async throws {
            guard let level = DisclosureLevel(name: may) else { return }
            let rule = DisclosureRule(
                IdentifierKind(name: kind), Assurance(name: assurance), Touchpoint(rawValue: touchpoint), level,
                needsConsent: consent)
            try await hub.withHub("disclosure") { hub in
                let disclosures = Disclosures(hub.database, workspace: hub.workspace)
                let others = try await disclosures.table().own.filter { $0.place != rule.place }
                try await disclosures.replace(
                    others + [rule], by: LoginName.current, now: currentMicroseconds())
                StandardOutput.write("\(kind), \(assurance), at \(touchpoint): \(may)")
            }
        }
    }

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back all that the workspace has said itself: what comes with the hub holds again.",
            discussion: "Example: contatto disclosure reset")

        @OptionGroup var hub: HubOptions

        func run() async throws {
            try await hub.withHub("disclosure") { hub in
                try await Disclosures(hub.database, workspace: hub.workspace).replace(
                    [], by: LoginName.current, now: currentMicroseconds())
                StandardOutput.write("what comes with the hub holds again")
            }
        }
    }
}
