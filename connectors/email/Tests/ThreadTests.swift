import Contact
import ContactTesting
import Foundation
import Postgres
import Storage
import Testing

@testable import EmailConnector

/// What belongs together, whatever comes first.
@Suite struct ThreadTests {
    private static func mail(_ id: String, _ subject: String, _ fields: [String] = [], from: String = "anna@example.it")
        -> [UInt8]
    {
        let to = from == "anna@example.it" ? "ciao@bottega.example" : "anna@example.it"
        let head = [
            "From: \(from)", "To: \(to)", "Subject: \(subject)", "Date: Mon, 2 Nov 2026 10:00:00 +0100",
            "Message-ID: <\(id)@x>",
        ]
        return Array(((head + fields).joined(separator: "\n") + "\n\nTesto \(id)\n").utf8)
    }

    private static func references(_ ids: [String]) -> String {
        "References: " + ids.map { "<\($0)@x>" }.joined(separator: " ")
    }

    private static func permutations(of count: Int) -> [[Int]] {
        guard count > 1 else { return [[0]] }
        return permutations(of: count - 1).flatMap { shorter in
            (0...shorter.count).map { place in
                var longer = shorter
                longer.insert(count - 1, at: place)
                return longer
            }
        }
    }

    /// The sets of mails that are one thread, each by the local parts of their Message-IDs.
    private func threads(_ database: TestDatabase, _ workspace: TestWorkspace) async throws -> Set<Set<String>> {
        let id = workspace.id
        let rows = try await database.superuser.transaction {
            (session: borrowing Session) throws(DatabaseError) -> [(String, HubID)] in
            let rows = try session.query(
                text: "SELECT body->>'id', thread FROM interaction WHERE workspace = $1", [.int8(id)])
            var found: [(String, HubID)] = []
            for row in 0..<rows.count {
                let uuid = try rows.uuid(row, 1)
                found.append((try rows.text(row, 0), HubID(high: uuid.high, low: uuid.low)))
            }
            return found
        }
        var groups: [HubID: Set<String>] = [:]
        // In portions: a call looks at a bounded number of threads.
        for start in stride(from: 0, to: rows.count, by: 500) {
            let some = rows[start..<min(start + 500, rows.count)]
            let canonical = try await Threads(workspace.hub, workspace: workspace.workspace).resolve(some.map(\.1))
            for (id, thread) in some {
                groups[try #require(canonical[thread]), default: []].insert(String(id.dropFirst().prefix { $0 != "@" }))
            }
        }
        return Set(groups.values)
    }

    private func accept(_ mails: [[UInt8]], _ workspace: TestWorkspace) async throws {
        let reader = MailReader(try mailSettings())
        let items = mails.flatMap { reader.items(RawInput($0), arrival: arrived) }
        let receipt = try await workspace.ledger { $0.answersProfiles = false }
            .accept(Batch(items, source: "email"))
        for case .refused(let refusal) in receipt.outcomes { throw refusal }
    }

    @Test func `Six mails are the same threads in every order of arrival`() async throws {
        let orders = Self.permutations(of: 6)
        try #require(orders.count == 720)
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            func conversation(_ n: Int) -> [[UInt8]] {
                [
                    Self.mail("r\(n)", "Ordine 5"),
                    Self.mail("a\(n)", "R: Ordine 5", ["In-Reply-To: <r\(n)@x>"], from: "ciao@bottega.example"),
                    // Knows its parent and no other.
                    Self.mail("b\(n)", "RE[2]: Ordine 5", ["In-Reply-To: <a\(n)@x>"]),
                    Self.mail("c\(n)", "AW: [lista] ORDINE  5", [Self.references(["a\(n)", "b\(n)"])]),
                    // Under words of its own.
                    Self.mail("d\(n)", "Fuori ufficio", ["Auto-Submitted: auto-replied", "In-Reply-To: <a\(n)@x>"]),
                    // An old mail taken up for something else.
                    Self.mail("n\(n)", "Re: Un'altra cosa", [Self.references(["r\(n)", "a\(n)"])]),
                ]
            }
            let all = orders.indices.map(conversation)
            for step in 0..<6 {
                try await accept(orders.indices.map { all[$0][orders[$0][step]] }, workspace)
            }
            let found = try await threads(database, workspace)
            let expected = orders.indices.flatMap { n -> [Set<String>] in
                [Set(["r", "a", "b", "c", "d"].map { "\($0)\(n)" }), ["n\(n)"]]
            }
            #expect(found == Set(expected))
        }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `Trees of answers are one thread each, and the same sets with some mails missing`(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        var mails: [(tree: Int, id: String, bytes: [UInt8])] = []
        for tree in 0..<20 {
            var ancestors: [[String]] = []
            for place in 0..<Int.random(in: 1...12, using: &random) {
                let id = "t\(tree)m\(place)"
                let above = ancestors.randomElement(using: &random) ?? []
                ancestors.append(above + [id])
                // The whole way up, the parent alone, or what a program left of a long way.
                let kept = [above.count, 1, min(2, above.count)].randomElement(using: &random) ?? 0
                let named = Array(above.suffix(max(kept, 1)))
                let field =
                    Bool.random(using: &random)
                    ? Self.references(named) : "In-Reply-To: " + named.suffix(1).map { "<\($0)@x>" }.joined()
                let answer = ["Re: Caso", "R: caso", "Fwd: Re: Caso"].randomElement(using: &random) ?? "Caso"
                let subject = above.isEmpty ? "Caso" : answer
                mails.append((tree, id, Self.mail(id, subject, above.isEmpty ? [] : [field])))
            }
        }
        let missing = Set(mails.indices.filter { _ in Int.random(in: 0..<4, using: &random) == 0 })
        let some = mails.indices.filter { !missing.contains($0) }.map { mails[$0].bytes }
        let orders = (0..<3).map { _ in some.shuffled(using: &random) }
        let whole = mails.map(\.bytes).shuffled(using: &random)
        let expected = Set(Dictionary(grouping: mails, by: \.tree).values.map { Set($0.map(\.id)) })
        try await TestDatabase.with { database in
            let complete = try await database.workspace("complete")
            try await accept(Array(whole.prefix(40)), complete)
            try await accept(Array(whole.dropFirst(40)), complete)
            #expect(try await threads(database, complete) == expected)
            var found: [Set<Set<String>>] = []
            for (place, order) in orders.enumerated() {
                let workspace = try await database.workspace("order-\(place)")
                for start in stride(from: 0, to: order.count, by: 30 + 40 * place) {
                    try await accept(Array(order[start..<min(start + 30 + 40 * place, order.count)]), workspace)
                }
                found.append(try await threads(database, workspace))
            }
            #expect(found[0] == found[1] && found[1] == found[2])
            #expect(found[0].allSatisfy { group in expected.contains { group.isSubset(of: $0) } })
        }
    }

    @Test func `A subject alone joins nothing, and what an old program says of a mail finds it`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            try await accept(
                [
                    Self.mail("a", "Ordine"), Self.mail("b", "Ordine"), Self.mail("c", "Re: Ordine"),
                    Self.mail("o", "Offerta", from: "ciao@bottega.example"),
                    Self.mail("p", "Risposta automatica: Offerta", ["In-Reply-To: <q@x>", "References: <o@x> <q@x>"]),
                ], workspace)
            #expect(try await threads(database, workspace) == [["a"], ["b"], ["c"], ["o", "p"]])
        }
    }

    @Test(arguments: [
        ("Re: Ordine 5", "ordine 5"), ("RE[5]: AW: Ordine 5", "ordine 5"), ("R: I: [clienti] Ordine 5", "ordine 5"),
        ("Réf : Ordine 5", "ordine 5"), ("Antw: [a] [b] Ordine 5", "ordine 5"), ("回复：Ordine 5", "ordine 5"),
        ("Risposta automatica: Ordine 5", "ordine 5"), ("Out of Office AutoReply: Ordine 5", "ordine 5"),
        ("[Ordine 5]", "[ordine 5]"), ("Regalo: Ordine 5", "regalo: ordine 5"), ("(nessun oggetto)", ""), ("Re:", ""),
        ("Perché?", "perche?"),
    ]) func `What programs put before a subject is no part of it`(subject: String, base: String) {
        #expect(MailSubject(subject).base == base)
    }
}
