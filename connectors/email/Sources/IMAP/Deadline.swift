/// Something that may take so long, by a clock that may be a test's.
enum Deadline {
    /// What the body returns, or nil when the time is up first; the body is cancelled then. What it returns all the same is
    /// not lost.
    static func race<Value: Sendable>(
        _ limit: Duration, _ clock: any Clock<Duration>, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await clock.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            // The group holds two tasks; the timer returns nothing.
            if let value = try await group.next() ?? nil { return value }
            group.cancelAll()
            do {
                return try await group.next() ?? nil
            } catch is CancellationError {
                try Task.checkCancellation()
                return nil
            }
        }
    }

    /// A moment on a clock of any kind.
    struct Start {
        let elapsed: () -> Duration
    }

    static func start(_ clock: any Clock<Duration>) -> Start {
        func start(_ clock: some Clock<Duration>) -> Start {
            let instant = clock.now
            return Start { instant.duration(to: clock.now) }
        }
        return start(clock)
    }
}
