internal import API
internal import Contact
internal import Delivery
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
        RecordText.write(shownBy: profile)
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
                    ("interactions", JSONWriter.array(timeline.map(StateJSON.interaction)))
                ]))
    }

    static func explain(_ profile: Profile, _ shown: [HubID: Profiles.Shown]) {
        let count = profile.facets.count
        StandardOutput.write("profile \(profile.id): \(count) facet\(count == 1 ? "" : "s")")
        if let asked = profile.redirectedFrom { StandardOutput.write("  \(asked) was absorbed by it") }
        if profile.kind == "shared" {
            StandardOutput.write("  shared: it hangs on what is several people's alone, so it is nobody's profile")
        }
        if profile.kind == "organisation" {
            StandardOutput.write("  an organisation: its tax number is shown with nothing of a person")
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
        for link in profile.evidence { write(link, shown) }
        for one in profile.refused { write(one, shown) }
        if count == 1 { StandardOutput.write("  one facet: nothing had to be joined") }
    }

    /// Why two are one customer, or are not.
    static func explain(_ pair: PairExplanation, _ shown: [HubID: Profiles.Shown]) {
        let (one, other) = pair.profiles
        StandardOutput.write(
            one == other
                ? "\(pair.a) and \(pair.b) are one customer, profile \(one)"
                : "\(pair.a) and \(pair.b) are not one customer, but profiles \(one) and \(other)")
        for link in pair.path { write(link, shown) }
        for one in pair.refused { write(one, shown) }
        if let alike = pair.alike, case .soft(let score) = alike.evidence {
            StandardOutput.write(
                "  most alike: \(alike.a) and \(alike.b), \(DecisionText.words(score))")
            for facet in [alike.a, alike.b] { write(facet, shown) }
        }
        guard pair.path.isEmpty, pair.refused.isEmpty else { return }
        StandardOutput.write(
            one == other ? "  they are the same facet" : "  nothing that could join customers is shown by both")
    }

    private static func write(_ link: Profile.Link, _ shown: [HubID: Profiles.Shown]) {
        switch link.evidence {
        case .value: StandardOutput.write("  \(link.a) and \(link.b) \(DecisionText.words(link.evidence))")
        case .decision, .soft:
            StandardOutput.write("  \(link.a) and \(link.b): \(DecisionText.words(link.evidence))")
        }
        for facet in [link.a, link.b] { write(facet, shown) }
    }

    /// When and where a facet was shown.
    private static func write(_ facet: HubID, _ shown: [HubID: Profiles.Shown]) {
        guard let shown = shown[facet] else { return }
        let count = DecisionText.counted(shown.interactions, "interaction")
        StandardOutput.write("    \(facet): \(shown.isMore ? "\(shown.interactions) interactions or more" : count)")
        StandardOutput.write("      \(words(shown.first))")
        if shown.last.interaction != shown.first.interaction { StandardOutput.write("      \(words(shown.last))") }
    }

    private static func words(_ moment: Profiles.Moment) -> String {
        "\(Timestamp.text(moment.occurredAt)) \(moment.channel) \(moment.source), \(moment.interaction)"
    }

    private static func write(_ one: Profile.Refused, _ shown: [HubID: Profiles.Shown]) {
        let why = "although \(DecisionText.words(one.evidence)): \(one.reason.words)"
        StandardOutput.write("  not joined to \(one.profile) \(why)")
        StandardOutput.write("    (facet \(one.facet), and there facet \(one.other))")
        for facet in [one.facet, one.other] { write(facet, shown) }
    }

    static func explainJSON(_ profile: Profile, _ shown: [HubID: Profiles.Shown]) {
        StandardOutput.write(
            JSONWriter.object(ProfileJSON.head(profile) + ProfileJSON.reasons(profile, shown: shown)))
    }
}
