internal import Contact
internal import Glibc

/// A folder with `new` and `cur` in it, read with the calls of the system: names need not be UTF-8, and each failure has its
/// own consequence.
struct MaildirFolder {
    /// Of the name in an entry; the number is Linux's.
    private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19

    let path: String
    /// As the cursor knows it; another where other folders stand in its place.
    let key: String

    /// `root` is the folder that the source names: what lies below it keeps its key when all of it is moved.
    init(_ path: String, below root: String) {
        self.path = path
        let inside = path.hasPrefix(root) ? String(path.dropFirst(root.count)) : path
        key = MaildirCursor.key(
            inside, new: FileReading.folder("\(path)/new")?.number ?? 0,
            cur: FileReading.folder("\(path)/cur")?.number ?? 0)
    }

    func part(isNew: Bool) -> String { "\(path)/\(isNew ? "new" : "cur")" }

    /// The names in `new` or `cur`; none where there is no such folder. `problem` is why it could not be listed.
    func names(isNew: Bool, problem: inout String?) -> [[UInt8]] {
        let path = part(isNew: isNew)
        guard let folder = unsafe opendir(path) else {
            if errno != ENOENT, errno != ENOTDIR { problem = "\(path) cannot be listed: \(FileFault(errno))" }
            return []
        }
        defer { unsafe closedir(folder) }
        var names: [[UInt8]] = []
        errno = 0
        while let entry = unsafe readdir(folder) {
            // The name is inside the entry, which may be shorter than its type: it is read where it stands.
            let start = unsafe UnsafeRawPointer(entry) + Self.nameOffset
            let length = unsafe strlen(start.assumingMemoryBound(to: CChar.self))
            let name = unsafe Array(UnsafeRawBufferPointer(start: start, count: length))
            if name.first != UInt8(ascii: "."), unsafe entry.pointee.d_type != UInt8(DT_DIR) { names.append(name) }
        }
        if errno != 0 { problem = "\(path) cannot be listed: \(FileFault(errno))" }
        return names
    }

    /// When an entry changed; nil where it is no file, or gone.
    func changed(_ name: [UInt8], isNew: Bool) -> Int64? {
        var status = stat()
        guard unsafe stat(location(name, isNew: isNew), &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        return status.changed
    }

    /// The path of an entry, as the system's calls take it.
    func location(_ name: [UInt8], isNew: Bool) -> [CChar] {
        (Array(part(isNew: isNew).utf8) + [UInt8(ascii: "/")] + name + [0]).map { CChar(bitPattern: $0) }
    }
}

/// What the system says of a call that failed.
struct FileFault: Hashable, CustomStringConvertible {
    let code: Int32
    init(_ code: Int32) { self.code = code }
    var description: String { unsafe String(cString: strerror(code)) }
}

extension stat {
    /// Microseconds since 1970.
    var changed: Int64 { Int64(st_ctim.tv_sec) * 1_000_000 + Int64(st_ctim.tv_nsec) / 1_000 }
    var modified: Int64 { Int64(st_mtim.tv_sec) * 1_000_000 + Int64(st_mtim.tv_nsec) / 1_000 }
    /// A rename, a link or a change of mode came after the last write, so whoever wrote it was done.
    var isTouchedSinceWritten: Bool { st_ctim.tv_sec != st_mtim.tv_sec || st_ctim.tv_nsec != st_mtim.tv_nsec }
}
