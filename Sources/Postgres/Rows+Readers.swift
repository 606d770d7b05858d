/// The typed readers. Each refuses another type, another width and, unless it is the optional one, a null.
extension Rows {
    /// An `int8`, `int4` or `int2`.
    package func int64(_ row: Int, _ column: Int) throws(DatabaseError) -> Int64 {
        switch type(ofColumn: column) {
        case .int8: return try integer(row, column, Int64.self, as: "int8")
        default: return Int64(try int32(row, column))
        }
    }

    /// An `int4` or `int2`.
    package func int32(_ row: Int, _ column: Int) throws(DatabaseError) -> Int32 {
        switch type(ofColumn: column) {
        case .int4: return try integer(row, column, Int32.self, as: "int4")
        default: return Int32(try int16(row, column))
        }
    }

    package func int16(_ row: Int, _ column: Int) throws(DatabaseError) -> Int16 {
        try expect(row, column, .int2, as: "an integer of this width")
        return try integer(row, column, Int16.self, as: "int2")
    }

    package func bool(_ row: Int, _ column: Int) throws(DatabaseError) -> Bool {
        try expect(row, column, .bool, as: "bool")
        return try integer(row, column, UInt8.self, as: "bool") != 0
    }

    package func double(_ row: Int, _ column: Int) throws(DatabaseError) -> Double {
        try expect(row, column, .float8, as: "float8")
        return Double(bitPattern: try integer(row, column, UInt64.self, as: "float8"))
    }

    /// A `text`, `varchar`, `char`, `name`, `json`, an enum, or another type whose binary form is its text.
    package func text(_ row: Int, _ column: Int) throws(DatabaseError) -> String {
        try expectText(row, column)
        let text = unsafe try withField(row, column, as: "text") { (field: UnsafeRawBufferPointer) -> String? in
            unsafe String(validating: field, as: UTF8.self)
        }
        guard let text else { throw unreadable(row, column, "is not UTF-8") }
        return text
    }

    package func bytes(_ row: Int, _ column: Int) throws(DatabaseError) -> [UInt8] {
        try expect(row, column, .bytea, as: "bytea")
        return unsafe try withField(row, column, as: "bytea") { (field: UnsafeRawBufferPointer) -> [UInt8] in
            unsafe [UInt8](field)
        }
    }

    /// Lends the bytes of a `bytea` or of a text without copying them.
    package func withBytes<Result>(
        _ row: Int, _ column: Int, _ body: (RawSpan) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        if type(ofColumn: column) != .bytea { try expectText(row, column) }
        return unsafe try withField(row, column, as: "bytes") {
            (field: UnsafeRawBufferPointer) throws(DatabaseError) -> Result in
            try body(unsafe field.bytes)
        }
    }

    package func uuid(_ row: Int, _ column: Int) throws(DatabaseError) -> (high: UInt64, low: UInt64) {
        try expect(row, column, .uuid, as: "uuid")
        return unsafe try withField(row, column, as: "uuid") {
            (field: UnsafeRawBufferPointer) throws(DatabaseError) -> (high: UInt64, low: UInt64) in
            guard field.count == 16 else {
                throw unreadable(row, column, "has \(field.count) bytes where a uuid has 16")
            }
            return unsafe (
                UInt64(bigEndian: field.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: field.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    /// A `timestamptz`, as microseconds since 1970 UTC. Infinity is refused.
    package func timestamp(_ row: Int, _ column: Int) throws(DatabaseError) -> Int64 {
        try expect(row, column, .timestamptz, as: "timestamptz")
        let stored = try integer(row, column, Int64.self, as: "timestamptz")
        let (microseconds, overflow) = stored.addingReportingOverflow(Epoch.microseconds)
        guard !overflow, stored != .min else { throw unreadable(row, column, "is infinite") }
        return microseconds
    }

    /// A `date`, as days since 1 January 1970. Infinity is refused.
    package func date(_ row: Int, _ column: Int) throws(DatabaseError) -> Int {
        try expect(row, column, .date, as: "date")
        let stored = try integer(row, column, Int32.self, as: "date")
        guard stored != .max, stored != .min else { throw unreadable(row, column, "is infinite") }
        return Int(stored) + Epoch.days
    }

    /// The JSON text of a `jsonb` or `json`.
    package func jsonb(_ row: Int, _ column: Int) throws(DatabaseError) -> [UInt8] {
        try expect(row, column, .jsonb, .json, as: "jsonb")
        let isBinary = type(ofColumn: column) == .jsonb
        return unsafe try withField(row, column, as: "jsonb") {
            (field: UnsafeRawBufferPointer) throws(DatabaseError) -> [UInt8] in
            guard isBinary else { return unsafe [UInt8](field) }
            guard unsafe field.first == 1 else { throw unreadable(row, column, "is jsonb of an unknown version") }
            return unsafe [UInt8](field.dropFirst())
        }
    }

    private func expectText(_ row: Int, _ column: Int) throws(DatabaseError) {
        // From 16384 on types are made by users: enums, domains of text, citext, all of which are sent as their text.
        if type(ofColumn: column).number >= 16_384 { return }
        try expect(
            row, column, .text, OID(18), OID(19), OID(1042), OID(1043), OID(705), .json, as: "text")
    }
}

/// The same where a null is allowed.
extension Rows {
    package func optionalInt64(_ row: Int, _ column: Int) throws(DatabaseError) -> Int64? {
        try isNull(row, column) ? nil : try int64(row, column)
    }

    package func optionalInt32(_ row: Int, _ column: Int) throws(DatabaseError) -> Int32? {
        try isNull(row, column) ? nil : try int32(row, column)
    }

    package func optionalInt16(_ row: Int, _ column: Int) throws(DatabaseError) -> Int16? {
        try isNull(row, column) ? nil : try int16(row, column)
    }

    package func optionalBool(_ row: Int, _ column: Int) throws(DatabaseError) -> Bool? {
        try isNull(row, column) ? nil : try bool(row, column)
    }

    package func optionalDouble(_ row: Int, _ column: Int) throws(DatabaseError) -> Double? {
        try isNull(row, column) ? nil : try double(row, column)
    }

    package func optionalText(_ row: Int, _ column: Int) throws(DatabaseError) -> String? {
        try isNull(row, column) ? nil : try text(row, column)
    }

    package func optionalBytes(_ row: Int, _ column: Int) throws(DatabaseError) -> [UInt8]? {
        try isNull(row, column) ? nil : try bytes(row, column)
    }

    package func optionalUUID(_ row: Int, _ column: Int) throws(DatabaseError) -> (high: UInt64, low: UInt64)? {
        try isNull(row, column) ? nil : try uuid(row, column)
    }

    package func optionalTimestamp(_ row: Int, _ column: Int) throws(DatabaseError) -> Int64? {
        try isNull(row, column) ? nil : try timestamp(row, column)
    }

    package func optionalDate(_ row: Int, _ column: Int) throws(DatabaseError) -> Int? {
        try isNull(row, column) ? nil : try date(row, column)
    }

    package func optionalJSONB(_ row: Int, _ column: Int) throws(DatabaseError) -> [UInt8]? {
        try isNull(row, column) ? nil : try jsonb(row, column)
    }
}
