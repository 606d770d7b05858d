package import Contact
internal import Delivery
internal import Resolution
package import Storage

/// Profiles and timelines as JSON: what the API answers and what `--json` prints.
package enum ProfileJSON {
    /// Who it is: the id, and the ids that lead to it.
    package static func head(_ profile: Profile) -> [(String, [UInt8])] {
        [
            ("id", JSONWriter.string(profile.id.description)),
            ("redirected_from", profile.redirectedFrom.map { JSONWriter.string($0.description) } ?? JSONWriter.null),
            ("kind", JSONWriter.string(profile.kind)), ("version", JSONWriter.number(profile.version)),
            ("absorbed", JSONWriter.array(profile.absorbed.map { JSONWriter.string($0.description) })),
        ]
    }

    /// What is known: identifiers, the winning traits, and every observation with where it comes from.
    package static func known(_ profile: Profile) -> [(String, [UInt8])] {
        let identifiers = identifiers(profile).map { identifier, assurance, facets in
            JSONWriter.object(
                StateJSON.identifier(identifier) + [
                    ("assurance", JSONWriter.string(assurance.name)), ("facets", JSONWriter.number(Int64(facets))),
                ])
        }
        return [
            ("identifiers", JSONWriter.array(identifiers)),
            ("traits", JSONWriter.object(profile.traits.filter(\.isWinner).map { ($0.trait, $0.value) })),
            ("observations", JSONWriter.array(profile.traits.map(observation))),
            ("organisations", JSONWriter.array(profile.memberships.map(membership))),
        ] + RecordJSON.shown(profile)
    }

    private static func membership(_ one: Profile.Membership) -> [UInt8] {
        JSONWriter.object([
            ("organisation", one.organisation.map { JSONWriter.string($0.description) } ?? JSONWriter.null),
            ("identifier", one.identifier.map { JSONWriter.object(StateJSON.identifier($0)) } ?? JSONWriter.null),
            ("name", one.name.map(JSONWriter.string) ?? JSONWriter.null),
            ("role", one.role.map(JSONWriter.string) ?? JSONWriter.null),
            ("since", one.since.map { JSONWriter.string(Timestamp.text($0)) } ?? JSONWriter.null),
            ("source", one.source.map(JSONWriter.string) ?? JSONWriter.null),
            ("facet", JSONWriter.string(one.facet.description)),
        ])
    }

    /// Why it is one: its facets, and the evidence that holds them together; with the interactions that showed it where
    /// those were looked up.
    package static func reasons(
        _ profile: Profile, shown: [HubID: Profiles.Shown]? = nil
    ) -> [(String, [UInt8])] {
        [
            ("facets", JSONWriter.array(profile.facets.map(facet))),
            ("evidence", JSONWriter.array(profile.evidence.map { link($0, shown: shown) })),
            ("refused", JSONWriter.array(profile.refused.map { refused($0, shown: shown) })),
        ]
    }

    static func link(_ link: Profile.Link, shown: [HubID: Profiles.Shown]? = nil) -> [UInt8] {
        let facets = [link.a, link.b]
        return JSONWriter.object(
            [("facets", JSONWriter.array(facets.map { JSONWriter.string($0.description) }))]
                + evidence(link.evidence) + interactions(facets, shown))
    }

    static func refused(_ one: Profile.Refused, shown: [HubID: Profiles.Shown]? = nil) -> [UInt8] {
        let facets = [one.facet, one.other]
        return JSONWriter.object(
            [
                ("facets", JSONWriter.array(facets.map { JSONWriter.string($0.description) })),
                ("profile", JSONWriter.string(one.profile.description)),
                ("reason", JSONWriter.string(one.reason.rawValue)), ("words", JSONWriter.string(one.reason.words)),
            ] + evidence(one.evidence) + interactions(facets, shown))
    }

    /// Of each end of a link in turn: the first and the last interaction that showed it; null where that was not looked up.
    private static func interactions(
        _ facets: [HubID], _ shown: [HubID: Profiles.Shown]?
    ) -> [(String, [UInt8])] {
        guard let shown else { return [] }
        let ends = facets.map { facet in
            shown[facet].map { one in
                JSONWriter.object([
                    ("first", moment(one.first)), ("last", moment(one.last)),
                    ("count", JSONWriter.number(Int64(one.interactions))), ("more", JSONWriter.bool(one.isMore)),
                ])
            } ?? JSONWriter.null
        }
        return [("interactions", JSONWriter.array(ends))]
    }

    private static func moment(_ moment: Profiles.Moment) -> [UInt8] {
        JSONWriter.object([
            ("interaction", JSONWriter.string(moment.interaction.description)),
            ("occurred_at", JSONWriter.string(Timestamp.text(moment.occurredAt))),
            ("channel", JSONWriter.string(moment.channel)), ("source", JSONWriter.string(moment.source)),
        ])
    }

    static func evidence(_ evidence: Partition.Evidence) -> [(String, [UInt8])] {
        switch evidence {
        case .value(let identifier, let level):
            [
                ("identifier", JSONWriter.object(StateJSON.identifier(identifier))),
                ("level", JSONWriter.string("\(level)")),
            ]
        case .decision: [("decision", JSONWriter.string("same"))]
        case .soft(let score): [("alike", JSONWriter.object(alike(score)))]
        }
    }

    /// How much two facets are alike: bits in all, and of each field that both have, with its level.
    static func alike(_ score: SoftScore) -> [(String, [UInt8])] {
        let fields = SoftField.allCases.compactMap { field -> (String, [UInt8])? in
            let (level, bits) = score[field]
            guard score.levels[field.rawValue] > 0 else { return nil }
            return (
                field.name, JSONWriter.object([("level", JSONWriter.string(level)), ("bits", decimal(bits))])
            )
        }
        return [("bits", decimal(score.bits)), ("fields", JSONWriter.object(fields))]
    }

    /// With one digit behind the point.
    private static func decimal(_ bits: Double) -> [UInt8] {
        let tenths = Int((bits * 10).rounded())
        let text = "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
        return Array(text.utf8)
    }

    /// Each identifier once, at its highest assurance, with the number of facets that show it.
    package static func identifiers(_ profile: Profile) -> [(Identifier, Assurance, Int)] {
        var order: [Identifier] = []
        var seen: [Identifier: (Assurance, Int)] = [:]
        for shown in profile.facets.lazy.flatMap(\.identifiers) {
            if let known = seen[shown.identifier] {
                seen[shown.identifier] = (max(known.0, shown.assurance), known.1 + 1)
            } else {
                order.append(shown.identifier)
                seen[shown.identifier] = (shown.assurance, 1)
            }
        }
        return order.compactMap { identifier in seen[identifier].map { (identifier, $0.0, $0.1) } }
    }

    private static func facet(_ facet: Profile.Facet) -> [UInt8] {
        let identifiers = facet.identifiers.map { shown in
            JSONWriter.object(
                StateJSON.identifier(shown.identifier) + [
                    ("assurance", JSONWriter.string(shown.assurance.name)),
                    ("public", JSONWriter.bool(shown.standing == .publiclyPresented)),
                    ("role", JSONWriter.bool(shown.isRole)), ("shared", JSONWriter.bool(shown.isShared)),
                ])
        }
        return JSONWriter.object([
            ("facet", JSONWriter.string(facet.id.description)),
            ("period", facet.period.map { JSONWriter.string($0.description) } ?? JSONWriter.null),
            ("identifiers", JSONWriter.array(identifiers)), ("attributes", facet.attributes),
        ])
    }

    private static func observation(_ observed: Profile.Observed) -> [UInt8] {
        JSONWriter.object([
            ("trait", JSONWriter.string(observed.trait)), ("value", observed.value),
            ("source", JSONWriter.string(observed.source)),
            ("occurred_at", JSONWriter.string(Timestamp.text(observed.occurredAt))),
            ("assurance", JSONWriter.string(observed.assurance.name)),
            ("facet", JSONWriter.string(observed.facet.description)),
            ("winner", JSONWriter.bool(observed.isWinner)),
        ])
    }
}
