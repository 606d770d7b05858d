package import Contact
package import Postgres
package import Resolution

/// Reads profiles: who somebody is, why, and what happened.
package struct Profiles: Sendable {
    let database: Database
    let workspace: Workspace
    let key: ContentKey
    let book = RuleBook()
    let own: OwnKinds

    package init(_ database: Database, workspace: Workspace, key: ContentKey) {
        self.database = database
        self.workspace = workspace
        self.key = key
        own = OwnKinds(workspace)
    }

    /// Where an id leads: itself, its survivor, or nowhere any more.
    package enum Found: Sendable {
        case profile(Profile)
        /// Erased: the id was issued once and answers for ever.
        case gone
    }

    package var disclosures: Disclosures { Disclosures(database, workspace: workspace) }

    /// What is nobody's.
    package var hits: Hits { Hits(database, workspace: workspace) }

    /// An id once issued always answers; nil = it never was. With `guesses`, it is also told what was written under public
    /// keys and joins nobody, since anybody can guess it.
    package func profile(_ id: HubID, guesses: Bool = false) async throws(DatabaseError) -> Found? {
        let workspace = workspace
        // One state for all of its statements: a merge in between would tear the profile.
        let opening = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; " + workspace.opening
        return try await database.transaction(opening: opening) {
            (session: borrowing Session) throws(DatabaseError) -> Found? in
            try self.profile(id, guesses: guesses, in: session)
        }
    }

    /// The same, as a transaction sees it.
    func profile(
        _ id: HubID, guesses: Bool, in session: borrowing Session
    ) throws(DatabaseError) -> Found? {
        let rows = try session.execute(.profileByID, [.int8(workspace.id), .uuid(id)])
        guard rows.count == 1 else { return nil }
        if try rows.bool(0, 1) { return .gone }
        return .profile(try read(try rows.id(0, 0), askedFor: id, guesses: guesses, in: session))
    }

    /// The profiles in which an identifier is shown; several where the value is shared or was handed on.
    package func profiles(showing identifier: Identifier) async throws(DatabaseError) -> [HubID] {
        let workspace = workspace
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> [HubID] in
            guard let identifier = try own.spelt(identifier, in: session) else { return [] }
            let id = key.identifier(identifier)
            let rows = try session.execute(.profileByIdentifier, [.int8(workspace.id), .uuid(id)])
            var found: [HubID] = []
            for row in 0..<rows.count { found.append(try rows.id(row, 0)) }
            return found
        }
    }

    /// An identifier as the workspace spells it where its kind is the workspace's own; others are as they are.
    package func spelt(_ identifier: Identifier) async throws(DatabaseError) -> Identifier {
        guard identifier.kind.isOwn else { return identifier }
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Identifier in
            try own.spelt(identifier, in: session) ?? identifier
        }
    }

    static func entry(_ rows: borrowing Rows, _ row: Int) throws(DatabaseError) -> TimelineEntry {
        TimelineEntry(
            interaction: try rows.id(row, 0), occurredAt: try rows.timestamp(row, 1), channel: try rows.text(row, 2),
            isOutbound: try rows.int16(row, 3) == 1, source: try rows.text(row, 4),
            subject: try rows.optionalText(row, 5), body: try rows.jsonb(row, 6),
            thread: try rows.optionalID(row, 7), amount: try amount(rows, row))
    }

    private static func amount(
        _ rows: borrowing Rows, _ row: Int
    ) throws(DatabaseError) -> Interaction.Money? {
        guard let minor = try rows.optionalInt64(row, 8), let currency = try rows.optionalText(row, 9) else {
            return nil
        }
        return Interaction.Money(minor: minor, currency: currency)
    }

    /// The journal row as it stands.
    static func head(_ workspace: Workspace, in session: borrowing Session) throws(DatabaseError) -> JournalHead {
        try JournalHead(try session.execute(.intakeStart, [.int8(workspace.id)]), 0)
    }

    private func read(
        _ id: HubID, askedFor: HubID, guesses: Bool, in session: borrowing Session
    ) throws(DatabaseError) -> Profile {
        let parameters: [Parameter] = [.int8(workspace.id), .uuid(id)]
        let results = try session.pipeline([
            (.profileOwn, parameters), (.profileFacets, parameters), (.profileIdentifiers, parameters),
            (.profileObservations, parameters), (.profileAbsorbed, parameters), (.intakeStart, [.int8(workspace.id)]),
            (.consentStanding, parameters), (.memoryCounts, parameters), (.memoryPromises, parameters),
        ])
        let own = results[0]
        var profile = Profile(
            id: id, redirectedFrom: askedFor == id ? nil : askedFor,
            kind: (ProfileKind(rawValue: try own.int16(0, 0)) ?? .customer).name,
            version: try own.int64(0, 1), facets: [], traits: [], absorbed: [])
        let facets = results[1]
        var places: [HubID: Int] = [:]
        for row in 0..<facets.count {
            let facet = try facets.id(row, 0)
            places[facet] = profile.facets.count
            profile.facets.append(
                Profile.Facet(
                    id: facet, period: try facets.optionalInt16(row, 1).map { Period(number: $0) }, identifiers: [],
                    attributes: try facets.jsonb(row, 2)))
        }
        let shown = results[2]
        for row in 0..<shown.count {
            guard let place = places[try shown.id(row, 0)], let kind = IdentifierKind(code: try shown.int16(row, 2)),
                let standing = Standing(rawValue: UInt8(clamping: try shown.int16(row, 6)))
            else { continue }
            profile.facets[place].identifiers.append(
                Profile.Shown(
                    id: try shown.id(row, 1),
                    identifier: Identifier(
                        kind: kind, scope: try shown.text(row, 3), canonical: try shown.text(row, 4)),
                    standing: standing, isRole: try shown.bool(row, 5)))
        }
        let observed = results[3]
        for row in 0..<observed.count {
            profile.traits.append(
                Profile.Observed(
                    trait: try observed.text(row, 0), value: try observed.jsonb(row, 1),
                    source: try observed.text(row, 2), occurredAt: try observed.timestamp(row, 3),
                    assurance: Assurance(rawValue: UInt8(clamping: try observed.int16(row, 4))) ?? .claimed,
                    facet: try observed.id(row, 5), isWinner: try observed.bool(row, 6)))
        }
        let absorbed = results[4]
        for row in 0..<absorbed.count { profile.absorbed.append(try absorbed.id(row, 0)) }
        profile.consents = Consents(try StoredConsents.read(results[6]))
        profile.memories = (try results[7].int64(0, 0), try results[7].int64(0, 1))
        profile.promises = try StoredMemories.read(results[8])
        let resolving = try book.resolving(try JournalHead(results[5], 0), workspace, in: session)
        try Self.explain(&profile, by: resolving, guesses: guesses, in: session)
        profile.memberships = try memberships(of: profile, in: session)
        return profile
    }
}

/// A profile as people read it.
package struct Profile: Sendable {
    package struct Shown: Sendable {
        package let id: HubID
        package let identifier: Identifier
        package let standing: Standing
        package var assurance: Assurance { standing.assurance }
        package let isRole: Bool
        /// Others show the value too, so that it joins nobody.
        package var isShared = false
    }

    /// Two facets that are one customer, and what says so.
    package struct Link: Sendable {
        package let a: HubID
        package let b: HubID
        package let evidence: Partition.Evidence
    }

    /// A facet of this profile and one of another, what would join them, and why it does not.
    package struct Refused: Sendable {
        package let facet: HubID
        package let other: HubID
        package let profile: HubID
        package let evidence: Partition.Evidence
        package let reason: Partition.Reason
    }

    package struct Facet: Sendable {
        package let id: HubID
        package let period: Period?
        package var identifiers: [Shown]
        /// JSON object of the folded attributes.
        package let attributes: [UInt8]
    }

    package struct Observed: Sendable {
        package let trait: String
        /// JSON.
        package let value: [UInt8]
        package let source: String
        package let occurredAt: Int64
        package let assurance: Assurance
        package let facet: HubID
        /// False for one that another observation of the trait has beaten.
        package let isWinner: Bool
    }

    package let id: HubID
    /// The id that was asked for, where it redirects here.
    package var redirectedFrom: HubID?
    /// `customer`, `shared` or `organisation`.
    package let kind: String
    package let version: Int64
    package var facets: [Facet]
    /// Every observation, by trait, winners first.
    package var traits: [Observed]
    /// Ids that redirect here.
    package var absorbed: [HubID]

    /// Why its facets are one customer: the edges that hold it together.
    package var evidence: [Link] = []
    /// What was not believed: edges to facets of other profiles, each with the rule that it would break.
    package var refused: [Refused] = []

    /// The organisations that the customer belongs to.
    package var memberships: [Membership] = []

    /// What the customer agrees to and refuses.
    package var consents = Consents()
    /// What people remember for him, counted.
    package var memories: (open: Int64, closed: Int64) = (0, 0)
    /// Of it the promises that are open, the soonest due first, at most 20.
    package var promises: [Memory] = []
}

/// Where a page of a timeline ends: the next one begins with what is older.
package struct TimelinePlace: Hashable, Sendable {
    package let occurredAt: Int64
    package let interaction: HubID

    package init(occurredAt: Int64, interaction: HubID) {
        self.occurredAt = occurredAt
        self.interaction = interaction
    }

}

/// One interaction of a timeline.
package struct TimelineEntry: Sendable {
    package let interaction: HubID
    package let occurredAt: Int64
    package let channel: String
    package let isOutbound: Bool
    package let source: String
    package let subject: String?
    /// JSON object.
    package let body: [UInt8]
    /// The thread it belongs to, as ``Threads`` calls it.
    package var thread: HubID?
    package var amount: Interaction.Money?
}
