import Contact

@testable import Resolution

extension RandomWorld {
    init(_ random: inout Seeded, facets most: Int = 12, standings: [Standing]? = nil) {
        var facets: [HubID: ResolverFacet] = [:]
        for _ in 0..<Int.random(in: 1...most, using: &random) {
            let one = Self.facet(&random, standings: standings)
            facets[one.id] = one
        }
        self.facets = facets.values.sorted { $0.id < $1.id }
        rules = Self.rules(&random)
        decisions = []
        for _ in 0..<[0, 0, 1, 2, 4].drawn(&random) { decisions.append(decision(&random)) }
    }

    /// The few values that there are.
    static let values: [Identifier] =
        ["a@x.example", "b@x.example", "c@x.example", "info@x.example"].map {
            Identifier(kind: .email, scope: "", canonical: $0)
        } + ["+393200000001", "+393200000002"].map { Identifier(kind: .phone, scope: "", canonical: $0) }
        + ["1", "2"].map { Identifier(kind: .cookie, scope: "s", canonical: $0) }
        + ["1", "2", "3"].map { Identifier(kind: .customerNumber, scope: "crm", canonical: $0) }
        + ["s", "t"].map { Identifier(kind: .userID, scope: $0, canonical: "u") }
        + [Identifier(kind: .userID, scope: "s", canonical: "w")]
        + ["1", "2"].map { Identifier(kind: .card, scope: "f", canonical: $0) }
        + ["1", "2"].map { Identifier(kind: .forumAccount, scope: "f", canonical: $0) }
        + ["1", "2"].map { Identifier(kind: .custom, scope: own, canonical: $0) }
        + ["1", "2"].map { Identifier(kind: .partitaIVA, scope: "", canonical: $0) }
        + [
            Identifier(kind: .landline, scope: "", canonical: "+390641"),
            .init(kind: .device, scope: "s", canonical: "d"),
        ]

    /// A kind that the workspace has declared for itself.
    static let own = "m"

    private static let names = [
        "mario rossi", "rossi mario", "m rossi", "maria rossi", "anna rossi", "ugo d'angelo", "rossi", "mraio rossi",
        "pino rossi", "giuseppe rossi", "enzo rossi", "lorenzo rossi", "vincenzo rossi",
    ]

    static func facet(_ random: inout Seeded, standings: [Standing]? = nil) -> ResolverFacet {
        let standings =
            standings ?? [.claimed, .publiclyPresented, .presented, .presented, .presented, .verified, .verified]
        var shown: [ShownIdentifier] = []
        for _ in 0..<[1, 1, 2, 2, 3, 4].drawn(&random) {
            shown.append(ShownIdentifier(values.drawn(&random), standing: standings.drawn(&random)))
        }
        let name = Bool.random(using: &random) ? nil : names.drawn(&random)
        let month = Int64.random(in: 0..<72, using: &random)
        let content = FacetContent.showing(
            shown, attributes: name.map { [FacetContent.Attribute(name: "name", value: $0)] } ?? [],
            at: 1_600_000_000_000_000 + month * 2_629_746_000_000)
        return ResolverFacet(
            id: id(CanonicalBytes.contentHash(of: content)), content: content,
            showings: content.identifiers.map {
                ResolverFacet.Showing(
                    value: id(CanonicalBytes.contentHash(of: $0.identifier)), identifier: $0.identifier,
                    standing: $0.standing, isRole: $0.identifier.value == "info@x.example")
            })
    }

    /// Ids are random to the resolver; here they follow from the content, in another order than the content's own hash.
    static func id(_ hash: [UInt8]) -> HubID {
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        return HubID(high: word(hash[16..<24]), low: word(hash[0..<8]))
    }

    /// The standard rules, or some that are changed in a few places; sometimes so small that the limits are reached.
    private static func rules(_ random: inout Seeded) -> Rules {
        var rules = Rules.standard
        rules.kinds[.own(own)] = Rules.ownKind
        if Int.random(in: 0..<4, using: &random) == 0 { rules.component = Int.random(in: 2...5, using: &random) }
        if Int.random(in: 0..<4, using: &random) == 0 { rules.degree = Int.random(in: 1...3, using: &random) }
        for _ in 0..<[0, 0, 1, 3].drawn(&random) {
            let value = values.drawn(&random)
            var kind = rules[value.kind]
            switch Int.random(in: 0..<8, using: &random) {
            case 0: kind.links = [nil, .presented, .verified].drawn(&random)
            case 1: kind.exclusive.toggle()
            case 2: kind.tier = Int.random(in: 1...5, using: &random)
            case 3: kind.values = [nil, 1, 2].drawn(&random)
            case 4: kind.names = [nil, 1, 2].drawn(&random)
            case 5: kind.blocked = [value.value]
            case 6: kind.guessable.toggle()
            default: if value.kind.changesHands { kind.gap = [nil, 0, 1, 2].drawn(&random) }
            }
            rules.kinds[value.kind] = kind
        }
        return rules
    }

    /// Puts a facet in any place, unless it is there.
    mutating func add(_ facet: ResolverFacet, _ random: inout Seeded) {
        guard !facets.contains(where: { $0.id == facet.id }) else { return }
        facets.insert(facet, at: Int.random(in: 0...facets.count, using: &random))
    }

    func decision(_ random: inout Seeded) -> Decision {
        func some() -> [HubID] { (0..<[1, 1, 2].drawn(&random)).map { _ in facets.drawn(&random).id } }
        return switch Int.random(in: 0..<5, using: &random) {
        case 0, 1: .same(facets.drawn(&random).id, facets.drawn(&random).id)
        case 2, 3: .notSame(some(), some())
        default: .shared(Self.id(CanonicalBytes.contentHash(of: Self.values.drawn(&random))))
        }
    }
}

extension Array {
    func drawn(_ random: inout Seeded) -> Element { self[Int.random(in: indices, using: &random)] }
}
