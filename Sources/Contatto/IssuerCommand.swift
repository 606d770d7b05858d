internal import API
import ArgumentParser
internal import Contact
internal import Storage

struct IssuerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issuer", abstract: "Who signs people in: issuers of OpenID Connect tokens.",
        subcommands: [Add.self, List.self, Remove.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let in people whom an issuer vouches for.",
            discussion: """
                The token's issuer and audience say which workspace is meant: the two together belong to one. Keys are \
                found as the issuer's own discovery says, or at --keys; over https, but from this machine itself.

                Example: contatto issuer add https://id.example.it/realms/shop --audience contatto \
                --roles-claim realm_access.roles --role support=agent --role lead=supervisor
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "The issuer, to the letter as its tokens name it in `iss`.") var url: String
        @Option(help: "The audience that its tokens name in `aud`.") var audience: String
        @Option(help: "Algorithms that it may use, with commas between; none with a shared secret.")
        var algorithms = "RS256,ES256"
        @Option(help: "Where its keys stand (a JWKS); default: as its discovery says.") var keys: String?
        @Option(help: "The claim that holds the roles; of one inside another, the names with full stops between.")
        var rolesClaim = "roles"
        @Option(help: "What stands in the claim, and which role that is here: support=agent. As often as needed.")
        var role: [String]

        func validate() throws {
            let known = Issuer.knownAlgorithms
            guard !names.isEmpty, names.allSatisfy(known.contains) else {
                throw ValidationError("--algorithms is some of: \(known.joined(separator: ", "))")
            }
            guard try !roles().isEmpty else { throw ValidationError("say with --role which roles it gives") }
            for url in [url] + (keys.map { [$0] } ?? []) {
                if let fault = IssuerURL.fault(url) { throw ValidationError(fault) }
            }
            guard (1...200).contains(audience.count), (1...200).contains(rolesClaim.count) else {
                throw ValidationError("--audience and --roles-claim have 1 to 200 characters")
            }
        }

        private var names: [String] { algorithms.split(separator: ",").map(String.init) }

        private func roles() throws -> [String: KeyRole] {
            var roles: [String: KeyRole] = [:]
            for pair in role {
                guard let equals = pair.lastIndex(of: "="), equals != pair.startIndex,
                    let role = KeyRole(rawValue: String(pair[pair.index(after: equals)...])),
                    Issuer.knownRoles.contains(role)
                else {
                    let known = Issuer.knownRoles.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("--role is WORD=ROLE, with a role of: \(known)")
                }
                roles[String(pair[..<equals])] = role
            }
            return roles
        }

        func run() async throws {
            try await hub.withHub("issuer") { hub in
                let issuer = Issuer(
                    id: 0, workspace: hub.workspace.id, url: url, audience: audience, algorithms: names, keysURL: keys,
                    rolesClaim: rolesClaim, roles: try roles())
                let number: Int64
                do throws(Issuers.Taken) {
                    number = try await Issuers(hub.database).add(issuer, now: currentMicroseconds())
                } catch {
                    switch error {
                    case .already:
                        throw Ending(.failed, "this issuer signs people in for this audience already")
                    case .database(let error): throw error
                    }
                }
                try await hub.note("issuerAdd", object: "\(number)")
                StandardOutput.write("added issuer \(number)")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the issuers of the workspace.", discussion: "Example: contatto issuer list --json")

        @OptionGroup var hub: HubOptions
        @Flag(help: "One JSON object a line.") var json = false

        func run() async throws {
            try await hub.withHub("issuer") { hub in
                let own = try await Issuers(hub.database).list().filter { $0.workspace == hub.workspace.id }
                if json {
                    for issuer in own { StandardOutput.write(Self.object(issuer)) }
                    return
                }
                var table = Table("ID", "ISSUER", "AUDIENCE", "ALGORITHMS", "KEYS", "ROLES")
                for issuer in own {
                    let roles = issuer.roles.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.rawValue)" }
                    table.add(
                        "\(issuer.id)", issuer.url, issuer.audience, issuer.algorithms.joined(separator: " "),
                        issuer.keysURL ?? "discovered", "\(issuer.rolesClaim): \(roles.joined(separator: " "))")
                }
                table.print()
            }
        }

        private static func object(_ issuer: Issuer) -> [UInt8] {
            JSONWriter.object([
                ("id", JSONWriter.number(issuer.id)), ("issuer", JSONWriter.string(issuer.url)),
                ("audience", JSONWriter.string(issuer.audience)),
                ("algorithms", JSONWriter.array(issuer.algorithms.map(JSONWriter.string))),
                ("keys_url", issuer.keysURL.map(JSONWriter.string) ?? JSONWriter.null),
                ("roles_claim", JSONWriter.string(issuer.rolesClaim)),
                (
                    "roles",
                    JSONWriter.object(
                        issuer.roles.sorted { $0.key < $1.key }.map { ($0.key, JSONWriter.string($0.value.rawValue)) })
                ),
            ])
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let nobody in any more for whom it vouches; a running server follows within seconds.",
            discussion: "Example: contatto issuer remove 1")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its id: the first column of `issuer list`.") var id: Int64

        func run() async throws {
            try await hub.withHub("issuer") { hub in
                guard try await Issuers(hub.database).remove(id, in: hub.workspace) else {
                    throw Ending(.failed, "there is no issuer \(id); `contatto issuer list` shows those there are")
                }
                try await hub.note("issuerRemove", object: "\(id)")
                StandardOutput.write("removed issuer \(id)")
            }
        }
    }
}
