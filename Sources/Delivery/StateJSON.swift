package import Contact
package import Storage

/// Profiles and interactions as subscribers, and whoever asks, are told of them.
package enum StateJSON {
    /// A profile in short.
    package static func profile(_ state: ProfileState) -> [UInt8] {
        let identifiers = state.identifiers.map { identifier, assurance in
            JSONWriter.object(
                self.identifier(identifier) + [("assurance", JSONWriter.string(assurance.name))])
        }
        return JSONWriter.object([
            ("id", JSONWriter.string(state.id.description)), ("kind", JSONWriter.string(state.kind)),
            ("version", JSONWriter.number(state.version)),
            ("names", JSONWriter.array(state.names.map(JSONWriter.string))),
            ("identifiers", JSONWriter.array(identifiers)), ("traits", state.traits),
            ("absorbed", JSONWriter.array(state.absorbed.map { JSONWriter.string($0.description) })),
        ])
    }

    package static func interaction(_ entry: TimelineEntry) -> [UInt8] {
        JSONWriter.object([
            ("interaction", JSONWriter.string(entry.interaction.description)),
            ("occurred_at", JSONWriter.string(Timestamp.text(entry.occurredAt))),
            ("channel", JSONWriter.string(entry.channel)), ("source", JSONWriter.string(entry.source)),
            ("direction", JSONWriter.string(entry.isOutbound ? "out" : "in")),
            ("thread", entry.thread.map { JSONWriter.string($0.description) } ?? JSONWriter.null),
            ("subject", entry.subject.map(JSONWriter.string) ?? JSONWriter.null),
            ("amount", entry.amount.map(money) ?? JSONWriter.null), ("body", entry.body),
        ])
    }

    private static func money(_ amount: Interaction.Money) -> [UInt8] {
        JSONWriter.object([
            ("minor", JSONWriter.number(amount.minor)), ("currency", JSONWriter.string(amount.currency)),
        ])
    }

    package static func identifier(_ identifier: Identifier) -> [(String, [UInt8])] {
        [
            ("kind", JSONWriter.string(identifier.kind.name)), ("scope", JSONWriter.string(identifier.scope)),
            ("value", JSONWriter.string(identifier.value)),
        ]
    }
}
