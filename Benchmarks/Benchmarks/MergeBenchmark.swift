internal import Contact
internal import Foundation
internal import Postgres
internal import Storage

/// Merging and splitting two profiles that hold much, beside two that hold little: what moves is facets, so the number of
/// interactions on them should not matter.
struct MergeBenchmark {
    private static let schema = "merges"

    /// Interactions of each large profile, and of each small one.
    let large: Int
    let small: Int
    /// Pairs of profiles of each size, and how often each is merged and split in each way.
    let pairs: Int
    let times: Int
    let bench: Bench

    private struct Pair {
        let number: Int
        let interactions: Int
        var emails: (String, String) { ("a\(number)@coppia.example", "b\(number)@coppia.example") }
    }

    /// In milliseconds.
    fileprivate struct Times {
        var mergedByInteraction: [Double] = []
        var splitFromInteraction: [Double] = []
        var mergedByDecision: [Double] = []
        var splitFromDecision: [Double] = []
    }

    func run() async throws {
        let hub = try await OpenHub(bench, Self.schema, answersProfiles: true)
        // Small and large take turns, so that whatever else the machine does falls on both.
        let all = (0..<pairs * 2).map { Pair(number: $0, interactions: $0.isMultiple(of: 2) ? small : large) }
        let seconds = try await hub.importing(all.reduce(0) { $0 + 2 * $1.interactions }) { handle in
            for pair in all {
                for side in [pair.emails.0, pair.emails.1] { try write(pair.interactions, of: side, to: handle) }
            }
        }
        let stored = try await hub.count("SELECT count(*) FROM interaction")
        print(
            "merges: \(stored) interactions imported in \(Spread.rounded(seconds, digits: 1)) s; "
                + "\(pairs) pairs of each size, one facet a profile, each merged and split \(times) times in two ways")
        try await hub.superuser.session { (session: borrowing Session) throws(DatabaseError) in
            try session.run("VACUUM ANALYZE")
        }
        try await bench.checkpoint()
        var found: [Int: Times] = [small: Times(), large: Times()]
        var number = 0
        for turn in -2..<times {
            for pair in all {
                number += 1
                // The first turns warm the caches of both and are not counted.
                var times = Times()
                try await measure(pair, number, hub, &times)
                guard turn >= 0 else { continue }
                found[pair.interactions, default: Times()].append(times)
            }
        }
        try await hub.end()
        report(found[small] ?? Times(), found[large] ?? Times())
    }

    private func write(_ count: Int, of email: String, to handle: FileHandle) throws {
        var text = ""
        for number in 0..<count {
            let second = number % (120 * 86_400)
            let day = (number * 7) % 120
            let at =
                "2026-\(Self.padded(7 + day / 30))-\(Self.padded(1 + day % 30))T\(Self.padded(second / 3_600 % 24)):"
                + "\(Self.padded(second / 60 % 60)):\(Self.padded(second % 60))Z"
            text +=
                #"{"id":"\#(email)-\#(number)","source":"shop","channel":"store","kind":"page.viewed","occurred_at":"\#(at)","#
                + #""identifiers":[{"kind":"email","value":"\#(email)"},"#
                + #"{"kind":"forum_account","scope":"forum","value":"\#(email)"}],"#
                + #""traits":{"language":"it"},"detail":{"page":"/prodotti/\#(number % 977)"}}"# + "\n"
            if text.utf8.count > 1 << 20 {
                try handle.write(contentsOf: Data(text.utf8))
                text = ""
            }
        }
        try handle.write(contentsOf: Data(text.utf8))
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    // One pair, once each way; afterwards all is as before.

    private func measure(_ pair: Pair, _ number: Int, _ hub: OpenHub, _ times: inout Times) async throws {
        let (a, b) = (try await profile(pair.emails.0, hub), try await profile(pair.emails.1, hub))
        guard a != b else { throw HubProcess.Unexpected("the pair \(pair.number) was one before it was merged") }

        let both = OpenHub.batch([
            #"{"id":"both-\#(number)","source":"shop","channel":"store","occurred_at":"2026-11-20T10:00:00Z","#
                + #""identifiers":[{"kind":"email","value":"\#(pair.emails.0)"},{"kind":"email","value":"\#(pair.emails.1)"}]}"#
        ])
        times.mergedByInteraction.append(try await hub.accept(both))
        try await expect(pair, hub, areOne: true)
        let (apart, splitting) = try await decide(.notSame([a], [b]), hub)
        times.splitFromInteraction.append(splitting)
        try await expect(pair, hub, areOne: false)
        guard case .success(let interaction) = both.items[0].outcome else { return }
        _ = try await hub.ledger.erase([hub.key.facet(interaction.facet)])
        _ = try await hub.ledger.revoke(apart, who: "benchmark")
        try await expect(pair, hub, areOne: false)

        let (same, merging) = try await decide(.same(a, b), hub)
        times.mergedByDecision.append(merging)
        try await expect(pair, hub, areOne: true)
        let (parted, parting) = try await decide(.notSame([a], [b]), hub)
        times.splitFromDecision.append(parting)
        try await expect(pair, hub, areOne: false)
        _ = try await hub.ledger.revoke(same, who: "benchmark")
        _ = try await hub.ledger.revoke(parted, who: "benchmark")
    }

    private func decide(_ said: Said, _ hub: OpenHub) async throws -> (decision: HubID, milliseconds: Double) {
        let start = ContinuousClock.now
        let decided = try await hub.ledger.decide(said, who: "benchmark", why: "measured")
        let milliseconds = start.duration(to: .now).inSeconds * 1_000
        guard let decision = decided.decision else { throw HubProcess.Unexpected("nothing was decided") }
        return (decision, milliseconds)
    }

    private func profile(_ email: String, _ hub: OpenHub) async throws -> HubID {
        let identifier = try Normaliser().identifier(kind: "email", scope: nil, value: email)
        let found = try await Profiles(hub.database, workspace: hub.workspace, key: hub.key)
            .profiles(showing: identifier)
        guard let first = found.first else { throw HubProcess.Unexpected("\(email) has no profile") }
        return first
    }

    private func expect(_ pair: Pair, _ hub: OpenHub, areOne: Bool) async throws {
        let sql = """
            SELECT count(DISTINCT facet.profile) FROM identifier JOIN facet_identifier USING (workspace, identifier)
            JOIN facet USING (workspace, facet)
            WHERE scope = 'forum' AND value IN ('\(pair.emails.0)', '\(pair.emails.1)')
            """
        let profiles = try await hub.count(sql)
        guard profiles == (areOne ? 1 : 2) else {
            throw HubProcess.Unexpected("the pair \(pair.number) is in \(profiles) profiles")
        }
    }

    private func report(_ few: Times, _ many: Times) {
        let lines: [(String, KeyPath<Times, [Double]>)] = [
            ("merged by an interaction that shows both", \.mergedByInteraction),
            ("split after that by a decision", \.splitFromInteraction), ("merged by a decision", \.mergedByDecision),
            ("split after that by another", \.splitFromDecision),
        ]
        for (name, path) in lines {
            let (a, b) = (Latencies(few[keyPath: path]), Latencies(many[keyPath: path]))
            let ratio = b.median / max(a.median, 1e-9)
            print(
                "\(name): two of \(small) median \(Latencies.text(a.median)), two of \(large) median "
                    + "\(Latencies.text(b.median)); ratio \(Promise.told(ratio, atMost: 1.2))")
        }
    }
}

extension MergeBenchmark.Times {
    fileprivate mutating func append(_ other: Self) {
        mergedByInteraction += other.mergedByInteraction
        splitFromInteraction += other.splitFromInteraction
        mergedByDecision += other.mergedByDecision
        splitFromDecision += other.splitFromDecision
    }
}
