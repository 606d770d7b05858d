internal import Contact
internal import Postgres
internal import Resolution

extension Settlement {
    /// What writes all of it: first who is born, then who goes where, then whom ids redirect to.
    func statements(_ workspace: Workspace) -> [(Statement, [Parameter])] {
        var statements: [(Statement, [Parameter])] = []
        if !born.isEmpty { statements.append(bear(workspace)) }
        if !repointed.isEmpty { statements.append(repoint(workspace)) }
        if !raised.isEmpty { statements.append(raise(workspace)) }
        if !redirected.isEmpty { statements.append(redirect(workspace)) }
        if !shared.isEmpty { statements += share(workspace) }
        return statements
    }

    func write(_ workspace: Workspace, in session: borrowing Session) throws(DatabaseError) {
        _ = try session.pipeline(statements(workspace))
    }

    private func bear(_ workspace: Workspace) -> (Statement, [Parameter]) {
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
        return (
            .resolveBorn,
            [
                .int8(workspace.id), .array(ids), .array(births), .array(kinds), .array(facets), .array(traits),
                .array(contested),
            ]
        )
    }

    private func repoint(_ workspace: Workspace) -> (Statement, [Parameter]) {
        var facets = ArrayBuilder(.uuid, reserving: repointed.count)
        var profiles = ArrayBuilder(.uuid, reserving: repointed.count)
        for one in repointed {
            facets.append(one.facet)
            profiles.append(one.profile)
        }
        return (.resolveRepoint, [.int8(workspace.id), .array(facets), .array(profiles)])
    }

    private func raise(_ workspace: Workspace) -> (Statement, [Parameter]) {
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
        return (
            .resolveRaised,
            [
                .int8(workspace.id), .array(ids), .array(versions), .array(facets), .array(traits), .array(kinds),
                .array(contested),
            ]
        )
    }

    private func redirect(_ workspace: Workspace) -> (Statement, [Parameter]) {
        var ids = ArrayBuilder(.uuid, reserving: redirected.count)
        var survivors = ArrayBuilder(.uuid, reserving: redirected.count)
        var versions = ArrayBuilder(.int8, reserving: redirected.count)
        for one in redirected {
            ids.append(one.profile)
            survivors.append(one.survivor)
            versions.append(int8: one.version)
        }
        return (
            .resolveRedirect, [.int8(workspace.id), .array(ids), .array(survivors), .array(versions)]
        )
    }

    private func share(_ workspace: Workspace) -> [(Statement, [Parameter])] {
        let unshare = (Statement.resolveUnshare, [Parameter.int8(workspace.id), .uuids(shared.keys.sorted())])
        let runs = shared.sorted { $0.key < $1.key }.flatMap { value, runs in runs.map { (value, $0) } }
        guard !runs.isEmpty else { return [unshare] }
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
        return [
            unshare,
            (.resolveShare, [.int8(workspace.id), .array(values), .array(levels), .array(firsts), .array(lasts)]),
        ]
    }
}
