/// How a facet came by an identifier, weakest first.
///
/// `public` is what is presented under a key that anybody can read off a page; where a rule asks for an assurance it
/// counts as presented.
package enum Standing: Int, Comparable, CaseIterable, Sendable {
    case claimed = 1
    case `public`, presented, verified

    package static func < (a: Standing, b: Standing) -> Bool { a.rawValue < b.rawValue }

    /// As it stands in a facet's text.
    package var word: String { ["", "claimed", "public", "presented", "verified"][rawValue] }

    /// Reads what a line says; no line says `public`, which is a matter of the key.
    init?(stated word: String) {
        switch word {
        case "claimed": self = .claimed
        case "presented": self = .presented
        case "verified": self = .verified
        default: return nil
        }
    }

    /// Its byte in the canonical bytes of a facet, which `public` came to late.
    var byte: UInt8 {
        switch self {
        case .claimed: 1
        case .presented: 2
        case .verified: 3
        case .public: 4
        }
    }

    /// The assurance it amounts to.
    var assurance: Standing { self == .public ? .presented : self }
}

/// The levels at which facets are linked, the strongest first.
let levels: [Standing] = [.verified, .presented, .public]
