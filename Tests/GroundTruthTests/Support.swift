import Testing

@testable import GroundTruth

/// A line with what a case needs, and nothing else.
func line(
    _ id: String, _ identifiers: String..., at: String = "2026-02-01T10:00:00Z", traits: String = "{}",
    source: String = "s", customer: String = "", attributes: String = "{}"
) -> [UInt8] {
    let shown = identifiers.map { text in
        let parts = text.split(separator: " ").map(String.init)
        let target = parts[1].split(separator: "/", maxSplits: 1).map(String.init)
        let scope = target.count == 2 ? target[0] : ""
        return """
            {"kind":"\(parts[0])","scope":"\(scope)","value":"\(target[target.count - 1])","assurance":"\(parts[2])"}
            """
    }
    let text = """
        {"id":"\(id)","source":"\(source)","customer":"\(customer)","occurred_at":"\(at)","identifiers":\
        [\(shown.joined(separator: ","))],"attributes":\(attributes),"traits":\(traits),"truth":{"person":"p\(id)"}}
        """
    return Array(text.utf8)
}

/// The profiles as `1 2|3`, ids only, with `*` behind a shared one.
func partition(_ lines: [[UInt8]]) throws -> String {
    try answer(lines).profiles.map { profile in
        let ids = profile.interactions.map { $0.split(separator: "|")[1] }.joined(separator: " ")
        return ids + (profile.kind == .shared ? "*" : "")
    }.joined(separator: "|")
}

func answer(_ lines: [[UInt8]]) throws -> Answer {
    var reference = Reference()
    for line in lines { try reference.add(line) }
    return reference.answer()
}

/// Checks the partition in every order of up to five lines, and with every line sent twice.
func expect(
    _ lines: [[UInt8]], _ expected: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    for order in orders(lines) { #expect(try partition(order) == expected, sourceLocation: sourceLocation) }
    #expect(try partition(lines + lines) == expected, sourceLocation: sourceLocation)
}

func orders(_ lines: [[UInt8]]) -> [[[UInt8]]] {
    guard lines.count > 1 else { return [lines] }
    return lines.indices.flatMap { index in
        var rest = lines
        let one = rest.remove(at: index)
        return orders(rest).map { [one] + $0 }
    }
}

/// A facet of identifiers written as `email:a@x.example presented` or `card:s/1 verified`.
func facet(_ identifiers: String..., name: String? = nil, period: Int? = nil) -> ReferenceFacet {
    ReferenceFacet(
        shown: identifiers.map { text in
            let parts = text.split(separator: " ")
            let standing = Standing.allCases.first { $0.word == String(parts[1]) } ?? .claimed
            return ReferenceFacet.Shown(value(String(parts[0])), standing)
        },
        attributes: name.map { [ReferenceFacet.Attribute("name", $0)] } ?? [], period: period)
}

func value(_ text: String) -> ReferenceValue {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    let target = parts[1].split(separator: "/", maxSplits: 1).map(String.init)
    return ReferenceValue(parts[0], scope: target.count == 2 ? target[0] : "", target[target.count - 1])
}

/// Facets named a, b, c… in their order.
struct World {
    let facets: [ReferenceFacet]

    init(_ facets: ReferenceFacet...) { self.facets = facets }

    /// The groups as `ab|c`, with `*` behind a shared one and `!` behind a contested one. Decisions name letters.
    func groups(_ decisions: ReferenceDecision..., rules: ReferenceRules = ReferenceRules()) -> String {
        let partition = partition(decisions, rules)
        #expect(
            ReferencePartition(facets.reversed() + facets, decisions: texts(decisions.reversed()), rules: rules).groups
                == partition.groups)
        return partition.groups.map { group in
            let letters = group.facets.compactMap { text in facets.firstIndex { $0.text == text } }.map(letter)
            return letters.sorted().joined() + (group.kind == .shared ? "*" : "") + (group.isContested ? "!" : "")
        }.sorted().joined(separator: "|")
    }

    /// The refused edges as `reason a email:x presented` or `reason a b`, sorted.
    func refused(_ decisions: ReferenceDecision..., rules: ReferenceRules = ReferenceRules()) -> [String] {
        partition(decisions, rules).refused.map { one in
            switch one.evidence {
            case .decision(let a, let b):
                "\(one.reason.rawValue) \([a, b].map(letter).sorted().joined(separator: " "))"
            case .value(let facet, let value, let level, _):
                "\(one.reason.rawValue) \(letter(facet)) \(value.kind):\(value.value) \(level.word)"
            }
        }.sorted()
    }

    func partition(_ decisions: [ReferenceDecision] = [], _ rules: ReferenceRules = ReferenceRules())
        -> ReferencePartition
    {
        ReferencePartition(facets, decisions: texts(decisions), rules: rules)
    }

    private func letter(_ place: Int) -> String { String(UnicodeScalar(UInt8(97 + place))) }
    private func letter(_ text: String) -> String { facets.firstIndex { $0.text == text }.map(letter) ?? "?" }

    private func texts(_ decisions: [ReferenceDecision]) -> [ReferenceDecision] {
        func text(_ letter: String) -> String {
            facets.indices.first { self.letter($0) == letter }.map { facets[$0].text } ?? letter
        }
        return decisions.map { decision in
            switch decision {
            case .same(let a, let b): .same(text(a), text(b))
            case .notSame(let left, let right): .notSame(left.map(text), right.map(text))
            case .shared: decision
            }
        }
    }
}
