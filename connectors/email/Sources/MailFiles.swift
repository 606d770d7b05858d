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
    /// Files of a folder that are neither `.eml` nor a mailbox, and were left alone.
    package let leftAlone: Int
    /// Of all the files, in bytes.
    package let bytes: Int64

    /// Looks at the path and lists what there is to read. Throws a ``MailFilesError`` where that is nothing.
    package init(_ path: String) throws {
        let manager = FileManager.default
        guard let status = FileReading.status(path) else { throw MailFilesError("\(path) does not exist") }
        guard status.isFolder else {
            let beginning = try FileReading(path).read(most: 5)
            kind = beginning == Array("From ".utf8) ? .mbox : .message
            files = [path]
            leftAlone = 0
            bytes = status.size
            return
        }
        let names = try manager.contentsOfDirectory(atPath: path)
        let maildirs = Self.maildirs(path, names)
        var files: [String] = []
        if !maildirs.isEmpty {
            kind = .maildir
            for folder in maildirs {
                for part in ["cur", "new"] where manager.fileExists(atPath: "\(folder)/\(part)") {
                    files += try Self.messages("\(folder)/\(part)")
                }
            }
            leftAlone = 0
        } else {
            kind = .folder
            let isMail = { (name: String) in
                [".eml", ".mbox", ".mbx"].contains { name.lowercased().hasSuffix($0) }
            }
            files = names.filter(isMail).sorted().map { "\(path)/\($0)" }
            leftAlone = names.count { !isMail($0) }
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

    /// The folder itself and those below it (`.Sent`, `.Archive.2025`) that hold `cur` or `new`.
    private static func maildirs(_ path: String, _ names: [String]) -> [String] {
        let manager = FileManager.default
        func isOne(_ folder: String) -> Bool {
            manager.fileExists(atPath: "\(folder)/cur") || manager.fileExists(atPath: "\(folder)/new")
        }
        return ([path] + names.sorted().map { "\(path)/\($0)" }).filter(isOne)
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
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw MailFilesError("\(path) cannot be read: \(Self.reason(errno))") }
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

    private static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
