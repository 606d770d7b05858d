internal import Hummingbird
internal import NIOCore
internal import Postgres

/// A body on its way in: one task reads it from the wire, another takes it piece by piece. At most 256 kB wait
/// between the two; then nothing more is read, and the sender is held back.
final class Pieces: Sendable {
    private static let mostBytes = 256 << 10

    private struct State {
        var waiting: [[UInt8]] = []
        var bytes = 0
        var end: Result<Void, any Error>?
        var taker: CheckedContinuation<Void, Never>?
        var giver: CheckedContinuation<Void, Never>?
    }

    private let state = Monitor(State())

    /// The next piece; nil at the end. Throws where the body broke off, or the hub stops.
    func next() async throws -> [UInt8]? {
        while true {
            let found: Result<[UInt8]?, any Error>? = state.withLock { state in
                if !state.waiting.isEmpty {
                    let piece = state.waiting.removeFirst()
                    state.bytes -= piece.count
                    state.giver?.resume()
                    state.giver = nil
                    return .success(piece)
                }
                return state.end?.map { nil }
            }
            if let found { return try found.get() }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if !state.waiting.isEmpty || state.end != nil { return true }
                    state.taker = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    /// Nothing is there now: who asks would have to wait.
    var isDry: Bool { state.withLock { $0.waiting.isEmpty && $0.end == nil } }

    /// All of it has come and was taken.
    var isOver: Bool {
        state.withLock { state in
            guard case .success = state.end else { return false }
            return state.waiting.isEmpty
        }
    }

    /// Nothing more is wanted, or nothing more comes.
    func end(_ result: Result<Void, any Error>) {
        let (taker, giver) = state.withLock { state in
            if state.end == nil { state.end = result }
            defer {
                state.taker = nil
                state.giver = nil
            }
            return (state.taker, state.giver)
        }
        taker?.resume()
        giver?.resume()
    }

    /// Reads the whole body; returns at its end, or when nobody wants more.
    func fill(from body: RequestBody) async {
        do {
            for try await buffer in body where try await !put(Array(buffer.readableBytesView)) { return }
            end(.success(()))
        } catch {
            end(.failure(error))
        }
    }

    /// False once nothing more is wanted.
    private func put(_ piece: [UInt8]) async throws -> Bool {
        if piece.isEmpty { return true }
        let (taker, isOpen) = state.withLock { state -> (CheckedContinuation<Void, Never>?, Bool) in
            guard state.end == nil else { return (nil, false) }
            state.waiting.append(piece)
            state.bytes += piece.count
            defer { state.taker = nil }
            return (state.taker, true)
        }
        taker?.resume()
        guard isOpen else { return false }
        await withCheckedContinuation { continuation in
            let mayGoOn = state.withLock { state in
                if state.bytes < Self.mostBytes || state.end != nil { return true }
                state.giver = continuation
                return false
            }
            if mayGoOn { continuation.resume() }
        }
        return true
    }
}

/// Bytes that all requests together may hold; beyond them a body waits on the wire, or its sender is told to come again.
final class Budget: Sendable {
    private let free: Monitor<Int>

    init(_ bytes: Int) { free = Monitor(bytes) }

    /// Takes so many bytes, if they can be had.
    func take(_ bytes: Int) -> Bool {
        free.withLock { free in
            guard free >= bytes else { return false }
            free -= bytes
            return true
        }
    }

    func give(_ bytes: Int) { free.withLock { $0 += bytes } }
}

/// Whether the hub is stopping, and who is to know.
package final class Stopping: Sendable {
    private struct State {
        var hasBegun = false
        var next = 0
        var told: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Monitor(State())

    package init() {}

    package var hasBegun: Bool { state.withLock { $0.hasBegun } }

    package func begin() {
        let told = state.withLock { state in
            state.hasBegun = true
            defer { state.told = [:] }
            return state.told
        }
        for tell in told.values { tell() }
    }

    /// Has it called when stopping begins, or at once if it has; returns what `leave` takes back.
    func tell(_ body: @escaping @Sendable () -> Void) -> Int {
        let (number, isLate) = state.withLock { state in
            state.next += 1
            if !state.hasBegun { state.told[state.next] = body }
            return (state.next, state.hasBegun)
        }
        if isLate { body() }
        return number
    }

    func leave(_ number: Int) { state.withLock { $0.told[number] = nil } }
}
