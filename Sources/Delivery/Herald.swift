package import Postgres
internal import ServiceLifecycle
package import Storage

/// Tells the other processes on a database that a journal has moved, and hears it from them.
///
/// One NOTIFY on a connection of its own, at once when none was sent within the last 5 ms, else when they are over; never in
/// the transaction that stores, where it would make all that commit wait for one another. It is a hint: everybody looks
/// again after a second, whatever was heard.
package final class Herald: Service, CustomStringConvertible {
    private static let pause: Duration = .milliseconds(5)

    private let database: Database
    private let listener: Listener
    private let channel: String
    /// What is heard of oneself is no news.
    private let name = String(UInt64.random(in: .min ... .max), radix: 36)
    private let moved: AsyncStream<Void>
    private let tell: AsyncStream<Void>.Continuation
    private let waiting = Monitor<Set<Int64>>([])
    private let hears: Bool

    /// The bells of this process.
    package let bells: Bells

    package var description: String { "herald" }

    /// Connects to a schema as some login; `hears` = also rings its bells for what others tell.
    package init(_ settings: ConnectionSettings, schema: String, hears: Bool = true) {
        database = Database(settings, connections: 1, acquireTimeout: .seconds(5))
        listener = Listener(settings)
        channel = "\(schema).journal"
        self.hears = hears
        let (moved, tell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.moved = moved
        self.tell = tell
        let waiting = waiting
        bells = Bells { workspace in
            _ = waiting.withLock { $0.insert(workspace) }
            tell.yield()
        }
    }

    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.cry() }
            if hears { group.addTask { await self.listen() } }
            await withGracefulShutdownHandler {
                await group.waitForAll()
            } onGracefulShutdown: {
                self.tell.finish()
                self.listener.close()
            }
        }
        listener.close()
        await database.close()
    }

    private func cry() async {
        for await _ in moved {
            let workspaces = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting.sorted()
            }
            guard !workspaces.isEmpty else { continue }
            let message = ([name] + workspaces.map(String.init)).joined(separator: " ")
            // One that is lost costs whoever waits for it a second.
            try? await Bells.tell(message, on: channel, by: database)
            try? await Task.sleep(for: Self.pause)  // cancelled, the stream ends
        }
    }

    private func listen() async {
        for await wakeup in listener.wakeups(on: channel) {
            if wakeup.mayHaveMissed { bells.soundAll() }
            let words = wakeup.payload.split(separator: " ")
            guard let from = words.first, from != name else { continue }
            for workspace in words.dropFirst().compactMap({ Int64($0) }) { bells.bell(of: workspace).sound() }
        }
    }
}
