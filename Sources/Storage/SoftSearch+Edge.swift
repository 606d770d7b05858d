internal import Contact
internal import Postgres
internal import Resolution

extension SoftSearch {
    /// Rows of `soft.edges` as the resolver takes them, each pair once.
    static func pairs(_ rows: borrowing Rows) throws(DatabaseError) -> [SoftEvidence.Pair] {
        var pairs: [SoftEvidence.Pair] = []
        for row in 0..<rows.count {
            let (one, other) = (try rows.int64(row, 0), try rows.int64(row, 1))
            guard one < other else { continue }
            pairs.append(
                SoftEvidence.Pair(
                    one, other, weight: Int(try rows.int32(row, 2)), joins: try rows.int16(row, 3) == 2))
        }
        return pairs
    }

    /// A row of `soft_edge`, from both its ends.
    struct Edge: Hashable {
        /// The lesser id first.
        struct Pair: Hashable {
            let a: Int64
            let b: Int64

            init(_ one: Int64, _ other: Int64) {
                a = min(one, other)
                b = max(one, other)
            }
        }

        let pair: Pair
        let weight: Int32
        let joins: Bool

        init(pair: Pair, weight: Int32, joins: Bool) {
            self.pair = pair
            self.weight = weight
            self.joins = joins
        }

        init(_ rows: borrowing Rows, _ row: Int) throws(DatabaseError) {
            pair = Pair(try rows.int64(row, 0), try rows.int64(row, 1))
            weight = try rows.int32(row, 2)
            joins = try rows.int16(row, 3) == 2
        }

        static func add(_ edges: [Edge], _ workspace: Workspace) -> (Statement, [Parameter]) {
            var records = ArrayBuilder(.int8, reserving: 2 * edges.count)
            var others = ArrayBuilder(.int8, reserving: 2 * edges.count)
            var weights = ArrayBuilder(.int4, reserving: 2 * edges.count)
            var verdicts = ArrayBuilder(.int2, reserving: 2 * edges.count)
            for edge in edges {
                for (one, other) in [(edge.pair.a, edge.pair.b), (edge.pair.b, edge.pair.a)] {
                    records.append(int8: one)
                    others.append(int8: other)
                    weights.append(int4: edge.weight)
                    verdicts.append(int2: edge.joins ? 2 : 1)
                }
            }
            return (
                .softEdgesAdd,
                [.int8(workspace.id), .array(records), .array(others), .array(weights), .array(verdicts)]
            )
        }

        static func drop(_ edges: [Edge], _ workspace: Workspace) -> (Statement, [Parameter]) {
            let ends = edges.flatMap { [($0.pair.a, $0.pair.b), ($0.pair.b, $0.pair.a)] }
            return (.softEdgesDrop, [.int8(workspace.id), .int8s(ends.map(\.0)), .int8s(ends.map(\.1))])
        }
    }
}
