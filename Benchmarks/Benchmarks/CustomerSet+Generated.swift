internal import GroundTruth

extension CustomerSet {
    /// Generated records, through the same reading as a file's.
    static func generated(persons: Int, seed: UInt64) -> CustomerSet {
        let records = DirtyRecords(persons: persons, seed: seed)
        let text = ([DirtyRecords.header] + records.rows).map { row in
            row.map { "\"\($0)\"" }.joined(separator: ",")
        }.joined(separator: "\n")
        let name = "generated \(seed)"
        return CustomerSet(name: name, [CSVTable(Array(text.utf8))]) ?? CustomerSet(name: name, facets: [], truth: [])
    }
}
