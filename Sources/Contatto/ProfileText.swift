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
        if let asked = profile.redirectedFrom { StandardOutput.write("  \(asked) was absorbed by it") }
        if profile.kind == "shared" {
            StandardOutput.write("  shared: it hangs on what is several people's alone, so it is nobody's profile")
        }
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
        profile.evidence.forEach(write)
        profile.refused.forEach(write)
        if count == 1 { StandardOutput.write("  one facet: nothing had to be joined") }
    }

    /// Why two are one customer, or are not.
    static func explain(_ pair: PairExplanation) {
        let (one, other) = pair.profiles
        StandardOutput.write(
            one == other
                ? "\(pair.a) and \(pair.b) are one customer, profile \(one)"
                : "\(pair.a) and \(pair.b) are not one customer, but profiles \(one) and \(other)")
        pair.path.forEach(write)
        pair.refused.forEach(write)
        if let alike = pair.alike, case .soft(let score) = alike.evidence {
            StandardOutput.write(
                "  most alike: \(alike.a) and \(alike.b), \(DecisionText.words(score))")
        }
        guard pair.path.isEmpty, pair.refused.isEmpty else { return }
        StandardOutput.write(
            one == other ? "  they are the same facet" : "  nothing that could join customers is shown by both")
    }

    private static func write(_ link: Profile.Link) {
        switch link.evidence {
        case .value: StandardOutput.write("  \(link.a) and \(link.b) \(DecisionText.words(link.evidence))")
        case .decision, .soft:
            StandardOutput.write("  \(link.a) and \(link.b): \(DecisionText.words(link.evidence))")
        }
    }

    private static func write(_ one: Profile.Refused) {
        let why = "although \(DecisionText.words(one.evidence)): \(one.reason.words)"
        StandardOutput.write("  not joined to \(one.profile) \(why)")
        StandardOutput.write("    (facet \(one.facet), and there facet \(one.other))")
    }

    static func explainJSON(_ profile: Profile) {
        StandardOutput.write(JSONWriter.object(ProfileJSON.head(profile) + ProfileJSON.reasons(profile)))
    }
}
