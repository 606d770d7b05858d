/// The number by which PostgreSQL knows a type.
package struct OID: Hashable, Sendable {
    package let number: UInt32

    package init(_ number: UInt32) {
        self.number = number
    }

    package static let bool = OID(16), bytea = OID(17), int8 = OID(20), int2 = OID(21), int4 = OID(23)
    package static let text = OID(25), json = OID(114), float8 = OID(701), date = OID(1082)
    package static let timestamptz = OID(1184), uuid = OID(2950), jsonb = OID(3802)
    package static let textArray = OID(1009), int8Array = OID(1016), uuidArray = OID(2951)
}

/// One value for a statement's `$n`, in PostgreSQL's binary format and with its type stated.
package struct Parameter: Sendable {
    enum Value: Sendable {
        case null
        /// Up to 16 bytes, already in network order, from `high`'s first byte on.
        case short(high: UInt64, low: UInt64, count: Int)
        case text(String)
        case bytes([UInt8])
        /// The first `count` bytes of a buffer that grew in steps.
        case prefix([UInt8], count: Int)
    }

    let type: OID
    let value: Value
    /// Where a NUL stands in a text, which PostgreSQL cannot store: found here, refused where the statement is known.
    let hasNUL: Bool

    private init(_ type: OID, _ value: Value, hasNUL: Bool = false) {
        self.type = type
        self.value = value
        self.hasNUL = hasNUL
    }

    private init(_ type: OID, bits: UInt64, count: Int) {
        self.init(type, .short(high: bits << UInt64(64 - 8 * count), low: 0, count: count))
    }

    package static func int8(_ value: Int64) -> Parameter {
        Parameter(.int8, bits: UInt64(bitPattern: value), count: 8)
    }

    package static func int4(_ value: Int32) -> Parameter {
        Parameter(.int4, bits: UInt64(UInt32(bitPattern: value)), count: 4)
    }

    package static func int2(_ value: Int16) -> Parameter {
        Parameter(.int2, bits: UInt64(UInt16(bitPattern: value)), count: 2)
    }

    package static func bool(_ value: Bool) -> Parameter {
        Parameter(.bool, bits: value ? 1 : 0, count: 1)
    }

    package static func double(_ value: Double) -> Parameter {
        Parameter(.float8, bits: value.bitPattern, count: 8)
    }

    package static func text(_ value: String) -> Parameter {
        Parameter(.text, .text(value), hasNUL: value.utf8.contains(0))
    }

    package static func bytes(_ value: [UInt8]) -> Parameter {
        Parameter(.bytea, .bytes(value))
    }

    package static func uuid(high: UInt64, low: UInt64) -> Parameter {
        Parameter(.uuid, .short(high: high, low: low, count: 16))
    }

    /// A `timestamptz` from microseconds since 1970 UTC.
    package static func timestamp(_ microseconds: Int64) -> Parameter {
        Parameter(.timestamptz, bits: UInt64(bitPattern: Epoch.stored(microseconds: microseconds)), count: 8)
    }

    /// A `date` from days since 1 January 1970.
    package static func date(_ days: Int) -> Parameter {
        Parameter(.date, bits: UInt64(UInt32(bitPattern: Epoch.stored(days: days))), count: 4)
    }

    /// A `jsonb` from the bytes of a JSON text.
    package static func jsonb(_ json: [UInt8]) -> Parameter {
        var bytes = [UInt8]()
        bytes.reserveCapacity(json.count + 1)
        bytes.append(1)
        bytes.append(contentsOf: json)
        return Parameter(.jsonb, .bytes(bytes))
    }

    package static func null(_ type: OID) -> Parameter {
        Parameter(type, .null)
    }

    package static func array(_ builder: consuming ArrayBuilder) -> Parameter {
        let type = builder.element.arrayType
        let hasNUL = builder.hasNUL
        let (bytes, count) = builder.finished()
        return Parameter(type, .prefix(bytes, count: count), hasNUL: hasNUL)
    }
}

extension Parameter {
    package static func text(_ value: String?) -> Parameter { value.map { .text($0) } ?? .null(.text) }
    package static func int8(_ value: Int64?) -> Parameter { value.map { .int8($0) } ?? .null(.int8) }
    package static func int4(_ value: Int32?) -> Parameter { value.map { .int4($0) } ?? .null(.int4) }
    package static func bytes(_ value: [UInt8]?) -> Parameter { value.map { .bytes($0) } ?? .null(.bytea) }
    package static func timestamp(_ value: Int64?) -> Parameter { value.map { .timestamp($0) } ?? .null(.timestamptz) }
    package static func date(_ value: Int?) -> Parameter { value.map { .date($0) } ?? .null(.date) }
    package static func jsonb(_ value: [UInt8]?) -> Parameter { value.map { .jsonb($0) } ?? .null(.jsonb) }
}

/// PostgreSQL counts from 1 January 2000, everybody else from 1970.
enum Epoch {
    static let microseconds: Int64 = 946_684_800_000_000
    static let days = 10_957

    /// What cannot be expressed becomes the least number the server refuses (as out of range): the extremes
    /// themselves would mean infinity, which nobody asked for.
    static func stored(microseconds value: Int64) -> Int64 {
        let (stored, overflow) = value.subtractingReportingOverflow(microseconds)
        return overflow || value == .max ? .min + 1 : stored
    }

    static func stored(days value: Int) -> Int32 {
        let (stored, overflow) = value.subtractingReportingOverflow(days)
        guard !overflow, let narrow = Int32(exactly: stored), narrow != .max, narrow != .min else { return .min + 1 }
        return narrow
    }
}
