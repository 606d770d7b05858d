internal import Glibc

/// The little this module does with files.
enum File {
    /// What stands in a small file, nil where it cannot be read; a link in its place is not followed.
    static func text(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return text(descriptor, from: 0)
    }

    /// What stands from `start` on, at most 1 MB of it.
    static func text(_ descriptor: Int32, from start: Int) -> String {
        String(decoding: bytes(descriptor, from: start), as: UTF8.self)
    }

    static func bytes(_ descriptor: Int32, from start: Int) -> [UInt8] {
        var found: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 8192)
        while found.count < 1 << 20 {
            let position = start + found.count
            let count = unsafe piece.withUnsafeMutableBytes {
                unsafe pread(descriptor, $0.baseAddress, $0.count, position)
            }
            guard count > 0 else { break }
            found += piece.prefix(count)
        }
        return found
    }

    /// Names in a folder, without `.` and `..`; nil where it cannot be read.
    static func names(in folder: String) -> [String]? {
        guard let directory = unsafe opendir(folder) else { return nil }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// What is at a path, links followed; nil where nothing is, or nothing can be seen.
    static func state(_ path: String) -> stat? {
        var state = stat()
        return unsafe stat(path, &state) == 0 ? state : nil
    }

    static func isFolder(_ state: stat) -> Bool { state.st_mode & S_IFMT == S_IFDIR }

    /// Makes the names in a folder survive a loss of power.
    static func sync(folder: String) {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
