internal import Contact
internal import Postgres
internal import Resolution

/// What the resolver looks at: facets with the profiles they point to, and what is known of their values.
struct Component {
    /// A living profile as it was loaded.
    struct Loaded {
        var known: KnownProfile
        var version: Int64
        var traits: Traits
        var kind: ProfileKind
        var isContested: Bool
    }

    var facets: [ResolverFacet] = []
    /// The living profile of each facet; none of a new one.
    var homes: [HubID: HubID] = [:]
    /// Facets that are not stored yet.
    var new: Set<HubID> = []
    var profiles: [HubID: Loaded] = [:]
    /// As the table has it.
    var marked: [HubID: [SharedRun]] = [:]
    /// What of that is believed.
    var known: [HubID: [SharedRun]] { marked.filter { !anew.contains($0.key) } }

    func known(_ value: HubID) -> [SharedRun] { anew.contains(value) ? [] : marked[value] ?? [] }

    /// Values whose sharing is found anew.
    var anew: Set<HubID> = []
    var decisions: [Decision] = []
    /// Nil where soft evidence joins nobody, or nothing of it is about these facets.
    var soft: SoftEvidence?
    /// Profiles that have lost observations, so that their traits are folded anew.
    var refolded: Set<HubID> = []
}

/// Where some values are shared, as it was looked up.
struct Marks {
    private(set) var looked: Set<HubID> = []
    private(set) var runs: [HubID: [SharedRun]] = [:]
    /// Values that nobody had shown before this transaction: they are stored under the journal row, so that whoever shows
    /// one is known to it.
    private(set) var unseen: Set<HubID> = []

    /// Reads rows of `resolve.shared` that were asked about some values.
    mutating func read(_ rows: borrowing Rows, of values: [HubID]) throws(DatabaseError) {
        looked.formUnion(values)
        for row in 0..<rows.count {
            guard let level = Level(rawValue: try rows.int16(row, 1)) else { continue }
            runs[try rows.id(row, 0), default: []].append(
                SharedRun(level: level, first: try rows.int16(row, 2), last: try rows.int16(row, 3)))
        }
    }

    /// Reads rows of `intake.identifiers`.
    mutating func read(unseen rows: borrowing Rows) throws(DatabaseError) {
        for row in 0..<rows.count { unseen.insert(try rows.id(row, 0)) }
    }
}

/// Loads components under the journal row, in statements of sets.
struct ComponentReading {
    let workspace: Workspace
    let resolving: Resolving
    private var rules: Rules { resolving.rules }
    private(set) var component = Component()
    /// Values whose holders are among these facets, or were looked up.
    private var followed: Set<HubID> = []
    private var marked: Set<HubID> = []
    /// Soft records whose edges were followed.
    private var softly: Set<Int64> = []

    init(_ workspace: Workspace, _ resolving: Resolving) {
        self.workspace = workspace
        self.resolving = resolving
    }

    /// Takes in what was looked up before.
    mutating func take(_ marks: Marks) {
        marked.formUnion(marks.looked)
        component.marked.merge(marks.runs) { $1 }
        followed.formUnion(marks.unseen)
    }

    /// Looks for nobody alike some records that were just stored: the search has told whom they join, who is taken in by
    /// ``add(stating:following:in:)``, and nobody but new facets states them.
    mutating func skip(_ records: [PreparedSoft]) { softly.formUnion(records.lazy.map(\.id)) }

    /// Takes in facets that are about to be stored, and all that they may belong to.
    mutating func add(new facets: [ResolverFacet], in session: borrowing Session) throws(DatabaseError) {
        component.facets += facets
        component.new.formUnion(facets.lazy.map(\.id))
        try mark(linking(facets).map(\.value), in: session)
        try follow(open(facets), in: session)
        try add(profiles: try alike(facets, in: session), in: session)
    }

    /// Takes in all who state some records.
    mutating func add(
        stating records: Set<Int64>, following all: Bool = false, in session: borrowing Session
    ) throws(DatabaseError) {
        guard resolving.joinsSoftly, !records.isEmpty else { return }
        let rows = try session.execute(.softStating, [.int8(workspace.id), .int8s(records.sorted())])
        var profiles: Set<HubID> = []
        for row in 0..<rows.count { profiles.insert(try rows.id(row, 0)) }
        try add(profiles: profiles, following: all, in: session)
    }

    /// Takes in whole profiles, and all that they may belong to.
    mutating func add(
        profiles: Set<HubID>, following all: Bool = false, in session: borrowing Session
    ) throws(DatabaseError) {
        var pending = profiles.subtracting(component.profiles.keys)
        while !pending.isEmpty {
            let found = try load(pending, in: session)
            let facets = found.filter { facet in
                all || (component.homes[facet.id].flatMap { component.profiles[$0]?.isContested } ?? false)
            }
            try mark(linking(found).map(\.value), in: session)
            pending = try neighbours(open(facets) + guesses(found), in: session)
                .union(try alike(facets, in: session)).union(try named(beside: facets, in: session))
                .subtracting(component.profiles.keys)
        }
    }

    /// The profiles of those of whom a person said that they are the same as these, whatever keeps them apart.
    private func named(
        beside facets: [ResolverFacet], in session: borrowing Session
    ) throws(DatabaseError) -> Set<HubID> {
        guard resolving.isDecided, !facets.isEmpty else { return [] }
        let rows = try session.execute(
            .resolveDecisions, [.int8(workspace.id), .uuids(facets.map(\.id).sorted()), .uuids([])])
        var named: Set<HubID> = []
        for case .same(let a, let b) in try StoredDecisions.read(rows) { named.formUnion([a, b]) }
        named.subtract(component.facets.lazy.map(\.id))
        guard !named.isEmpty else { return [] }
        let homes = try session.execute(.intakeProfiles, [.int8(workspace.id), .uuids(named.sorted())])
        var found: Set<HubID> = []
        for row in 0..<homes.count { found.insert(try homes.id(row, 1)) }
        return found
    }

    /// Takes in those who show by a guess what a profile shows, or of whom a facet of it is a guess.
    mutating func add(guessesAt profile: HubID, in session: borrowing Session) throws(DatabaseError) {
        let own = component.facets.filter { component.homes[$0.id] == profile }
        let values = open(own) { rules[$0.identifier.kind].guessable }
        try add(profiles: try neighbours(values, in: session), in: session)
    }

    /// What facets could be joined by that stand beside a trusted one, and therefore are not: it counts again should the two
    /// come apart, and makes nobody contested.
    private func guesses(_ facets: [ResolverFacet]) -> [Linking] {
        let strong = Set(facets.lazy.filter(\.isTrusted).compactMap { component.homes[$0.id] })
        let beside = facets.filter { !$0.isTrusted && (component.homes[$0.id].map(strong.contains) ?? false) }
        return open(beside) { rules[$0.identifier.kind].guessable }
    }

    /// Takes in all who show some values, whose sharing is then found anew.
    mutating func add(anew values: [HubID], in session: borrowing Session) throws(DatabaseError) {
        component.anew.formUnion(values)
        let rows = try session.execute(.resolveShowing, [.int8(workspace.id), .uuids(values.sorted())])
        var profiles: Set<HubID> = []
        for row in 0..<rows.count { profiles.insert(try rows.id(row, 0)) }
        try add(profiles: profiles, in: session)
    }

    /// Profiles whose observations are no longer those that were folded.
    mutating func refold(_ profiles: Set<HubID>) { component.refolded.formUnion(profiles) }

    /// The component with the decisions about it, and what soft evidence there is.
    func finished(in session: borrowing Session) throws(DatabaseError) -> Component {
        var component = component
        let records = resolving.joinsSoftly ? Set(component.facets.compactMap(\.soft)) : []
        var statements: [(Statement, [Parameter])] = []
        if resolving.isDecided { statements.append(decisions) }
        if !records.isEmpty {
            statements.append((.softEdges, [.int8(workspace.id), .int8s(records.sorted())]))
        }
        guard !statements.isEmpty else { return component }
        let results = try session.pipeline(statements)
        if resolving.isDecided { component.decisions = try StoredDecisions.read(results[0]) }
        guard !records.isEmpty, let rows = results.last else { return component }
        let pairs = try SoftSearch.pairs(rows).filter { records.contains($0.a) && records.contains($0.b) }
        component.soft = SoftEvidence(model: resolving.model, pairs: pairs)
        return component
    }

    /// The profiles of those whose records join those of these facets, or are the same and would join by themselves.
    private mutating func alike(
        _ facets: [ResolverFacet], in session: borrowing Session
    ) throws(DatabaseError) -> Set<HubID> {
        guard resolving.joinsSoftly else { return [] }
        var records: [Int64: ResolverFacet] = [:]
        for facet in facets {
            if let record = facet.soft, softly.insert(record).inserted { records[record] = facet }
        }
        guard !records.isEmpty else { return [] }
        let own = records.filter { resolving.joinsItself($0.value) }.keys
        let rows = try session.execute(
            .softNeighbours, [.int8(workspace.id), .int8s(records.keys.sorted()), .int8s(own.sorted())])
        var found: Set<HubID> = []
        for row in 0..<rows.count { found.insert(try rows.id(row, 0)) }
        return found
    }

    private struct Linking {
        let value: HubID
        let hasGap: Bool
        let needsVerified: Bool
        /// Of organisations alone: persons who show the number too need not be looked at.
        let isOrganisation: Bool
    }

    /// The values that these facets may be joined by.
    private func linking(
        _ facets: [ResolverFacet], where isWanted: (ResolverFacet.Showing, ResolverFacet) -> Bool = { _, _ in true }
    ) -> [Linking] {
        var found: [HubID: Linking] = [:]
        for facet in facets {
            for showing in facet.showings where rules.level(of: showing) != nil && isWanted(showing, facet) {
                let kind = rules[showing.identifier.kind]
                found[showing.value] = Linking(
                    value: showing.value, hasGap: kind.gap != nil, needsVerified: kind.links == .verified,
                    isOrganisation: showing.isOrganisation && kind.links == nil)
            }
        }
        return found.values.sorted { $0.value < $1.value }
    }

    /// Those of them that are not shared where these facets show them.
    private func open(
        _ facets: [ResolverFacet], where isWanted: (ResolverFacet.Showing) -> Bool = { _ in true }
    ) -> [Linking] {
        linking(facets) { showing, facet in
            guard let level = rules.level(of: showing), isWanted(showing) else { return false }
            let hasGap = rules[showing.identifier.kind].gap != nil
            return !component.known(showing.value).contains { run in
                run.level >= level && (run.first...run.last).contains(hasGap ? facet.content.period?.number ?? 0 : 0)
            }
        }
    }

    private mutating func follow(_ values: [Linking], in session: borrowing Session) throws(DatabaseError) {
        try add(profiles: try neighbours(values, in: session), in: session)
    }

    /// Who shows these values where they are not shared.
    private mutating func neighbours(
        _ values: [Linking], in session: borrowing Session
    ) throws(DatabaseError) -> Set<HubID> {
        let values = values.filter { followed.insert($0.value).inserted }
        guard !values.isEmpty else { return [] }
        var ids = ArrayBuilder(.uuid, reserving: values.count)
        var gaps = ArrayBuilder(.bool, reserving: values.count)
        var verified = ArrayBuilder(.bool, reserving: values.count)
        var organisations = ArrayBuilder(.bool, reserving: values.count)
        for one in values {
            ids.append(one.value)
            gaps.append(bool: one.hasGap)
            verified.append(bool: one.needsVerified)
            organisations.append(bool: one.isOrganisation)
        }
        let rows = try session.execute(
            .resolveNeighbours,
            [.int8(workspace.id), .array(ids), .array(gaps), .array(verified), .array(organisations)])
        var found: Set<HubID> = []
        for row in 0..<rows.count { found.insert(try rows.id(row, 0)) }
        return found
    }

    /// Remembers where these values are shared.
    private mutating func mark(_ values: [HubID], in session: borrowing Session) throws(DatabaseError) {
        let values = values.filter { marked.insert($0).inserted }
        guard !values.isEmpty else { return }
        var marks = Marks()
        try marks.read(
            try session.execute(.resolveShared, [.int8(workspace.id), .uuids(values.sorted())]), of: values)
        component.marked.merge(marks.runs) { $1 }
    }

    private mutating func load(
        _ profiles: Set<HubID>, in session: borrowing Session
    ) throws(DatabaseError) -> [ResolverFacet] {
        let ids = profiles.sorted()
        guard !ids.isEmpty else { return [] }
        let results = try session.pipeline([
            (.resolveProfiles, [.int8(workspace.id), .uuids(ids)]),
            (.resolveFacets, [.int8(workspace.id), .uuids(ids)]),
        ])
        try component.load(results[0])
        let found = try StoredFacets.read(results[1])
        for (facet, profile) in found {
            component.facets.append(facet)
            component.homes[facet.id] = profile
        }
        return found.map(\.facet)
    }

    private var decisions: (Statement, [Parameter]) {
        let values = Set(component.facets.lazy.flatMap(\.showings).map(\.value))
        return (
            .resolveDecisions,
            [.int8(workspace.id), .uuids(component.facets.map(\.id).sorted()), .uuids(values.sorted())]
        )
    }
}

extension Component {
    /// Loads profiles that are alive; others are left out.
    mutating func load(
        _ ids: [HubID], _ workspace: Workspace, in session: borrowing Session
    ) throws(DatabaseError) {
        guard !ids.isEmpty else { return }
        try load(try session.execute(.resolveProfiles, [.int8(workspace.id), .uuids(ids)]))
    }

    mutating func load(_ rows: borrowing Rows) throws(DatabaseError) {
        for row in 0..<rows.count {
            let id = try rows.id(row, 0)
            profiles[id] = Loaded(
                known: KnownProfile(id: id, birth: try rows.id(row, 1), facets: Int(try rows.int32(row, 2))),
                version: try rows.int64(row, 3), traits: try StoredTraits.read(rows.jsonb(row, 4)),
                kind: ProfileKind(rawValue: try rows.int16(row, 5)) ?? .customer, isContested: try rows.bool(row, 6))
        }
    }
}

/// Facets as the tables hold them.
enum StoredFacets {
    /// Rows of one identifier each, those of a facet one after the other.
    static func read(
        _ rows: borrowing Rows
    ) throws(DatabaseError) -> [(facet: ResolverFacet, profile: HubID)] {
        var found: [(facet: ResolverFacet, profile: HubID)] = []
        var row = 0
        while row < rows.count {
            let id = try rows.id(row, 0)
            let profile = try rows.id(row, 1)
            let period = try rows.optionalInt16(row, 2).map { Period(number: $0) }
            let attributes = try attributes(rows.jsonb(row, 3))
            let soft = try rows.isNull(row, 10) ? nil : rows.int64(row, 10)
            var showings: [ResolverFacet.Showing] = []
            while row < rows.count, try rows.id(row, 0) == id {
                if let code = try rows.optionalInt16(row, 5), let kind = IdentifierKind(code: code),
                    let standing = Standing(rawValue: UInt8(clamping: try rows.int16(row, 9)))
                {
                    showings.append(
                        ResolverFacet.Showing(
                            value: try rows.id(row, 4),
                            identifier: Identifier(
                                kind: kind, scope: try rows.text(row, 6), canonical: try rows.text(row, 7)),
                            standing: standing, isRole: try rows.bool(row, 8)))
                }
                row += 1
            }
            let content = FacetContent.stored(
                showings.map { ShownIdentifier($0.identifier, standing: $0.standing) }, attributes: attributes,
                period: period)
            found.append((ResolverFacet(id: id, content: content, showings: showings, soft: soft), profile))
        }
        return found
    }

    static func attributes(_ json: [UInt8]) throws(DatabaseError) -> [FacetContent.Attribute] {
        guard json != Array("{}".utf8) else { return [] }
        do throws(Refusal) {
            return (try JSONValue(json).members ?? []).compactMap { name, value in
                value.string.map { FacetContent.Attribute(name: name, value: $0) }
            }
        } catch {
            throw DatabaseError(.usage, "facet.attributes does not hold JSON: \(error.detail)")
        }
    }
}
