import Glibc

/// Runs `body` on a new, detached thread, which takes no signals.
///
/// librdkafka blocks, and Swift's own threads number one a core: two slow brokers would stop the process. Signals
/// belong to the process's own handlers, and SIGPIPE above all must not reach a thread in OpenSSL. What a crash raises
/// stays, for the backtrace.
package func startThread(_ body: @escaping @Sendable () -> Void) {
    let argument = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
    var thread = pthread_t()
    let failure = unsafe pthread_create(&thread, nil, threadMain, argument)
    precondition(failure == 0, "the system refused another thread (error \(failure)): raise the limit of threads")
    pthread_detach(thread)
}

private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
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
