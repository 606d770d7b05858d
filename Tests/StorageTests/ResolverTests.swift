import Contact
import ContactTesting
import GroundTruth
import Postgres
import Resolution
import Testing

@testable import Storage

/// What the hub reaches step by step is what the pure function says of all facets at once.
@Suite struct ResolverTests {
    @Test(arguments: [1, 2] as [UInt64])
    func `Step by step the hub reaches the partition of the whole set`(seed: UInt64) async throws {
        let lines = generated(seed: seed, persons: 80, months: 30) { settings in
            settings.phoneRecycledPerYear = 0.3
            settings.personsPerKiosk = 30
            settings.householdShare = 0.5
            settings.personsPerRoleMailbox = 20
        }
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            var random = Seeded(seed)
            var rest = lines.shuffled(using: &random)[...]
            while !rest.isEmpty {
                let size = Int.random(in: 1...80, using: &random)
                _ = try await ledger.accept(TestDatabase.batch(Array(rest.prefix(size))))
                rest = rest.dropFirst(size)
            }
            try await database.expectResolved(workspace)
            let shared = try await database.superuser.int64("SELECT count(*) FROM shared_run")
            #expect(shared > 0, "no value is shared: the case tries nothing")
            try await expectNothingOrphaned(database, workspace)
            try await expectDenseJournal(database, workspace)
        }
    }
}

private func id(_ rows: borrowing Rows, _ row: Int) throws(DatabaseError) -> HubID {
    let uuid = try rows.uuid(row, 0)
    return HubID(high: uuid.high, low: uuid.low)
}

extension TestDatabase {
    /// That profiles, their kinds, flags and counts, and the marks of shared values are what the pure function says of all
    /// facets that are stored.
    func expectResolved(_ workspace: TestWorkspace, rules: Rules = .standard) async throws {
        let all = try await superuser.transaction {
            (session: borrowing Session) throws(DatabaseError) -> [(facet: ResolverFacet, profile: HubID)] in
            let rows = try session.query(
                text: "SELECT DISTINCT profile FROM facet WHERE workspace = $1", [.int8(workspace.id)])
            var ids: [HubID] = []
            for row in 0..<rows.count { ids.append(try id(rows, row)) }
            return try StoredFacets.read(
                try session.execute(.resolveFacets, [.int8(workspace.id), .uuids(ids)]))
        }
        let decisions = try await superuser.transaction {
            (session: borrowing Session) throws(DatabaseError) -> [Decision] in
            try StoredDecisions.read(
                try session.execute(
                    .resolveDecisions,
                    [
                        .int8(workspace.id), .uuids(all.map(\.facet.id)),
                        .uuids(Array(Set(all.flatMap(\.facet.showings).map(\.value)))),
                    ]))
        }
        let soft = try await expectCompared(workspace, all.map(\.facet))
        let whole = partition(all.map(\.facet), decisions: decisions, rules: rules, soft: soft)
        var expected: Set<String> = []
        for group in whole.groups {
            let facets = group.facets.map { "\(all[$0].facet.id)" }.sorted()
            expected.insert("\(facets) \(group.kind) \(group.isContested)")
        }
        var found: Set<String> = []
        var kinds: [HubID: String] = [:]
        let rows = try await superuser.transaction { (session: borrowing Session) throws(DatabaseError) -> Rows in
            try session.query(
                text:
                    "SELECT profile, kind, contested, facets, canonical IS NULL AND NOT gone FROM profile WHERE workspace = $1",
                [.int8(workspace.id)])
        }
        var counts: [HubID: Int32] = [:]
        for row in 0..<rows.count where try rows.bool(row, 4) {
            let kind = ProfileKind(rawValue: try rows.int16(row, 1)) ?? .customer
            kinds[try id(rows, row)] = "\(kind) \(try rows.bool(row, 2))"
            counts[try id(rows, row)] = try rows.int32(row, 3)
        }
        let byProfile = Dictionary(grouping: all, by: \.profile)
        for (profile, members) in byProfile {
            found.insert("\(members.map { "\($0.facet.id)" }.sorted()) \(kinds[profile] ?? "no row")")
            #expect(counts[profile] == Int32(members.count))
        }
        #expect(Set(kinds.keys) == Set(byProfile.keys), "a living profile without facets")
        #expect(expected.subtracting(found) == [] && found.subtracting(expected) == [])
        let marks = try await superuser.texts(
            "SELECT identifier || ' ' || level || ' ' || first || ' ' || last FROM shared_run WHERE workspace = \(workspace.id)"
        )
        let told = whole.shared.flatMap { value, runs in
            runs.map { "\(value) \($0.level.rawValue) \($0.first) \($0.last)" }
        }
        #expect(Set(marks) == Set(told))
    }
}
