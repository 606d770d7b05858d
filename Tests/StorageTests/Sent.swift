import Contact
import ContactTesting
import GroundTruth
import Resolution
import Storage

/// A line, and whether it is sent under a public key.
struct Sent: Sendable {
    var line: [UInt8]
    var isPublic = false

    /// Some of the web's lines come from the pages themselves, those of a login too: what a public key says is at most
    /// presented.
    static func some(_ lines: [[UInt8]], _ random: inout Seeded) -> [Sent] {
        lines.map { line in
            let text = String(decoding: line, as: UTF8.self)
            guard text.contains(#""channel":"web""#), Int.random(in: 0..<2, using: &random) == 0 else {
                return Sent(line: line)
            }
            return Sent(line: Array(text.replacing(#""verified""#, with: #""presented""#).utf8), isPublic: true)
        }
    }

    /// As the hub reads them.
    static func batch(_ sent: some Sequence<Sent>) -> Batch {
        var own = InteractionReader(InteractionReader.Settings())
        var anybody = InteractionReader(InteractionReader.Settings(isPublic: true))
        return Batch(
            sent.map { one in
                let read =
                    one.isPublic
                    ? anybody.read(one.line, arrival: TestDatabase.now) : own.read(one.line, arrival: TestDatabase.now)
                return IntakeItem(read, raw: RawInput(one.line))
            }, source: nil, cursor: nil)
    }

    /// The facet it makes, by the text the reference gives it.
    func facet() throws -> (text: String, content: FacetContent) {
        var reader = InteractionReader(InteractionReader.Settings(isPublic: isPublic))
        let content = try reader.read(line, arrival: TestDatabase.now).get().facet
        let text = facetText(
            identifiers: content.identifiers.map { shown in
                let word = shown.standing == .publiclyPresented ? "public" : shown.assurance.name
                return (word, shown.identifier.kind.name, shown.identifier.scope, shown.identifier.value)
            },
            attributes: content.attributes.map { ($0.name, $0.value) }, period: content.period.map { "\($0)" })
        return (text, content)
    }
}

/// What people do while lines come in: the same to the hub and to the reference.
struct Deciding {
    var reference: Reference
    private let ledger: Ledger
    private let workspace: TestWorkspace
    private var random: Seeded
    private var rules = Rules.exact
    /// Facets that are there, with what they show, and those of them that nothing comes to any more.
    private var facets: [(text: String, content: FacetContent)]
    private var finished: Set<String>
    private var made: [(number: Int, decision: HubID)] = []

    init(
        _ reference: Reference, _ ledger: Ledger, _ workspace: TestWorkspace, seed: UInt64, sent: [Sent],
        toCome: [Sent]
    ) throws {
        self.reference = reference
        self.ledger = ledger
        self.workspace = workspace
        random = Seeded(seed)
        var known: [String: FacetContent] = [:]
        for one in sent {
            let facet = try one.facet()
            known[facet.text] = facet.content
        }
        facets = known.map { ($0.key, $0.value) }.sorted { $0.text < $1.text }
        finished = Set(known.keys).subtracting(try toCome.map { try $0.facet().text })
    }

    /// Decides, takes back, erases or rules, and says the same to the reference.
    mutating func step() async throws {
        let (a, b, c) = (facets.drawn(&random), facets.drawn(&random), facets.drawn(&random))
        guard Set([a.text, b.text, c.text]).count == 3 else { return }
        func id(_ facet: (text: String, content: FacetContent)) -> HubID { workspace.key.facet(facet.content) }
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1: try await decide(.same(id(a), id(b)), .same(a.text, b.text))
        case 2, 3: try await decide(.notSame([id(a), id(c)], [id(b)]), .notSame([a.text, c.text], [b.text]))
        case 4:
            let value = a.content.identifiers.drawn(&random).identifier
            let named = ReferenceValue(value.kind.name, scope: value.scope, value.value)
            try await decide(.shared(value), .shared(named))
        case 5, 6:
            guard !made.isEmpty else { return }
            let one = made.remove(at: Int.random(in: made.indices, using: &random))
            _ = try await ledger.revoke(one.decision, who: "anna")
            reference.revoke(one.number)
        case 7, 8:
            guard finished.contains(a.text) else { return }
            _ = try await ledger.erase([id(a)])
            reference.erase(a.text)
            facets.removeAll { $0.text == a.text }
        default:
            change()
            _ = try await ledger.change(rules: rules, who: "anna", why: "tried")
            if Bool.random(using: &random) { _ = try await ledger.applyRules() }
        }
    }

    /// Takes the last rules to everything.
    func finish() async throws {
        while try await ledger.applyRules() != nil {}
    }

    private mutating func decide(_ said: Said, _ decision: ReferenceDecision) async throws {
        let decided = try await ledger.decide(said, who: "anna", why: "she knows them")
        guard let id = decided.decision else { throw Problem("a decision without an id") }
        made.append((reference.decide(decision), id))
    }

    private mutating func change() {
        let names = [1, 2, nil].drawn(&random)
        let links: (Assurance?, ReferenceStanding?) =
            [(.presented, .presented), (.verified, .verified), (nil, nil)].drawn(&random)
        let gap = [0, 1, 2, nil].drawn(&random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0:
            rules.kinds[.email]?.names = names
            reference.rules.kinds["email"]?.names = names
        case 1:
            rules.kinds[.cookie]?.links = links.0
            reference.rules.kinds["cookie"]?.links = links.1
        case 2:
            rules.kinds[.phone]?.gap = gap.map(Int16.init)
            reference.rules.kinds["phone"]?.gap = gap
        case 3:
            rules.degree = Int.random(in: 3...30, using: &random)
            reference.rules.degree = rules.degree
        default:
            rules.component = Int.random(in: 5...60, using: &random)
            reference.rules.component = rules.component
        }
    }
}

extension Array {
    func drawn(_ random: inout Seeded) -> Element { self[Int.random(in: indices, using: &random)] }
}
