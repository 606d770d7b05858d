/// A one-dimensional array in PostgreSQL's binary format, grown element by element in one buffer.
///
/// Sets travel as arrays and are opened with `unnest`. Nothing is allocated for an element, and the array may be built
/// on any thread.
package struct ArrayBuilder: Sendable {
    package enum ElementType: Sendable {
        case bool, bytea, date, double, int2, int4, int8, jsonb, text, timestamptz, uuid

        var type: OID {
            switch self {
            case .bool: .bool
            case .bytea: .bytea
            case .date: .date
            case .double: .float8
            case .int2: .int2
            case .int4: .int4
            case .int8: .int8
            case .jsonb: .jsonb
            case .text: .text
            case .timestamptz: .timestamptz
            case .uuid: .uuid
            }
        }

        var arrayType: OID {
            switch self {
            case .bool: OID(1000)
            case .bytea: OID(1001)
            case .date: OID(1182)
            case .double: OID(1022)
            case .int2: OID(1005)
            case .int4: OID(1007)
            case .int8: OID(1016)
            case .jsonb: OID(3807)
            case .text: OID(1009)
            case .timestamptz: OID(1185)
            case .uuid: OID(2951)
            }
        }

        /// The width to reserve for; texts and documents have none, so a guess.
        var width: Int {
            switch self {
            case .bool: 1
            case .int2: 2
            case .date, .int4: 4
            case .double, .int8, .timestamptz: 8
            case .uuid: 16
            case .bytea, .jsonb, .text: 24
            }
        }
    }

    package let element: ElementType
    package private(set) var count = 0
    private(set) var hasNUL = false
    private var hasNull = false
    /// Longer than what is used: growing by doubling and writing in place is several times faster than appending.
    private var buffer: [UInt8]
    private var used = ArrayBuilder.header

    /// Dimensions, whether there are nulls, the element's type, the length, the lower bound.
    private static let header = 20

    package init(_ element: ElementType, reserving elements: Int = 16) {
        self.element = element
        buffer = [UInt8](repeating: 0, count: Self.header + elements * (element.width + 4))
    }

    package mutating func appendNull() {
        write(-1 as Int32)
        hasNull = true
        count += 1
    }

    package mutating func append(uuidHigh high: UInt64, low: UInt64) {
        expect(.uuid)
        reserve(20)
        let at = used
        unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe bytes.storeBytes(of: UInt32(16).bigEndian, toByteOffset: at, as: UInt32.self)
            unsafe bytes.storeBytes(of: high.bigEndian, toByteOffset: at + 4, as: UInt64.self)
            unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: at + 12, as: UInt64.self)
        }
        used += 20
        count += 1
    }

    package mutating func append(int8 value: Int64) {
        expect(.int8)
        fixed(value)
    }

    package mutating func append(int4 value: Int32) {
        expect(.int4)
        fixed(value)
    }

    package mutating func append(int2 value: Int16) {
        expect(.int2)
        fixed(value)
    }

    package mutating func append(bool value: Bool) {
        expect(.bool)
        fixed(value ? 1 as UInt8 : 0)
    }

    package mutating func append(double value: Double) {
        expect(.double)
        fixed(value.bitPattern)
    }

    /// Microseconds since 1970 UTC.
    package mutating func append(timestamp microseconds: Int64) {
        expect(.timestamptz)
        fixed(Epoch.stored(microseconds: microseconds))
    }

    /// Days since 1 January 1970.
    package mutating func append(date days: Int) {
        expect(.date)
        fixed(Epoch.stored(days: days))
    }

    package mutating func append(text value: String) {
        var value = value
        value.withUTF8 { unsafe append(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// A text that is already UTF-8.
    package mutating func append(text value: [UInt8]) {
        unsafe value.withUnsafeBytes { unsafe append(utf8: $0) }
    }

    package mutating func append(text value: ArraySlice<UInt8>) {
        unsafe value.withUnsafeBytes { unsafe append(utf8: $0) }
    }

    package mutating func append(bytes value: [UInt8]) {
        expect(.bytea)
        unsafe value.withUnsafeBytes { unsafe variable($0) }
    }

    package mutating func append(bytes value: ArraySlice<UInt8>) {
        expect(.bytea)
        unsafe value.withUnsafeBytes { unsafe variable($0) }
    }

    /// The bytes of a JSON text.
    package mutating func append(jsonb value: [UInt8]) {
        expect(.jsonb)
        write(Int32(truncatingIfNeeded: value.count + 1))
        write(1 as UInt8)
        unsafe value.withUnsafeBytes { unsafe raw($0) }
        count += 1
    }

    @unsafe
    package mutating func append(utf8 value: UnsafeRawBufferPointer) {
        expect(.text)
        unsafe hasNUL = hasNUL || value.contains(0)
        unsafe variable(value)
    }

    /// The array with its header filled in, and how much of the buffer it is. Consumes, so that nothing is copied.
    consuming func finished() -> (bytes: [UInt8], count: Int) {
        let end = used
        used = 0
        guard count > 0 else {
            write(0 as Int32)
            write(0 as Int32)
            write(element.type.number)
            return (buffer, used)
        }
        write(1 as Int32)
        write(hasNull ? 1 as Int32 : 0)
        write(element.type.number)
        write(Int32(truncatingIfNeeded: count))
        write(1 as Int32)
        return (buffer, end)
    }

    private func expect(_ given: ElementType) {
        precondition(given == element, "an array of \(element) was given a \(given)")
    }

    private mutating func reserve(_ more: Int) {
        let needed = used + more
        guard needed > buffer.count else { return }
        buffer.append(contentsOf: repeatElement(0, count: max(needed, 2 * buffer.count) - buffer.count))
    }

    private mutating func write(_ value: some FixedWidthInteger & BitwiseCopyable) {
        let width = value.bitWidth / 8
        reserve(width)
        let at = used
        unsafe buffer.withUnsafeMutableBytes {
            unsafe $0.storeBytes(of: value.bigEndian, toByteOffset: at, as: type(of: value))
        }
        used += width
    }

    private mutating func fixed(_ value: some FixedWidthInteger & BitwiseCopyable) {
        write(Int32(truncatingIfNeeded: value.bitWidth / 8))
        write(value)
        count += 1
    }

    @unsafe
    private mutating func variable(_ value: UnsafeRawBufferPointer) {
        write(Int32(truncatingIfNeeded: value.count))
        unsafe raw(value)
        count += 1
    }

    @unsafe
    private mutating func raw(_ value: UnsafeRawBufferPointer) {
        guard unsafe !value.isEmpty else { return }
        reserve(value.count)
        let at = used
        unsafe buffer.withUnsafeMutableBytes {
            unsafe UnsafeMutableRawBufferPointer(rebasing: $0[at...]).copyMemory(from: value)
        }
        used += value.count
    }
}
