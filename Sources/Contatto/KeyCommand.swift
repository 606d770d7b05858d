import ArgumentParser
internal import Contact
internal import Storage

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make, list and take back the keys by which others are let in over HTTP.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key; it is printed once and never again.",
            discussion: """
                Roles: public (stands in a page, speaks for one source), connector (speaks for one source), reader, \
                subscriber, agent, supervisor, admin.

                A public key that recognises customers is bound to the pages it stands in: --origin, once for each.

                Example: contatto key create --role connector --source shop --expires 90d
                """)

        @OptionGroup var hub: HubOptions
        @Option(help: "What it may do: \(KeyRole.allCases.map(\.rawValue).joined(separator: ", ")).") var role: String
        @Option(help: "The source it speaks for: needed for connector and public.") var source: String?
        @Option(help: "A page's origin, as https://shop.example: only from there a public key may ask.")
        var origin: [String] = []
        @Option(help: "How long it is good, in hours, days or weeks: 12h, 90d, 52w; default: without end.")
        var expires: String?

        func validate() throws {
            guard let role = KeyRole(rawValue: role) else {
                throw ValidationError("--role is one of: \(KeyRole.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            if role.needsSource && source == nil {
                throw ValidationError("a \(role.rawValue) key speaks for one source: give --source NAME")
            }
            if source != nil && !role.needsSource {
                throw ValidationError("--source goes with the roles connector and public")
            }
            if !origin.isEmpty && role != .public { throw ValidationError("--origin goes with the role public") }
            for one in origin where !KeyOrigin.isValid(one) {
                throw ValidationError(
                    "--origin is scheme://host or scheme://host:port, in small letters: \(one) is none")
            }
            if let expires, Self.microseconds(expires) == nil {
                throw ValidationError("--expires is a number of hours, days or weeks: 12h, 90d, 52w")
            }
        }

        func run() async throws {
            guard let role = KeyRole(rawValue: role) else { return }
            try await hub.withHub("key") { hub in
                let now = currentMicroseconds()
                let key = try await Keys(hub.database).create(
                    in: hub.workspace, role: role, source: source, origins: origin,
                    expiresAt: expires.flatMap(Self.microseconds).map { now + $0 }, now: now)
                guard let key else {
                    throw Ending(
                        .usage, "there is no source \(source ?? ""); `contatto source list` shows those there are")
                }
                try await hub.note("keyCreate", object: "\(key.id)")
                StandardOutput.write(key.text)
            }
        }

        private static func microseconds(_ text: String) -> Int64? {
            let hours: [Character: Int64] = ["h": 1, "d": 24, "w": 168]
            guard let unit = text.last.flatMap({ hours[$0] }), let count = Int64(text.dropLast()),
                (1...100_000).contains(count)
            else { return nil }
            return count * unit * 3_600_000_000
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the keys, without their secrets.", discussion: "Example: contatto key list --json")

        @OptionGroup var hub: HubOptions
        @Flag(help: "One JSON object a line.") var json = false

        func run() async throws {
            try await hub.withHub("key") { hub in
                let keys = try await Keys(hub.database).list(hub.workspace)
                if json { showJSON(keys) } else { show(keys) }
            }
        }

        private func show(_ keys: [Key]) {
            var table = Table("ID", "ROLE", "SOURCE", "STATE", "MADE", "LAST USED")
            for key in keys {
                let used = key.usedAt.map { Timestamp.text($0).prefix(13) + "h" } ?? "never"
                table.add(
                    "\(key.id)", key.role.rawValue, key.source ?? "–", Self.state(key),
                    String(Timestamp.text(key.createdAt).prefix(10)), String(used))
            }
            table.print()
        }

        private static func state(_ key: Key) -> String {
            if key.revokedAt != nil { return "revoked" }
            guard let end = key.expiresAt else { return "good" }
            let day = Timestamp.text(end).prefix(10)
            return key.isGood(at: currentMicroseconds()) ? "good until \(day)" : "expired \(day)"
        }

        private func showJSON(_ keys: [Key]) {
            func time(_ moment: Int64?) -> [UInt8] {
                moment.map { JSONWriter.string(Timestamp.text($0)) } ?? JSONWriter.null
            }
            for key in keys {
                StandardOutput.write(
                    JSONWriter.object([
                        ("id", JSONWriter.number(key.id)), ("role", JSONWriter.string(key.role.rawValue)),
                        ("source", key.source.map(JSONWriter.string) ?? JSONWriter.null),
                        ("origins", JSONWriter.array(key.origins.map(JSONWriter.string))),
                        ("created_at", time(key.createdAt)), ("expires_at", time(key.expiresAt)),
                        ("revoked_at", time(key.revokedAt)), ("used_at", time(key.usedAt)),
                    ]))
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a key back, for good; a running server follows within seconds.",
            discussion: "Example: contatto key revoke 3")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its id: the second number in the key, and the first column of `key list`.") var id: Int64

        func run() async throws {
            try await hub.withHub("key") { hub in
                guard try await Keys(hub.database).revoke(id, in: hub.workspace, now: currentMicroseconds()) else {
                    throw Ending(.failed, "there is no key \(id); `contatto key list` shows those there are")
                }
                try await hub.note("keyRevoke", object: "\(id)")
                StandardOutput.write("revoked key \(id)")
            }
        }
    }
}
