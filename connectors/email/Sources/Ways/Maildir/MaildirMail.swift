internal import Contact
internal import Glibc

/// A message of a Maildir, read.
struct MaildirMail {
    enum Outcome {
        case read(FoundMail)
        /// Deleted or renamed since it was seen, or no file at all.
        case gone
        /// Somebody is writing it where it stands, which a Maildir forbids and `cp` does.
        case unfinished
        /// In a line for people.
        case unreadable(String)
    }

    /// Of a file in place this young it is not known whether more is to come.
    private static let settles: Int64 = 10_000_000

    /// A message's file; `isClosed` where its writer is known to be done.
    static func read(_ message: MaildirBacklog.Message, in folder: MaildirFolder) -> Outcome {
        let name = String(decoding: message.name, as: UTF8.self)
        let place = "\(folder.part(isNew: message.isNew))/\(name)"
        let opened = unsafe open(
            folder.location(message.name, isNew: message.isNew), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard opened >= 0 else {
            return errno == ENOENT || errno == ENOTDIR
                ? .gone : .unreadable("\(place) cannot be read: \(FileFault(errno))")
        }
        defer { close(opened) }
        var status = stat()
        guard unsafe fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return .gone }
        // Who makes an empty file and closes it means to fill it.
        if !message.isClosed || status.st_size == 0, !isSettled(status) { return .unfinished }
        var mail = GrowingMail()
        let piece = max(1 << 10, min(1 << 20, Int(clamping: status.st_size) + 1))
        while true {
            var failure: Int32 = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: piece) { buffer, count in
                let got = unsafe Glibc.read(opened, buffer.baseAddress, piece)
                if got < 0 { failure = errno }
                count = max(0, got)
            }
            if failure == EINTR { continue }
            guard failure == 0 else { return .unreadable("\(place) cannot be read: \(FileFault(failure))") }
            if bytes.isEmpty { break }
            mail.append(bytes[...])
        }
        let arrival = MailFileReader.delivered(name) ?? status.modified
        return .read(FoundMail(name: name, raw: mail.finished(), arrival: Arrival(time: arrival)))
    }

    /// By the clock of the machine, as the times of files are.
    private static func isSettled(_ status: stat) -> Bool {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        let age = Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000 - status.modified
        // A file of the future was not written just now either.
        if age > settles || age < -settles { return true }
        return status.st_size > 0 && status.isTouchedSinceWritten
    }
}
