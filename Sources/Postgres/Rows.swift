import CLibPQ

/// What a statement returned.
///
/// The rows lie where libpq put them and are read in place by row and column, both from 0. They are freed once, when
/// the last copy of this value goes; a copy may leave the session and be read anywhere, since nothing changes them.
package struct Rows: Sendable {
    /// Frees the result once.
    ///
    /// Unchecked: after its making libpq only reads a result.
    @safe
    private final class Owner: @unchecked Sendable {
        let result: OpaquePointer

        init(_ result: OpaquePointer) {
            unsafe self.result = unsafe result
        }

        deinit { unsafe PQclear(result) }
    }

    private let owner: Owner
    package let count: Int
    private let label: StatementLabel
    package var statement: String { label.name }

    /// Takes over `result`, which must be a success.
    @unsafe
    init(_ result: OpaquePointer, _ label: StatementLabel) {
        owner = unsafe Owner(result)
        count = unsafe Int(PQntuples(result))
        self.label = label
    }

    package var isEmpty: Bool { count == 0 }
    package var columnCount: Int { unsafe Int(PQnfields(owner.result)) }

    /// How many rows the statement inserted, updated, deleted or returned.
    package var affected: Int { unsafe Int(String(cString: PQcmdTuples(owner.result))) ?? 0 }

    package func name(ofColumn column: Int) -> String {
        guard let name = unsafe PQfname(owner.result, Int32(column)) else { return "\(column)" }
        return unsafe String(cString: name)
    }

    package func isNull(_ row: Int, _ column: Int) throws(DatabaseError) -> Bool {
        try check(row, column)
        return isNullUnchecked(row, column)
    }

    package func type(ofColumn column: Int) -> OID {
        unsafe OID(PQftype(owner.result, Int32(column)))
    }

    /// Lends the bytes of a field that is not null, as they came.
    func withField<Result>(
        _ row: Int, _ column: Int, as expected: String, _ body: (UnsafeRawBufferPointer) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        try check(row, column)
        guard !isNullUnchecked(row, column) else {
            throw unreadable(row, column, "is null where \(expected) must be")
        }
        let length = unsafe Int(PQgetlength(owner.result, Int32(row), Int32(column)))
        let start = unsafe PQgetvalue(owner.result, Int32(row), Int32(column))
        return try unsafe body(UnsafeRawBufferPointer(start: start, count: length))
    }

    /// The field as a big-endian integer of its own width.
    func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ row: Int, _ column: Int, _ width: Value.Type, as expected: String
    ) throws(DatabaseError) -> Value {
        unsafe try withField(row, column, as: expected) {
            (field: UnsafeRawBufferPointer) throws(DatabaseError) -> Value in
            guard field.count == Value.bitWidth / 8 else {
                throw unreadable(row, column, "has \(field.count) bytes where \(expected) has \(Value.bitWidth / 8)")
            }
            return unsafe Value(bigEndian: field.loadUnaligned(as: Value.self))
        }
    }

    func expect(_ row: Int, _ column: Int, _ types: OID..., as expected: String) throws(DatabaseError) {
        try check(row, column)
        let type = type(ofColumn: column)
        guard types.contains(type) else {
            throw unreadable(
                row, column,
                "has type number \(type.number), which is not read as \(expected): cast it in the statement")
        }
    }

    func unreadable(_ row: Int, _ column: Int, _ problem: String) -> DatabaseError {
        DatabaseError(
            .usage, "column \(column) \"\(name(ofColumn: column))\" of row \(row) \(problem)", statement: statement)
    }

    private func isNullUnchecked(_ row: Int, _ column: Int) -> Bool {
        unsafe PQgetisnull(owner.result, Int32(row), Int32(column)) == 1
    }

    private func check(_ row: Int, _ column: Int) throws(DatabaseError) {
        guard row >= 0, row < count, column >= 0, column < columnCount else {
            throw DatabaseError(
                .usage, "there is no row \(row), column \(column) among \(count) rows of \(columnCount) columns",
                statement: statement)
        }
    }
}
