internal import Contact
internal import Dispatch
internal import Glibc
internal import Postgres

/// Reads lines from a file or a pipe in bounded memory, on a thread of its own: a read may block, and the pool that
/// runs tasks has one thread a core.
///
/// A chunk ends when about 1 MB of whole lines is there, or when a read would have to wait: a slow source is handed on
/// at once, a fast one in large batches.
final class LineReader: Sendable {
    private static let chunkBytes = 1 << 20

    private struct State {
        let descriptor: Int32
        /// Readable once whoever waits for lines is to wait no longer.
        let wake: Int32
        var splitter = LineSplitter()
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
    func next() async throws -> LineSplitter.Chunk? {
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

    private static func read(_ state: inout State) throws -> LineSplitter.Chunk? {
        while !state.isAtEnd {
            let isEnough = state.splitter.held >= chunkBytes || !isReadable(state.descriptor)
            if state.splitter.hasLines && isEnough { break }
            let piece = try piece(state)
            if piece.isEmpty {
                state.isAtEnd = true
                state.splitter.finish()
            } else {
                state.splitter.append(piece)
            }
        }
        return state.splitter.take()
    }

    /// Empty at the end.
    private static func piece(_ state: State) throws -> [UInt8] {
        try wait(state)
        let descriptor = state.descriptor
        return unsafe try [UInt8](unsafeUninitializedCapacity: 256 << 10) { buffer, count in
            var got: Int
            repeat {
                got = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            } while got < 0 && errno == EINTR
            guard got >= 0 else { throw Ending(.failed, "reading failed: \(unsafe String(cString: strerror(errno)))") }
            count = got
        }
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
}
