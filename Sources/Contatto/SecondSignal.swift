internal import Glibc
internal import ServiceLifecycle
internal import UnixSignals

/// Ends the process at once when a second signal comes while the first is still being followed.
///
/// Not by cancelling: a transaction that may have begun is never given up, so cancelling would wait for it. Nothing that
/// was acknowledged is lost; what was not is sent again.
///
/// Stands first among the services, so that it is the last to be told of the stop.
struct SecondSignal: Service, CustomStringConvertible {
    let signals: [UnixSignal]

    var description: String { "second signal" }

    func run() async throws {
        var count = 0
        for await signal in await UnixSignalsSequence(trapping: signals).cancelOnGracefulShutdown() {
            count += 1
            // A terminal that closes says so several times: that is nobody's impatience.
            guard count > 1, signal != .sighup else { continue }
            StandardError.write("contatto: a second signal ended it before all was answered")
            _exit(Ending.Status.failed.rawValue)
        }
    }
}
