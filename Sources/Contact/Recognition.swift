/// An identifier that a touchpoint shows, and what the table says may be told for it.
package struct RecognitionAsk: Sendable {
    package let identifier: Identifier
    package let assurance: Assurance
    package let rule: DisclosureRule

    package init(_ identifier: Identifier, _ assurance: Assurance, _ rule: DisclosureRule) {
        self.identifier = identifier
        self.assurance = assurance
        self.rule = rule
    }
}

/// Who is meant by what a touchpoint shows, and how much may be said: a pure function of what is shown and of who holds it.
package enum Recognition {
    /// One profile that shows an identifier.
    package struct Holder: Hashable, Sendable {
        package let profile: HubID
        /// The highest at which it shows it.
        package let standing: Standing
        /// The latest half-year in which it did, of a kind that changes hands.
        package let period: Period?
        /// Neither what is shared nor an organisation.
        package let isCustomer: Bool

        package init(profile: HubID, standing: Standing, period: Period?, isCustomer: Bool) {
            self.profile = profile
            self.standing = standing
            self.period = period
            self.isCustomer = isCustomer
        }
    }

    package struct Choice: Hashable, Sendable {
        package let profile: HubID
        package let level: DisclosureLevel
        package let needsConsent: Bool
        /// Of which identifier, in the order asked.
        package let place: Int
    }

    /// The one profile that the surest of what is shown points to; nil where that is nobody, or more than one.
    ///
    /// A profile holds an identifier for whoever vouched for it: where it was only claimed, anybody may have typed it, and to show it
    /// now, however surely, says nothing of the rest of that profile. What was shown under a public key counts only where nobody else
    /// shows the value. A value that changes hands points to nobody once as many half-years have passed as part one holder from the next.
    package static func choose(
        _ asks: [RecognitionAsk], _ holders: [[Holder]], gap: (IdentifierKind) -> Int16?, now: Period
    ) -> Choice? {
        var best: (assurance: Assurance, choices: [Choice])?
        for (place, ask) in asks.enumerated() where ask.rule.level > .nothing {
            guard let profile = holder(of: ask, among: holders[place], gap: gap(ask.identifier.kind), now: now) else {
                continue
            }
            let choice = Choice(
                profile: profile, level: ask.rule.level, needsConsent: ask.rule.needsConsent, place: place)
            if let known = best, known.assurance == ask.assurance {
                best?.choices.append(choice)
            } else if best.map({ $0.assurance < ask.assurance }) ?? true {
                best = (ask.assurance, [choice])
            }
        }
        guard let choices = best?.choices, Set(choices.map(\.profile)).count == 1 else { return nil }
        // Of two lines the one that says more; of equals the one that needs no consent.
        return choices.max { ($0.level, $1.needsConsent ? 1 : 0) < ($1.level, $0.needsConsent ? 1 : 0) }
    }

    private static func holder(
        of ask: RecognitionAsk, among holders: [Holder], gap: Int16?, now: Period
    ) -> HubID? {
        let vouched = holders.filter { $0.standing >= .presented }
        let counting = vouched.isEmpty ? holders.filter { $0.standing == .publiclyPresented } : vouched
        var present = counting
        if let gap {
            func isPast(_ period: Period, at moment: Period) -> Bool {
                Int(moment.number) - Int(period.number) - 1 > Int(gap)
            }
            guard let latest = counting.compactMap(\.period).max(), !isPast(latest, at: now) else { return nil }
            present = counting.filter { $0.period.map { !isPast($0, at: latest) } ?? false }
        }
        // Two who show it share it.
        guard present.count == 1, present[0].isCustomer else { return nil }
        return present[0].profile
    }
}
