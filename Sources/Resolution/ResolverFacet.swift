package import Contact

/// A facet as the resolver needs to know it.
package struct ResolverFacet: Sendable {
    /// One identifier of it.
    package struct Showing: Hashable, Sendable {
        /// Id of the identifier.
        package let value: HubID
        package let identifier: Identifier
        package let standing: Standing
        /// A role address: shared from birth.
        package let isRole: Bool
        /// The tax number of the organisation of which the facet speaks: it joins others that do.
        package fileprivate(set) var isOrganisation = false

        package init(value: HubID, identifier: Identifier, standing: Standing, isRole: Bool) {
            self.value = value
            self.identifier = identifier
            self.standing = standing
            self.isRole = isRole
        }
    }

    package let id: HubID
    package let content: FacetContent
    package private(set) var showings: [Showing]
    /// ``SoftRecord/id`` of what may be compared softly; nil where there is nothing.
    package let soft: Int64?

    package init(id: HubID, content: FacetContent, showings: [Showing], soft: Int64? = nil) {
        self.id = id
        self.content = content
        self.showings = showings
        self.soft = soft
        guard content.isOrganisation else { return }
        for place in showings.indices where showings[place].identifier.kind == .partitaIVA {
            self.showings[place].isOrganisation = true
        }
    }

    /// What it says of itself counts as evidence: something it shows was presented or verified, and not under a public
    /// key. Of others what they say is a question for a person at most.
    package var isTrusted: Bool { content.isTrusted }

    /// Half-years since year 0; 0 where no identifier changes hands.
    var period: Int16 { content.period?.number ?? 0 }
}

/// What a person has said about who is who; a revoked decision is not given to the resolver.
package enum Decision: Hashable, Sendable {
    /// Two facets are one customer.
    case same(HubID, HubID)
    /// No facet of the one side is the same customer as one of the other.
    case notSame([HubID], [HubID])
    /// A value is several people's.
    case shared(HubID)
}

extension FacetContent {
    /// ``ResolverFacet/isTrusted``.
    package var isTrusted: Bool { identifiers.contains { $0.standing == .presented || $0.standing == .verified } }
}
