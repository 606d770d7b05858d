internal import GroundTruth

/// Lines that contend: whoever works on them at the same time meets the same new facets and identifiers in another
/// order, and most of what is new joins what was apart.
///
/// A function of the seed and the number alone, so that every process makes the same lines, and a batch can be made
/// again by another.
struct ContendedLines: Sendable {
    struct Line: Sendable {
        let key: String
        let facet: String
        let message: String?
        let bytes: [UInt8]
    }

    let seed: UInt64
    var batches: Int

    private static let linesOfBatch = 20
    /// Persons who are about at one time, and lines each has on average: a dozen facets of them.
    private static let window = 40
    private static let linesOfPerson = 18

    var count: Int { batches * Self.linesOfBatch }

    /// The lines of a batch: its own, in an order of its own, and some of the batches that are under way beside it.
    func batch(_ number: Int) -> [Line] {
        var random = SplitMix64(seed: seed &+ 1 &+ UInt64(number) &* 0x9E37_79B9)
        let own = number * Self.linesOfBatch..<(number + 1) * Self.linesOfBatch
        var numbers = Set(own)
        for _ in 0..<8 {
            let other = Int.random(in: own.lowerBound - 80..<own.upperBound + 80, using: &random)
            if (0..<count).contains(other) { numbers.insert(other) }
        }
        return numbers.sorted().shuffled(using: &random).map(line)
    }

    func line(_ number: Int) -> Line {
        // Two lines of one id are a message to two customers.
        let isShared = number / 2 % 15 == 0
        let id = isShared ? "m\(number / 2)" : "i\(number)"
        let customer = isShared ? (number % 2 == 0 ? "a" : "b") : ""
        let source = ["alpha", "beta", "gamma"][(isShared ? number / 2 : number) % 3]
        var random = SplitMix64(seed: seed ^ (UInt64(number) &+ 7) &* 0xBF58_476D_1CE4_E5B9)
        let person = number / Self.linesOfPerson + Int.random(in: 0..<Self.window, using: &random)
        let year = Int.random(in: 2023...2025, using: &random)
        let month = Int.random(in: 1...12, using: &random)
        let stamp = "\(year)-\(two(month))-\(two(Int.random(in: 1...28, using: &random)))T10:00:\(two(number % 60))Z"

        var shown = identifiers(of: person).shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))
        // A family: now and then somebody shows what is another's.
        if Int.random(in: 0..<40, using: &random) == 0, let other = identifiers(of: person + 1).first {
            shown.append(other)
        }
        let hasPeriod = shown.contains { $0.kind == "cookie" }
        let facet = facetText(
            identifiers: shown.map { ($0.assurance, $0.kind, $0.scope, $0.value) }, attributes: [],
            period: hasPeriod ? "\(year)H\(month <= 6 ? 1 : 2)" : nil)
        let listed = shown.map { one in
            let scope = one.scope.isEmpty ? "" : #""scope":"\#(one.scope)","#
            return #"{"kind":"\#(one.kind)",\#(scope)"value":"\#(one.value)","assurance":"\#(one.assurance)"}"#
        }
        var text = #"{"v":1,"id":"\#(id)","source":"\#(source)","channel":"chat","kind":"chat.message","#
        if isShared { text += #""customer":"\#(customer)","message":{"id":"\#(id)","text":"Buongiorno"},"# }
        if Int.random(in: 0..<4, using: &random) == 0 {
            text += #""traits":{"language":"\#(["it", "en", "de"].randomElement(using: &random) ?? "it")"},"#
        }
        text += #""occurred_at":"\#(stamp)","identifiers":[\#(listed.joined(separator: ","))]}"#
        return Line(
            key: "\(source)|\(id)|\(customer)", facet: facet, message: isShared ? "\(source)|\(id)" : nil,
            bytes: Array(text.utf8))
    }

    private struct Shown {
        let assurance: String
        let kind: String
        var scope = ""
        let value: String
    }

    private func identifiers(of person: Int) -> [Shown] {
        [
            Shown(assurance: "presented", kind: "email", value: "p\(person)@posta.example"),
            Shown(assurance: "verified", kind: "email", value: "p\(person)@rete.example"),
            Shown(assurance: "presented", kind: "chat_account", scope: "chat", value: "c\(person)"),
            Shown(assurance: "presented", kind: "ticket_requester", scope: "desk", value: "t\(person)"),
            Shown(assurance: "presented", kind: "forum_account", scope: "forum", value: "f\(person)"),
            Shown(assurance: "presented", kind: "cookie", scope: "www.bottega.example", value: "k\(person)"),
        ]
    }

    private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    func expected() throws -> Expected {
        var expected = Expected()
        for number in 0..<count {
            let line = line(number)
            try expected.add(line.key, Expected.Entry(facet: line.facet, message: line.message), line: line.bytes)
        }
        expected.finish()
        return expected
    }
}
