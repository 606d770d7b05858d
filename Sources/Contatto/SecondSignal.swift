internal import ServiceLifecycle
internal import UnixSignals

/// Ends the process's services at once when a second signal comes while the first is still being followed.
///
/// Stands first among the services, so that it is the last to be told of the stop.
struct SecondSignal: Service, CustomStringConvertible {
    struct Impatience: Error, CustomStringConvertible {
        let description = "a second signal ended it before all was answered"
    }

    var description: String { "second signal" }

    func run() async throws {
        var count = 0
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint).cancelOnGracefulShutdown() {
            count += 1
            if count > 1 { throw Impatience() }
        }
    }
}
