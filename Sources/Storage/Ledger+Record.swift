package import Contact
package import Postgres
internal import Resolution

// What is said of a customer by people and sources, apart from interactions: consents, memories, preferences. Each takes the
// journal row, as a decision does: it is in force in the commit that records it.

/// Of whom something is said.
package struct Mention: Sendable {
    /// Any id he ever had.
    package var profile: HubID
    /// What he showed: says which of his facets is meant.
    package var identifier: Identifier?
    /// Where it was said: says the same.
    package var interaction: HubID?
    /// How he has to be found for anything to be recorded.
    package var expectation: Expectation?

    package init(_ profile: HubID, showing identifier: Identifier? = nil, in interaction: HubID? = nil) {
        self.profile = profile
        self.identifier = identifier
        self.interaction = interaction
    }
}

/// Who says it.
package struct Speaker: Sendable {
    /// A key, or somebody's login.
    package let name: String
    /// Of a connector, which speaks only of what its source has shown; nil = of everybody.
    package let source: String?

    package init(_ name: String, source: String? = nil) {
        self.name = name
        self.source = source
    }
}

/// Where it was recorded.
package struct Recorded: Sendable {
    /// The living profile.
    package let profile: HubID
    package let facet: HubID
    /// It was recorded before, and nothing was written.
    package let isKnown: Bool
    /// The place in the journal that covers it.
    package internal(set) var cursor: JournalCursor
}

/// Why something cannot be recorded, in words for whoever asked.
package struct RecordError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// It says too little, too much, or contradicts itself.
        case invalid
        /// There is no such profile, interaction or memory, or the profile does not show the identifier.
        case unknown
        /// The profile was erased.
        case gone
        /// Not as it stands.
        case conflict
        /// The profile is not as it was expected.
        case changed
        /// The source has shown nothing of this profile.
        case forbidden
        /// It speaks of what the law guards, and nobody has said that it is meant.
        case delicate([DelicateWords.Finding])
        case database(DatabaseError)
    }

    package let kind: Kind
    package let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    init(_ error: DatabaseError) { self.init(.database(error), String(describing: error)) }
}

/// The facet that something hangs on.
struct Hanging: Sendable {
    let facet: HubID
    let profile: HubID
    let isShared: Bool
    /// Of the interaction it was said in.
    let source: (id: Int64, name: String)?
}

extension Ledger {
    /// Runs a piece of work under the journal row and journals what it tells; what tells nothing is rolled back.
    func recording<Value: Sendable>(
        _ body:
            @escaping @Sendable (borrowing Session, JournalHead) throws(DatabaseError) -> Result<
                (Value, Settlement), RecordError
            >
    ) async throws(RecordError) -> (value: Value, cursor: JournalCursor) {
        let result: Result<(Value, JournalCursor, Bool), RecordError>
        do throws(DatabaseError) {
            result = try await database.deciding(opening: workspace.opening) {
                (session: borrowing Session) throws(DatabaseError) -> Verdict<
                    Result<(Value, JournalCursor, Bool), RecordError>
                > in
                let head = try self.journalHead(locking: true, in: session)
                switch try body(session, head) {
                case .failure(let error): return .rollback(.failure(error))
                case .success((let value, let settlement)):
                    var cursor = JournalCursor(epoch: head.era.epoch, position: head.position)
                    // What stands already is covered by what stands.
                    guard !settlement.isEmpty else { return .rollback(.success((value, cursor, false))) }
                    if !settlement.statements(self.workspace).isEmpty {
                        try settlement.write(self.workspace, in: session)
                    }
                    cursor.position = try self.append(settlement.changes, after: head.position, in: session)
                    return .commit(.success((value, cursor, true)))
                }
            }
        } catch {
            throw RecordError(error)
        }
        let (value, cursor, isNew) = try result.get()
        if isNew { bell.ring() }
        return (value, cursor)
    }

    /// The facet that is meant: of those that show the identifier the one with the least beside it, which is the surest to be
    /// his whatever is taken apart later; else the one of the interaction; else the one that the id was born with, so that it
    /// goes where the id goes; else the one seen last.
    func hanging(
        _ mention: Mention, from source: Int64?, _ head: JournalHead, in session: borrowing Session
    ) throws(DatabaseError) -> Result<Hanging, RecordError> {
        let found = try session.execute(.recordProfile, [.int8(workspace.id), .uuid(mention.profile)])
        guard found.count == 1 else {
            return .failure(RecordError(.unknown, "no profile ever had the id \(mention.profile)"))
        }
        guard try !found.bool(0, 1) else {
            return .failure(RecordError(.gone, "the profile \(mention.profile) was erased"))
        }
        let profile = try found.id(0, 0)
        guard try areExpected([profile], mention.expectation, in: session) else {
            return .failure(RecordError(.changed, "the profile \(profile) is no longer as it was seen"))
        }
        let isShared = try found.int16(0, 3) == 1
        var said: (facet: HubID, source: (id: Int64, name: String))?
        if let interaction = mention.interaction {
            let rows = try session.execute(.recordInteraction, [.int8(workspace.id), .uuid(interaction)])
            guard rows.count == 1, try rows.id(0, 1) == profile else {
                return .failure(RecordError(.unknown, "no interaction of this profile has the id \(interaction)"))
            }
            said = (try rows.id(0, 0), (try rows.int64(0, 2), try rows.text(0, 3)))
            guard source == nil || source == said?.source.id else {
                return .failure(RecordError(.forbidden, "the interaction is another source's"))
            }
        }
        if mention.identifier == nil, let said {
            return .success(Hanging(facet: said.facet, profile: profile, isShared: isShared, source: said.source))
        }
        let identifier = try value(of: mention.identifier, head, in: session)
        let rows = try session.execute(
            .recordFacet,
            [
                .int8(workspace.id), .uuid(profile), .uuid(try found.id(0, 2)),
                identifier.map { .uuid($0) } ?? .null(.uuid), .int8(source),
            ])
        guard rows.count == 1 else {
            return .failure(
                source == nil
                    ? RecordError(.unknown, "the profile does not show this identifier")
                    : RecordError(.forbidden, "the source has shown nothing of the kind of this profile"))
        }
        return .success(
            Hanging(facet: try rows.id(0, 0), profile: profile, isShared: isShared, source: said?.source))
    }

    private func value(
        of identifier: Identifier?, _ head: JournalHead, in session: borrowing Session
    ) throws(DatabaseError) -> HubID? {
        guard let identifier else { return nil }
        guard identifier.kind.isOwn else { return preparation.key.identifier(identifier) }
        let own = try resolving(head, in: session).rules.own
        return preparation.key.identifier(identifier.spelt(by: own) ?? identifier)
    }

    /// The number of the source that a connector speaks for.
    func number(of speaker: Speaker) async throws(RecordError) -> Int64? {
        guard let name = speaker.source else { return nil }
        do throws(DatabaseError) {
            guard let found = try await sources.find([name])[name] else {
                throw DatabaseError(.usage, "there is no source named \(name)")
            }
            return found.id
        } catch {
            throw RecordError(error)
        }
    }
}

extension Statement {
    /// (`OFFSET 0`: behind the wall a `coalesce` may leak, so that a row is not looked up by one.)
    static let recordProfile = Statement(
        """
        /* record.profile */
        SELECT living.profile, asked.gone, asked.birth, living.kind
        FROM (
          SELECT coalesce(canonical, profile) AS home, gone, birth FROM profile
          WHERE workspace = $1 AND profile = $2 OFFSET 0) AS asked
        JOIN profile AS living ON living.workspace = $1 AND living.profile = asked.home
        """)
    static let recordInteraction = Statement(
        """
        /* record.interaction */
        SELECT facet.facet, facet.profile, source.source, source.name
        FROM interaction_key AS known
        JOIN facet ON facet.workspace = $1 AND facet.facet = known.facet
        CROSS JOIN LATERAL (
          SELECT one.source FROM interaction AS one
          WHERE one.workspace = $1 AND one.facet = known.facet AND one.occurred_at = known.occurred_at
            AND one.interaction = known.interaction LIMIT 1) AS one
        JOIN source ON source.workspace = $1 AND source.source = one.source
        WHERE known.workspace = $1 AND known.interaction = $2
        """)
    /// (`OFFSET 0`: asked of each facet by itself; else a plan may read all interactions of the source at once.)
    static let recordFacet = Statement(
        """
        /* record.facet */
        SELECT facet.facet FROM facet
        WHERE facet.workspace = $1 AND facet.profile = $2
          AND ($4::uuid IS NULL OR EXISTS (
            SELECT FROM facet_identifier AS shown
            WHERE shown.workspace = $1 AND shown.identifier = $4 AND shown.facet = facet.facet OFFSET 0))
          AND ($5::bigint IS NULL OR EXISTS (
            SELECT FROM interaction AS one
            WHERE one.workspace = $1 AND one.facet = facet.facet AND one.source = $5 OFFSET 0))
        ORDER BY CASE WHEN $4 IS NULL THEN facet.facet <> $3::uuid END,
          CASE WHEN $4 IS NOT NULL THEN (
            SELECT count(*) FROM facet_identifier AS beside
            WHERE beside.workspace = $1 AND beside.facet = facet.facet) END,
          facet.last_day DESC, facet.facet
        LIMIT 1
        """, isPlannedAnew: true)
}
