package import Contact
internal import Postgres

/// Something to be remembered for a customer, as it comes to be written down.
package struct MemorySaid: Sendable {
    package var kind: MemoryKind
    package var words: String
    /// Nil: whoever writes it.
    package var heardBy: String?
    /// Nil: now.
    package var heardAt: Int64?
    /// Of a promise: by when.
    package var dueAt: Int64?
    /// It is meant, whatever ``DelicateWords`` finds in it.
    package var isConfirmed: Bool
    /// An open one whose place it takes.
    package var supersedes: HubID?

    package init(
        _ kind: MemoryKind, _ words: String, heardBy: String? = nil, heardAt: Int64? = nil, dueAt: Int64? = nil,
        isConfirmed: Bool = false, supersedes: HubID? = nil
    ) {
        self.kind = kind
        self.words = words
        self.heardBy = heardBy
        self.heardAt = heardAt
        self.dueAt = dueAt
        self.isConfirmed = isConfirmed
        self.supersedes = supersedes
    }

    func fault(now: Int64) -> String? {
        guard (1...Memory.mostCharacters).contains(words.unicodeScalars.count),
            words.contains(where: { !$0.isWhitespace })
        else { return "the text is 1 to 2,000 characters" }
        if let heardBy, !(1...200).contains(heardBy.unicodeScalars.count) { return "a name is 1 to 200 characters" }
        if let heardAt, heardAt > now { return "it cannot have been heard later than now" }
        guard (kind == .promised) == (dueAt != nil) else {
            return kind == .promised ? "a promise needs the time by which it is due" : "only a promise is due by a time"
        }
        return nil
    }
}

/// A memory as it was written down, or found written down before.
package struct RecordedMemory: Sendable {
    package let recorded: Recorded
    package let memory: Memory
    /// What it says of health, faith or politics.
    package let findings: [DelicateWords.Finding]
}

extension Ledger {
    /// Writes down what somebody heard. The same, while it is open, is written once; what several people share has no memories.
    @concurrent
    package func remember(
        _ said: MemorySaid, of mention: Mention, by speaker: Speaker
    ) async throws(RecordError) -> RecordedMemory {
        let now = now()
        if let fault = said.fault(now: now) { throw RecordError(.invalid, fault) }
        let findings = DelicateWords.find(in: said.words)
        guard findings.isEmpty || said.isConfirmed else {
            let words = findings.map { "\($0.word) (\($0.topic.rawValue))" }.joined(separator: ", ")
            throw RecordError(.delicate(findings), "the text may speak of health, faith or politics: \(words)")
        }
        let id = HubID.random()
        let (made, cursor) = try await recording {
            (session: borrowing Session, head: JournalHead) throws(DatabaseError) -> Result<
                (RecordedMemory, Settlement), RecordError
            > in
            var hanging: Hanging
            switch try self.hanging(mention, from: nil, head, in: session) {
            case .failure(let error): return .failure(error)
            case .success(let found): hanging = found
            }
            guard !hanging.isShared else {
                return .failure(
                    RecordError(.conflict, "several people share what this profile shows: it is nobody's memory"))
            }
            var old: Memory?
            if let superseded = said.supersedes {
                guard let found = try self.memory(superseded, in: session), found.profile == hanging.profile else {
                    return .failure(RecordError(.unknown, "this profile has no memory \(superseded)"))
                }
                guard found.memory.closing == nil else {
                    return .failure(RecordError(.conflict, "the memory \(superseded) was closed before"))
                }
                old = found.memory
                if mention.identifier == nil, mention.interaction == nil {
                    hanging = Hanging(
                        facet: found.memory.facet, profile: hanging.profile, isShared: false, source: nil)
                }
            }
            let new = Memory(
                id: id, facet: hanging.facet, kind: said.kind, words: Text.storable(said.words),
                heardBy: Text.storable(said.heardBy ?? speaker.name), heardAt: said.heardAt ?? now, who: speaker.name,
                recordedAt: now, dueAt: said.dueAt, interaction: mention.interaction,
                isConfirmed: said.isConfirmed && !findings.isEmpty, closing: nil)
            var settlement = Settlement()
            let known = try self.memory(again: new, in: session)
            let memory = known ?? new
            if known == nil {
                try self.add(new, in: session)
                settlement.changes.append(Self.told(.memoryAdded, new, of: hanging.profile))
            }
            // One in the place of itself stays.
            if let old, old.id != memory.id {
                let why = "superseded by \(memory.id)"
                try self.close(
                    old.id, Memory.Closing(end: .outdated, at: now, by: speaker.name, why: why), in: session)
                settlement.changes.append(Self.told(.memoryClosed, old, of: hanging.profile, end: .outdated))
            }
            let recorded = Recorded(
                profile: hanging.profile, facet: memory.facet, isKnown: known != nil,
                cursor: JournalCursor(epoch: head.era.epoch, position: head.position))
            return .success((RecordedMemory(recorded: recorded, memory: memory, findings: findings), settlement))
        }
        var recorded = made.recorded
        recorded.cursor = cursor
        return RecordedMemory(recorded: recorded, memory: made.memory, findings: findings)
    }

    /// Closes a memory: its words stay. One that was closed so before is left as it is.
    @concurrent
    package func close(
        memory id: HubID, as end: MemoryEnd, why: String, by speaker: Speaker, expecting expectation: Expectation? = nil
    ) async throws(RecordError) -> RecordedMemory {
        guard (1...2_000).contains(why.unicodeScalars.count), why.contains(where: { !$0.isWhitespace }) else {
            throw RecordError(.invalid, "the reason is 1 to 2,000 characters")
        }
        let closing = Memory.Closing(end: end, at: now(), by: speaker.name, why: Text.storable(why))
        let (made, cursor) = try await recording {
            (session: borrowing Session, head: JournalHead) throws(DatabaseError) -> Result<
                (RecordedMemory, Settlement), RecordError
            > in
            guard let (memory, profile) = try self.memory(id, in: session) else {
                return .failure(RecordError(.unknown, "there is no memory \(id)"))
            }
            guard try self.areExpected([profile], expectation, in: session) else {
                return .failure(RecordError(.changed, "the profile \(profile) is no longer as it was seen"))
            }
            guard end.ends(memory.kind) else {
                return .failure(
                    RecordError(.invalid, "a promise is kept or outdated, anything else is done or outdated"))
            }
            guard memory.closing == nil || memory.closing?.end == end else {
                return .failure(RecordError(.conflict, "the memory \(id) was closed before, as something else"))
            }
            var settlement = Settlement()
            if memory.closing == nil {
                try self.close(id, closing, in: session)
                settlement.changes = [Self.told(.memoryClosed, memory, of: profile, end: end)]
            }
            let recorded = Recorded(
                profile: profile, facet: memory.facet, isKnown: settlement.isEmpty,
                cursor: JournalCursor(epoch: head.era.epoch, position: head.position))
            let closed = memory.closing == nil ? memory.closed(closing) : memory
            return .success((RecordedMemory(recorded: recorded, memory: closed, findings: []), settlement))
        }
        var recorded = made.recorded
        recorded.cursor = cursor
        return RecordedMemory(recorded: recorded, memory: made.memory, findings: [])
    }

    private func memory(
        _ id: HubID, in session: borrowing Session
    ) throws(DatabaseError) -> (memory: Memory, profile: HubID)? {
        let rows = try session.execute(.memoryOne, [.int8(workspace.id), .uuid(id)])
        guard let memory = try StoredMemories.read(rows).first else { return nil }
        return (memory, try rows.id(0, StoredMemories.columns))
    }

    /// An open one that says the same.
    private func memory(again new: Memory, in session: borrowing Session) throws(DatabaseError) -> Memory? {
        try StoredMemories.read(
            try session.execute(
                .memorySame,
                [
                    .int8(workspace.id), .uuid(new.facet), .text(new.kind.rawValue), .text(new.words),
                    .timestamp(new.dueAt),
                ])
        ).first
    }

    private func add(_ new: Memory, in session: borrowing Session) throws(DatabaseError) {
        _ = try session.execute(
            .memoryAdd,
            [
                .int8(workspace.id), .uuid(new.id), .uuid(new.facet), .text(new.kind.rawValue), .text(new.words),
                .text(new.heardBy), .timestamp(new.heardAt), .text(new.who), .timestamp(new.recordedAt),
                .timestamp(new.dueAt), new.interaction.map { .uuid($0) } ?? .null(.uuid), .bool(new.isConfirmed),
            ])
    }

    private func close(
        _ id: HubID, _ closing: Memory.Closing, in session: borrowing Session
    ) throws(DatabaseError) {
        _ = try session.execute(
            .memoryClose,
            [
                .int8(workspace.id), .uuid(id), .timestamp(closing.at), .text(closing.end.rawValue), .text(closing.by),
                .text(closing.why),
            ])
    }

    /// Ids and the kind: never the words, which an erasure takes away and a journal keeps.
    private static func told(
        _ type: ChangeType, _ memory: Memory, of profile: HubID, end: MemoryEnd? = nil
    ) -> NewChange {
        let members = [
            ("memory", memory.id.description), ("facet", memory.facet.description), ("kind", memory.kind.rawValue),
        ]
        return NewChange(
            type: type, profile: profile, version: nil,
            body: JSONWriter.object(
                (members + (end.map { [("closed_as", $0.rawValue)] } ?? [])).map { ($0.0, JSONWriter.string($0.1)) }))
    }
}

extension Memory {
    fileprivate func closed(_ closing: Closing) -> Memory {
        Memory(
            id: id, facet: facet, kind: kind, words: words, heardBy: heardBy, heardAt: heardAt, who: who,
            recordedAt: recordedAt, dueAt: dueAt, interaction: interaction, isConfirmed: isConfirmed, closing: closing)
    }
}

extension Statement {
    static let memoryOne = Statement(
        """
        /* memory.one */
        SELECT one.memory, one.facet, one.kind, one.words, one.heard_by, one.heard_at, one.who, one.recorded_at, one.due_at,
          one.interaction, one.confirmed, one.closed_at, one.closed_as, one.closed_by, one.closed_why, facet.profile
        FROM memory AS one JOIN facet ON facet.workspace = $1 AND facet.facet = one.facet
        WHERE one.workspace = $1 AND one.memory = $2
        """)
    static let memorySame = Statement(
        """
        /* memory.same */
        SELECT memory, facet, kind, words, heard_by, heard_at, who, recorded_at, due_at, interaction, confirmed,
          closed_at, closed_as, closed_by, closed_why
        FROM memory
        WHERE workspace = $1 AND facet = $2 AND kind = $3 AND words = $4 AND due_at IS NOT DISTINCT FROM $5::timestamptz
          AND closed_at IS NULL
        ORDER BY memory LIMIT 1
        """)
    static let memoryAdd = Statement(
        """
        /* memory.add */
        INSERT INTO memory (workspace, memory, facet, kind, words, heard_by, heard_at, who, recorded_at, due_at, interaction,
          confirmed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """)
    static let memoryClose = Statement(
        """
        /* memory.close */
        UPDATE memory SET closed_at = $3, closed_as = $4, closed_by = $5, closed_why = $6
        WHERE workspace = $1 AND memory = $2
        """)
}
