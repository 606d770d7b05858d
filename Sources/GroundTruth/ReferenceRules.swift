/// What links, what excludes, and from when on a value is shared: the defaults, which a case may change.
package struct ReferenceRules: Equatable, Sendable {
    package struct Kind: Equatable, Sendable {
        /// The least standing at which a shared value joins facets; nil = never.
        package var links: ReferenceStanding?
        /// At most one value a profile and scope.
        package var exclusive = false
        /// From 1, the strongest.
        package var tier = 5
        /// How many distinct values of one exclusive kind and scope may stand beside a value; nil = any number.
        package var values: Int?
        /// How many names may stand beside a value of which no two can be one person's; nil = any number.
        package var names: Int?
        /// How many empty half-years still belong to one holder; nil = all.
        package var gap: Int?
        /// Whether somebody else could guess a value, or look it up.
        package var guessable = true

        package init(
            links: ReferenceStanding?, exclusive: Bool = false, tier: Int, values: Int? = nil, names: Int? = nil,
            gap: Int? = nil, guessable: Bool = true
        ) {
            self.links = links
            self.exclusive = exclusive
            self.tier = tier
            self.values = values
            self.names = names
            self.gap = gap
            self.guessable = guessable
        }
    }

    /// By name; a kind that is not here never links.
    package var kinds: [String: Kind]
    /// Values that never link.
    package var blocked: Set<ReferenceValue> = []
    /// How many facets a value may stand in.
    package var degree = 500
    /// How many facets may hang together before the weakest evidence is left out.
    package var component = 5_000

    package init() {
        kinds = ReferenceRules.defaults
    }

    func kind(_ name: String) -> Kind { kinds[name] ?? Kind(links: nil, tier: 5) }

    /// Whether a showing can link at a level.
    func takesPart(_ shown: ReferenceFacet.Shown, of facet: ReferenceFacet, at level: ReferenceStanding) -> Bool {
        let namesCompany = shown.value.kind == "partita_iva" && facet.isOrganisation
        guard shown.standing != .claimed, shown.standing >= level,
            let least = kind(shown.value.kind).links ?? (namesCompany ? .presented : nil),
            shown.standing.assurance >= least
        else { return false }
        return !shown.value.isRoleAddress && !blocked.contains(shown.value)
    }

    private static let defaults: [String: Kind] = [
        "codice_fiscale": Kind(links: .presented, exclusive: true, tier: 1),
        "customer_number": Kind(links: .presented, exclusive: true, tier: 1),
        "user_id": Kind(links: .presented, exclusive: true, tier: 1),
        "forum_account": Kind(links: .presented, tier: 2, values: 1),
        "ticket_requester": Kind(links: .presented, tier: 2, values: 1),
        "chat_account": Kind(links: .presented, tier: 2, values: 1),
        "card": Kind(links: .presented, tier: 2, values: 2, names: 2),
        "email": Kind(links: .presented, tier: 3, values: 1, names: 1),
        "phone": Kind(links: .presented, tier: 3, values: 1, names: 1, gap: 2),
        "cookie": Kind(links: .presented, tier: 4, values: 1, names: 1, gap: 2, guessable: false),
        "device": Kind(links: .presented, tier: 4, values: 1, names: 1, gap: 2, guessable: false),
        "landline": Kind(links: nil, tier: 5),
        "partita_iva": Kind(links: nil, tier: 5),
        "domain": Kind(links: nil, tier: 5),
        "switchboard": Kind(links: nil, tier: 5),
    ]
}
