import Glibc

/// A thread of our own that does one job after another.
///
/// libpq blocks, and Swift's own threads number one a core: two slow queries would stop the process.
final class WorkerThread: Sendable {
    private struct Queue {
        var jobs: [@Sendable () -> Void] = []
        var stopped = false
    }

    private let queue = Monitor(Queue())

    init() {
        let queue = queue
        startThread {
            while true {
                let jobs: [@Sendable () -> Void]? = queue.wait { queue in
                    if queue.jobs.isEmpty { return queue.stopped ? .some(nil) : nil }
                    defer { queue.jobs.removeAll(keepingCapacity: true) }
                    return queue.jobs
                }
                guard let jobs else { return }
                for job in jobs { job() }
            }
        }
    }

    deinit { stop() }

    /// False, and nothing will run, once the thread was told to stop.
    @discardableResult
    func enqueue(_ job: @escaping @Sendable () -> Void) -> Bool {
        queue.change { queue in
            guard !queue.stopped else { return false }
            queue.jobs.append(job)
            return true
        }
    }

    /// Ends the thread after the jobs it already has.
    func stop() {
        queue.change { $0.stopped = true }
    }
}

private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Runs `body` on a new, detached thread, which takes no signals.
///
/// Signals belong to the process's own handlers; SIGPIPE above all must not reach a thread in libpq, whose cancel
/// request writes to a socket without asking the system not to raise it. What a crash raises stays, for the backtrace.
package func startThread(_ body: @escaping @Sendable () -> Void) {
    let argument = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
    var thread = pthread_t()
    let failure = unsafe pthread_create(&thread, nil, threadMain, argument)
    precondition(failure == 0, "the system refused another thread (error \(failure)): raise the limit of threads")
    pthread_detach(thread)
}

private func threadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    var signals = sigset_t()
    unsafe sigfillset(&signals)
    for crash in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGQUIT] { unsafe sigdelset(&signals, crash) }
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    let body = unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
    body.run()
    return nil
}
