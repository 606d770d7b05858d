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
        /// Readable once whoever waits for lines is to wait no longer.
        let wake: Int32
        var rest: [UInt8] = []
        var nextLine = 1
        var isAtEnd = false
    }

    private let queue = DispatchQueue(label: "contatto.lines")
    private let state: Monitor<State>
    /// The other end of `State.wake`.
    private let alarm: Int32

    /// Opens a file, or standard input for `-`.
    init(path: String) throws {
        let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Ending(.failed, "\(path) cannot be read: \(unsafe String(cString: strerror(errno)))")
        }
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw Ending(.failed, "no pipe can be had: \(unsafe String(cString: strerror(errno)))")
        }
        alarm = ends[1]
        state = Monitor(State(descriptor: descriptor, wake: ends[0]))
    }

    deinit {
        close(alarm)
        state.withLock { state in
            close(state.descriptor)
            close(state.wake)
        }
    }

    /// The next lines; nil at the end. Cancelled, it throws at once, though no line may come for hours.
    func next() async throws -> Chunk? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async {
                    continuation.resume(with: self.state.withLock { state in Result { try Self.read(&state) } })
                }
            }
        } onCancel: {
            let byte: [UInt8] = [1]
            _ = unsafe byte.span.withUnsafeBytes { unsafe write(alarm, $0.baseAddress, 1) }
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
            state.isAtEnd = try !append(to: &chunk.bytes, from: state)
        }
        state.rest = Array(chunk.bytes[lineStart...])
        state.nextLine += chunk.lines.count
        return chunk
    }

    private static func append(to bytes: inout [UInt8], from state: State) throws -> Bool {
        try wait(state)
        let descriptor = state.descriptor
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

    /// Waits until something can be read, or nobody wants it any more.
    private static func wait(_ state: State) throws {
        var requests = [
            pollfd(fd: state.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: state.wake, events: Int16(POLLIN), revents: 0),
        ]
        while unsafe poll(&requests, 2, -1) < 0 && errno == EINTR {}
        if requests[1].revents != 0 { throw CancellationError() }
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
            guard try append(to: &piece, from: state) else {
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
