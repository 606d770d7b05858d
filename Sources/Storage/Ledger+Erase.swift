package import Contact
internal import Postgres
internal import Resolution

extension Ledger {
    /// Erases facets, or all facets of profiles, with their interactions and traits; what is left of the component is
    /// partitioned again. The key of an erased interaction stays, so that a replay brings nothing back.
    ///
    /// Messages with their originals, spelt-out identifiers that nobody shows any more, and what subscribers were told are not
    /// touched.
    @concurrent
    package func erase(_ ids: [HubID], isPreview: Bool = false) async throws(DecisionError) -> Decided {
        try await underRow(isPreview: isPreview) { (session, resolving) throws(DatabaseError) in
            let people = try People.find(ids, self.workspace, in: session)
            if let lost = ids.first(where: { people.first(of: $0) == nil }) { return .failure(People.unknown(lost)) }
            let facets = Set(ids.flatMap { people.all(of: $0) }).sorted()
            let parameters: [Parameter] = [.int8(self.workspace.id), .uuids(facets)]
            let shown = try session.execute(.eraseValues, parameters)
            var values: [HubID] = []
            for row in 0..<shown.count { values.append(try shown.id(row, 0)) }

            let named = try self.names(of: parameters, in: session)
            let interactions = try session.execute(.eraseInteractions, parameters)
            var keys: [HubID] = []
            for row in 0..<interactions.count { keys.append(try interactions.id(row, 0)) }
            _ = try session.execute(.eraseKeys, [.int8(self.workspace.id), .uuids(keys.sorted())])
            _ = try session.execute(.eraseShown, parameters)
            let stated = try session.execute(.eraseFacets, parameters)
            try self.forget(words: named, in: session)
            var records: Set<Int64> = []
            for row in 0..<stated.count where !(try stated.isNull(row, 0)) { records.insert(try stated.int64(row, 0)) }
            _ = try session.execute(.eraseHead, [.int8(self.workspace.id)])
            try self.endBirths(of: people.living.sorted(), with: facets, in: session)

            var reading = ComponentReading(self.workspace, resolving)
            try reading.add(profiles: people.living, following: true, in: session)
            try reading.add(anew: values, in: session)
            try reading.add(stating: try resolving.forget(records, in: session), in: session)
            reading.refold(people.living)
            let emptied = people.living.filter { id in !reading.component.homes.values.contains(id) }
            var (settlement, decided) = try self.settle(&reading, resolving, in: session)
            for id in emptied.sorted() {
                guard let profile = reading.component.profiles[id] else { continue }
                settlement.changes.append(
                    NewChange(
                        type: .profileErased, profile: id, version: profile.version + 1, body: JSONWriter.object([])))
            }
            try self.bury(emptied.sorted(), in: session)
            decided.erased = emptied.sorted()
            decided.interactions = keys.count
            return .success((settlement, decided))
        }
    }

    /// What was born with an erased facet was born with nothing that can come again: who shows the same later is somebody new.
    private func endBirths(
        of living: [HubID], with erased: [HubID], in session: borrowing Session
    ) throws(DatabaseError) {
        let parameters: [Parameter] = [.int8(workspace.id), .uuids(living)]
        let found = try session.pipeline([(.resolveProfiles, parameters), (.resolveAbsorbedIDs, parameters)])
        var orphaned: [HubID] = []
        for rows in found {
            for row in 0..<rows.count where erased.contains(try rows.id(row, 1)) {
                orphaned.append(try rows.id(row, 0))
            }
        }
        guard !orphaned.isEmpty else { return }
        _ = try session.execute(
            .eraseBirths,
            [.int8(workspace.id), .uuids(orphaned), .uuids(orphaned.map { _ in HubID.random() })])
    }

    /// Ids that have nobody left answer that they are gone, and so do those that redirect to them.
    private func bury(_ ids: [HubID], in session: borrowing Session) throws(DatabaseError) {
        guard !ids.isEmpty else { return }
        let parameters: [Parameter] = [.int8(workspace.id), .uuids(ids)]
        _ = try session.execute(.eraseRedirects, parameters)
        _ = try session.execute(.eraseProfiles, parameters)
    }
}

extension Statement {
    static let eraseValues = Statement(
        """
        /* erase.values */
        SELECT DISTINCT identifier FROM facet_identifier WHERE workspace = $1 AND facet = ANY ($2::uuid[])
        """, isPlannedAnew: true)
    static let eraseInteractions = Statement(
        """
        /* erase.interactions */
        DELETE FROM interaction USING unnest($2::uuid[]) AS erased (facet)
        WHERE interaction.workspace = $1 AND interaction.facet = erased.facet
        RETURNING interaction
        """, isPlannedAnew: true)
    static let eraseKeys = Statement(
        """
        /* erase.keys */
        UPDATE interaction_key SET facet = NULL WHERE workspace = $1 AND interaction = ANY ($2::uuid[])
        """, isPlannedAnew: true)
    static let eraseShown = Statement(
        """
        /* erase.shown */
        DELETE FROM facet_identifier WHERE workspace = $1 AND facet = ANY ($2::uuid[])
        """, isPlannedAnew: true)
    static let eraseFacets = Statement(
        """
        /* erase.facets */
        DELETE FROM facet WHERE workspace = $1 AND facet = ANY ($2::uuid[])
        RETURNING soft
        """, isPlannedAnew: true)
    static let eraseBirths = Statement(
        """
        /* erase.births */
        UPDATE profile SET birth = new.birth FROM unnest($2::uuid[], $3::uuid[]) AS new (profile, birth)
        WHERE profile.workspace = $1 AND profile.profile = new.profile
        """, isPlannedAnew: true)
    static let eraseHead = Statement(
        """
        /* erase.head */
        UPDATE journal SET erasures = erasures + 1 WHERE workspace = $1
        """)
    static let eraseRedirects = Statement(
        """
        /* erase.redirects */
        UPDATE profile SET canonical = NULL, gone = true
        FROM unnest($2::uuid[]) AS gone_now (survivor)
        WHERE profile.workspace = $1 AND profile.canonical = gone_now.survivor
        """, isPlannedAnew: true)
    static let eraseProfiles = Statement(
        """
        /* erase.profiles */
        UPDATE profile SET gone = true, facets = 0, traits = '{}', contested = false, version = version + 1
        WHERE workspace = $1 AND profile = ANY ($2::uuid[])
        """, isPlannedAnew: true)
}

// Search rows go with their facets; words of names by which others are found, too, stay.
extension Ledger {
    /// Words of the names of facets that are about to be erased; from here on nothing is indexed until that is done.
    private func names(of facets: [Parameter], in session: borrowing Session) throws(DatabaseError) -> Set<String> {
        _ = try session.execute(.searchCursorHold, [.int8(workspace.id)])
        let rows = try session.execute(.searchNames, facets)
        var said = SearchRows(workspace.id)
        for row in 0..<rows.count {
            for column in 0...1 {
                if let name = try rows.optionalText(row, column) { said.add(name: name) }
            }
        }
        return said.names
    }

    /// Takes away the words that nobody is called by any more.
    private func forget(words: Set<String>, in session: borrowing Session) throws(DatabaseError) {
        guard !words.isEmpty else { return }
        var builder = ArrayBuilder(.text, reserving: words.count)
        for word in words.sorted() { builder.append(text: word) }
        let rows = try session.execute(.searchUnshown, [.int8(workspace.id), .array(builder)])
        var gone: Set<String> = []
        for row in 0..<rows.count { gone.insert(try rows.text(row, 0)) }
        guard !gone.isEmpty else { return }
        _ = try session.execute(.searchWordsForget, SearchRows.parameters(gone, workspace.id))
    }
}
