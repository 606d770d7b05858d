package import Contact

/// What may join two facets, as data: of one workspace, versioned, changed by people (DESIGN.md 4.1).
package struct Rules: Hashable, Sendable {
    /// The rules of one kind of identifier.
    package struct Kind: Hashable, Sendable {
        /// The least assurance at which an equal value joins; nil = never.
        package var links: Assurance?
        /// At most one value a profile (a scope).
        package var exclusive: Bool
        /// Of two edges of one level, that of the lower tier is joined first. From 1.
        package var tier: Int
        /// More distinct values of one exclusive kind beside a value make it shared; nil = that never does.
        package var values: Int?
        /// More names beside a value of which no two can be one person's make it shared; nil = that never does.
        package var names: Int?
        /// Of a kind that changes hands: how many empty half-years still belong to one holder.
        package var gap: Int16?
        /// A value can be guessed or looked up. Under a public key it joins only what stands on no more than such keys; what is
        /// not guessable is a secret of one device.
        package var guessable: Bool
        /// Values that never join: exact, or with `*` for any run of characters.
        package var blocked: [String]

        package init(
            links: Assurance?, exclusive: Bool = false, tier: Int, values: Int? = nil, names: Int? = nil,
            gap: Int16? = nil, guessable: Bool = true, blocked: [String] = []
        ) {
            self.links = links
            self.exclusive = exclusive
            self.tier = tier
            self.values = values
            self.names = names
            self.gap = gap
            self.guessable = guessable
            self.blocked = blocked
        }
    }

    package var kinds: [IdentifierKind: Kind]
    /// The kinds that the workspace has declared for itself, by name, and how their values are spelt.
    package internal(set) var own: [String: OwnSpelling] = [:]
    /// A value in more facets than this is shared whatever stands beside it.
    package var degree: Int
    /// Components of more facets than this lose their weakest edges.
    package var component: Int
    /// What becomes of soft evidence.
    package var soft: Soft

    /// What names, dates and addresses that are alike may do.
    package enum Soft: String, Hashable, Sendable, CaseIterable {
        /// Above one threshold they join, below it a person is asked.
        case join
        /// A person is asked, whatever speaks for it.
        case ask
        /// Nothing.
        case off
    }

    package init(
        kinds: [IdentifierKind: Kind], degree: Int = 500, component: Int = 5_000, soft: Soft = .join
    ) {
        self.kinds = kinds
        self.degree = degree
        self.component = component
        self.soft = soft
    }

    /// The rules a workspace begins with (FORMATS.md, Identifier kinds; the limits of sharing were set on generated
    /// customers with households, kiosks and recycled phones).
    package static let standard = Rules(
        kinds: Dictionary(uniqueKeysWithValues: IdentifierKind.all.filter { !$0.isOwn }.map { ($0, standard(of: $0)) }))

    private static func standard(of kind: IdentifierKind) -> Kind {
        switch kind {
        case .codiceFiscale, .customerNumber, .userID: Kind(links: .presented, exclusive: true, tier: 1)
        case .forumAccount, .ticketRequester, .chatAccount: Kind(links: .presented, tier: 2, values: 1)
        // Printed once, and not handed on as a number is: with a gap 35 of 1,000 customers who buy rarely were split.
        case .card: Kind(links: .presented, tier: 2, values: 2, names: 2)
        case .email: Kind(links: .presented, tier: 3, values: 1, names: 1)
        case .phone: Kind(links: .presented, tier: 3, values: 1, names: 1, gap: 2)
        case .cookie, .device: Kind(links: .presented, tier: 4, values: 1, names: 1, gap: 2, guessable: false)
        default: Kind(links: nil, tier: 5)
        }
    }

    /// A kind that the rules do not name links nothing.
    package subscript(_ kind: IdentifierKind) -> Kind { kinds[kind] ?? Kind(links: nil, tier: 9) }

    /// The highest level at which a showing takes part in links; nil = at none.
    package func level(of showing: ResolverFacet.Showing) -> Level? {
        guard !showing.isRole, let level = Level(showing.standing) else { return nil }
        let kind = self[showing.identifier.kind]
        guard let least = kind.links ?? (showing.isOrganisation ? .presented : nil),
            showing.standing.assurance >= least, !isBlocked(showing.identifier, kind)
        else { return nil }
        return level
    }

    private func isBlocked(_ identifier: Identifier, _ kind: Kind) -> Bool {
        kind.blocked.contains { Self.matches(identifier.value, $0) }
    }

    /// Whether a value is what a pattern says, in which `*` stands for any run of characters.
    static func matches(_ value: String, _ pattern: String) -> Bool {
        let value = Array(value.utf8)
        let pattern = Array(pattern.utf8)
        var (place, at) = (0, 0)
        // Where to go on after the last star took one more character.
        var retry: (place: Int, at: Int)?
        while place < value.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                retry = (place, at)
                at += 1
            } else if at < pattern.count, pattern[at] == value[place] {
                place += 1
                at += 1
            } else if let last = retry {
                retry = (last.place + 1, last.at)
                place = last.place + 1
                at = last.at + 1
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

/// How strong a link is by what vouches for it: evidence counts at its own level and at those below.
package enum Level: Int16, Comparable, Hashable, Sendable, CaseIterable {
    /// Made under public keys.
    case `public` = 1
    case presented = 2
    case verified = 3

    /// Nil for what is only claimed.
    package init?(_ standing: Standing) {
        switch standing {
        case .claimed: return nil
        case .publiclyPresented: self = .public
        case .presented: self = .presented
        case .verified: self = .verified
        }
    }

    package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
}
