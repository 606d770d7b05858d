internal import Contact
internal import Postgres
internal import Resolution

extension Settlement {
    /// Writes all of it: first who is born, then who goes where, then whom ids redirect to.
    func write(_ workspace: Workspace, in session: borrowing Session) throws(DatabaseError) {
        if !born.isEmpty { try bear(workspace, in: session) }
        if !repointed.isEmpty { try repoint(workspace, in: session) }
        if !raised.isEmpty { try raise(workspace, in: session) }
        if !redirected.isEmpty { try redirect(workspace, in: session) }
        if !shared.isEmpty { try share(workspace, in: session) }
    }

    private func bear(_ workspace: Workspace, in session: borrowing Session) throws(DatabaseError) {
        var ids = ArrayBuilder(.uuid, reserving: born.count)
        var births = ArrayBuilder(.uuid, reserving: born.count)
        var kinds = ArrayBuilder(.int2, reserving: born.count)
        var facets = ArrayBuilder(.int4, reserving: born.count)
        var traits = ArrayBuilder(.jsonb, reserving: born.count)
        var contested = ArrayBuilder(.bool, reserving: born.count)
        for one in born.sorted(by: { $0.id < $1.id }) {
            ids.append(one.id)
            births.append(one.birth)
            kinds.append(int2: one.kind.rawValue)
            facets.append(int4: Int32(clamping: one.facets))
            traits.append(jsonb: StoredTraits.write(one.traits))
            contested.append(bool: one.isContested)
        }
        _ = try session.execute(
            .resolveBorn,
            [
                .int8(workspace.id), .array(ids), .array(births), .array(kinds), .array(facets), .array(traits),
                .array(contested),
            ])
    }

    private func repoint(_ workspace: Workspace, in session: borrowing Session) throws(DatabaseError) {
        var facets = ArrayBuilder(.uuid, reserving: repointed.count)
        var profiles = ArrayBuilder(.uuid, reserving: repointed.count)
        for one in repointed {
            facets.append(one.facet)
            profiles.append(one.profile)
        }
        _ = try session.execute(.resolveRepoint, [.int8(workspace.id), .array(facets), .array(profiles)])
    }

    private func raise(_ workspace: Workspace, in session: borrowing Session) throws(DatabaseError) {
        var ids = ArrayBuilder(.uuid, reserving: raised.count)
        var versions = ArrayBuilder(.int8, reserving: raised.count)
        var facets = ArrayBuilder(.int4, reserving: raised.count)
        var traits = ArrayBuilder(.jsonb, reserving: raised.count)
        var kinds = ArrayBuilder(.int2, reserving: raised.count)
        var contested = ArrayBuilder(.bool, reserving: raised.count)
        for one in raised {
            ids.append(one.id)
            versions.append(int8: one.version)
            facets.append(int4: Int32(clamping: one.facets))
            traits.append(jsonb: StoredTraits.write(one.traits))
            kinds.append(int2: one.kind.rawValue)
            contested.append(bool: one.isContested)
        }
        _ = try session.execute(
            .resolveRaised,
            [
                .int8(workspace.id), .array(ids), .array(versions), .array(facets), .array(traits), .array(kinds),
                .array(contested),
            ])
    }

    private func redirect(_ workspace: Workspace, in session: borrowing Session) throws(DatabaseError) {
        var ids = ArrayBuilder(.uuid, reserving: redirected.count)
        var survivors = ArrayBuilder(.uuid, reserving: redirected.count)
        var versions = ArrayBuilder(.int8, reserving: redirected.count)
        for one in redirected {
            ids.append(one.profile)
            survivors.append(one.survivor)
            versions.append(int8: one.version)
        }
        _ = try session.execute(
            .resolveRedirect, [.int8(workspace.id), .array(ids), .array(survivors), .array(versions)])
    }

    private func share(_ workspace: Workspace, in session: borrowing Session) throws(DatabaseError) {
        _ = try session.execute(.resolveUnshare, [.int8(workspace.id), .uuids(shared.keys.sorted())])
        let runs = shared.sorted { $0.key < $1.key }.flatMap { value, runs in runs.map { (value, $0) } }
        guard !runs.isEmpty else { return }
        var values = ArrayBuilder(.uuid, reserving: runs.count)
        var levels = ArrayBuilder(.int2, reserving: runs.count)
        var firsts = ArrayBuilder(.int2, reserving: runs.count)
        var lasts = ArrayBuilder(.int2, reserving: runs.count)
        for (value, run) in runs {
            values.append(value)
            levels.append(int2: run.level.rawValue)
            firsts.append(int2: run.first)
            lasts.append(int2: run.last)
        }
        _ = try session.execute(
            .resolveShare, [.int8(workspace.id), .array(values), .array(levels), .array(firsts), .array(lasts)])
    }
}
