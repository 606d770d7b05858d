/// How an identifier was come by.
package enum Assurance: UInt8, Comparable, Sendable, CaseIterable {
    /// Typed by an unknown visitor, or a check failed.
    case claimed = 1
    /// The channel itself shows it: a sender, an account, a tracker's user id.
    case presented = 2
    /// Signed, logged in, DMARC-aligned, scanned, or said by an agent.
    case verified = 3

    package static func < (a: Assurance, b: Assurance) -> Bool { a.rawValue < b.rawValue }

    /// The word used in JSON.
    package var name: String {
        switch self {
        case .claimed: "claimed"
        case .presented: "presented"
        case .verified: "verified"
        }
    }

    package init?(name: String) {
        guard let found = Assurance.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}
