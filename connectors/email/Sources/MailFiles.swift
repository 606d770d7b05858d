package import Contact
internal import FoundationEssentials
internal import Glibc

/// A message as it was found in a file.
package struct FoundMail: Sendable {
    /// Where it stands, for people: the file's name, with the number of the message in a mailbox.
    package let name: String
    /// The bytes of the message; its beginning, length and hash where it is longer than a mail may be.
    package let raw: RawInput
    package let arrival: Arrival
}

/// Mail in files: a Maildir, an mbox, a folder of `.eml`, or one message.
package struct MailFiles: Sendable {
    package enum Kind: String, Sendable { case maildir = "Maildir", mbox, folder, message }

    package let kind: Kind
    /// The files that hold messages, in order.
    let files: [String]
    /// What was not read: of a folder the entries that are neither `.eml` nor a mailbox, subfolders among them; beside
    /// Maildirs the `.eml` and mailboxes, and the folders that could not be looked into.
    package let leftAlone: Int
    /// Of all the files, in bytes.
    package let bytes: Int64

    /// Looks at the path and lists what there is to read. Throws a ``MailFilesError`` where that is nothing.
    package init(_ path: String) throws {
        let manager = FileManager.default
        guard let status = FileReading.status(path) else { throw MailFilesError("\(path) does not exist") }
        guard status.isFolder else {
            let beginning = try FileReading(path).read(most: 64 << 10)
            kind = MboxReader.start(of: beginning) == nil ? .message : .mbox
            files = [path]
            leftAlone = 0
            bytes = status.size
            return
        }
        let names = try manager.contentsOfDirectory(atPath: path)
        let maildirs = MaildirSearch(path)
        var files: [String] = []
        if !maildirs.found.isEmpty {
            kind = .maildir
            for folder in maildirs.found {
                for part in ["cur", "new"] where manager.fileExists(atPath: "\(folder)/\(part)") {
                    files += try Self.messages("\(folder)/\(part)")
                }
            }
            leftAlone = maildirs.leftAlone
        } else {
            kind = .folder
            let mails = names.filter { name in
                Self.isMail(name) && FileReading.status("\(path)/\(name)")?.isFolder != true
            }
            files = mails.sorted().map { "\(path)/\($0)" }
            leftAlone = names.count - mails.count
            guard !files.isEmpty else {
                throw MailFilesError("\(path) holds neither cur and new (a Maildir) nor .eml or .mbox files")
            }
        }
        self.files = files
        bytes = files.reduce(0) { $0 + Self.size($1) }
    }

    /// Reads them from the first on. `now` (microseconds since 1970) is what Date is measured against where a file does not
    /// tell when its message was delivered.
    package func reader(now: Int64) -> MailFileReader { MailFileReader(self, now: now) }

    /// By its name, a mail or a mailbox.
    static func isMail(_ name: String) -> Bool {
        [".eml", ".mbox", ".mbx"].contains { name.lowercased().hasSuffix($0) }
    }

    private static func messages(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
            .map { "\(folder)/\($0)" }
    }

    /// 0 where it cannot be asked: it is progress that is told by it.
    private static func size(_ path: String) -> Int64 { FileReading.status(path)?.size ?? 0 }
}

/// Why there is nothing to read, for whoever named the path.
package struct MailFilesError: Error, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// A file read from its beginning, a piece at a time.
final class FileReading {
    private let descriptor: Int32
    private let path: String

    init(_ path: String) throws {
        self.path = path
        // A pipe without a writer would be waited for.
        let opened = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard opened >= 0 else { throw MailFilesError("\(path) cannot be read: \(Self.reason(errno))") }
        var status = stat()
        guard unsafe fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(opened)
            throw MailFilesError("\(path) cannot be read: it is not a file but a folder, a pipe or a device")
        }
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// The next bytes; empty at the end.
    func read(most: Int) throws -> [UInt8] {
        var failure: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            while true {
                let got = unsafe Glibc.read(descriptor, buffer.baseAddress, most)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                count = max(0, got)
                return
            }
        }
        guard failure == 0 else { throw MailFilesError("\(path) cannot be read: \(Self.reason(failure))") }
        return bytes
    }

    /// Length, and when the file was last written, in microseconds since 1970.
    static func status(_ path: String) -> (size: Int64, modified: Int64, isFolder: Bool)? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return (
            Int64(status.st_size), Int64(status.st_mtim.tv_sec) * 1_000_000 + Int64(status.st_mtim.tv_nsec) / 1_000,
            status.st_mode & S_IFMT == S_IFDIR
        )
    }

    /// What tells a folder from every other, by whatever path it is reached; nil where it is none.
    static func folder(_ path: String) -> Folder? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        return Folder(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    }

    struct Folder: Hashable {
        let device: UInt64
        let number: UInt64
    }

    private static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
