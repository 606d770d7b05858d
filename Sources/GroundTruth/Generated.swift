/// One generated interaction: what is said of it, and what is known to be true.
package struct Generated: Sendable {
    package enum Direction: String, Sendable { case incoming = "in", outgoing = "out" }

    package var source: String
    package var id: String
    package var channel: String
    package var kind: String
    package var direction = Direction.incoming
    /// Which customer of it; empty where there is one.
    package var customer = ""
    /// Microseconds since 1970-01-01T00:00:00Z, and the minutes east of UTC in which it is stated.
    package var moment: Int64
    package var offset: Int
    /// `p17`: who it really was.
    package var person: String

    var shown: [Shown] = []
    var attributes: [Attribute] = []
    /// Names and JSON values.
    var traits: [(name: String, json: String)] = []
    var thread: String?
    var message: Message?
    var amount: Int?
    var place: String?
    var touch: (kind: String, value: String)?
    var corrects: String?
    var page: String?

    /// An identifier as it is written, and as it must be understood.
    struct Shown: Sendable {
        var assurance: Assurance
        let kind: String
        let scope: String
        let written: String
        let canonicalKind: String
        let canonicalScope: String
        let canonical: String
    }

    enum Assurance: String, Sendable, CaseIterable {
        case claimed, presented, verified
        var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    struct Attribute: Sendable {
        let name: String
        let written: String
        let folded: String
    }

    struct Message: Sendable {
        let id: String
        var subject: String?
        var text: String
        /// Ids of the thread's first message and of the one that is answered.
        var references: [String] = []
    }
}

extension Generated.Shown {
    init(
        _ assurance: Generated.Assurance, _ kind: String, scope: String = "", _ value: String, as written: String? = nil
    ) {
        self.init(
            assurance: assurance, kind: kind, scope: scope, written: written ?? value, canonicalKind: kind,
            canonicalScope: scope.lowercased(), canonical: value)
    }

    /// A number, of which the sender need not know whether it is a mobile.
    init(_ assurance: Generated.Assurance, _ number: PhoneNumber, _ random: inout SplitMix64) {
        self.init(
            assurance: assurance, kind: number.isFixedLine && random.chance(0.4) ? "landline" : "phone", scope: "",
            written: number.typed(&random), canonicalKind: number.kind, canonicalScope: "",
            canonical: number.canonical)
    }
}

extension Generated {
    private static let changesHands = ["phone", "cookie", "device", "card"]

    /// The facet the hub must see, from what is known and not from what is written (``facetText(identifiers:attributes:period:)``).
    package var facet: String {
        var strongest: [Shown] = []
        for one in shown {
            let known = strongest.firstIndex {
                $0.canonicalKind == one.canonicalKind && $0.canonicalScope == one.canonicalScope
                    && $0.canonical == one.canonical
            }
            if let known {
                if strongest[known].assurance.rank < one.assurance.rank { strongest[known] = one }
            } else {
                strongest.append(one)
            }
        }
        return facetText(
            identifiers: strongest.map { ($0.assurance.rawValue, $0.canonicalKind, $0.canonicalScope, $0.canonical) },
            attributes: attributes.map { ($0.name, $0.folded) },
            period: strongest.contains { Self.changesHands.contains($0.canonicalKind) }
                ? Calendar.halfYear(of: moment) : nil)
    }

    /// The interaction as FORMATS.md writes it, one line without its end.
    package var line: [UInt8] {
        var json = JSONText()
        json.object { json in
            json.field("v", 1)
            json.field("id", id)
            json.field("source", source)
            json.field("channel", channel)
            json.field("kind", kind)
            json.field("direction", direction.rawValue)
            json.field("occurred_at", Calendar.stamp(moment, offset: offset))
            if !customer.isEmpty { json.field("customer", customer) }
            json.key("identifiers")
            json.array { json in for one in shown { one.write(to: &json) } }
            writeAttributes(to: &json)
            if !traits.isEmpty {
                json.key("traits")
                json.object { json in
                    for trait in traits {
                        json.key(trait.name)
                        json.raw(trait.json)
                    }
                }
            }
            writeContent(to: &json)
            json.key("truth")
            json.object { $0.field("person", person) }
        }
        return json.bytes
    }

    /// The ledger's line: who it was, and which facet it must hang on.
    package var ledgerLine: [UInt8] {
        var json = JSONText()
        json.object { json in
            json.field("source", source)
            json.field("id", id)
            json.field("customer", customer)
            json.key("persons")
            json.array { $0.string(person) }
            json.key("message")
            if let message { json.string(message.id) } else { json.raw("null") }
            json.field("facet", facet)
        }
        return json.bytes
    }

    private func writeAttributes(to json: inout JSONText) {
        guard !attributes.isEmpty else { return }
        json.key("attributes")
        json.object { json in
            for one in attributes where !one.name.hasPrefix("address.") { json.field(one.name, one.written) }
            let address = attributes.filter { $0.name.hasPrefix("address.") }
            guard !address.isEmpty else { return }
            json.key("address")
            json.object { json in
                for one in address { json.field(String(one.name.dropFirst("address.".count)), one.written) }
            }
        }
    }

    private func writeContent(to json: inout JSONText) {
        if let thread { json.field("thread", thread) }
        if let message {
            json.key("message")
            json.object { json in
                json.field("id", message.id)
                if let subject = message.subject { json.field("subject", subject) }
                json.field("text", message.text)
            }
        }
        if let amount {
            json.key("amount")
            json.object { json in
                json.field("minor", amount)
                json.field("currency", "EUR")
            }
        }
        if let place { json.field("place", place) }
        if let touch {
            json.key("touch")
            json.object { json in
                json.field("kind", touch.kind)
                json.field("value", touch.value)
            }
        }
        if let corrects { json.field("corrects", corrects) }
        if let page {
            json.key("detail")
            json.object { $0.field("page", page) }
        }
    }
}

extension Generated.Shown {
    fileprivate func write(to json: inout JSONText) {
        json.object { json in
            json.field("kind", kind)
            if !scope.isEmpty { json.field("scope", scope) }
            json.field("value", written)
            json.field("assurance", assurance.rawValue)
        }
    }
}
