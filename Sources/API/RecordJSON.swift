package import Contact
package import Storage

/// Consents and memories as JSON: what the API answers and what `--json` prints.
package enum RecordJSON {
    /// A statement, as the history has it.
    package static func statement(_ said: ConsentStatement) -> [UInt8] {
        JSONWriter.object([
            ("id", id(said.id)), ("purpose", JSONWriter.string(said.purpose.rawValue)),
            ("channel", JSONWriter.string(said.channel ?? "all")), ("state", JSONWriter.string(said.state.name)),
            ("basis", text(said.basis?.rawValue)), ("text_version", text(said.textVersion)),
            ("at", time(said.statedAt)), ("recorded_at", time(said.recordedAt)), ("who", JSONWriter.string(said.who)),
            ("source", text(said.source)), ("proof", text(said.proof)),
            ("interaction", said.interaction.map(id) ?? JSONWriter.null), ("facet", id(said.facet)),
        ])
    }

    /// What counts for a purpose and a channel, and which statement says so.
    package static func standing(_ purpose: ConsentPurpose, _ channel: String?, _ said: ConsentStatement) -> [UInt8] {
        JSONWriter.object([
            ("purpose", JSONWriter.string(purpose.rawValue)), ("channel", JSONWriter.string(channel ?? "all")),
            ("state", JSONWriter.string(said.state.name)), ("since", time(said.statedAt)),
            ("basis", text(said.basis?.rawValue)), ("text_version", text(said.textVersion)),
            ("who", JSONWriter.string(said.who)), ("source", text(said.source)), ("facet", id(said.facet)),
            ("consent", id(said.id)),
        ])
    }

    package static func standings(_ consents: Consents) -> [UInt8] {
        JSONWriter.array(consents.standings.map { standing($0.purpose, $0.channel, $0.statement) })
    }

    /// What came of recording a statement.
    package static func recorded(_ made: RecordedConsent, as said: ConsentSaid) -> [UInt8] {
        JSONWriter.object(
            [("consent", id(made.statement.id))] + recorded(made.recorded) + [
                ("standing", standing(said.purpose, said.channel, made.standing))
            ])
    }

    /// Whether a customer may be met, and why.
    package static func permission(_ permission: ContactPermission) -> [UInt8] {
        JSONWriter.object([
            ("allowed", JSONWriter.bool(permission.isAllowed)),
            ("reason", JSONWriter.string(permission.reason.rawValue)),
            ("words", JSONWriter.string(permission.reason.words)),
            ("statement", permission.statement.map(statement) ?? JSONWriter.null),
        ])
    }

    package static func memory(_ memory: Memory) -> [UInt8] {
        let closed = memory.closing.map { closing in
            JSONWriter.object([
                ("as", JSONWriter.string(closing.end.rawValue)), ("at", time(closing.at)),
                ("by", JSONWriter.string(closing.by)), ("why", JSONWriter.string(closing.why)),
            ])
        }
        return JSONWriter.object([
            ("id", id(memory.id)), ("kind", JSONWriter.string(memory.kind.rawValue)),
            ("text", JSONWriter.string(memory.words)), ("by", memory.dueAt.map(time) ?? JSONWriter.null),
            ("heard_by", JSONWriter.string(memory.heardBy)), ("at", time(memory.heardAt)),
            ("who", JSONWriter.string(memory.who)), ("recorded_at", time(memory.recordedAt)),
            ("interaction", memory.interaction.map(id) ?? JSONWriter.null), ("facet", id(memory.facet)),
            ("confirmed", JSONWriter.bool(memory.isConfirmed)), ("closed", closed ?? JSONWriter.null),
        ])
    }

    /// What came of writing a memory down, or of closing it.
    package static func recorded(_ made: RecordedMemory) -> [UInt8] {
        JSONWriter.object(
            [("memory", memory(made.memory))] + recorded(made.recorded) + [("warnings", warnings(made.findings))])
    }

    package static func warnings(_ findings: [DelicateWords.Finding]) -> [UInt8] {
        JSONWriter.array(
            findings.map {
                JSONWriter.object([
                    ("topic", JSONWriter.string($0.topic.rawValue)), ("word", JSONWriter.string($0.word)),
                ])
            })
    }

    /// Where it was recorded.
    package static func recorded(_ recorded: Recorded) -> [(String, [UInt8])] {
        [
            ("profile", id(recorded.profile)), ("facet", id(recorded.facet)),
            ("known", JSONWriter.bool(recorded.isKnown)), ("position", JSONWriter.string("\(recorded.cursor)")),
        ]
    }

    /// What of it a profile shows.
    package static func shown(_ profile: Profile) -> [(String, [UInt8])] {
        [
            ("consent", standings(profile.consents)),
            (
                "memories",
                JSONWriter.object([
                    ("open", JSONWriter.number(profile.memories.open)),
                    ("closed", JSONWriter.number(profile.memories.closed)),
                    ("promises", JSONWriter.array(profile.promises.map(memory))),
                ])
            ),
        ]
    }

    private static func id(_ id: HubID) -> [UInt8] { JSONWriter.string(id.description) }
    private static func time(_ moment: Int64) -> [UInt8] { JSONWriter.string(Timestamp.text(moment)) }
    private static func text(_ text: String?) -> [UInt8] { text.map(JSONWriter.string) ?? JSONWriter.null }
}
