/// Where a customer is met, which says who reads the answer.
package enum Touchpoint: String, Sendable, CaseIterable {
    case web, chat, email, forum, ticket
    /// A switchboard, or a machine that speaks.
    case phone
    /// A till.
    case store
    /// The screen of somebody of the company, which no customer sees.
    case agent

    /// Whether a page that anybody can read may ask from there.
    package var isOpenToPages: Bool { self == .web || self == .chat }
}

/// How much of what is known may be said. Each level holds what those before it hold.
package enum DisclosureLevel: Int16, Sendable, Comparable, CaseIterable {
    case nothing
    /// That somebody is back, and not who.
    case welcomeBack
    case nameAndTone
    case openMatters
    case all

    package var name: String {
        switch self {
        case .nothing: "nothing"
        case .welcomeBack: "welcome_back"
        case .nameAndTone: "name_and_tone"
        case .openMatters: "open_matters"
        case .all: "all"
        }
    }

    package init?(name: String) {
        guard let level = DisclosureLevel.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    package static func < (a: DisclosureLevel, b: DisclosureLevel) -> Bool { a.rawValue < b.rawValue }
}

/// One line of the table of disclosure: what whoever shows such an identifier, so surely, at such a touchpoint may be told.
package struct DisclosureRule: Hashable, Sendable {
    /// Nil: any.
    package let kind: IdentifierKind?
    package let assurance: Assurance?
    package let touchpoint: Touchpoint?
    package let level: DisclosureLevel
    /// Only where the customer agrees to be recognised, and has not refused it elsewhere.
    package let needsConsent: Bool

    package init(
        _ kind: IdentifierKind?, _ assurance: Assurance?, _ touchpoint: Touchpoint?, _ level: DisclosureLevel,
        needsConsent: Bool = false
    ) {
        self.kind = kind
        self.assurance = assurance
        self.touchpoint = touchpoint
        self.level = level
        self.needsConsent = needsConsent
    }

    /// What makes it one line: two of a workspace cannot have the same.
    package var place: [String] { [kind?.name ?? "", assurance?.name ?? "", touchpoint?.rawValue ?? ""] }

    fileprivate func covers(_ kind: IdentifierKind, _ assurance: Assurance, _ touchpoint: Touchpoint) -> Bool {
        // A workspace's own kinds are one to the table.
        (self.kind?.code ?? kind.code) == kind.code && (self.assurance ?? assurance) == assurance
            && (self.touchpoint ?? touchpoint) == touchpoint
    }

    /// A line that names more goes before one that names less; a named kind before a named touchpoint before an assurance.
    fileprivate var weight: Int {
        (kind == nil ? 0 : 4) + (touchpoint == nil ? 0 : 2) + (assurance == nil ? 0 : 1)
    }
}

/// Identifier kind × assurance × touchpoint → what may be said. The lines of a workspace go before those that come with the hub.
package struct DisclosureTable: Sendable {
    /// Who only says that he is somebody is told nothing anywhere. A browser is not a person: with consent it is welcomed back. What is
    /// proven opens name and matters. What several people or a company share opens nothing to a customer. Whoever works for the
    /// company is told all, as a profile would tell him.
    package static let shipped: [DisclosureRule] =
        [
            DisclosureRule(nil, nil, nil, .nothing),
            DisclosureRule(nil, .verified, nil, .openMatters),
            DisclosureRule(nil, .presented, .agent, .all),
            DisclosureRule(nil, .verified, .agent, .all),
        ]
        + [.cookie, .device].flatMap { kind in
            [
                DisclosureRule(kind, .presented, nil, .welcomeBack, needsConsent: true),
                DisclosureRule(kind, .verified, nil, .welcomeBack, needsConsent: true),
                DisclosureRule(kind, .presented, .agent, .all), DisclosureRule(kind, .verified, .agent, .all),
            ]
        }
        + [
            DisclosureRule(.landline, nil, nil, .nothing),
            DisclosureRule(.landline, .presented, .agent, .all), DisclosureRule(.landline, .verified, .agent, .all),
        ]
        + [.partitaIVA, .domain, .switchboard].flatMap { kind in
            [
                DisclosureRule(kind, nil, nil, .nothing), DisclosureRule(kind, .presented, .agent, .nothing),
                DisclosureRule(kind, .verified, .agent, .nothing),
            ]
        }

    /// The workspace's own lines.
    package let own: [DisclosureRule]

    package init(_ own: [DisclosureRule] = []) { self.own = own }

    /// What holds for one cell, and whether the workspace said so itself.
    package func cell(
        _ kind: IdentifierKind, _ assurance: Assurance, _ touchpoint: Touchpoint
    ) -> (rule: DisclosureRule, isOwn: Bool) {
        func find(_ rules: [DisclosureRule]) -> DisclosureRule? {
            rules.filter { $0.covers(kind, assurance, touchpoint) }.max { $0.weight < $1.weight }
        }
        if let rule = find(own) { return (rule, true) }
        // The first line covers everything.
        return (find(Self.shipped) ?? Self.shipped[0], false)
    }
}
