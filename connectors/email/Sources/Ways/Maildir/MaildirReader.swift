internal import Contact
internal import Dispatch
internal import Glibc
internal import NIOConcurrencyHelpers

/// Reads a Maildir and what comes into it, on a queue of its own: it waits for disks and for the kernel.
final class MaildirReader: Sendable {
    /// What is to be stored next.
    struct Step: Sendable {
        var mails: [FoundMail] = []
        /// Where the cursor may stand once they are stored.
        var cursor = MaildirCursor()
        /// How many more wait.
        var waiting = 0
        /// What could not be read, and what is not watched, for people; nil where all is well.
        var note: String?
    }

    private struct Calls {
        var isStopped = false
        var isScanWanted = true
    }

    private let queue = DispatchQueue(label: "contatto.email.maildir")
    /// Used on the queue alone.
    private nonisolated(unsafe) var look: MaildirLook
    private let calls = NIOLockedValueBox(Calls())
    private let wake: Wake

    init(_ root: String, cursor: MaildirCursor) throws(FollowFailure) {
        guard let wake = Wake() else {
            throw FollowFailure(.time, "no more files may be opened: raise the limit of open files (ulimit -n)")
        }
        self.wake = wake
        unsafe look = MaildirLook(root, cursor: cursor)
    }

    /// Looks at all of it once more before anything else.
    func lookAgain() { tell { $0.isScanWanted = true } }

    /// Whoever waits is answered at once.
    func stop() { tell { $0.isStopped = true } }

    private func tell(_ change: (inout Calls) -> Void) {
        calls.withLockedValue { change(&$0) }
        wake.ring()
    }

    /// What is to be stored next, which may be nothing after a look that found nothing. Waits for something to come; throws a
    /// ``FollowFailure``, or `CancellationError` once it is stopped.
    func next() async throws -> Step {
        try await withTaskCancellationHandler {
            let result: Result<Step, any Error> = await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: Result { try self.read() }) }
            }
            return try result.get()
        } onCancel: {
            stop()
        }
    }

    private var isStopped: Bool { calls.withLockedValue { $0.isStopped } }

    private func read() throws -> Step {
        while true {
            wake.silence()
            let (isStopped, isScanWanted) = calls.withLockedValue { calls in
                defer { calls.isScanWanted = false }
                return (calls.isStopped, calls.isScanWanted)
            }
            if isStopped { throw CancellationError() }
            unsafe look.takeEvents()
            let isLooked = unsafe isScanWanted || look.isLookDue
            if isLooked { try unsafe look.all { self.isStopped } }
            let mails = unsafe look.mails(most: MailImport.mostMessages, bytes: MailImport.mostBytes)
            if isLooked || !mails.isEmpty { return unsafe look.step(mails) }
            unsafe look.wait(wake: wake.descriptor)
        }
    }
}

/// A pipe that ends somebody's waiting in the kernel.
private final class Wake: Sendable {
    let descriptor: Int32
    private let other: Int32

    init?() {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (descriptor, other) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(other)
    }

    func ring() {
        // A full pipe rings already.
        _ = unsafe write(other, [1], 1)
    }

    func silence() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while unsafe Glibc.read(descriptor, &bytes, 64) > 0 {}
    }
}
