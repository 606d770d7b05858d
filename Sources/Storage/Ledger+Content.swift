internal import Contact
internal import Postgres
internal import Resolution

// What a transaction writes about customers and what they did: contents before the journal row, facets and observations
// under it.

extension Ledger {
    /// What stood outside the lock, for the part inside it.
    struct Written {
        /// A facet that is stored here unless somebody else was quicker, with the last day on which it was shown.
        typealias NewFacet = (facet: PreparedFacet, day: Int32, soft: PreparedSoft?)

        /// Those that were not there before the journal row was held.
        var unknown: [NewFacet] = []
        /// Those that were not there when it was.
        var newFacets: [NewFacet] = []
        /// What was searched for before the row was held, under the model in force then.
        var search: SoftSearch?
        /// Keys that were stored.
        var softKeys: [Soft.Key] = []
        /// Accepted into `trait`: greater than what stood there.
        var observations: [(trait: String, observation: NewObservation)] = []
        /// Facets whose last day rises.
        var risen: [(facet: HubID, day: Int32)] = []
        /// To remember once committed.
        var known: [(facet: HubID, day: Int32)] = []
    }

    func writeContent(
        _ new: NewRows, since head: JournalHead, in session: borrowing Session
    ) throws(DatabaseError) -> Written {
        var written = Written()
        guard !new.places.isEmpty else { return written }
        var statements: [(Statement, [Parameter])] = []
        if let messages = new.messages(workspace.id) { statements.append((.intakeMessages, messages)) }
        if let links = new.threadLinks(workspace.id) { statements.append((.intakeThreadLinks, links)) }
        statements.append((.intakeInteractions, new.interactions(workspace.id)))
        let missing = recall(new, since: head.era, into: &written)
        if !missing.isEmpty { statements.append(days(of: missing.map(\.facet.id))) }
        guard let rows = try session.pipeline(statements).last, !missing.isEmpty else { return written }
        // Only now: nearly all traffic shows facets that are known.
        let model = book.modelInForce
        written.unknown = try find(missing, rows, into: &written).map { facet, day in
            (facet, day, PreparedSoft(facet.content, model))
        }
        if !written.unknown.isEmpty { try storeKeys(head, into: &written, in: session) }
        return written
    }

    func days(of facets: [HubID]) -> (Statement, [Parameter]) {
        (.intakeKnownFacets, [.int8(workspace.id), .uuids(facets)])
    }

    /// Finds the days of the facets in memory, and returns those it does not know.
    private func recall(
        _ new: NewRows, since: JournalHead.Era, into written: inout Written
    ) -> [(facet: PreparedFacet, day: Int32)] {
        let remembered = known.days(of: new.facets.map(\.facet.id), since: since)
        var missing: [(facet: PreparedFacet, day: Int32)] = []
        for (use, day) in zip(new.facets, remembered) {
            if let day {
                if use.day > day { written.risen.append((use.facet.id, use.day)) }
            } else {
                missing.append(use)
            }
        }
        return missing
    }

    /// Finds the days of the others among the rows, and returns those that are not stored yet.
    private func find(
        _ missing: [(facet: PreparedFacet, day: Int32)], _ rows: borrowing Rows, into written: inout Written
    ) throws(DatabaseError) -> [(facet: PreparedFacet, day: Int32)] {
        var days: [HubID: Int32] = [:]
        for row in 0..<rows.count { days[try rows.id(row, 0)] = Int32(clamping: try rows.date(row, 1)) }
        var unknown: [(facet: PreparedFacet, day: Int32)] = []
        for use in missing {
            guard let day = days[use.facet.id] else {
                unknown.append(use)
                continue
            }
            written.known.append((use.facet.id, day))
            if use.day > day { written.risen.append((use.facet.id, use.day)) }
        }
        return unknown
    }

    /// Stores by what facets that may be new will be found: what they show, and the keys of what they say.
    private func storeKeys(
        _ head: JournalHead, into written: inout Written, in session: borrowing Session
    ) throws(DatabaseError) {
        var statements = [showings(of: written.unknown.map(\.facet))]
        let soft = Soft.distinct(written.unknown.compactMap(\.soft))
        if !soft.isEmpty {
            statements.append((.softKnown, [.int8(workspace.id), .int8s(soft.map(\.id))]))
            statements.append((.softModelPending, [.int8(workspace.id), .int4(head.model)]))
        }
        let results = try session.pipeline(statements)
        guard !soft.isEmpty else { return }
        let known = Set(try Soft.stored(results[1], of: soft).map(\.id))
        let new = soft.filter { !known.contains($0.id) }
        guard !new.isEmpty else { return }
        written.softKeys = Soft.keys(of: new)
        // While a model is taken to what is stored, keys change that no log has.
        guard results[2].isEmpty, let model = book.model(head.model) else {
            _ = try session.pipeline([Soft.add(written.softKeys, workspace)])
            return
        }
        var search = SoftSearch(workspace, model, book.memory)
        try search.prepare(new, storing: written.softKeys, in: session)
        written.search = search
    }

    /// Which of the facets that were unknown are new, now that nobody else stores any; rows of `intake.known_facets`.
    func settleUnknown(_ rows: borrowing Rows, into written: inout Written) throws(DatabaseError) {
        let unknown = written.unknown
        let new = Set(try find(unknown.map { ($0.facet, $0.day) }, rows, into: &written).map(\.facet.id))
        written.newFacets = unknown.filter { new.contains($0.facet.id) }
        written.known.append(contentsOf: written.newFacets.lazy.map { ($0.facet.id, $0.day) })
    }

    /// Stores facets with the profiles that they were placed in.
    func store(
        _ facets: [Written.NewFacet], _ profiles: [HubID: HubID]
    ) throws(DatabaseError) -> (Statement, [Parameter]) {
        var ids = ArrayBuilder(.uuid, reserving: facets.count)
        var places = ArrayBuilder(.uuid, reserving: facets.count)
        var periods = ArrayBuilder(.int2, reserving: facets.count)
        var days = ArrayBuilder(.date, reserving: facets.count)
        var attributes = ArrayBuilder(.jsonb, reserving: facets.count)
        var records = ArrayBuilder(.int8, reserving: facets.count)
        for (facet, day, soft) in facets {
            guard let profile = profiles[facet.id] else {
                throw DatabaseError(.usage, "the resolver has placed facet \(facet.id) in no profile")
            }
            ids.append(facet.id)
            places.append(profile)
            if let period = facet.content.period { periods.append(int2: period.number) } else { periods.appendNull() }
            days.append(date: Int(day))
            attributes.append(jsonb: facet.attributes)
            if let soft { records.append(int8: soft.id) } else { records.appendNull() }
        }
        return (
            .intakeFacets,
            [
                .int8(workspace.id), .array(ids), .array(places), .array(periods), .array(days), .array(attributes),
                .array(records),
            ]
        )
    }

    /// Arrays of `intake.identifiers`.
    func identifiers(of facets: [PreparedFacet]) -> [Parameter] {
        var seen: Set<HubID> = []
        var shown: [PreparedFacet.Shown] = []
        for one in facets.lazy.flatMap(\.shown) where seen.insert(one.id).inserted { shown.append(one) }
        if settings.control != .unsorted { shown.sort { $0.id < $1.id } }
        var ids = ArrayBuilder(.uuid, reserving: shown.count)
        var kinds = ArrayBuilder(.int2, reserving: shown.count)
        var scopes = ArrayBuilder(.text, reserving: shown.count)
        var values = ArrayBuilder(.text, reserving: shown.count)
        var roles = ArrayBuilder(.bool, reserving: shown.count)
        for one in shown {
            ids.append(one.id)
            kinds.append(int2: one.identifier.kind.code)
            scopes.append(text: one.identifier.scope)
            values.append(text: one.identifier.value)
            roles.append(bool: one.isRole)
        }
        return [.int8(workspace.id), .array(ids), .array(kinds), .array(scopes), .array(values), .array(roles)]
    }

    /// What they show.
    private func showings(of facets: [PreparedFacet]) -> (Statement, [Parameter]) {
        var pairs = facets.flatMap { facet in
            facet.shown.map { (identifier: $0.id, facet: facet.id, standing: $0.standing) }
        }
        if settings.control != .unsorted {
            pairs.sort { $0.identifier == $1.identifier ? $0.facet < $1.facet : $0.identifier < $1.identifier }
        }
        var identifiers = ArrayBuilder(.uuid, reserving: pairs.count)
        var ids = ArrayBuilder(.uuid, reserving: pairs.count)
        var assurances = ArrayBuilder(.int2, reserving: pairs.count)
        for pair in pairs {
            identifiers.append(pair.identifier)
            ids.append(pair.facet)
            assurances.append(int2: Int16(pair.standing.rawValue))
        }
        return (
            .intakeFacetIdentifiers, [.int8(workspace.id), .array(identifiers), .array(ids), .array(assurances)]
        )
    }

    /// Stores observations where they are greater than what stands there, and returns those in rows.
    func store(_ observations: [(trait: String, observation: NewObservation)]) -> (Statement, [Parameter]) {
        let count = observations.count
        var facets = ArrayBuilder(.uuid, reserving: count)
        var traits = ArrayBuilder(.text, reserving: count)
        var sources = ArrayBuilder(.int8, reserving: count)
        var values = ArrayBuilder(.jsonb, reserving: count)
        var hashes = ArrayBuilder(.bytea, reserving: count)
        var times = ArrayBuilder(.timestamptz, reserving: count)
        var assurances = ArrayBuilder(.int2, reserving: count)
        for (trait, observation) in observations {
            facets.append(observation.facet.id)
            traits.append(text: trait)
            sources.append(int8: observation.source)
            values.append(jsonb: observation.value)
            hashes.append(bytes: observation.hash)
            times.append(timestamp: observation.occurredAt)
            assurances.append(int2: Int16(observation.facet.assurance.rawValue))
        }
        return (
            .intakeTraits,
            [
                .int8(workspace.id), .array(facets), .array(traits), .array(sources), .array(values), .array(hashes),
                .array(times), .array(assurances),
            ]
        )
    }

    /// Those of facets that were known before.
    func store(
        _ observations: [(trait: String, observation: NewObservation)], into written: inout Written,
        in session: borrowing Session
    ) throws(DatabaseError) {
        let (statement, parameters) = store(observations)
        let rows = try session.execute(statement, parameters)
        var greater: Set<String> = []
        for row in 0..<rows.count {
            greater.insert("\(try rows.id(row, 0)) \(try rows.int64(row, 2)) \(try rows.text(row, 1))")
        }
        written.observations += observations.filter { trait, observation in
            greater.contains("\(observation.facet.id) \(observation.source) \(trait)")
        }
    }
}
