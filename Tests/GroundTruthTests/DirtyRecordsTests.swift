import Testing

@testable import GroundTruth

@Suite struct DirtyRecordsTests {
    @Test func `A seed gives the same rows, another gives others`() {
        let rows = DirtyRecords(persons: 200, seed: 1).rows
        #expect(DirtyRecords(persons: 200, seed: 1).rows == rows)
        #expect(DirtyRecords(persons: 200, seed: 2).rows != rows)
        #expect(rows.allSatisfy { $0.count == DirtyRecords.header.count })
    }

    @Test func `There are doubles with slips, families under one roof, and gaps`() {
        let rows = DirtyRecords(persons: 1_000, seed: 3).rows
        let persons = Dictionary(grouping: rows, by: { $0[11] })
        #expect(persons.count >= 1_000 && persons.count < 1_006)
        let several = persons.values.filter { $0.count > 1 }
        #expect(several.count > 400 && several.count < 600)
        // Most doubles differ from one another somewhere.
        #expect(several.count { Set($0).count > 1 } * 10 > several.count * 9)
        let homes = Dictionary(grouping: rows.filter { !$0[3].isEmpty && !$0[4].isEmpty }, by: { $0[3...7] })
        let families = homes.values.filter { Set($0.map { $0[11] }).count > 1 }
        #expect(families.count > 50)
        for column in [0, 1, 2, 7, 8, 9, 10] { #expect(rows.contains { $0[column].isEmpty }) }
    }
}
