internal import Contact
internal import Postgres
internal import Resolution

/// How a customer wants to be met, as somebody heard it from him.
package struct Preferences: Sendable {
    package enum Tone: String, Sendable, CaseIterable { case lei, tu }

    package var tone: Tone?
    /// A language tag: `it`, `de-CH`.
    package var language: String?
    package var channel: String?

    package init(tone: Tone? = nil, language: String? = nil, channel: String? = nil) {
        self.tone = tone
        self.language = language
        self.channel = channel
    }

    /// As traits, sorted by name.
    var traits: [Interaction.Trait] {
        [("language", language), ("preferred_channel", channel), ("tone", tone?.rawValue)].compactMap { name, value in
            value.map { Interaction.Trait(name: name, value: JSONWriter.string($0)) }
        }
    }

    var fault: String? {
        if traits.isEmpty { return "nothing is preferred" }
        if let language, !Self.isLanguage(language) { return "a language is a tag like it or de-CH" }
        if let channel, !ConsentSaid.isChannel(channel) { return "a channel is up to 32 of a-z, 0-9 and underscore" }
        return nil
    }

    private static func isLanguage(_ tag: String) -> Bool {
        let parts = tag.split(separator: "-", omittingEmptySubsequences: false)
        guard (1...4).contains(parts.count), (2...3).contains(parts[0].utf8.count),
            parts[0].utf8.allSatisfy({ 97...122 ~= $0 })
        else { return false }
        return parts.dropFirst().allSatisfy { part in
            (2...8).contains(part.utf8.count) && part.utf8.allSatisfy { 97...122 ~= $0 | 0x20 || 48...57 ~= $0 }
        }
    }
}

extension Ledger {
    /// Records what a customer prefers, as traits: observations of the highest assurance, of a source that stands for whoever
    /// says so and goes before all others. The fold does the rest, through merges and splits.
    @concurrent
    package func prefer(
        _ preferences: Preferences, of mention: Mention, by speaker: Speaker
    ) async throws(RecordError) -> Recorded {
        if let fault = preferences.fault { throw RecordError(.invalid, fault) }
        let source: Sources.Source
        do throws(DatabaseError) { source = try await self.source(of: speaker) } catch { throw RecordError(error) }
        let now = now()
        let (made, cursor) = try await recording {
            (session: borrowing Session, head: JournalHead) throws(DatabaseError) -> Result<
                (Recorded, Settlement), RecordError
            > in
            let hanging: Hanging
            switch try self.hanging(mention, from: nil, head, in: session) {
            case .failure(let error): return .failure(error)
            case .success(let found): hanging = found
            }
            guard !hanging.isShared else {
                return .failure(
                    RecordError(.conflict, "several people share what this profile shows: it is nobody's preference"))
            }
            let accepted = try self.observe(preferences.traits, at: now, on: hanging.facet, source, in: session)
            var settlement = Settlement()
            if !accepted.isEmpty { try self.fold([hanging.facet: accepted], into: &settlement, in: session) }
            let recorded = Recorded(
                profile: hanging.profile, facet: hanging.facet, isKnown: accepted.isEmpty,
                cursor: JournalCursor(epoch: head.era.epoch, position: head.position))
            return .success((recorded, settlement))
        }
        var recorded = made
        recorded.cursor = cursor
        return recorded
    }

    /// Stores observations as the intake does, and returns those that are greater than what stood there.
    private func observe(
        _ traits: [Interaction.Trait], at now: Int64, on facet: HubID, _ source: Sources.Source,
        in session: borrowing Session
    ) throws(DatabaseError) -> [(String, Observation)] {
        var facets = ArrayBuilder(.uuid, reserving: traits.count)
        var names = ArrayBuilder(.text, reserving: traits.count)
        var sources = ArrayBuilder(.int8, reserving: traits.count)
        var values = ArrayBuilder(.jsonb, reserving: traits.count)
        var hashes = ArrayBuilder(.bytea, reserving: traits.count)
        var times = ArrayBuilder(.timestamptz, reserving: traits.count)
        var assurances = ArrayBuilder(.int2, reserving: traits.count)
        for trait in traits {
            facets.append(facet)
            names.append(text: trait.name)
            sources.append(int8: source.id)
            values.append(jsonb: trait.value)
            hashes.append(bytes: CanonicalBytes.contentHash(of: trait))
            times.append(timestamp: now)
            assurances.append(int2: Int16(Assurance.verified.rawValue))
        }
        let rows = try session.execute(
            .intakeTraits,
            [
                .int8(workspace.id), .array(facets), .array(names), .array(sources), .array(values), .array(hashes),
                .array(times), .array(assurances),
            ])
        var greater: Set<String> = []
        for row in 0..<rows.count { greater.insert(try rows.text(row, 1)) }
        return traits.filter { greater.contains($0.name) }.map { trait in
            (
                trait.name,
                Observation(
                    assurance: .verified, precedence: source.precedence, occurredAt: now,
                    hash: CanonicalBytes.contentHash(of: trait), facet: facet, source: source.id, value: trait.value)
            )
        }
    }

    /// The source that stands for somebody's word: one for each key and each person, so that a trait says whose word it is.
    private func source(of speaker: Speaker) async throws(DatabaseError) -> Sources.Source {
        let name = String(String.UnicodeScalarView("agent: \(speaker.name)".unicodeScalars.prefix(64)))
        for attempt in 1... {
            if let found = try await sources.find([name])[name] { return found }
            do throws(DatabaseError) {
                let workspace = workspace
                let now = now()
                try await database.transaction(opening: workspace.opening) {
                    (session: borrowing Session) throws(DatabaseError) in
                    _ = try session.execute(
                        .sourceAddConfigured,
                        [
                            .int8(workspace.id), .text(name), .text("interactions"), .text("agent"),
                            .int2(.max), .jsonb(Array("{}".utf8)), .timestamp(now),
                        ])
                }
            } catch let error where error.state == .uniqueViolation && attempt < 20 {
                // Another process took the number, or made this very source: look again.
            }
        }
        throw DatabaseError(.usage, "the source of \(speaker.name) could not be made")
    }
}
