import Contact
import ContactTesting
import Foundation
import GroundTruth
import HTTPTypes
import Postgres
import Storage
import Testing

@testable import EmailConnector

@Suite struct ImportTests {
    /// What an interaction of a mail is called by, without the hash of its content, and the facet it hangs on.
    private func facets(_ database: TestDatabase, _ workspace: Int64) async throws -> [String: String] {
        let rows = try await database.superuser.transaction {
            (session: borrowing Session) throws(DatabaseError) -> Rows in
            try session.query(
                text: """
                    SELECT split_part(one.body->>'id', '#', 1) || '|' || coalesce(one.body->>'customer', ''),
                      coalesce((SELECT string_agg(CASE shown.assurance WHEN 1 THEN 'claimed' WHEN 2 THEN 'presented' ELSE
                        'verified' END || ' ' || kind.name || ':' || identifier.value, E'\\x01')
                        FROM facet_identifier AS shown JOIN identifier USING (workspace, identifier)
                        JOIN identifier_kind AS kind USING (kind)
                        WHERE shown.workspace = one.workspace AND shown.facet = one.facet), ''),
                      facet.attributes, coalesce(facet.period::text, '')
                    FROM interaction AS one JOIN facet USING (workspace, facet) WHERE one.workspace = $1
                    """, [.int8(workspace)])
        }
        var found: [String: String] = [:]
        for row in 0..<rows.count {
            let shown = try rows.text(row, 1).split(separator: "\u{1}").map { one in
                let words = one.split(separator: " ", maxSplits: 1)
                let target = words[1].split(separator: ":", maxSplits: 1)
                return (assurance: String(words[0]), kind: String(target[0]), scope: "", value: String(target[1]))
            }
            let attributes = try JSONValue(rows.jsonb(row, 2)).members ?? []
            let text = facetText(
                identifiers: shown, attributes: attributes.map { ($0.0, $0.1.string ?? "") }, period: nil)
            found[try rows.text(row, 0)] = text
        }
        return found
    }

    @Test func `A generated Maildir gives exactly the ledger's facets, and twice adds nothing`() async throws {
        try await withFolder { folder in
            var settings = Generator.Settings(seed: 11, persons: 120)
            settings.months = 4
            settings.scope = .mailOnly
            var expected: [String: String] = [:]
            var maildir = try Maildir(at: folder.path)
            for one in Generator(settings) {
                try maildir.write(one)
                // The period is the hub's own matter and stands last.
                let text = one.facet.split(separator: " | ").filter { $0.count != 6 || !$0.contains("H") }
                // Of an outgoing mail the facet is its recipient alone, and the recipient is the customer.
                let customer = one.direction == .outgoing ? one.facet.split(separator: ":").last.map(String.init) : ""
                expected["\(one.id)|\(customer ?? "")"] = text.joined(separator: " | ")
            }
            try maildir.finish()
            let path = folder.path
            let (count, wanted) = (maildir.count, expected)
            try await TestDatabase.with { database in
                let workspace = try await database.workspace()
                let mail = try mailSettings(["trust": "presented"])
                let seen = Seen(workspace.hub, workspace: workspace.workspace, key: workspace.key, source: "email")
                let ledger = workspace.ledger { $0.answersProfiles = false }
                let first = ContinuousClock.now
                let totals = try await MailImport(mail, into: ledger, seen: seen, now: { TestDatabase.now })
                    .run(try MailFiles(path))
                let took = ContinuousClock.now - first
                #expect(totals.messages == count)
                #expect(totals.accepted == wanted.count, "\(totals)")
                #expect(totals.refused.isEmpty, "\(totals.refused)")
                let found = try await facets(database, workspace.id)
                let wrong = wanted.filter { found[$0.key] != $0.value }
                for (key, facet) in wrong.sorted(by: { $0.key < $1.key }).prefix(5) {
                    Issue.record("\(key): expected \(facet), found \(found[key] ?? "nothing")")
                }
                #expect(wrong.isEmpty && found.count == wanted.count, "\(wrong.count) of \(wanted.count)")

                let second = ContinuousClock.now
                let again = try await MailImport(mail, into: ledger, seen: seen, now: { TestDatabase.now })
                    .run(try MailFiles(path))
                print("import of \(count) mails: \(took), again \(ContinuousClock.now - second)")
                #expect(again.unchanged == count && again.accepted == 0 && again.known == 0)
                // With all that was seen forgotten, the same is stored.
                try await database.superuser.session { (session: borrowing Session) throws(DatabaseError) in
                    try session.run("DELETE FROM source_seen")
                }
                let third = try await MailImport(mail, into: ledger, seen: seen, now: { TestDatabase.now })
                    .run(try MailFiles(path))
                #expect(third.unchanged == 0 && third.accepted == 0 && third.known == wanted.count)
            }
        }
    }

    /// An intake that stores nothing and notes what it was given.
    private actor Noting: Intake {
        private(set) var batches: [(messages: Int, bytes: Int)] = []
        private(set) var ids: [String] = []
        private var running = 0
        private(set) var most = 0

        nonisolated func accept(_ batch: Batch) async throws(IntakeError) -> Receipt { await note(batch) }

        private func note(_ batch: Batch) async -> Receipt {
            running += 1
            most = max(most, running)
            batches.append((batch.items.count, batch.items.reduce(0) { $0 + $1.raw.bytes.count }))
            for case .success(let one) in batch.items.map(\.outcome) { ids.append(one.id) }
            // Others may come in meanwhile, as they do into a transaction.
            for _ in 0..<50 { await Task.yield() }
            running -= 1
            let id = HubID(high: 1, low: 1)
            return Receipt(
                outcomes: batch.items.map { item in
                    if case .failure(let refusal) = item.outcome { return .refused(refusal) }
                    return .accepted(interaction: id, profile: nil)
                }, epoch: id, position: Int64(batches.count))
        }
    }

    @Test func `Batches are bounded by number and bytes, and at most two are on their way`() async throws {
        try await withFolder { folder in
            var box = Data()
            for number in 0..<1_700 {
                box += Data("From a@b Sat Jan  3 01:05:34 1998\nFrom: a@b.example\nMessage-ID: <\(number)@x>\n\n".utf8)
                // Seven of 5 MB, and one that is longer than a mail may be.
                if number % 250 == 0 { box += Data([UInt8](repeating: 0x61, count: 5 << 20)) }
                if number == 600 { box += Data([UInt8](repeating: 0x62, count: 30 << 20)) }
                box += Data("\n\n".utf8)
            }
            let file = folder.appending(path: "box")
            try box.write(to: file)
            let intake = Noting()
            let totals = try await MailImport(try mailSettings(), into: intake, now: { arrived.time })
                .run(try MailFiles(file.path))
            #expect(totals.messages == 1_700 && totals.accepted == 1_699 && totals.refused == [.tooLarge: 1])
            #expect(totals.bytes == Int64(box.count) && totals.bytesInAll == Int64(box.count))
            let batches = await intake.batches
            #expect(batches.count >= 4)
            #expect(batches.allSatisfy { $0.messages <= 500 }, "\(batches)")
            #expect(batches.allSatisfy { $0.bytes <= 4 << 20 || $0.messages == 1 }, "\(batches)")
            #expect(await intake.most <= 2)
            let numbers = await intake.ids.compactMap { Int($0.dropFirst().prefix { $0 != "@" }) }
            #expect(Set(numbers).count == 1_699)
        }
    }

    @Test func `Settings that change how mail is read have it read again`() async throws {
        let one = Array("From: a@example.it\nMessage-ID: <s@x>\n\nx\n".utf8)
        try await withFolder { folder in
            try Data(one).write(to: folder.appending(path: "a.eml"))
            try Data("no mail\n".utf8).write(to: folder.appending(path: "b.eml"))
            let path = folder.path
            try await TestDatabase.with { database in
                let workspace = try await database.workspace()
                let seen = Seen(workspace.hub, workspace: workspace.workspace, key: workspace.key, source: "email")
                let ledger = workspace.ledger()
                func run(_ values: [String: String]) async throws -> MailImport.Totals {
                    try await MailImport(try mailSettings(values), into: ledger, seen: seen, now: { TestDatabase.now })
                        .run(try MailFiles(path))
                }
                #expect(try await run([:]).accepted == 1)
                let again = try await run([:])
                // What was refused is looked at each time, and refused again.
                #expect(again.unchanged == 1 && again.refused == [.unparsableMessage: 1])
                let other = try await run(["own": "altro.example"])
                #expect(other.unchanged == 0 && other.known == 1)
                let refusals = try await database.superuser.transaction {
                    (session: borrowing Session) throws(DatabaseError) -> Int64 in
                    try session.query(text: "SELECT count(*) FROM refusal", []).int64(0, 0)
                }
                #expect(refusals == 1)
            }
        }
    }

    @Test func `Another workspace or source has not seen what this one has`() async throws {
        try await TestDatabase.with { database in
            let (first, second) = (try await database.workspace(), try await database.workspace("other"))
            let digests = (0..<3).map { [UInt8](repeating: UInt8($0), count: 32) }
            for workspace in [first, second] {
                let sources = Sources(workspace.hub, workspace: workspace.workspace)
                for name in ["email", "posta"] {
                    try await sources.register(name, channel: "email", now: TestDatabase.now)
                }
            }
            func seen(_ workspace: TestWorkspace, _ source: String) -> Seen {
                Seen(workspace.hub, workspace: workspace.workspace, key: workspace.key, source: source)
            }
            try await seen(first, "email").remember([digests[0], digests[2], digests[0]])
            try await seen(first, "email").remember([digests[2]])
            #expect(try await seen(first, "email").unseen(digests) == [false, true, false])
            #expect(try await seen(first, "posta").unseen(digests) == [true, true, true])
            #expect(try await seen(second, "email").unseen(digests) == [true, true, true])
            #expect(try await seen(first, "none").unseen(digests) == [true, true, true])
        }
    }

    @Test(.enabled(if: Corpora.exist)) func `The corpora are stored or refused, each with its reason`() async throws {
        let files = Corpora.files()
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger { $0.answersProfiles = false }
            let reader = MailReader(try mailSettings())
            var stored = 0
            var accepted = 0
            var kept: Set<String> = []
            var refused: [String: Int] = [:]
            var slowest: (Duration, String) = (.zero, "")
            var batch: [IntakeItem] = []
            func flush() async throws {
                let receipt = try await ledger.accept(Batch(batch, source: "email"))
                for (item, outcome) in zip(batch, receipt.outcomes) {
                    if case .accepted = outcome { accepted += 1 }
                    if case .refused(let refusal) = outcome {
                        let hash = item.raw.cut?.sha256 ?? Contact.Digest.sha256(item.raw.bytes)
                        kept.insert("\(refusal.reason.rawValue) \(Hexadecimal.text(hash))")
                        refused[refusal.reason.rawValue, default: 0] += 1
                    } else {
                        stored += 1
                    }
                }
                #expect(receipt.outcomes.count == batch.count)
                batch = []
            }
            var mails = 0
            for file in files {
                guard let bytes = try? Data(contentsOf: file) else { continue }
                mails += 1
                let start = ContinuousClock.now
                let found = reader.items(RawInput(Array(bytes)), arrival: arrived)
                let took = ContinuousClock.now - start
                if took > slowest.0 { slowest = (took, file.lastPathComponent) }
                #expect(!found.isEmpty && took < .seconds(20), "\(file.lastPathComponent): \(took)")
                for case .success(let one) in found.map(\.outcome) {
                    #expect(String(validating: one.body, as: UTF8.self) != nil && !one.body.contains(0))
                    #expect((try? JSONValue(one.body)) != nil, "\(file.lastPathComponent)")
                }
                batch += found
                if batch.count >= 200 { try await flush() }
            }
            try await flush()
            print("corpora: \(mails) files, \(stored) stored or known, refused \(refused), slowest \(slowest)")
            let counts = try await database.superuser.transaction {
                (session: borrowing Session) throws(DatabaseError) -> [Int64] in
                try ["interaction", "refusal"].map { (table) throws(DatabaseError) in
                    try session.query(text: "SELECT count(*) FROM \(table)", []).int64(0, 0)
                }
            }
            #expect(counts == [Int64(accepted), Int64(kept.count)])
            #expect(mails > 1_000)
            #expect(stored > 700)
            #expect(
                Set(refused.keys).isSubset(of: [
                    "unparsable_message", "no_identifier", "identifier_invalid",
                    "identifier_blocked", "too_large",
                ]), "\(refused)")
        }
    }
}

enum Corpora {
    /// Beside the project's root.
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "../shared/corpora/mime").standardized
    static var exist: Bool { FileManager.default.fileExists(atPath: folder.path) }

    /// The names of what lies in a folder, in order.
    static func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    static func files() -> [URL] {
        let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
        return (all?.compactMap { $0 as? URL } ?? []).filter {
            (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true
        }.sorted { $0.path < $1.path }
    }
}
