package import Postgres

/// In whose name a connection works (FORMATS.md, roles).
package enum Role: String, Sendable {
    /// Tables and migrations.
    case owner = "contatto_owner"
    /// Every command; behind the wall.
    case hub = "contatto_hub"
}

extension ConnectionSettings {
    /// The same server, in a role, on the schema that holds the hub's tables.
    package func acting(as role: Role, on schema: String) -> ConnectionSettings {
        var settings = self
        settings.role = role.rawValue
        settings.searchPath = [schema, "extension"]
        // On Citus a SET LOCAL reaches the nodes only so; elsewhere it is a name without a meaning.
        settings.sessionSettings.append((name: "citus.propagate_set_commands", value: "local"))
        return settings
    }
}
