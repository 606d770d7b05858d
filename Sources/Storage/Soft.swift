internal import Contact
internal import Postgres
internal import Resolution

/// A soft record with its id, its bytes and its keys, computed once for all the interactions that show its facet.
final class PreparedSoft: Sendable {
    let id: Int64
    let record: SoftRecord
    /// Canonical.
    let content: [UInt8]
    let keys: BlockingKeys
    /// Made ready under the model that was in force then.
    private let entry: SoftEntry
    private let version: SoftHash

    /// Made ready to be compared under a model.
    func entry(under model: SoftModel) -> SoftEntry {
        model.version == version ? entry : model.prepare(record)
    }

    /// Nil where nothing can be compared, and of what anybody could have written: under a public key everybody could
    /// make the keys of a customer wide, and so take from him what his own records say.
    convenience init?(_ content: FacetContent, _ model: SoftModel) {
        guard content.isTrusted, let record = SoftRecord(content) else { return nil }
        self.init(record, content: record.canonicalBytes, model)
    }

    /// Reads a stored one.
    convenience init?(canonical content: [UInt8], _ model: SoftModel) {
        guard let record = SoftRecord(canonical: content) else { return nil }
        self.init(record, content: content, model)
    }

    private init(_ record: SoftRecord, content: [UInt8], _ model: SoftModel) {
        id = record.id
        self.record = record
        self.content = content
        entry = model.prepare(record)
        version = model.version
        keys = entry.blockingKeys
    }
}

/// The tables of soft records and their keys.
enum Soft {
    /// Each once, by id.
    static func distinct(_ records: some Sequence<PreparedSoft>) -> [PreparedSoft] {
        var found: [Int64: PreparedSoft] = [:]
        for record in records { found[record.id] = record }
        return found.values.sorted { $0.id < $1.id }
    }

    /// What stores them, under the journal row; it returns those that were not there.
    static func store(_ records: [PreparedSoft], _ workspace: Workspace) -> (Statement, [Parameter]) {
        var ids = ArrayBuilder(.int8, reserving: records.count)
        var contents = ArrayBuilder(.bytea, reserving: records.count)
        for record in records {
            ids.append(int8: record.id)
            contents.append(bytes: record.content)
        }
        return (.softRecords, [.int8(workspace.id), .array(ids), .array(contents)])
    }

    /// The plain keys of records.
    static func keys(of records: [PreparedSoft]) -> [Key] {
        records.flatMap { record in record.keys.plain.map { Key(key: $0.hash, record: record.id) } }
    }

    /// A row of `soft_key`.
    struct Key: Hashable, Comparable {
        let key: Int64
        let record: Int64

        static func < (a: Key, b: Key) -> Bool { a.key == b.key ? a.record < b.record : a.key < b.key }
    }

    static func add(_ keys: [Key], _ workspace: Workspace) -> (Statement, [Parameter]) {
        let (hashes, records) = arrays(keys.sorted())
        let writer = Int32.random(in: .min ... .max)
        return (.softKeys, [.int8(workspace.id), .array(hashes), .array(records), .int4(writer)])
    }

    static func arrays(_ keys: [Key]) -> (ArrayBuilder, ArrayBuilder) {
        var hashes = ArrayBuilder(.int8, reserving: keys.count)
        var records = ArrayBuilder(.int8, reserving: keys.count)
        for one in keys {
            hashes.append(int8: one.key)
            records.append(int8: one.record)
        }
        return (hashes, records)
    }

    /// Those of them whose ids are in some rows.
    static func stored(
        _ rows: borrowing Rows, of records: [PreparedSoft]
    ) throws(DatabaseError) -> [PreparedSoft] {
        var new: Set<Int64> = []
        for row in 0..<rows.count { new.insert(try rows.int64(row, 0)) }
        return records.filter { new.contains($0.id) }
    }
}

extension Parameter {
    static func int8s(_ numbers: some Collection<Int64>) -> Parameter {
        var array = ArrayBuilder(.int8, reserving: numbers.count)
        for number in numbers { array.append(int8: number) }
        return .array(array)
    }
}
