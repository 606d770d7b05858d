import Contact
import GroundTruth

@testable import Resolution

/// A few facets that show the same few values again and again, so that every rule comes into play; the same for the
/// resolver and for the reference.
struct RandomWorld {
    var facets: [ResolverFacet]
    var decisions: [Decision]
    var rules: Rules

    /// Made of the same data by code of the reference's own.
    var expected: ReferencePartition {
        ReferencePartition(
            facets.map(Self.reference), decisions: decisions.map(reference), rules: Self.reference(rules))
    }

    /// What is found, in words in which it can be compared: groups with their kinds, refused edges with their reasons.
    func found(_ partition: Partition) -> (groups: Set<String>, refused: Set<String>) {
        func text(_ place: Int) -> String { Self.reference(facets[place]).text }
        let groups = partition.groups.map { group in
            Self.words(group.facets.map(text).sorted(), "\(group.kind)", group.isContested)
        }
        let refused = partition.refused.map { edge, reason in
            switch edge.evidence {
            case .value(let identifier, let level): "\(reason.rawValue) \(text(edge.a)) by \(identifier) \(level)"
            case .decision, .soft:
                "\(reason.rawValue) " + [text(edge.a), text(edge.b)].sorted().joined(separator: " and ")
            }
        }
        return (Set(groups), Set(refused))
    }

    /// What the reference found, in the same words.
    static func found(_ partition: ReferencePartition) -> (groups: Set<String>, refused: Set<String>) {
        let groups = partition.groups.map { words($0.facets.sorted(), $0.kind.rawValue, $0.isContested) }
        let refused = partition.refused.map { one in
            switch one.evidence {
            case .value(let facet, let value, let level, _):
                "\(one.reason.rawValue) \(facet) by \(description(value)) \(words(level))"
            case .decision(let a, let b): "\(one.reason.rawValue) " + [a, b].sorted().joined(separator: " and ")
            }
        }
        return (Set(groups), Set(refused))
    }

    private static func words(_ facets: [String], _ kind: String, _ isContested: Bool) -> String {
        "\(kind)\(isContested ? " contested" : ""): \(facets.joined(separator: " & "))"
    }

    private static func words(_ level: ReferenceStanding) -> String {
        switch level {
        case .verified: "\(Level.verified)"
        case .presented: "\(Level.presented)"
        default: "\(Level.public)"
        }
    }

    private static func description(_ value: ReferenceValue) -> String {
        value.scope.isEmpty ? "\(value.kind):\(value.value)" : "\(value.kind):\(value.scope)/\(value.value)"
    }
}

extension RandomWorld {
    static func reference(_ facet: ResolverFacet) -> ReferenceFacet {
        ReferenceFacet(
            shown: facet.content.identifiers.map { shown in
                let standing: ReferenceStanding =
                    switch shown.standing {
                    case .claimed: .claimed
                    case .publiclyPresented: .public
                    case .presented: .presented
                    case .verified: .verified
                    }
                return ReferenceFacet.Shown(reference(shown.identifier), standing)
            },
            attributes: facet.content.attributes.map { ReferenceFacet.Attribute($0.name, $0.value) },
            period: facet.content.period.map { Int($0.number) })
    }

    private static func reference(_ identifier: Identifier) -> ReferenceValue {
        ReferenceValue(identifier.kind.name, scope: identifier.scope, identifier.value)
    }

    private func reference(_ decision: Decision) -> ReferenceDecision {
        func text(_ id: HubID) -> String { facets.first { $0.id == id }.map { Self.reference($0).text } ?? "\(id)" }
        return switch decision {
        case .same(let a, let b): .same(text(a), text(b))
        case .notSame(let left, let right): .notSame(left.map(text), right.map(text))
        case .shared(let value):
            .shared(
                Self.values.first { Self.id(CanonicalBytes.contentHash(of: $0)) == value }.map(Self.reference)
                    ?? ReferenceValue("email", "nobody"))
        }
    }

    private static func reference(_ rules: Rules) -> ReferenceRules {
        var reference = ReferenceRules()
        reference.degree = rules.degree
        reference.component = rules.component
        for kind in IdentifierKind.all.filter({ !$0.isOwn }) + [.own(own)] {
            let one = rules[kind]
            let least: ReferenceStanding? =
                switch one.links {
                case nil: nil
                case .verified: .verified
                case .presented: .presented
                case .claimed: .claimed
                }
            reference.kinds[kind.name] = ReferenceRules.Kind(
                links: least, exclusive: one.exclusive, tier: one.tier, values: one.values, names: one.names,
                gap: one.gap.map(Int.init), guessable: one.guessable)
            for value in one.blocked {
                let blocked = values.filter { $0.kind == kind && $0.value == value }.map(Self.reference)
                reference.blocked.formUnion(blocked)
            }
        }
        return reference
    }
}
