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

        package init(value: HubID, identifier: Identifier, standing: Standing, isRole: Bool) {
            self.value = value
            self.identifier = identifier
            self.standing = standing
            self.isRole = isRole
        }
    }

    package let id: HubID
    package let content: FacetContent
    package let showings: [Showing]

    package init(id: HubID, content: FacetContent, showings: [Showing]) {
        self.id = id
        self.content = content
        self.showings = showings
    }

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
