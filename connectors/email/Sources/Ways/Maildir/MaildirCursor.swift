internal import Contact

/// How far a Maildir was read: every message of these folders that changed before the mark is stored, or refused and kept.
///
/// What counts is a file's change time (st_ctime), which the kernel sets when a file is moved or linked into a folder and
/// which nobody can set back: a mail that is moved in with an old name and an old modification time is as new as any. Only
/// moving a whole folder leaves the times of its files: so the folders are in the cursor too, each known by its path and the
/// inodes of its `new` and `cur`, and one that is not in it is read from its beginning.
///
/// A start reads again what changed in the ``overlap`` before the mark: a file's time is taken a moment before it can be
/// seen, and a network file system shows a folder as it was up to a minute ago. What is read twice is stored once. Where a
/// computer's clock was set back by more than that while nobody followed, or a disk was restored with its old times,
/// `contatto import email` with the same source reads everything.
struct MaildirCursor: Hashable, Sendable {
    /// Microseconds: two minutes.
    static let overlap: Int64 = 120_000_000
    private static let version = "maildir-1"

    /// Microseconds since 1970, by the clock of the file system.
    var mark: Int64 = 0
    /// A short hash of each folder (``key(_:new:cur:)``).
    var folders: Set<String> = []

    init() {}

    /// A text of another version, or of another way in, is as none: everything is read, and what is known is not stored again.
    init(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count >= 2, words[0] == Self.version, let mark = Int64(words[1]) else { return }
        self.mark = mark
        folders = Set(words.dropFirst(2).map(String.init))
    }

    /// 13 bytes a folder, and 30 more.
    var text: String { ([Self.version, String(mark)] + folders.sorted()).joined(separator: " ") }

    /// Whether a message of a folder was stored before the cursor was written.
    func covers(_ changed: Int64, in folder: String) -> Bool {
        folders.contains(folder) && changed < mark - Self.overlap
    }

    /// 48 bits: enough that no two of ten thousand folders are taken for one another.
    static func key(_ path: String, new: UInt64, cur: UInt64) -> String {
        Hexadecimal.text(Array(Digest.sha256(Array("\(path)\0\(new)\0\(cur)".utf8)).prefix(6)))
    }
}
