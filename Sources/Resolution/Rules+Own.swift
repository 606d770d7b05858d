internal import Contact

extension Rules {
    /// Workspaces that need more than this have a system whose numbers they are: a `customer_number`, with its name as scope.
    static let mostOwn = 50

    /// What a workspace's own kind begins with: it joins as an address of mail does, by whoever presents it, unless several
    /// people's names or numbers stand beside it.
    static let ownKind = Kind(links: .presented, tier: 3, values: 1, names: 1)

    /// The kind of a key of `kinds`: `email`, or `custom/membership`, which declares it.
    mutating func kind(named name: String, _ value: JSONValue) throws(RulesError) -> IdentifierKind {
        let prefix = IdentifierKind.custom.name + "/"
        guard name.hasPrefix(prefix) else {
            guard let kind = IdentifierKind(name: name), !kind.isOwn else {
                throw RulesError(
                    "kinds.\(name): there is no such kind of identifier; one of your own is called \(prefix)NAME")
            }
            return kind
        }
        let own = String(name.dropFirst(prefix.count))
        guard (1...64).contains(own.utf8.count), own.utf8.allSatisfy(Self.mayName) else {
            throw RulesError("kinds.\(name): a name is up to 64 of the letters a-z, digits, dot, underscore, hyphen")
        }
        guard value.members != nil else { throw RulesError("kinds.\(name) is not an object") }
        let names = OwnSpelling.allCases.map(\.rawValue).joined(separator: ", ")
        guard let text = value["spelling"] else {
            guard self.own[own] != nil else {
                throw RulesError("kinds.\(name).spelling is missing: one of \(names), for good")
            }
            return .own(own)
        }
        guard let spelling = text.string.flatMap(OwnSpelling.init(rawValue:)) else {
            throw RulesError("kinds.\(name).spelling is none of \(names)")
        }
        guard self.own[own, default: spelling] == spelling else { throw Self.isSpelt(own) }
        if self.own[own] == nil { kinds[.own(own)] = Self.ownKind }
        self.own[own] = spelling
        guard self.own.count <= Self.mostOwn else { throw RulesError("kinds: more than \(Self.mostOwn) of your own") }
        return .own(own)
    }

    /// Takes over the kinds that earlier rules declare and these do not name: values of theirs may be stored, so that a kind is
    /// never forgotten, nor spelt otherwise.
    package mutating func keepOwn(of earlier: Rules) throws(RulesError) {
        for (name, spelling) in earlier.own {
            guard own[name, default: spelling] == spelling else { throw Self.isSpelt(name) }
            if own[name] == nil { kinds[.own(name)] = earlier[.own(name)] }
            own[name] = spelling
        }
    }

    private static func isSpelt(_ own: String) -> RulesError {
        RulesError(
            """
            kinds.custom/\(own).spelling cannot be changed: what is stored is spelt by it; declare a kind of another name
            """)
    }

    private static func mayName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
