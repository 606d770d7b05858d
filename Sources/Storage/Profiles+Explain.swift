internal import Contact
internal import Postgres
internal import Resolution

extension Profiles {
    /// Makes the partition of its component once more, and takes from it why the profile is what it is. Of guesses it is told
    /// only where they are asked for: anybody can make them.
    static func explain(
        _ profile: inout Profile, by resolving: Resolving, guesses: Bool, in session: borrowing Session
    ) throws(DatabaseError) {
        let rules = resolving.rules
        var reading = ComponentReading(resolving.workspace, resolving)
        try reading.add(profiles: [profile.id], in: session)
        if guesses { try reading.add(guessesAt: profile.id, in: session) }
        let component = try reading.finished(in: session)
        let found = partition(
            component.facets, decisions: component.decisions, rules: rules, known: component.known,
            soft: component.soft, explaining: true)
        let ids = component.facets.map(\.id)
        func isOwn(_ place: Int) -> Bool { component.homes[ids[place]] == profile.id }
        for edge in found.joined where isOwn(edge.a) && isOwn(edge.b) {
            profile.evidence.append(Profile.Link(a: ids[edge.a], b: ids[edge.b], evidence: edge.evidence))
        }
        for (edge, reason) in found.refused
        where isOwn(edge.a) != isOwn(edge.b) && (guesses || reason != .guess) {
            let (own, other) = isOwn(edge.a) ? (ids[edge.a], ids[edge.b]) : (ids[edge.b], ids[edge.a])
            guard let home = component.homes[other] else { continue }
            profile.refused.append(
                Profile.Refused(facet: own, other: other, profile: home, evidence: edge.evidence, reason: reason))
        }
        for facet in profile.facets.indices {
            let period = profile.facets[facet].period?.number ?? 0
            for place in profile.facets[facet].identifiers.indices {
                let shown = profile.facets[facet].identifiers[place]
                guard let level = Level(shown.standing) else { continue }
                profile.facets[facet].identifiers[place].isShared = (found.shared[shown.id] ?? []).contains { run in
                    run.level >= level
                        && (rules[shown.identifier.kind].gap == nil || (run.first...run.last).contains(period))
                }
            }
        }
    }
}
