import CLibPQ

/// A statement's parameters laid out as libpq takes them: parallel arrays of pointers, lengths and formats.
///
/// Small values are copied into one arena; arrays and documents are lent where they lie, since libpq copies them once
/// more into its own buffer anyway.
@unsafe
struct Arguments {
    private(set) var values: [UnsafePointer<CChar>?]
    private(set) var lengths: [Int32]
    let formats: [Int32]
    var count: Int32 { unsafe Int32(values.count) }

    /// Calls `body` with everything in place; the pointers are good only until it returns.
    static func with<Result>(_ parameters: [Parameter], _ body: (borrowing Arguments) -> Result) -> Result {
        var room = 1
        for parameter in parameters { room += parameter.value.copiedSize }
        return unsafe withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { arena in
            var arguments = unsafe Arguments(count: parameters.count)
            return unsafe arguments.bind(parameters, from: 0, arena: arena, used: 0, body)
        }
    }

    private init(count: Int) {
        unsafe values = Array(repeating: nil, count: count)
        unsafe lengths = Array(repeating: 0, count: count)
        unsafe formats = Array(repeating: 1, count: count)
    }

    private mutating func bind<Result>(
        _ parameters: [Parameter], from start: Int, arena: UnsafeMutableRawBufferPointer, used: Int,
        _ body: (borrowing Arguments) -> Result
    ) -> Result {
        var used = used
        for index in start..<parameters.count {
            switch parameters[index].value {
            case .null:
                continue
            case .short(let high, let low, let count):
                unsafe arena.storeBytes(of: high.bigEndian, toByteOffset: used, as: UInt64.self)
                unsafe arena.storeBytes(of: low.bigEndian, toByteOffset: used + 8, as: UInt64.self)
                unsafe place(index, arena.baseAddress.map { unsafe UnsafeRawPointer($0 + used) }, count)
                used += 16
            case .text(var text):
                let count = text.withUTF8 { utf8 in
                    unsafe UnsafeMutableRawBufferPointer(rebasing: arena[used...]).copyMemory(
                        from: UnsafeRawBufferPointer(utf8))
                    return utf8.count
                }
                unsafe place(index, arena.baseAddress.map { unsafe UnsafeRawPointer($0 + used) }, count)
                // Kept at multiples of 8 for the integers stored after it.
                used += (count + 7) & ~7
            case .bytes(let bytes):
                return unsafe lend(bytes, bytes.count, parameters, index, arena, used, body)
            case .prefix(let bytes, let count):
                return unsafe lend(bytes, count, parameters, index, arena, used, body)
            }
        }
        return unsafe body(self)
    }

    private mutating func lend<Result>(
        _ bytes: [UInt8], _ count: Int, _ parameters: [Parameter], _ index: Int, _ arena: UnsafeMutableRawBufferPointer,
        _ used: Int, _ body: (borrowing Arguments) -> Result
    ) -> Result {
        unsafe bytes.withUnsafeBytes { lent in
            // An empty array may have no address, and to libpq no address means NULL: any other will do.
            unsafe place(index, lent.baseAddress ?? UnsafeRawPointer(arena.baseAddress), count)
            return unsafe bind(parameters, from: index + 1, arena: arena, used: used, body)
        }
    }

    private mutating func place(_ index: Int, _ start: UnsafeRawPointer?, _ count: Int) {
        unsafe values[index] = unsafe start?.assumingMemoryBound(to: CChar.self)
        unsafe lengths[index] = Int32(truncatingIfNeeded: count)
    }
}

extension Parameter.Value {
    fileprivate var copiedSize: Int {
        switch self {
        case .null, .bytes, .prefix: 0
        case .short: 16
        case .text(let text): (text.utf8.count + 7) & ~7
        }
    }

    /// What is sent for it.
    var size: Int {
        switch self {
        case .null: 0
        case .short(_, _, let count): count
        case .text(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        case .prefix(_, let count): count
        }
    }
}
