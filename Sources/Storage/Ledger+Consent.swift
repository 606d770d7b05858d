package import Contact
internal import Postgres

/// What a customer has said, as it comes to be recorded.
package struct ConsentSaid: Sendable {
    package var purpose: ConsentPurpose
    /// Nil: all channels.
    package var channel: String?
    package var state: ConsentState
    package var basis: ConsentBasis?
    package var textVersion: String?
    /// Nil: now. Then what still stands, said again, is what stands.
    package var at: Int64?
    package var proof: String?

    package init(
        _ state: ConsentState, for purpose: ConsentPurpose, on channel: String? = nil, basis: ConsentBasis? = nil,
        textVersion: String? = nil, at: Int64? = nil, proof: String? = nil
    ) {
        self.purpose = purpose
        self.channel = channel
        self.state = state
        self.basis = basis
        self.textVersion = textVersion
        self.at = at
        self.proof = proof
    }

    func fault(now: Int64) -> String? {
        if state == .granted, basis == nil { return "what is granted needs its basis" }
        if let at, at > now { return "it cannot have been said later than now" }
        if let textVersion, !(1...200).contains(textVersion.unicodeScalars.count) {
            return "the version of the text is 1 to 200 characters"
        }
        if let proof, !(1...2_000).contains(proof.unicodeScalars.count) { return "the proof is 1 to 2,000 characters" }
        if let channel, !Self.isChannel(channel) { return "a channel is up to 32 of a-z, 0-9 and underscore" }
        return nil
    }

    /// What the table takes as the name of one channel.
    package static func isChannel(_ name: String) -> Bool {
        guard (1...32).contains(name.utf8.count), name != "all", let first = name.utf8.first, 97...122 ~= first else {
            return false
        }
        return name.utf8.allSatisfy { 97...122 ~= $0 || 48...57 ~= $0 || $0 == 95 }
    }
}

/// A consent as it was recorded, and what holds with it.
package struct RecordedConsent: Sendable {
    package let recorded: Recorded
    package let statement: ConsentStatement
    /// What counts now for its purpose and channel: another statement where another facet is stricter, or what was said later.
    package let standing: ConsentStatement
}

extension Ledger {
    /// Records what a customer has agreed to or refused. It is in force with the commit, for everybody who reads.
    ///
    /// Nothing is overwritten: what is said later counts from then on. The same statement recorded twice is one. What several
    /// people share can be refused, by any of them, but not granted.
    @concurrent
    package func record(
        _ said: ConsentSaid, of mention: Mention, by speaker: Speaker
    ) async throws(RecordError) -> RecordedConsent {
        let now = now()
        if let fault = said.fault(now: now) { throw RecordError(.invalid, fault) }
        let source = try await number(of: speaker)
        let (made, cursor) = try await recording {
            (session: borrowing Session, head: JournalHead) throws(DatabaseError) -> Result<
                (RecordedConsent, Settlement), RecordError
            > in
            let hanging: Hanging
            switch try self.hanging(mention, from: source, head, in: session) {
            case .failure(let error): return .failure(error)
            case .success(let found): hanging = found
            }
            guard !hanging.isShared || said.state.isRefusal else {
                return .failure(
                    RecordError(.conflict, "several people share what this profile shows: none can agree for all"))
            }
            var new = ConsentStatement(
                id: HubID(high: 0, low: 0), facet: hanging.facet, purpose: said.purpose, channel: said.channel,
                state: said.state, basis: said.basis, textVersion: said.textVersion.map(Text.storable),
                statedAt: said.at ?? now, recordedAt: now, who: speaker.name,
                source: speaker.source ?? hanging.source?.name, proof: said.proof.map(Text.storable),
                interaction: mention.interaction)
            new.id = self.preparation.key.consent(new)
            let statement: ConsentStatement
            var settlement = Settlement()
            if said.at == nil, let known = try self.standing(again: new, in: session) {
                statement = known
            } else {
                statement = new
                if try self.add(new, source: source ?? hanging.source?.id, in: session) {
                    settlement.changes = [Self.told(new, of: hanging.profile)]
                }
            }
            let rows = try session.execute(.consentStanding, [.int8(self.workspace.id), .uuid(hanging.profile)])
            let counts = Consents(try StoredConsents.read(rows)).statement(said.purpose, on: said.channel)
            let recorded = Recorded(
                profile: hanging.profile, facet: hanging.facet, isKnown: settlement.isEmpty,
                cursor: JournalCursor(epoch: head.era.epoch, position: head.position))
            return .success(
                (
                    RecordedConsent(recorded: recorded, statement: statement, standing: counts ?? statement),
                    settlement
                ))
        }
        var recorded = made.recorded
        recorded.cursor = cursor
        return RecordedConsent(recorded: recorded, statement: made.statement, standing: made.standing)
    }

    /// What its facet said last of the same, where that is the same but for its time: somebody who tries again, or says once
    /// more what holds.
    private func standing(
        again new: ConsentStatement, in session: borrowing Session
    ) throws(DatabaseError) -> ConsentStatement? {
        let rows = try session.execute(
            .consentLatest,
            [
                .int8(workspace.id), .uuid(new.facet), .text(new.purpose.rawValue), .text(new.channel ?? ""),
            ])
        guard let last = try StoredConsents.read(rows).first else { return nil }
        let isSame =
            last.channel == new.channel && last.state == new.state && last.basis == new.basis
            && last.textVersion == new.textVersion && last.who == new.who && last.source == new.source
            && last.proof == new.proof && last.interaction == new.interaction
        return isSame ? last : nil
    }

    /// False where it is there already.
    private func add(
        _ new: ConsentStatement, source: Int64?, in session: borrowing Session
    ) throws(DatabaseError) -> Bool {
        let rows = try session.execute(
            .consentAdd,
            [
                .int8(workspace.id), .uuid(new.id), .uuid(new.facet), .text(new.purpose.rawValue),
                .text(new.channel ?? ""), .int2(new.state.rawValue), .text(new.basis?.rawValue),
                .text(new.textVersion), .timestamp(new.statedAt), .timestamp(new.recordedAt), .text(new.who),
                .int8(source), .text(new.proof), new.interaction.map { .uuid($0) } ?? .null(.uuid),
            ])
        return rows.count == 1
    }

    private static func told(_ new: ConsentStatement, of profile: HubID) -> NewChange {
        NewChange(
            type: new.state.isRefusal ? .consentDenied : .consentGranted, profile: profile, version: nil,
            body: JSONWriter.object([
                ("consent", JSONWriter.string(new.id.description)),
                ("facet", JSONWriter.string(new.facet.description)),
                ("purpose", JSONWriter.string(new.purpose.rawValue)),
                ("channel", JSONWriter.string(new.channel ?? "all")),
                ("state", JSONWriter.string(new.state.name)),
            ]))
    }
}

extension Statement {
    static let consentAdd = Statement(
        """
        /* consent.add */
        INSERT INTO consent (workspace, consent, facet, purpose, channel, state, basis, text_version, stated_at, recorded_at,
          who, source, proof, interaction)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT DO NOTHING
        RETURNING consent
        """)
    /// Of what covers any of the same channels.
    static let consentLatest = Statement(
        """
        /* consent.latest */
        SELECT one.consent, one.facet, one.purpose, one.channel, one.state, one.basis, one.text_version, one.stated_at,
          one.recorded_at, one.who, source.name, one.proof, one.interaction
        FROM consent AS one
        LEFT JOIN source ON source.workspace = $1 AND source.source = one.source
        WHERE one.workspace = $1 AND one.facet = $2 AND one.purpose = $3 AND ($4 = '' OR one.channel IN ($4, ''))
        ORDER BY one.stated_at DESC, one.state DESC, one.consent DESC LIMIT 1
        """)
}
