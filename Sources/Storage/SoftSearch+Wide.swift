internal import Contact
internal import Postgres
internal import Resolution

// Keys that more records have than are compared with each other.

extension SoftSearch {
    /// Stores the refined forms of wide keys, and remembers which keys are wide.
    mutating func widen(in session: borrowing Session) throws(DatabaseError) {
        let wide = wideKeys.subtracting(marked).sorted()
        var finer: Set<Soft.Key> = []
        if !wideKeys.isEmpty {
            for id in fresh {
                guard let record = subjects[id] else { continue }
                Self.refine(record, isWide) { finer.insert(Soft.Key(key: $0, record: id)) }
            }
        }
        finer.subtract(stored)
        guard !wide.isEmpty || !finer.isEmpty else { return }
        var turned = Set(wide)
        if !wide.isEmpty {
            let rows = try session.execute(.softWide, [.int8(workspace.id), .int8s(wide)])
            for row in 0..<rows.count { turned.remove(try rows.int64(row, 0)) }
            marked.formUnion(wide)
        }
        if !turned.isEmpty { finer.formUnion(try turn(turned, in: session).subtracting(stored)) }
        try store(finer, in: session)
    }

    /// Marks keys that have turned wide; returns the refined forms of their holders' keys, which are to be stored.
    ///
    /// It brings nobody together who was not compared before; whom it parts says ``outdated(in:)``.
    private mutating func turn(
        _ turned: Set<Int64>, in session: borrowing Session
    ) throws(DatabaseError) -> Set<Soft.Key> {
        let rows = try session.execute(.softAllHolders, [.int8(workspace.id), .int8s(turned.sorted())])
        var holding: Set<Int64> = []
        for row in 0..<rows.count { holding.insert(try rows.int64(row, 0)) }
        for id in holding.intersection(fresh) { parting[id] = subjects[id]?.keys }
        try read(holding.subtracting(fresh), in: session) { parting[$0.id] = $0.keys }
        var finer: Set<Soft.Key> = []
        // All who have a refined form have the key it refines, so that they are counted here.
        var counts: [Int64: Int] = [:]
        for id in holding {
            for key in Self.refined(parting[id], of: id, where: turned.contains) where finer.insert(key).inserted {
                counts[key.key, default: 0] += 1
            }
        }
        let marks = turned.union(counts.filter { $0.value > wide }.keys)
        _ = try session.execute(.softMarkWide, [.int8(workspace.id), .int8s(marks.sorted())])
        marked.formUnion(marks)
        return finer
    }

    /// Edges between records of which neither is searched for, that rested on a key that has turned wide.
    func outdated(in session: borrowing Session) throws(DatabaseError) -> [Edge] {
        let suspects = parting.keys.filter { subjects[$0] == nil }.sorted()
        guard suspects.count > 1 else { return [] }
        let rows = try session.execute(.softEdges, [.int8(workspace.id), .int8s(suspects)])
        var edges: [(edge: Edge, common: [BlockingKeys.Common])] = []
        var keys: Set<Int64> = []
        for row in 0..<rows.count {
            let edge = try Edge(rows, row)
            // Each edge comes from either end.
            guard try rows.int64(row, 0) == edge.pair.a, subjects[edge.pair.b] == nil, let a = parting[edge.pair.a],
                let b = parting[edge.pair.b]
            else { continue }
            let common = a.common(with: b)
            for one in common { keys.formUnion(CollectionOfOne(one.plain.hash) + one.refined.map(\.hash)) }
            edges.append((edge, common))
        }
        guard !edges.isEmpty else { return [] }
        var wide: Set<Int64> = []
        let marks = try session.execute(.softWide, [.int8(workspace.id), .int8s(keys.sorted())])
        for row in 0..<marks.count { wide.insert(try marks.int64(row, 0)) }
        return edges.filter { _, common in
            !common.contains { one in
                !wide.contains(one.plain.hash) || one.refined.contains { !wide.contains($0.hash) }
            }
        }.map(\.edge)
    }
}
