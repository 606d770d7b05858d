package import Contact
internal import Postgres
internal import Resolution

// What people decide about who is who: each takes the journal row, as a batch does, and recomputes one component.

extension Ledger {
    /// Makes a decision; with `isPreview`, only tells what would come of it.
    @concurrent
    package func decide(
        _ said: Said, who: String, why: String, isPreview: Bool = false, expecting expectation: Expectation? = nil
    ) async throws(DecisionError) -> Decided {
        let decision = HubID.random()
        let key = preparation.key
        return try await underRow(isPreview: isPreview) { (session, resolving) throws(DatabaseError) in
            let subject: Subject
            switch try Subject.find(said, key, self.workspace, resolving.rules, in: session) {
            case .failure(let error): return .failure(error)
            case .success(let found): subject = found
            }
            guard try self.areExpected(subject.profiles.union(subject.showing), expectation, in: session) else {
                return .failure(.changed)
            }
            _ = try session.execute(
                .decisionAdd,
                [
                    .int8(self.workspace.id), .uuid(decision), .int2(subject.kind),
                    subject.value.map { .uuid($0) } ?? .null(.uuid),
                    .text(who), .text(why), .timestamp(self.now()),
                ])
            try subject.write(decision, self.workspace, in: session)
            _ = try session.execute(.decisionHead, [.int8(self.workspace.id)])
            var reading = ComponentReading(self.workspace, resolving)
            try reading.add(profiles: subject.profiles, in: session)
            if let value = subject.value { try reading.add(anew: [value], in: session) }
            var (settlement, decided) = try self.settle(&reading, resolving, in: session)
            decided.decision = decision
            // Before what came of it.
            settlement.changes.insert(self.told(.decisionMade, decision, subject.kind, decided), at: 0)
            return .success((settlement, decided))
        }
    }

    /// Takes a decision back: from then on it is as if it had never been made.
    @concurrent
    package func revoke(
        _ decision: HubID, who: String, isPreview: Bool = false, expecting expectation: Expectation? = nil
    ) async throws(DecisionError) -> Decided {
        try await underRow(isPreview: isPreview) { (session, resolving) throws(DatabaseError) in
            let rows = try session.execute(.decisionOne, [.int8(self.workspace.id), .uuid(decision)])
            guard rows.count == 1 else {
                return .failure(DecisionError(.unknown, "there is no decision \(decision)"))
            }
            guard try rows.isNull(0, 1) else {
                return .failure(DecisionError(.unusable, "the decision \(decision) was revoked before"))
            }
            let value = try rows.optionalID(0, 0)
            let about = try session.execute(.decisionAbout, [.int8(self.workspace.id), .uuid(decision)])
            var profiles: Set<HubID> = []
            for row in 0..<about.count { profiles.insert(try about.id(row, 0)) }
            let showing = try Subject.showing(value, self.workspace, in: session)
            guard try self.areExpected(profiles.union(showing), expectation, in: session) else {
                return .failure(.changed)
            }
            _ = try session.execute(
                .decisionRevoke,
                [.int8(self.workspace.id), .uuid(decision), .timestamp(self.now()), .text(who)])
            var reading = ComponentReading(self.workspace, resolving)
            // Facets that were kept apart may belong together by what each of them shows.
            try reading.add(profiles: profiles, following: true, in: session)
            if let value { try reading.add(anew: [value], in: session) }
            var (settlement, decided) = try self.settle(&reading, resolving, in: session)
            let kind = try rows.int16(0, 2)
            settlement.changes.insert(self.told(.decisionRevoked, decision, kind, decided), at: 0)
            return .success((settlement, decided))
        }
    }

    /// Loads the decisions, partitions, and tells.
    func settle(
        _ reading: inout ComponentReading, _ resolving: Resolving, in session: borrowing Session
    ) throws(DatabaseError) -> (Settlement, Decided) {
        let settlement = try resolving.settle(try reading.finished(in: session), in: session)
        var decided = Decided()
        decided.profiles = settlement.profiles
        decided.merged = settlement.merged
        decided.split = settlement.split
        return (settlement, decided)
    }

    /// Runs a piece of work under the journal row, writes what it settles, and journals it; a preview is rolled back.
    func underRow(
        isPreview: Bool,
        _ body:
            @escaping @Sendable (borrowing Session, Resolving) throws(DatabaseError) -> Result<
                (Settlement, Decided), DecisionError
            >
    ) async throws(DecisionError) -> Decided {
        let result: Result<Decided, DecisionError>
        do throws(DatabaseError) {
            result = try await database.deciding(opening: workspace.opening) {
                (session: borrowing Session) throws(DatabaseError) -> Verdict<Result<Decided, DecisionError>> in
                let head = try self.journalHead(locking: true, in: session)
                var resolving = try self.resolving(head, in: session)
                // What is decided here counts at once.
                resolving.isDecided = true
                switch try body(session, resolving) {
                case .failure(let error): return .rollback(.failure(error))
                case .success((let settlement, var decided)):
                    guard !isPreview else { return .rollback(.success(decided)) }
                    try settlement.write(self.workspace, in: session)
                    let position = try self.append(
                        settlement.changes, after: head.position, in: session)
                    decided.cursor = (head.era.epoch, position)
                    return .commit(.success(decided))
                }
            }
        } catch {
            throw DecisionError(error)
        }
        let decided = try result.get()
        if !isPreview { bell.ring() }
        return decided
    }

    /// What is told of a decision: those it is about as they stand with it.
    private func told(_ type: ChangeType, _ decision: HubID, _ kind: Int16, _ decided: Decided) -> NewChange {
        let names = [1: "same", 2: "not_same", 3: "shared"]
        return NewChange(
            type: type, profile: decided.profiles.first, version: nil,
            body: JSONWriter.object([
                ("decision", JSONWriter.string(decision.description)),
                ("kind", JSONWriter.string(names[Int(kind)] ?? "")),
                ("profiles", JSONWriter.array(decided.profiles.map { JSONWriter.string($0.description) })),
            ]))
    }
}

/// What a decision is about, in facets.
private struct Subject {
    var kind: Int16
    var value: HubID?
    /// The living profiles that show it.
    var showing: Set<HubID> = []
    var left: [HubID] = []
    var right: [HubID] = []
    /// The living profiles of those facets.
    var profiles: Set<HubID> = []

    static func find(
        _ said: Said, _ key: ContentKey, _ workspace: Workspace, _ rules: Rules, in session: borrowing Session
    ) throws(DatabaseError) -> Result<Subject, DecisionError> {
        switch said {
        case .shared(let identifier):
            let value = key.identifier(identifier.spelt(by: rules.own) ?? identifier)
            let showing = try Self.showing(value, workspace, in: session)
            guard !showing.isEmpty else {
                return .failure(DecisionError(.unknown, "nobody shows \(identifier): there is nothing to decide"))
            }
            return .success(Subject(kind: 3, value: value, showing: showing))
        case .same(let a, let b):
            let people = try People.find([a, b], workspace, in: session)
            guard let left = people.first(of: a) else { return .failure(People.unknown(a)) }
            guard let right = people.first(of: b) else { return .failure(People.unknown(b)) }
            guard left != right else {
                return .failure(DecisionError(.unusable, "\(a) and \(b) are one facet, so they are the same already"))
            }
            return .success(Subject(kind: 1, left: [left], right: [right], profiles: people.living))
        case .notSame(let left, let right):
            guard !left.isEmpty, !right.isEmpty else {
                return .failure(DecisionError(.unusable, "name at least one profile or facet on each side"))
            }
            let people = try People.find(left + right, workspace, in: session)
            if let lost = (left + right).first(where: { people.first(of: $0) == nil }) {
                return .failure(People.unknown(lost))
            }
            // Where both sides lead to one profile, each stands for what it was born with.
            let meets = !people.homes(of: left).isDisjoint(with: people.homes(of: right))
            let sides = [left, right].map { ids in
                Set(ids.flatMap { meets ? [people.first(of: $0)].compactMap { $0 } : people.all(of: $0) }).sorted()
            }
            guard Set(sides[0]).isDisjoint(with: sides[1]) else {
                return .failure(
                    DecisionError(
                        .unusable,
                        "a facet stands on both sides: name facets or absorbed profiles to say which part is whose"
                    ))
            }
            return .success(Subject(kind: 2, left: sides[0], right: sides[1], profiles: people.living))
        }
    }

    static func showing(
        _ value: HubID?, _ workspace: Workspace, in session: borrowing Session
    ) throws(DatabaseError) -> Set<HubID> {
        let rows = try session.execute(
            .resolveShowing, [.int8(workspace.id), .uuids(value.map { [$0] } ?? [])])
        var profiles: Set<HubID> = []
        for row in 0..<rows.count { profiles.insert(try rows.id(row, 0)) }
        return profiles
    }

    func write(_ decision: HubID, _ workspace: Workspace, in session: borrowing Session) throws(DatabaseError) {
        guard !left.isEmpty else { return }
        var facets = ArrayBuilder(.uuid, reserving: left.count + right.count)
        var sides = ArrayBuilder(.int2, reserving: left.count + right.count)
        for (side, ids) in [(Int16(1), left), (2, right)] {
            for facet in ids {
                facets.append(facet)
                sides.append(int2: side)
            }
        }
        _ = try session.execute(
            .decisionFacetsAdd, [.int8(workspace.id), .uuid(decision), .array(facets), .array(sides)])
    }
}

/// Ids of profiles and facets, and the facets they stand for.
struct People {
    private var births: [HubID: (birth: HubID, living: HubID)] = [:]
    private var facets: [HubID: [HubID]] = [:]
    private var homes: [HubID: HubID] = [:]

    var living: Set<HubID> { Set(births.values.map(\.living)).union(homes.values) }

    static func find(
        _ ids: [HubID], _ workspace: Workspace, in session: borrowing Session
    ) throws(DatabaseError) -> People {
        var people = People()
        let wanted = Set(ids).sorted()
        let profiles = try session.execute(.decisionProfiles, [.int8(workspace.id), .uuids(wanted)])
        var living: Set<HubID> = []
        for row in 0..<profiles.count {
            let survivor = try profiles.id(row, 1)
            people.births[try profiles.id(row, 0)] = (try profiles.id(row, 2), survivor)
            living.insert(survivor)
        }
        let rows = try session.execute(
            .decisionFacets, [.int8(workspace.id), .uuids(wanted), .uuids(living.sorted())])
        for row in 0..<rows.count {
            let (facet, home) = (try rows.id(row, 0), try rows.id(row, 1))
            people.homes[facet] = home
            people.facets[home, default: []].append(facet)
        }
        return people
    }

    static func unknown(_ id: HubID) -> DecisionError {
        DecisionError(.unknown, "there is no living profile and no facet \(id)")
    }

    /// The facet an id stands for: itself, or the one a profile was born with, or its least.
    func first(of id: HubID) -> HubID? {
        guard let profile = births[id] else { return homes[id] == nil ? nil : id }
        return homes[profile.birth] == profile.living ? profile.birth : facets[profile.living]?.min()
    }

    /// All facets of a living profile; of any other id the one it stands for.
    func all(of id: HubID) -> [HubID] {
        if let profile = births[id], profile.living == id { return facets[id] ?? [] }
        return first(of: id).map { [$0] } ?? []
    }

    func homes(of ids: [HubID]) -> Set<HubID> {
        Set(ids.compactMap { births[$0]?.living ?? homes[$0] })
    }
}

extension Statement {
    static let decisionAdd = Statement(
        """
        /* decision.add */
        INSERT INTO decision (workspace, decision, kind, identifier, who, why, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """)
    static let decisionHead = Statement(
        """
        /* decision.head */
        UPDATE journal SET decided = true WHERE workspace = $1 AND NOT decided
        """)
    static let decisionFacetsAdd = Statement(
        """
        /* decision.facets_add */
        INSERT INTO decision_facet (workspace, facet, decision, side)
        SELECT $1, facet, $2, side FROM unnest($3::uuid[], $4::smallint[]) AS new (facet, side)
        ON CONFLICT DO NOTHING
        """)
    static let decisionRevoke = Statement(
        """
        /* decision.revoke */
        UPDATE decision SET revoked_at = $3, revoked_by = $4 WHERE workspace = $1 AND decision = $2
        """)
    static let decisionOne = Statement(
        """
        /* decision.one */
        SELECT identifier, revoked_at, kind FROM decision WHERE workspace = $1 AND decision = $2
        """)
    static let decisionAbout = Statement(
        """
        /* decision.about */
        SELECT DISTINCT facet.profile
        FROM decision_facet AS about JOIN facet ON facet.workspace = $1 AND facet.facet = about.facet
        WHERE about.workspace = $1 AND about.decision = $2
        """)
    static let decisionProfiles = Statement(
        """
        /* decision.profiles */
        SELECT profile, coalesce(canonical, profile), birth FROM profile
        WHERE workspace = $1 AND profile = ANY ($2::uuid[]) AND NOT gone
        """, isPlannedAnew: true)
    static let decisionFacets = Statement(
        """
        /* decision.facets */
        SELECT facet, profile FROM facet WHERE workspace = $1 AND facet = ANY ($2::uuid[])
        UNION
        SELECT facet, profile FROM facet WHERE workspace = $1 AND profile = ANY ($3::uuid[])
        """, isPlannedAnew: true)
}
