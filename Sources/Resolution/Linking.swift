package import Contact

extension FacetContent {
    /// The highest assurance among its identifiers: how well we know whose words its traits are. Under a public key
    /// anybody may have spoken, so that counts as claimed.
    package var assurance: Assurance {
        identifiers.map { $0.standing == .publiclyPresented ? .claimed : $0.assurance }.max() ?? .claimed
    }
}

/// What a profile is.
package enum ProfileKind: Int16, Sendable {
    case customer = 0
    /// What hangs on a shared value alone: it belongs to nobody and is never counted as a customer.
    case shared = 1
    /// A company: one of its facets shows its tax number and nothing of a person.
    case organisation = 2

    /// As it is told outside.
    package var name: String {
        switch self {
        case .customer: "customer"
        case .shared: "shared"
        case .organisation: "organisation"
        }
    }
}

extension FacetContent {
    /// It speaks of an organisation and of nobody in it: it shows a partita IVA, not only as a claim, and beside it only what
    /// is an organisation's or a role's. Facets of persons who name the company they work for are not joined by it.
    package var isOrganisation: Bool {
        guard identifiers.contains(where: { $0.identifier.kind == .partitaIVA && $0.standing != .claimed }),
            self["name"] == nil, self["birth_date"] == nil
        else { return false }
        let normaliser = Normaliser()
        return identifiers.allSatisfy { shown in
            [.partitaIVA, .domain, .switchboard, .landline].contains(shown.identifier.kind)
                || normaliser.isRole(shown.identifier)
        }
    }
}
