package import Contact

extension FacetContent {
    /// Whether a shown identifier may join this facet to others: its kind links at this assurance, and the value
    /// is not shared from birth (a role address).
    package func links(_ shown: ShownIdentifier, isRole: Bool) -> Bool {
        guard !isRole, let least = shown.identifier.kind.linksFrom else { return false }
        return shown.assurance >= least
    }

    /// The highest assurance among its identifiers: how well we know whose words its traits are.
    package var assurance: Assurance {
        identifiers.map(\.assurance).max() ?? .claimed
    }
}

/// What a profile is.
package enum ProfileKind: Int16, Sendable {
    case customer = 0
    /// What hangs on a shared value alone: it belongs to nobody and is never counted as a customer.
    case shared = 1
}
