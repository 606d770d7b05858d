internal import API
internal import Contact
internal import Resolution
internal import Storage

/// A profile as text and as JSON.
enum ProfileText {
    static func write(_ profile: Profile, _ timeline: [TimelineEntry]) {
        StandardOutput.write("profile \(profile.id) (\(profile.kind), version \(profile.version))")
        if let asked = profile.redirectedFrom { StandardOutput.write("  \(asked) was absorbed by it") }
        for (identifier, assurance, facets) in ProfileJSON.identifiers(profile) {
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
                ProfileJSON.head(profile) + ProfileJSON.known(profile) + [
                    ("interactions", JSONWriter.array(timeline.map(ProfileJSON.interaction)))
                ]))
    }

    static func explain(_ profile: Profile) {
        let count = profile.facets.count
        StandardOutput.write("profile \(profile.id): \(count) facet\(count == 1 ? "" : "s")")
        for facet in profile.facets {
            let shown = facet.identifiers.map { shown in
                let note =
                    shown.isRole
                    ? "role address"
                    : shown.assurance.name + (shown.standing == .publiclyPresented ? " under a public key" : "")
                        + (shown.isShared ? ", shared by several" : "")
                return "\(shown.identifier) (\(note))"
            }
            let period = facet.period.map { " \($0)" } ?? ""
            StandardOutput.write("  facet \(facet.id)\(period): \(shown.joined(separator: ", "))")
        }
        for link in profile.evidence {
            switch link.evidence {
            case .value(let identifier, _): StandardOutput.write("  \(link.a) and \(link.b) both show \(identifier)")
            case .decision: StandardOutput.write("  \(link.a) and \(link.b): a person said that they are one customer")
            }
        }
        for one in profile.refused {
            let what =
                switch one.evidence {
                case .value(let identifier, _): "both show \(identifier)"
                case .decision: "a person said that they are one customer"
                }
            StandardOutput.write("  not joined to \(one.profile) although \(what): \(one.reason.words)")
        }
        if count == 1 { StandardOutput.write("  one facet: nothing had to be joined") }
    }

    static func explainJSON(_ profile: Profile) {
        StandardOutput.write(JSONWriter.object(ProfileJSON.head(profile) + ProfileJSON.reasons(profile)))
    }
}
