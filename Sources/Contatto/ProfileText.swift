internal import Contact
internal import Storage

/// A profile as text and as JSON.
enum ProfileText {
    static func write(_ profile: Profile, _ timeline: [TimelineEntry]) {
        StandardOutput.write("profile \(profile.id) (\(profile.kind), version \(profile.version))")
        if let asked = profile.redirectedFrom { StandardOutput.write("  \(asked) was absorbed by it") }
        for (identifier, assurance, facets) in identifiers(profile) {
            StandardOutput.write("  \(identifier)  \(assurance.name), in \(facets) facet\(facets == 1 ? "" : "s")")
        }
        for trait in profile.traits {
            let value = String(decoding: trait.value, as: UTF8.self)
            let origin = "\(trait.source), \(Timestamp.text(trait.occurredAt)), \(trait.assurance.name)"
            StandardOutput.write("  \(trait.isWinner ? "" : "(was) ")\(trait.trait) = \(value)  (\(origin))")
        }
        for entry in timeline {
            let subject = entry.subject.map { "  " + $0 } ?? ""
            let direction = entry.isOutbound ? "→" : "←"
            StandardOutput.write(
                "  \(Timestamp.text(entry.occurredAt)) \(direction) \(entry.channel) \(entry.source)\(subject)")
        }
    }

    static func writeJSON(_ profile: Profile, _ timeline: [TimelineEntry]) {
        StandardOutput.write(
            JSONWriter.object(
                head(profile) + [
                    (
                        "identifiers",
                        JSONWriter.array(
                            identifiers(profile).map { identifier, assurance, facets in
                                JSONWriter.object(
                                    self.identifier(identifier) + [
                                        ("assurance", JSONWriter.string(assurance.name)),
                                        ("facets", JSONWriter.number(Int64(facets))),
                                    ])
                            })
                    ),
                    (
                        "traits",
                        JSONWriter.object(profile.traits.filter(\.isWinner).map { ($0.trait, $0.value) })
                    ),
                    ("observations", JSONWriter.array(profile.traits.map(observation))),
                    (
                        "interactions",
                        JSONWriter.array(
                            timeline.map { entry in
                                JSONWriter.object([
                                    ("interaction", JSONWriter.string(entry.interaction.description)),
                                    ("occurred_at", JSONWriter.string(Timestamp.text(entry.occurredAt))),
                                    ("channel", JSONWriter.string(entry.channel)),
                                    ("source", JSONWriter.string(entry.source)),
                                    ("direction", JSONWriter.string(entry.isOutbound ? "out" : "in")),
                                    ("subject", entry.subject.map(JSONWriter.string) ?? Array("null".utf8)),
                                    ("body", entry.body),
                                ])
                            })
                    ),
                ]))
    }

    static func explain(_ profile: Profile) {
        let count = profile.facets.count
        StandardOutput.write("profile \(profile.id): \(count) facet\(count == 1 ? "" : "s")")
        for facet in profile.facets {
            let shown = facet.identifiers.map { "\($0.identifier) (\($0.isRole ? "role address" : $0.assurance.name))" }
            let period = facet.period.map { " \($0)" } ?? ""
            StandardOutput.write("  facet \(facet.id)\(period): \(shown.joined(separator: ", "))")
        }
        for (a, b, identifier) in profile.evidence {
            StandardOutput.write("  \(a) and \(b) both show \(identifier)")
        }
        if count == 1 { StandardOutput.write("  one facet: nothing had to be joined") }
    }

    static func explainJSON(_ profile: Profile) {
        StandardOutput.write(
            JSONWriter.object(
                head(profile) + [
                    (
                        "facets",
                        JSONWriter.array(
                            profile.facets.map { facet in
                                JSONWriter.object([
                                    ("facet", JSONWriter.string(facet.id.description)),
                                    (
                                        "period",
                                        facet.period.map { JSONWriter.string($0.description) } ?? Array("null".utf8)
                                    ),
                                    (
                                        "identifiers",
                                        JSONWriter.array(
                                            facet.identifiers.map { shown in
                                                JSONWriter.object(
                                                    self.identifier(shown.identifier) + [
                                                        ("assurance", JSONWriter.string(shown.assurance.name)),
                                                        ("role", Array((shown.isRole ? "true" : "false").utf8)),
                                                    ])
                                            })
                                    ),
                                    ("attributes", facet.attributes),
                                ])
                            })
                    ),
                    (
                        "evidence",
                        JSONWriter.array(
                            profile.evidence.map { a, b, identifier in
                                JSONWriter.object([
                                    (
                                        "facets",
                                        JSONWriter.array([
                                            JSONWriter.string(a.description), JSONWriter.string(b.description),
                                        ])
                                    ),
                                    ("identifier", JSONWriter.object(self.identifier(identifier))),
                                ])
                            })
                    ),
                ]))
    }

    private static func head(_ profile: Profile) -> [(String, [UInt8])] {
        [
            ("id", JSONWriter.string(profile.id.description)),
            ("redirected_from", profile.redirectedFrom.map { JSONWriter.string($0.description) } ?? Array("null".utf8)),
            ("kind", JSONWriter.string(profile.kind)),
            ("version", JSONWriter.number(profile.version)),
            ("absorbed", JSONWriter.array(profile.absorbed.map { JSONWriter.string($0.description) })),
        ]
    }

    private static func identifier(_ identifier: Identifier) -> [(String, [UInt8])] {
        [
            ("kind", JSONWriter.string(identifier.kind.name)), ("scope", JSONWriter.string(identifier.scope)),
            ("value", JSONWriter.string(identifier.value)),
        ]
    }

    private static func observation(_ observed: Profile.Observed) -> [UInt8] {
        JSONWriter.object([
            ("trait", JSONWriter.string(observed.trait)), ("value", observed.value),
            ("source", JSONWriter.string(observed.source)),
            ("occurred_at", JSONWriter.string(Timestamp.text(observed.occurredAt))),
            ("assurance", JSONWriter.string(observed.assurance.name)),
            ("facet", JSONWriter.string(observed.facet.description)),
            ("winner", Array((observed.isWinner ? "true" : "false").utf8)),
        ])
    }

    /// Each identifier once, at its highest assurance, with the number of facets that show it.
    private static func identifiers(_ profile: Profile) -> [(Identifier, Assurance, Int)] {
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
}
