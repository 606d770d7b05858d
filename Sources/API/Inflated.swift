internal import CZlib

/// Bodies that came compressed (RFC 1950 to 1952).
enum Inflated {
    enum Fault: Error {
        /// It is not in this form, or ends too early.
        case broken
        case tooLarge
    }

    private static let piece = 64 << 10

    /// Whether bytes begin as gzip does: some programs say so nowhere else.
    static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// Inflates all of it, up to so many bytes: what a few kilobytes can stand for has no end.
    static func bytes(_ input: [UInt8], most: Int) throws(Fault) -> [UInt8] {
        do throws(Fault) {
            return try inflated(input, most: most, isRaw: false)
        } catch {
            guard error == .broken, let first = input.first, first & 0x0F != 8, !isGzip(input) else { throw error }
            return try inflated(input, most: most, isRaw: true)
        }
    }

    private static func inflated(_ input: [UInt8], most: Int, isRaw: Bool) throws(Fault) -> [UInt8] {
        var stream = unsafe z_stream()
        let begun = unsafe isRaw ? contatto_inflate_begin_raw(&stream) : contatto_inflate_begin(&stream)
        guard begun == Z_OK else { throw .broken }
        defer { unsafe inflateEnd(&stream) }
        var source = input
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: piece)
        let result = unsafe source.withUnsafeMutableBufferPointer { source -> Result<Void, Fault> in
            unsafe stream.next_in = source.baseAddress
            unsafe stream.avail_in = UInt32(source.count)
            while true {
                let status = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
                    unsafe stream.next_out = buffer.baseAddress
                    unsafe stream.avail_out = UInt32(buffer.count)
                    return unsafe inflate(&stream, Z_NO_FLUSH)
                }
                let count = buffer.count - Int(unsafe stream.avail_out)
                guard output.count + count <= most else { return .failure(.tooLarge) }
                output += buffer[..<count]
                switch status {
                case Z_STREAM_END:
                    // gzip may be several members, one after the other.
                    guard unsafe stream.avail_in > 0, !isRaw else { return .success(()) }
                    guard unsafe inflateReset(&stream) == Z_OK else { return .failure(.broken) }
                case Z_OK: if count == 0, unsafe stream.avail_in == 0 { return .failure(.broken) }
                default: return .failure(.broken)
                }
            }
        }
        try result.get()
        return output
    }
}
