internal import Glibc

/// The kernel's word of what changes in folders (inotify(7)). For one thread at a time.
final class FolderWatch {
    struct Event {
        /// The number of the watch; -1 where events were lost.
        let watch: Int32
        let mask: UInt32
        /// The entry's name as it stands in the folder, which need not be UTF-8.
        let name: [UInt8]

        var isOverflow: Bool { mask & UInt32(IN_Q_OVERFLOW) != 0 }
        /// Of the watched folder itself: it was moved, deleted, or its disk taken away.
        var isOfFolder: Bool {
            mask & (UInt32(IN_DELETE_SELF) | Mask.moveSelf | Mask.unmount | Mask.ignored) != 0
        }
        var isFolder: Bool { mask & Mask.isFolder != 0 }
        /// The entry came by a rename, whole as it is.
        var isMovedIn: Bool { mask & Mask.movedTo != 0 }
        /// Whoever wrote the entry has closed it.
        var isClosed: Bool { mask & Mask.closed != 0 }
    }

    /// In the widths that the calls take.
    enum Mask {
        static let movedTo = UInt32(IN_MOVED_TO)
        static let created = UInt32(IN_CREATE)
        static let closed = UInt32(IN_CLOSE_WRITE)
        static let deleteSelf = UInt32(IN_DELETE_SELF)
        static let moveSelf = UInt32(IN_MOVE_SELF)
        static let unmount = UInt32(IN_UNMOUNT)
        static let ignored = UInt32(IN_IGNORED)
        static let isFolder = UInt32(IN_ISDIR)
        static let onlyFolders = UInt32(IN_ONLYDIR)
        /// Of a folder of messages: what was moved, linked or written into it.
        static let messages = movedTo | created | closed | deleteSelf | moveSelf | onlyFolders
        /// Of a folder of folders.
        static let folders = movedTo | created | deleteSelf | moveSelf | onlyFolders
    }

    private let descriptor: Int32

    /// Nil where the kernel gives none; `reason` then says what to do.
    init?(reason: inout String) {
        let opened = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard opened >= 0 else {
            reason = Self.words(errno)
            return nil
        }
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// Watches a folder, or watches it on; nil where it cannot, with the reason.
    func add(_ path: String, _ mask: UInt32, reason: inout String?) -> Int32? {
        let watch = unsafe inotify_add_watch(descriptor, path, mask)
        guard watch >= 0 else {
            // A folder that is gone by now is found missing by the search; nothing to tell.
            if errno != ENOENT { reason = Self.words(errno) }
            return nil
        }
        return watch
    }

    func remove(_ watch: Int32) { _ = inotify_rm_watch(descriptor, watch) }

    /// What has happened since it was last asked; does not wait.
    func events() -> [Event] {
        var events: [Event] = []
        let size = 64 << 10
        while true {
            var isEmpty = false
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                let got = unsafe read(descriptor, buffer.baseAddress, size)
                count = max(0, got)
                isEmpty = got <= 0 && errno != EINTR
            }
            if isEmpty { return events }
            Self.take(bytes, into: &events)
        }
    }

    /// Waits until there are events, `wake` can be read, or the time is over; nil waits without end.
    func wait(wake: Int32, milliseconds: Int32?) { Self.wait([descriptor, wake], milliseconds: milliseconds) }

    static func wait(_ descriptors: [Int32], milliseconds: Int32?) {
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        _ = unsafe poll(&polled, nfds_t(polled.count), milliseconds ?? -1)
    }

    /// Each is four words of 32 bits (watch, mask, cookie, length of the name), then the name, filled up with NUL.
    private static func take(_ bytes: [UInt8], into events: inout [Event]) {
        func word(_ place: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32(isLittle ? $1 : 3 - $1)) }
        }
        var place = 0
        while place + 16 <= bytes.count {
            let length = Int(word(place + 12))
            guard place + 16 + length <= bytes.count else { return }
            let name = bytes[(place + 16)..<(place + 16 + length)].prefix { $0 != 0 }
            events.append(
                Event(watch: Int32(bitPattern: word(place)), mask: word(place + 4), name: Array(name)))
            place += 16 + length
        }
    }

    private static let isLittle = UInt16(1).littleEndian == 1

    private static func words(_ code: Int32) -> String {
        switch code {
        case ENOSPC:
            "no inotify watches are left: raise fs.inotify.max_user_watches (sysctl)"
        case EMFILE:
            "no more inotify instances may be opened: raise fs.inotify.max_user_instances (sysctl), or the limit of open files"
        default: unsafe "inotify: \(String(cString: strerror(code)))"
        }
    }
}
