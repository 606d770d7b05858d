import CLibPQ

/// What a LISTEN brought, or the word that something may have been missed.
package struct Wakeup: Sendable {
    package let channel: String
    /// Empty, too, when `mayHaveMissed`.
    package let payload: String
    /// The connection was made, or made anew: what was sent before it stood was not heard. Look yourself.
    package let mayHaveMissed: Bool
}

/// One connection that listens, on a thread of its own.
///
/// A wake-up is a hint and nothing more: of several in a row only the newest is kept, and those sent while the
/// connection was down are lost. Whatever it says, it means: look yourself. So that nobody sleeps through a gap, each
/// stream gets a wake-up whenever the listening begins, at first and after every loss of the connection.
package final class Listener: Sendable {
    private struct State {
        var channels: [String: [UInt64: AsyncStream<Wakeup>.Continuation]] = [:]
        var nextStream: UInt64 = 0
        var isClosed = false
    }

    /// Shared with the thread, which must not keep the listener itself alive.
    private final class Shared: Sendable {
        let state = Monitor(State())
        let wake: Int32
        /// Tells the pause before reconnecting that it is over.
        let isClosed = Monitor(false)

        init() {
            wake = contatto_wake_open()
            precondition(wake >= 0, "the system refused another descriptor: raise the limit of open files")
        }

        deinit { contatto_wake_close(wake) }
    }

    private let shared = Shared()

    /// `keepalive`: how often a silent connection is asked whether it still stands.
    package init(_ settings: ConnectionSettings, keepalive: Duration = .seconds(30)) {
        var settings = settings
        settings.statementTimeout = nil
        let shared = shared
        startThread { [settings] in Self.serve(shared, settings, keepalive) }
    }

    deinit { close() }

    /// The wake-ups of a channel, the newest only, until the listener closes or the stream is given up.
    package func wakeups(on channel: String) -> AsyncStream<Wakeup> {
        let (stream, continuation) = AsyncStream.makeStream(of: Wakeup.self, bufferingPolicy: .bufferingNewest(1))
        let shared = shared
        let id: UInt64? = shared.state.withLock { state in
            guard !state.isClosed else { return nil }
            state.nextStream += 1
            state.channels[channel, default: [:]][state.nextStream] = continuation
            return state.nextStream
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { _ in
            shared.state.withLock { state in
                state.channels[channel]?[id] = nil
                if state.channels[channel]?.isEmpty == true { state.channels[channel] = nil }
            }
            contatto_wake(shared.wake)
        }
        contatto_wake(shared.wake)
        return stream
    }

    /// Ends every stream and closes the connection.
    package func close() {
        let continuations = shared.state.withLock { state in
            state.isClosed = true
            defer { state.channels = [:] }
            return state.channels.values.flatMap(\.values)
        }
        for continuation in continuations { continuation.finish() }
        shared.isClosed.change { $0 = true }
        contatto_wake(shared.wake)
    }

    private static func serve(_ shared: Shared, _ settings: ConnectionSettings, _ keepalive: Duration) {
        var failures = 0
        while !shared.state.withLock({ $0.isClosed }) {
            do {
                let connection = try Connection.make(settings, wake: shared.wake)
                failures = 0
                try listen(connection, shared, keepalive)
                return
            } catch {
                // Nobody can be told here; the streams stay silent until it is mended, and those who read them poll.
                failures += 1
                let longest = min(5_000, 25 << min(failures, 8))
                let pause = Duration.milliseconds(Int.random(in: (longest / 2)...longest))
                _ = shared.isClosed.wait(atMost: pause) { $0 ? true : nil }
            }
        }
    }

    /// Returns when the listener is closed; throws when the connection is lost.
    private static func listen(_ connection: Connection, _ shared: Shared, _ keepalive: Duration) throws(DatabaseError)
    {
        var heard: Set<String> = []
        var greeted: Set<UInt64> = []
        while true {
            contatto_wake_drain(shared.wake)
            let (wanted, isClosed) = shared.state.withLock { (Set($0.channels.keys), $0.isClosed) }
            if isClosed { return }
            for channel in wanted.subtracting(heard) { try connection.run("LISTEN \(quoted(identifier: channel))") }
            for channel in heard.subtracting(wanted) { try connection.run("UNLISTEN \(quoted(identifier: channel))") }
            heard = wanted
            greet(shared, heard, &greeted)
            deliver(connection, shared)
            let seen = unsafe contatto_wait(
                PQsocket(connection.handle), 0, shared.wake, Int32(min(keepalive.milliseconds, 600_000)))
            if seen & Int32(contatto_readable) != 0 {
                guard unsafe PQconsumeInput(connection.handle) == 1 else { throw connection.lost(.text("LISTEN")) }
                _ = unsafe PQisBusy(connection.handle)
                if connection.isBroken { throw connection.lost(.text("LISTEN")) }
            } else if seen == 0 {
                try connection.run("SELECT 1")
            }
        }
    }

    /// Wakes every stream that has not been woken since its channel is listened to on this connection.
    private static func greet(_ shared: Shared, _ heard: Set<String>, _ greeted: inout Set<UInt64>) {
        shared.state.withLock { state in
            var present: Set<UInt64> = []
            for (channel, streams) in state.channels where heard.contains(channel) {
                for (id, continuation) in streams {
                    present.insert(id)
                    guard !greeted.contains(id) else { continue }
                    continuation.yield(Wakeup(channel: channel, payload: "", mayHaveMissed: true))
                }
            }
            greeted = present
        }
    }

    private static func deliver(_ connection: Connection, _ shared: Shared) {
        while let notification = unsafe PQnotifies(connection.handle) {
            let channel = unsafe String(cString: notification.pointee.relname)
            let payload = unsafe String(cString: notification.pointee.extra)
            unsafe PQfreemem(notification)
            shared.state.withLock { state in
                for continuation in (state.channels[channel] ?? [:]).values {
                    continuation.yield(Wakeup(channel: channel, payload: payload, mayHaveMissed: false))
                }
            }
        }
    }
}
