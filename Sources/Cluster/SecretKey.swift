internal import Glibc

/// The file with the 32 random bytes under which secrets are encrypted.
package enum SecretKey {
    package static let length = 32

    /// Reads it, unless somebody else might have.
    package static func read(_ path: String) throws(ClusterError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = errno == ENOENT ? "is missing" : "cannot be read: \(Failure.text)"
            throw .settings("the secret key \(path) \(reason); \(way(to: path))")
        }
        defer { close(descriptor) }
        var state = stat()
        guard unsafe fstat(descriptor, &state) == 0, state.st_mode & S_IFMT == S_IFREG else {
            throw .settings("the secret key \(path) is not a file; \(way(to: path))")
        }
        guard state.st_mode & 0o077 == 0 else {
            throw .settings(
                "others may read the secret key \(path): `chmod 400 \(path)`, and if they may have, replace it")
        }
        let bytes = File.bytes(descriptor, from: 0)
        guard bytes.count == length else {
            throw .settings("the secret key \(path) has \(bytes.count) bytes, not \(length); \(way(to: path))")
        }
        return bytes
    }

    /// Makes the one of a folder where there is none.
    static func make(in folder: ClusterFolder) throws(ClusterError) {
        guard File.state(folder.key) == nil else { return }
        let unfinished = folder.key + ".new-\(UInt32.random(in: 0 ... .max))"
        let descriptor = unsafe open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o400)
        guard descriptor >= 0 else { throw .settings("\(unfinished) cannot be made: \(Failure.text)") }
        defer { close(descriptor) }
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let written = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        if geteuid() == User.root { fchown(descriptor, folder.user.id, folder.user.group) }
        guard written == length, fsync(descriptor) == 0, unsafe rename(unfinished, folder.key) == 0 else {
            let reason = Failure.text
            unsafe unlink(unfinished)
            throw .settings("\(folder.key) cannot be written: \(reason)")
        }
        File.sync(folder: folder.path)
    }

    private static func way(to path: String) -> String {
        """
        restore it from a backup, or, where no secrets are stored yet, make one: \
        `(umask 277; head -c \(length) /dev/urandom > \(path))`
        """
    }
}
