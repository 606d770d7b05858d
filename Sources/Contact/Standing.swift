/// What a showing of an identifier is worth as evidence: its assurance, and whether anybody may have been speaking. The raw
/// value is stored and is part of a facet's canonical bytes.
package enum Standing: UInt8, Comparable, Sendable, CaseIterable {
    case claimed = 1
    case presented = 2
    case verified = 3
    /// Presented under a public key: it counts only against links made under such a key, and never joins or turns what
    /// stands higher (DESIGN.md 4.2).
    case publiclyPresented = 4

    package init(_ assurance: Assurance, isPublic: Bool = false) {
        switch assurance {
        case .claimed: self = .claimed
        case .presented: self = isPublic ? .publiclyPresented : .presented
        case .verified: self = .verified
        }
    }

    package var assurance: Assurance {
        switch self {
        case .claimed: .claimed
        case .presented, .publiclyPresented: .presented
        case .verified: .verified
        }
    }

    /// From 0: claimed, presented under a public key, presented, verified.
    package var rank: Int {
        switch self {
        case .claimed: 0
        case .publiclyPresented: 1
        case .presented: 2
        case .verified: 3
        }
    }

    package static func < (a: Standing, b: Standing) -> Bool { a.rank < b.rank }
}
