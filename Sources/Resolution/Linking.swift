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
}
