/// The messages of a Maildir that were found and are not stored yet, and the memory of all that were found.
///
/// Pure: it is told what was seen, and knows which message is next and how far the cursor may go.
struct MaildirBacklog {
    struct Message: Hashable, Sendable {
        /// Its place among the folders.
        let folder: Int
        let isNew: Bool
        let name: [UInt8]
        /// Its change time (``MaildirCursor``).
        let changed: Int64
        /// Whoever wrote it has closed it: it is whole, however young.
        var isClosed = false

        var unique: ArraySlice<UInt8> { MaildirBacklog.unique(name) }
    }

    /// Names by their hash, without flags: a message that moves from `new` to `cur`, or changes its flags, is the same.
    private var known: Set<Int> = []
    /// What came while it was followed, the first to come first; it goes before what lay there.
    private var live: [Message] = []
    private var liveTaken = 0
    /// What lay there, the oldest change last.
    private var waiting: [Message] = []
    /// Taken, and not to be read now: still being written, or not to be opened.
    private(set) var held: [Message] = []
    /// The latest change that was seen.
    private(set) var highest: Int64 = 0
    /// All that changed before it was found: the latest change seen when the last whole look began.
    var horizon: Int64 = 0

    /// How many wait.
    var count: Int { live.count - liveTaken + waiting.count }

    /// `1764500000.M20P1.host:2,S` without what follows the colon.
    static func unique(_ name: [UInt8]) -> ArraySlice<UInt8> { name.prefix { $0 != UInt8(ascii: ":") } }

    private static func key(_ name: [UInt8], _ folder: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(folder)
        hasher.combine(unique(name))
        return hasher.finalize()
    }

    /// Remembers a name; false where it was known.
    mutating func meet(_ name: [UInt8], in folder: Int) -> Bool {
        known.insert(Self.key(name, folder)).inserted
    }

    func knows(_ name: [UInt8], in folder: Int) -> Bool { known.contains(Self.key(name, folder)) }

    /// It was not where it was found: gone, or its flags changed, and then the next look finds it.
    mutating func forget(_ message: Message) { known.remove(Self.key(message.name, message.folder)) }

    mutating func saw(_ changed: Int64) { highest = max(highest, changed) }

    mutating func addLive(_ message: Message) {
        saw(message.changed)
        held.removeAll { $0.folder == message.folder && $0.unique == message.unique }
        live.append(message)
    }

    mutating func add(_ messages: [Message]) {
        guard !messages.isEmpty else { return }
        for message in messages { saw(message.changed) }
        waiting += messages
        waiting.sort { $0.changed > $1.changed }
    }

    mutating func hold(_ message: Message) { held.append(message) }

    /// Those that were held are tried again.
    mutating func release() {
        live += held
        held = []
    }

    mutating func next() -> Message? {
        if liveTaken < live.count {
            liveTaken += 1
            let message = live[liveTaken - 1]
            if liveTaken == live.count || liveTaken > 1_000 {
                live.removeFirst(liveTaken)
                liveTaken = 0
            }
            return message
        }
        return waiting.popLast()
    }

    /// Puts back what was taken last.
    mutating func putBack(_ message: Message) { live.insert(message, at: liveTaken) }

    /// How far the cursor may go once everything that was taken and is not held is stored: to the earliest change that is
    /// still to be read, and never beyond what a whole look has covered.
    var mark: Int64 {
        var mark = horizon
        if let oldest = waiting.last { mark = min(mark, oldest.changed) }
        for message in live[liveTaken...] { mark = min(mark, message.changed) }
        for message in held { mark = min(mark, message.changed) }
        return mark
    }
}
