internal import Glibc

/// A file that processes lock (flock): the system takes the lock away when its holder ends, however that ends.
///
/// Each value is an opening of its own, so two in one process keep each other out as two processes do.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// Opens it, and makes it where it is missing; a link in its place is refused, since root comes this way too.
    init(_ path: String, of user: User) throws(ClusterError) {
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw .settings("the lock \(path) cannot be opened: \(Failure.text)")
        }
        // Root makes it for the folder's owner, who is to find it his own.
        if geteuid() == User.root { fchown(descriptor, user.id, user.group) }
    }

    deinit {
        release()
        close(descriptor)
    }

    enum Mode { case shared, alone }

    /// Takes it if that is possible now; what was held before, shared or alone, is given up either way.
    func take(_ mode: Mode) -> Bool {
        flock(descriptor, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0
    }

    func release() {
        // Said explicitly: a child just being started holds a copy of the descriptor for a moment.
        flock(descriptor, LOCK_UN)
    }

    /// What the holder says of itself.
    struct Holder: Equatable {
        let process: pid_t
        let isOwner: Bool
    }

    /// Writes who holds it, for those who wait; called by who has it alone.
    func sign(isOwner: Bool) {
        let text = Array("\(getpid()) \(isOwner ? "owns" : "starts")\n".utf8)
        ftruncate(descriptor, 0)
        _ = unsafe text.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// Takes back what `sign` wrote.
    func unsign() {
        ftruncate(descriptor, 0)
    }

    /// Who signed last, if that process lives.
    var holder: Holder? {
        let words = File.text(descriptor, from: 0).split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let process = pid_t(words[0]), process > 0 else { return nil }
        // One that may not be signalled lives too.
        guard kill(process, 0) == 0 || errno == EPERM else { return nil }
        return Holder(process: process, isOwner: words[1] == "owns")
    }
}

/// What the system said of the last call that failed.
enum Failure {
    static var text: String { unsafe String(cString: strerror(errno)) }
}
