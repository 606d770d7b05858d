import Contact
import ContactTesting
import Postgres
import Testing

@testable import Storage

@Suite struct TimelineTests {
    private struct Told: Sendable {
        let id: String
        let moment: Int64
        let channel: String
        let kind: String
        let isOutbound: Bool
        let thread: String?
        let text: String?
        let facet: Int

        var line: [UInt8] {
            var members: [(String, [UInt8])] = [
                ("id", JSONWriter.string(id)), ("channel", JSONWriter.string(channel)),
                ("kind", JSONWriter.string(kind)), ("direction", JSONWriter.string(isOutbound ? "out" : "in")),
                ("occurred_at", JSONWriter.string(Timestamp.text(moment))),
                (
                    "identifiers",
                    JSONWriter.array(
                        [("email", "ada@example.com"), ("customer_number", "c1"), ("forum_account", "f\(facet)")].map {
                            let scope = $0.0 == "email" ? [] : [("scope", JSONWriter.string("shop"))]
                            return JSONWriter.object(
                                [("kind", JSONWriter.string($0.0)), ("value", JSONWriter.string($0.1))] + scope)
                        })
                ),
            ]
            if let thread { members.append(("thread", JSONWriter.string(thread))) }
            if let text { members.append(("message", JSONWriter.object([("text", JSONWriter.string(text))]))) }
            return JSONWriter.object(members)
        }
    }

    /// Over three years with months and years between in which nothing happened; several at one moment.
    private static func told(_ count: Int, of facets: UInt64, _ random: inout Seeded) -> [Told] {
        let day: Int64 = 86_400_000_000
        let words = ["pacco", "lavatrice", "fattura"]
        return (0..<count).map { number in
            let month = [0, 1, 2, 13, 30][Int(random.next() % 5)]
            let moment = TestDatabase.now - Int64(month) * 30 * day - Int64(random.next() % 20) * day
            let isMail = random.next() % 3 == 0
            return Told(
                id: "t\(number)", moment: moment, channel: isMail ? "email" : "store",
                kind: ["order.placed", "page.viewed"][Int(random.next() % 2)], isOutbound: random.next() % 4 == 0,
                thread: random.next() % 2 == 0 ? "thread\(random.next() % 3)" : nil,
                text: isMail ? "Scrivo per \(words[Int(random.next() % 3)]) numero \(number)" : nil,
                facet: Int(random.next() % facets))
        }
    }

    @Test(arguments: zip([3, 4, 5] as [UInt64], [4, 30, 90] as [UInt64]))
    func `pages of either order hold what the filter lets through, each once, also while more arrives`(
        seed: UInt64, facets: UInt64
    ) async throws {
        try await TestDatabase.with { database in
            var random = Seeded(seed)
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let told = Self.told(160, of: facets, &random)
            _ = try await ledger.accept(TestDatabase.batch(told.map(\.line), source: "shop"))
            try await SearchIndex(database.hub, workspace: workspace.workspace).catchUp(within: .seconds(600))
            let profiles = Profiles(database.hub, workspace: workspace.workspace, key: workspace.key)
            let profile = try #require(
                HubID(try await database.superuser.texts("SELECT DISTINCT profile::text FROM facet").first ?? ""))
            let all = try await profiles.timeline(profile, limit: 1_000)
            #expect(all.count == told.count)
            let ids = Dictionary(
                try all.map { ($0.interaction, try JSONValue($0.body)["id"]?.string ?? "") },
                uniquingKeysWith: { a, _ in a })
            let threads = Dictionary(
                all.compactMap { entry in entry.thread.map { (ids[entry.interaction] ?? "", $0) } },
                uniquingKeysWith: { a, _ in a })
            let middle = TestDatabase.now - 40 * 86_400_000_000

            var cases: [(filter: TimelineFilter, holds: (Told) -> Bool)] = [(TimelineFilter(), { _ in true })]
            func add(_ holds: @escaping (Told) -> Bool, _ change: (inout TimelineFilter) -> Void) {
                var filter = TimelineFilter()
                change(&filter)
                cases.append((filter, holds))
            }
            add({ $0.channel == "email" }) { $0.channels = ["email"] }
            add({ _ in false }) { $0.channels = ["chat"] }
            add({ _ in true }) { $0.sources = ["shop", "other"] }
            add({ _ in false }) { $0.sources = ["other"] }
            add({ $0.kind == "page.viewed" && $0.isOutbound }) {
                $0.kinds = ["page.viewed"]
                $0.isOutbound = true
            }
            add({ $0.moment >= middle }) { $0.since = middle }
            add({ $0.moment < middle && !$0.isOutbound }) {
                $0.until = middle
                $0.isOutbound = false
            }
            add({ $0.text?.contains("lavatrice") ?? false }) { $0.words = ["lavatrici"] }
            add({ $0.text?.contains("fattura numero 1") ?? false && $0.id == "t1" }) { $0.words = ["fatture", "1"] }
            if let one = told.first(where: { $0.thread != nil }), let thread = threads[one.id] {
                add({ $0.thread == one.thread }) { $0.thread = thread }
            }
            for (filter, holds) in cases {
                for oldestFirst in [false, true] {
                    let size = 1 + Int(random.next() % 30)
                    var found: [String] = []
                    var place: TimelinePlace?
                    while true {
                        let page = try await profiles.timeline(
                            profile, filter, from: place, oldestFirst: oldestFirst, limit: size)
                        found += page.map { ids[$0.interaction] ?? "new" }
                        guard page.count == size, let last = page.last else { break }
                        place = TimelinePlace(occurredAt: last.occurredAt, interaction: last.interaction)
                        // What arrives meanwhile, of any time, takes nothing away and moves nothing.
                        guard random.next() % 4 == 0 else { continue }
                        let late = Self.told(1, of: facets, &random)[0]
                        let new = Told(
                            id: "new\(random.next())", moment: late.moment, channel: "chat", kind: late.kind,
                            isOutbound: late.isOutbound, thread: nil, text: nil, facet: late.facet)
                        _ = try await ledger.accept(TestDatabase.batch([new.line], source: "later"))
                    }
                    let wanted = told.filter(holds).map(\.id)
                    let old = found.filter { $0 != "new" }
                    #expect(old.count == Set(old).count)
                    #expect(Set(old) == Set(wanted), "\(filter), oldest first: \(oldestFirst)")
                    let moments = Dictionary(told.map { ($0.id, $0.moment) }, uniquingKeysWith: { a, _ in a })
                    let times = old.compactMap { moments[$0] }
                    #expect(times == times.sorted(by: oldestFirst ? { $0 < $1 } : { $0 > $1 }))
                }
            }
        }
    }
}
