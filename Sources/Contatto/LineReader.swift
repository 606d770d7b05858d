internal import Contact
internal import Dispatch
internal import Glibc
internal import Postgres

/// Reads lines from a file or a pipe in bounded memory, on a thread of its own: a read may block, and the pool that
/// runs tasks has one thread a core.
///
/// A chunk ends when about 1 MB of whole lines is there, or when a read would have to wait: a slow source is handed on
/// at once, a fast one in large batches. A line is held whole up to 25 MB, so that it can be kept if it is refused;
/// of a longer one the beginning, its length and its hash are (FORMATS.md, Mail).
final class LineReader: Sendable {
    enum Line: Sendable {
        case whole(Range<Int>)
        /// Too long to be held.
        case cut(RawInput)
    }

    struct Chunk: Sendable {
        /// Number of its first line, from 1.
        var firstLine: Int
        var bytes: [UInt8]
        var lines: [Line]
    }

    private static let chunkBytes = 1 << 20
    private static let heldBytes = 25_000_000
    private static let keptBytes = 64 << 10

    private struct State {
        let descriptor: Int32
        var rest: [UInt8] = []
        var nextLine = 1
        var isAtEnd = false
    }

    private let queue = DispatchQueue(label: "contatto.lines")
    private let state: Monitor<State>

    /// Opens a file, or standard input for `-`.
    init(path: String) throws {
        let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Ending(.failed, "\(path) cannot be read: \(unsafe String(cString: strerror(errno)))")
        }
        state = Monitor(State(descriptor: descriptor))
    }

    deinit { _ = state.withLock { close($0.descriptor) } }

    /// The next lines; nil at the end.
    func next() async throws -> Chunk? {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(with: self.state.withLock { state in Result { try Self.read(&state) } })
            }
        }
    }

    private static func read(_ state: inout State) throws -> Chunk? {
        var chunk = Chunk(firstLine: state.nextLine, bytes: state.rest, lines: [])
        state.rest = []
        var lineStart = 0
        var searched = 0
        while true {
            // Whole lines among what is there.
            while let end = chunk.bytes[searched...].firstIndex(of: 10) {
                chunk.lines.append(.whole(lineStart..<end))
                lineStart = end + 1
                searched = lineStart
            }
            searched = chunk.bytes.count
            if state.isAtEnd {
                if lineStart < chunk.bytes.count { chunk.lines.append(.whole(lineStart..<chunk.bytes.count)) }
                state.nextLine += chunk.lines.count
                return chunk.lines.isEmpty ? nil : chunk
            }
            let mustWait = !isReadable(state.descriptor)
            if !chunk.lines.isEmpty, mustWait || chunk.bytes.count >= chunkBytes { break }
            if chunk.bytes.count - lineStart > heldBytes {
                if lineStart > 0 { break }
                chunk.lines.append(.cut(try skipLine(chunk.bytes, &state)))
                chunk.bytes = []
                state.nextLine += 1
                return chunk
            }
            state.isAtEnd = try !append(to: &chunk.bytes, from: state.descriptor)
        }
        state.rest = Array(chunk.bytes[lineStart...])
        state.nextLine += chunk.lines.count
        return chunk
    }

    private static func append(to bytes: inout [UInt8], from descriptor: Int32) throws -> Bool {
        let piece = unsafe try [UInt8](unsafeUninitializedCapacity: 256 << 10) { buffer, count in
            var got: Int
            repeat {
                got = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            } while got < 0 && errno == EINTR
            guard got >= 0 else { throw Ending(.failed, "reading failed: \(unsafe String(cString: strerror(errno)))") }
            count = got
        }
        bytes.append(contentsOf: piece)
        return !piece.isEmpty
    }

    private static func isReadable(_ descriptor: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&request, 1, 0) > 0
    }

    /// Reads past the rest of a line that is too long, hashing it.
    private static func skipLine(_ beginning: [UInt8], _ state: inout State) throws -> RawInput {
        var digest = Digest()
        digest.update(beginning[...])
        var length = Int64(beginning.count)
        while true {
            var piece: [UInt8] = []
            guard try append(to: &piece, from: state.descriptor) else {
                state.isAtEnd = true
                break
            }
            if let end = piece.firstIndex(of: 10) {
                digest.update(piece[..<end])
                length += Int64(end)
                state.rest = Array(piece[(end + 1)...])
                break
            }
            digest.update(piece[...])
            length += Int64(piece.count)
        }
        return RawInput(Array(beginning.prefix(keptBytes)), cut: (length, digest.finished()))
    }
}
