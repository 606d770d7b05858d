internal import Contact
internal import Postgres
internal import Resolution

/// Keeps the edges between soft records what the present records and the model say (``BlockingKeys`` defines which pairs are
/// compared).
///
/// Runs under the journal row, in the transaction that stores the records: whoever committed before is seen, and whoever
/// comes after sees these, so that of two that come at once the later one finds the earlier. What can be done before the row
/// is held is done then, so that it is held the shorter: who has the keys, and the comparing itself.
struct SoftSearch {
    let workspace: Workspace
    let model: SoftModel
    let memory: SoftMemory

    /// What is looked for in this search, by id.
    var subjects: [Int64: PreparedSoft] = [:]
    /// Those of them that nobody had compared before.
    var fresh: Set<Int64> = []
    /// Who has the keys that were looked for: where in `found` they stand, cut one above `wide`.
    private var holders: [Int64: Range<Int>] = [:]
    private var found: [Int64] = []
    /// Those of these keys that are wide.
    var wideKeys: Set<Int64> = []
    /// The keys of all who have one that has turned wide here.
    var parting: [Int64: BlockingKeys] = [:]
    /// All that have a part in a pair; a pair is two places among them, the lesser one above.
    private var records: [Int64] = []
    private var places: [Int64: UInt64] = [:]
    private var entries: [SoftEntry?] = []
    /// Pairs that were scored before the row was held, ascending, and those of them that say something.
    private var scored: [UInt64] = []
    private var telling: [UInt64: Edge] = [:]

    init(_ workspace: Workspace, _ model: SoftModel, _ memory: SoftMemory) {
        self.workspace = workspace
        self.model = model
        self.memory = memory
    }

    var wide: Int { model.parameters.wide }

    /// Searches for records before the journal row is held, and stores their plain keys.
    mutating func prepare(
        _ new: [PreparedSoft], storing keys: [Soft.Key], in session: borrowing Session
    ) throws(DatabaseError) {
        for record in new { subjects[record.id] = record }
        var statements = [Soft.add(keys, workspace)]
        let plain = question(new.flatMap { $0.keys.plain.map(\.hash) })
        if let plain { statements.append(plain) }
        let answers = try session.pipeline(statements)
        if plain != nil { try take(holders: answers[1]) }
        try prepareRefined(new, in: session)
        for first in stride(from: 0, to: new.count, by: Self.most) {
            subjects = [:]
            for record in new[first..<min(first + Self.most, new.count)] { subjects[record.id] = record }
            let pairs = pairs()
            try ready(pairs, in: session)
            for pair in pairs {
                guard let (verdict, edge) = edge(pair) else { continue }
                scored.append(pair)
                if verdict != .nothing { telling[pair] = edge }
            }
            entries = []
        }
        Self.order(&scored)
        subjects = [:]
    }

    /// Records that are searched for at a time, since each is compared with dozens of others: a batch of 5,000 among a million
    /// took a gigabyte.
    private static let most = 500

    /// What turns wide with these records, and what others have to do then, comes under the row.
    private mutating func prepareRefined(
        _ new: [PreparedSoft], in session: borrowing Session
    ) throws(DatabaseError) {
        guard !wideKeys.isEmpty else { return }
        var finer: Set<Soft.Key> = []
        for record in new {
            Self.refine(record, isWide) { finer.insert(Soft.Key(key: $0, record: record.id)) }
        }
        stored.formUnion(finer)
        let refined = question(finer.map(\.key))
        var statements: [(Statement, [Parameter])] = [(.softWide, [.int8(workspace.id), .int8s(wideKeys.sorted())])]
        if !finer.isEmpty { statements.append(Soft.add(Array(finer), workspace)) }
        if let refined { statements.append(refined) }
        let answers = try session.pipeline(statements)
        for row in 0..<answers[0].count { marked.insert(try answers[0].int64(row, 0)) }
        if refined != nil { try take(holders: answers[answers.count - 1]) }
    }

    /// Takes in what others have stored since; nil where that is not known.
    mutating func take(meanwhile keys: [Soft.Key]?) {
        guard let keys else {
            holders = [:]
            found = []
            wideKeys = []
            return
        }
        for one in keys where !wideKeys.contains(one.key) {
            guard let range = holders[one.key], !found[range].contains(one.record) else { continue }
            let first = found.count
            // One by one: a slice of it would have it copied whole.
            for place in range { found.append(found[place]) }
            found.append(one.record)
            holders[one.key] = first..<found.count
            if found.count - first > wide { wideKeys.insert(one.key) }
        }
    }

    /// Keys that it has stored.
    var added: Set<Soft.Key> { stored }

    /// Compares records that were just stored with all others, and `known` ones once more; returns the records whose edges
    /// that join are not what they were.
    mutating func refresh(
        new: [PreparedSoft], known: Set<Int64> = [], in session: borrowing Session
    ) throws(DatabaseError) -> Set<Int64> {
        fresh = Set(new.map(\.id))
        for record in new { subjects[record.id] = record }
        try take(known.subtracting(fresh), in: session)
        try look(subjects.values.flatMap { $0.keys.plain.map(\.hash) }, in: session)
        try widen(in: session)
        try look(refined(), in: session)
        try widen(in: session)
        return try compare(dropping: try outdated(in: session), in: session)
    }

    /// Reads records that are stored, to compare them once more.
    private mutating func take(_ records: Set<Int64>, in session: borrowing Session) throws(DatabaseError) {
        for record in try contents(records, in: session) { subjects[record.id] = record }
    }

    func contents(
        _ records: Set<Int64>, in session: borrowing Session
    ) throws(DatabaseError) -> [PreparedSoft] {
        var found: [PreparedSoft] = []
        try read(records, in: session) { found.append($0) }
        return found
    }

    /// Reads stored ones, one after the other.
    func read(
        _ records: Set<Int64>, in session: borrowing Session, _ take: (PreparedSoft) -> Void
    ) throws(DatabaseError) {
        guard !records.isEmpty else { return }
        let rows = try session.execute(.softContents, [.int8(workspace.id), .int8s(records.sorted())])
        for row in 0..<rows.count {
            if let record = PreparedSoft(canonical: try rows.bytes(row, 1), model) { take(record) }
        }
    }

    /// Finds who has some keys.
    private mutating func look(_ keys: [Int64], in session: borrowing Session) throws(DatabaseError) {
        guard let (statement, parameters) = question(keys) else { return }
        try take(holders: try session.execute(statement, parameters))
    }

    /// Asks who has those of some keys that were not asked for yet.
    private mutating func question(_ keys: [Int64]) -> (Statement, [Parameter])? {
        var wanted = keys.filter { holders[$0] == nil }
        guard !wanted.isEmpty else { return nil }
        wanted.sort()
        wanted = wanted.indices.filter { $0 == 0 || wanted[$0] != wanted[$0 - 1] }.map { wanted[$0] }
        for key in wanted { holders[key] = 0..<0 }
        return (.softHolders, [.int8(workspace.id), .int8s(wanted), .int8(Int64(wide + 1))])
    }

    private mutating func take(holders rows: borrowing Rows) throws(DatabaseError) {
        var row = 0
        while row < rows.count {
            let key = try rows.int64(row, 0)
            let first = found.count
            while row < rows.count, try rows.int64(row, 0) == key {
                found.append(try rows.int64(row, 1))
                row += 1
            }
            holders[key] = first..<found.count
            if found.count - first > wide { wideKeys.insert(key) }
        }
    }

    func isWide(_ key: Int64) -> Bool { !wideKeys.isEmpty && wideKeys.contains(key) }

    /// The refined forms of the wide keys of all subjects.
    private func refined() -> [Int64] {
        guard !wideKeys.isEmpty else { return [] }
        var keys: [Int64] = []
        for record in subjects.values { Self.refine(record, isWide) { keys.append($0) } }
        return keys
    }

    mutating func store(_ keys: Set<Soft.Key>, in session: borrowing Session) throws(DatabaseError) {
        guard !keys.isEmpty else { return }
        let (statement, parameters) = Soft.add(Array(keys), workspace)
        _ = try session.execute(statement, parameters)
        stored.formUnion(keys)
        // They were looked for before they were there.
        for key in keys {
            holders[key.key] = nil
            wideKeys.remove(key.key)
        }
    }

    var marked: Set<Int64> = []
    var stored: Set<Soft.Key> = []

    static func refine(_ record: PreparedSoft, _ isWide: (Int64) -> Bool, _ take: (Int64) -> Void) {
        for place in record.keys.plain.indices where isWide(record.keys.plain[place].hash) {
            for finer in record.keys.refined[place] { take(finer.hash) }
        }
    }

    static func refined(_ record: PreparedSoft, of isWide: (Int64) -> Bool) -> [Soft.Key] {
        refined(record.keys, of: record.id, where: isWide)
    }

    static func refined(_ keys: BlockingKeys?, of id: Int64, where isWide: (Int64) -> Bool) -> [Soft.Key] {
        guard let keys else { return [] }
        return zip(keys.plain, keys.refined).flatMap { key, finer in
            isWide(key.hash) ? finer.map { Soft.Key(key: $0.hash, record: id) } : []
        }
    }

    /// Scores all pairs that are compared, and makes the stored edges of the subjects equal to what that says.
    private mutating func compare(
        dropping outdated: [Edge], in session: borrowing Session
    ) throws(DatabaseError) -> Set<Int64> {
        let edges = try score(in: session)
        var before: [Edge.Pair: Edge] = [:]
        let known = Set(subjects.keys).subtracting(fresh)
        if !known.isEmpty {
            let rows = try session.execute(.softEdges, [.int8(workspace.id), .int8s(known.sorted())])
            for row in 0..<rows.count {
                let edge = try Edge(rows, row)
                before[edge.pair] = edge
            }
        }
        let added = edges.values.filter { before[$0.pair] != $0 }
        let dropped = before.values.filter { edges[$0.pair] != $0 } + outdated
        var statements: [(Statement, [Parameter])] = []
        if !dropped.isEmpty { statements.append(Edge.drop(dropped, workspace)) }
        if !added.isEmpty { statements.append(Edge.add(added, workspace)) }
        _ = try session.pipeline(statements)
        return Set((added + dropped).filter(\.joins).flatMap { [$0.pair.a, $0.pair.b] })
    }

    /// The pairs that are compared, each once, ascending.
    private mutating func pairs() -> [UInt64] {
        var pairs: [UInt64] = []
        for (id, record) in subjects {
            let place = place(of: id)
            for number in record.keys.plain.indices {
                let key = record.keys.plain[number].hash
                if !isWide(key) {
                    meet(id, place, key, &pairs)
                } else {
                    for finer in record.keys.refined[number] where !isWide(finer.hash) {
                        meet(id, place, finer.hash, &pairs)
                    }
                }
            }
        }
        Self.order(&pairs)
        return pairs
    }

    /// Each once, ascending.
    private static func order(_ pairs: inout [UInt64]) {
        pairs.sort()
        var distinct = 0
        for place in pairs.indices where place == 0 || pairs[place] != pairs[distinct - 1] {
            pairs[distinct] = pairs[place]
            distinct += 1
        }
        pairs.removeLast(pairs.count - distinct)
    }

    private mutating func meet(_ id: Int64, _ place: UInt64, _ key: Int64, _ pairs: inout [UInt64]) {
        for number in holders[key] ?? 0..<0 where found[number] != id {
            let there = self.place(of: found[number])
            pairs.append(min(place, there) << 32 | max(place, there))
        }
    }

    private mutating func place(of record: Int64) -> UInt64 {
        if let known = places[record] { return known }
        let place = UInt64(records.count)
        places[record] = place
        records.append(record)
        return place
    }

    /// Makes ready what is compared in some pairs.
    private mutating func ready(_ pairs: [UInt64], in session: borrowing Session) throws(DatabaseError) {
        entries.append(contentsOf: repeatElement(nil, count: records.count - entries.count))
        var wanted: Set<Int> = []
        for pair in pairs {
            for place in [Int(pair >> 32), Int(pair & 0xFFFF_FFFF)] where entries[place] == nil { wanted.insert(place) }
        }
        let wantedPlaces = wanted.sorted()
        let remembered = memory.entries(of: wantedPlaces.map { records[$0] }, under: model)
        var missing: [Int64: Int] = [:]
        var made: [(Int64, SoftEntry)] = []
        for (place, entry) in zip(wantedPlaces, remembered) {
            let id = records[place]
            if let entry {
                entries[place] = entry
            } else if let subject = subjects[id] {
                let entry = subject.entry(under: model)
                entries[place] = entry
                made.append((id, entry))
            } else {
                missing[id] = place
            }
        }
        if !missing.isEmpty {
            let rows = try session.execute(.softContents, [.int8(workspace.id), .int8s(missing.keys.sorted())])
            for row in 0..<rows.count {
                let id = try rows.int64(row, 0)
                guard let place = missing[id], let record = SoftRecord(canonical: try rows.bytes(row, 1)) else {
                    continue
                }
                let entry = model.prepare(record)
                entries[place] = entry
                made.append((id, entry))
            }
        }
        memory.remember(made, under: model)
    }

    /// What comparing two says; nil where one of them cannot be read.
    private func edge(_ pair: UInt64) -> (SoftScore.Verdict, Edge)? {
        let (one, other) = (Int(pair >> 32), Int(pair & 0xFFFF_FFFF))
        guard let a = entries[one], let b = entries[other] else { return nil }
        let score = model.score(a, b)
        let ids = Edge.Pair(records[one], records[other])
        return (
            score.verdict, Edge(pair: ids, weight: Int32(clamping: score.weight), joins: score.verdict == .join)
        )
    }

    private mutating func score(in session: borrowing Session) throws(DatabaseError) -> [Edge.Pair: Edge] {
        let pairs = pairs()
        guard !pairs.isEmpty else { return [:] }
        var edges: [Edge.Pair: Edge] = [:]
        var left: [UInt64] = []
        var next = 0
        for pair in pairs {
            while next < scored.count, scored[next] < pair { next += 1 }
            if next < scored.count, scored[next] == pair {
                if let edge = telling[pair] { edges[edge.pair] = edge }
            } else {
                left.append(pair)
            }
        }
        try ready(left, in: session)
        for pair in left {
            if let (verdict, edge) = edge(pair), verdict != .nothing { edges[edge.pair] = edge }
        }
        return edges
    }
}
