internal import Foundation
internal import GroundTruth

/// What the database must hold once every line is acknowledged: the source's own ledger, and the reference's answer.
struct Expected: Sendable {
    /// One interaction of the ledger.
    struct Entry: Sendable {
        let facet: String
        /// Source and id of its message.
        let message: String?
    }

    /// By `source|id|customer`.
    private(set) var entries: [String: Entry] = [:]
    private var reference = Reference()
    private(set) var answer = Answer(profiles: [], facets: 0)

    /// So many generated lines, and what must come of them.
    static func generated(_ count: Int, seed: UInt64) throws -> (lines: [[UInt8]], expected: Expected) {
        // One and a half interactions a person and month; a third more, for chance.
        var settings = Generator.Settings(seed: seed, persons: max(50, count * 4 / 3 / 18))
        settings.outgoingToThreeShare = 0.02
        var lines: [[UInt8]] = []
        var expected = Expected()
        for one in Generator(settings).prefix(count) {
            let line = one.line
            lines.append(line)
            try expected.add(line: line, ledger: one.ledgerLine)
        }
        guard lines.count == count else {
            throw TrialFailure("the generator made \(lines.count) interactions only")
        }
        expected.finish()
        return (lines, expected)
    }

    /// Takes the ledger's line beside the line that is sent.
    mutating func add(line: [UInt8], ledger: [UInt8]) throws {
        guard let parsed = try JSONSerialization.jsonObject(with: Data(ledger)) as? [String: Any],
            let source = parsed["source"] as? String, let id = parsed["id"] as? String,
            let customer = parsed["customer"] as? String, let facet = parsed["facet"] as? String
        else { throw TrialFailure("a line of the ledger cannot be read: \(String(decoding: ledger, as: UTF8.self))") }
        let message = (parsed["message"] as? String).map { "\(source)|\($0)" }
        try add("\(source)|\(id)|\(customer)", Entry(facet: facet, message: message), line: line)
    }

    mutating func add(_ key: String, _ entry: Entry, line: [UInt8]) throws {
        entries[key] = entry
        try reference.add(line)
    }

    mutating func finish() { answer = reference.answer() }

    var messages: Int { Set(entries.values.compactMap(\.message)).count }
    /// Facets by their canonical text.
    var facets: Set<String> { reference.facetTexts }

    /// Ids whose interaction stands for several customers, with how many.
    var shared: [String: Int] {
        var customers: [String: Int] = [:]
        for key in entries.keys { customers[Self.withoutCustomer(key), default: 0] += 1 }
        return customers.filter { $0.value > 1 }
    }

    /// `source|id` of `source|id|customer`.
    static func withoutCustomer(_ key: String) -> String {
        guard let end = key.lastIndex(of: "|") else { return key }
        return String(key[..<end])
    }
}
