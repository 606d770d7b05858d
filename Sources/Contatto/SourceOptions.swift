internal import API
internal import Contact
internal import Following
internal import FoundationEssentials
internal import Storage

/// What `--set key=value` says, sorted by what the kind of source knows.
struct SourceOptions {
    var changes = SourceStore.Changes()

    /// Reads the assignments for a kind of source. `trust`, `trust.KIND` and `precedence` are every source's. An empty
    /// value takes a setting away.
    init(_ assignments: [String], for kind: any Connector.Type) throws {
        for assignment in assignments {
            guard let equals = assignment.firstIndex(of: "="), equals > assignment.startIndex else {
                throw Ending(.usage, "--set takes key=value, not \(assignment)")
            }
            let name = String(assignment[..<equals])
            let value = try Self.value(String(assignment[assignment.index(after: equals)...]), of: name)
            if name == "precedence" {
                guard let number = Int16(value.isEmpty ? "0" : value) else {
                    throw Ending(.usage, "precedence is a whole number")
                }
                changes.precedence = number
            } else if let key = kind.keys.first(where: { $0.name == name }) {
                if key.isSecret {
                    changes.secrets[name] = .some(value.isEmpty ? nil : Secret(value))
                } else {
                    changes.values[name] = .some(value.isEmpty ? nil : value)
                }
            } else if name == FollowingSettings.paceKey.name, kind is any Follower.Type {
                guard value.isEmpty || Int(value).map({ $0 > 0 }) == true else {
                    throw Ending(.usage, "pace is a whole number above 0: items a minute")
                }
                changes.values[name] = .some(value.isEmpty ? nil : value)
            } else if name == UserToken.secretName {
                guard value.isEmpty || value.utf8.count >= UserToken.leastSecret else {
                    throw Ending(
                        .usage, "\(name) has at least \(UserToken.leastSecret) bytes; `openssl rand -hex 32` makes one")
                }
                changes.secrets[name] = .some(value.isEmpty ? nil : Secret(value))
            } else if name == "trust" || name.hasPrefix("trust.") {
                changes.values[name] = .some(value.isEmpty ? nil : value)
            } else {
                throw Ending(
                    .usage, "a source of kind \(kind.kind) has no setting \(name); it has: \(Self.names(kind))")
            }
        }
    }

    /// `@/FILE` or `@./FILE` stands for what is in that file: a certificate, or a password that is not to stand in the
    /// shell's history.
    private static func value(_ text: String, of name: String) throws -> String {
        guard text.hasPrefix("@/") || text.hasPrefix("@.") else { return text }
        let path = String(text.dropFirst())
        do {
            let content = try String(contentsOfFile: path, encoding: .utf8)
            return content.hasSuffix("\n") ? String(content.dropLast()) : content
        } catch {
            throw Ending(.usage, "\(name): the file \(path) cannot be read as text")
        }
    }

    /// Every setting of a kind, with what it is.
    static func table(_ kind: any Connector.Type) -> String {
        let own = kind.keys.map { "  \($0.name)\($0.isRequired ? " (required)" : ""): \($0.abstract)" }
        let every = [
            "  trust, trust.KIND: the most it may vouch for an identifier: claimed, presented (default) or verified",
            "  \(UserToken.secretName) (secret): what this source's own server signs its users' tokens with; see `contatto disclosure --help`",
            "  precedence: the greater wins where two sources observe one trait; default 0",
        ]
        let followed = kind is any Follower.Type ? ["  pace: \(FollowingSettings.paceKey.abstract)"] : []
        return (own + every + followed).joined(separator: "\n")
    }

    static func isChannel(_ text: String) -> Bool {
        guard let first = text.utf8.first, (97...122).contains(first), text.utf8.count <= 32 else { return false }
        return text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
    }

    private static func names(_ kind: any Connector.Type) -> String {
        (kind.keys.map(\.name) + ["trust", "trust.KIND", "precedence", UserToken.secretName]
            + (kind is any Follower.Type ? [FollowingSettings.paceKey.name] : [])).joined(separator: ", ")
    }
}
