internal import Contact

/// Gives the messages of ``MailFiles`` one after the other, and never holds more than one and a piece of a file.
///
/// It blocks while it reads: it belongs on a thread of its own, as ``MailImport`` has one for it.
package struct MailFileReader {
    private let found: MailFiles
    private let now: Int64
    private var place = 0
    private var mailbox: MboxReader?
    private var mailboxPath = ""
    /// Files that could not be opened or read to their end, each in a line for people.
    package private(set) var problems: [String] = []
    /// Of the files, so far.
    package private(set) var bytes: Int64 = 0

    init(_ found: MailFiles, now: Int64) {
        self.found = found
        self.now = now
    }

    /// The next message; nil after the last. A file that cannot be read is left out and stands in ``problems``.
    package mutating func next() -> FoundMail? {
        while true {
            do {
                if var reader = mailbox {
                    let message = try reader.next()
                    bytes += reader.takenSinceLast
                    reader.takenSinceLast = 0
                    mailbox = reader
                    if let message {
                        // Without a time in its From_ line, that of the file.
                        let arrival =
                            message.time.map { Arrival(time: $0) }
                            ?? Arrival(time: FileReading.status(mailboxPath)?.modified ?? now, latest: now)
                        return FoundMail(
                            name: "\(name(mailboxPath)), message \(reader.count)", raw: message.raw, arrival: arrival)
                    }
                    mailbox = nil
                }
                guard place < found.files.count else { return nil }
                let path = found.files[place]
                place += 1
                if let message = try open(path) { return message }
            } catch {
                mailbox = nil
                problems.append("\(error)")
            }
        }
    }

    private mutating func open(_ path: String) throws -> FoundMail? {
        let file = try FileReading(path)
        var bytes = try file.read(most: 64 << 10)
        if found.kind != .maildir, let start = MboxReader.start(of: bytes) {
            mailbox = MboxReader(file, beginning: bytes, start: start)
            mailboxPath = path
            return nil
        }
        let status = FileReading.status(path)
        // As much as is missing, and one byte to see the end.
        let piece = min(1 << 20, max(1 << 10, Int(clamping: status?.size ?? 0) - bytes.count + 1))
        var whole = GrowingMail()
        whole.append(bytes[...])
        while !bytes.isEmpty {
            bytes = try file.read(most: piece)
            whole.append(bytes[...])
        }
        self.bytes += whole.length
        let modified = status?.modified ?? now
        let arrival: Arrival
        if found.kind == .maildir, let delivered = Self.delivered(name(path)) {
            arrival = Arrival(time: delivered)
        } else {
            arrival = Arrival(time: modified, latest: max(now, modified))
        }
        return FoundMail(name: name(path), raw: whole.finished(), arrival: arrival)
    }

    private func name(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// A Maildir's file name begins with the second of its delivery: `1764500000.M20P1.host:2,S`.
    static func delivered(_ name: some StringProtocol) -> Int64? {
        guard let seconds = Int64(name.prefix { $0 != "." }), seconds > 631_152_000, seconds < 1 << 34 else {
            return nil
        }
        return seconds * 1_000_000
    }
}

/// A message that comes in pieces: whole up to the limit, beyond it only its beginning, its length and its hash.
struct GrowingMail {
    private var kept: [UInt8] = []
    private var digest: Digest?
    private(set) var length: Int64 = 0
    private let most: Int

    /// `most` bytes are kept whole.
    init(most: Int = MailShape.mostBytes) { self.most = most }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        length += Int64(bytes.count)
        if digest == nil, kept.count + bytes.count > most {
            var digest = Digest()
            digest.update(kept[...])
            self.digest = digest
            if kept.count < MailShape.keptOfLonger {
                kept.append(contentsOf: bytes.prefix(MailShape.keptOfLonger - kept.count))
            }
            kept = Array(kept.prefix(MailShape.keptOfLonger))
        }
        if digest == nil { kept.append(contentsOf: bytes) } else { digest?.update(bytes) }
    }

    func finished() -> RawInput {
        guard let digest else { return RawInput(kept) }
        return RawInput(kept, cut: (length, digest.finished()))
    }
}
