internal import Contact

/// One folder that is read over one session: what was fetched goes into the feed, in steps of ``mostBytes`` or ``mostMails``.
struct FolderReading {
    /// Of one step: another task of the source waits no longer than that takes.
    static let mostBytes = 4 << 20
    static let mostMails = 100
    /// What is asked about at once: a line each.
    static let page: UInt32 = 500
    /// So many new mails are asked for without asking for their sizes first: no round trip lies between.
    static let mostAtOnce: UInt32 = 20

    let folder: String
    let session: IMAPSession
    let feed: any SourceFeed
    let reader: MailReader
    let progress: MailboxProgress
    private(set) var validity: UInt32 = 0
    /// The UID that the next mail was to have when the folder was opened.
    private(set) var announcedNext: UInt32 = 0

    init(
        _ folder: String, _ session: IMAPSession, _ feed: any SourceFeed, _ reader: MailReader,
        _ progress: MailboxProgress
    ) {
        self.folder = folder
        self.session = session
        self.feed = feed
        self.reader = reader
        self.progress = progress
    }

    /// Where the folder was left; nil where it was never read.
    func place() async throws -> MailboxCursor.Place? { try MailboxCursor(await feed.cursor).folders[folder] }

    /// Opens the folder and returns where it was left. One that was never read, or whose UIDs mean something else by now,
    /// begins at its end, with everything that is there still to be read.
    mutating func open() async throws -> MailboxCursor.Place {
        var selected = try await session.examine(folder)
        let left = try await place()
        if let left, left.validity == selected.validity, !Self.holds(left, selected) {
            // The task of the other session may have stored a mail in between.
            selected = try await session.examine(folder)
        }
        validity = selected.validity
        announcedNext = selected.next
        if let left, Self.holds(left, selected) { return left }
        let fresh = MailboxCursor.Place(validity: selected.validity, next: selected.next, low: selected.next)
        let name = folder
        _ = try await feed.accept([]) { text in
            var cursor = try MailboxCursor(text)
            // The task of the other session may have been first.
            if let place = cursor.folders[name], place.validity == fresh.validity, place != left { return text }
            cursor.folders[name] = fresh
            return cursor.text
        }
        return try await place() ?? fresh
    }

    /// UIDs never go back under one UIDVALIDITY; where they do, the server was set back to an older state.
    private static func holds(_ place: MailboxCursor.Place, _ selected: IMAPSession.Selected) -> Bool {
        place.validity == selected.validity && (selected.isGuessed || place.next <= selected.next)
    }

    /// Parts of at most ``mostBytes`` or ``mostMails``; some mails are a part each.
    static func parts(_ mails: [Announced], alone: Set<UInt32> = []) -> [[Announced]] {
        var parts: [[Announced]] = []
        var (part, bytes) = ([Announced](), 0 as Int64)
        for mail in mails {
            let size = max(0, min(mail.size, Int64(RawInput.mostWhole)))
            let isAlone = alone.contains(mail.uid) || part.last.map { alone.contains($0.uid) } == true
            if !part.isEmpty, isAlone || part.count >= mostMails || bytes + size > mostBytes {
                parts.append(part)
                (part, bytes) = ([], 0)
            }
            part.append(mail)
            bytes += size
        }
        return part.isEmpty ? parts : parts + [part]
    }

    /// The same, with those alone at which the server broke off before.
    func parts(_ mails: [Announced]) async throws -> [[Announced]] {
        let broken = try await place()?.broken ?? [:]
        return Self.parts(mails, alone: Set(broken.keys))
    }

    func move(
        _ items: [IntakeItem], _ change: @escaping @Sendable (inout MailboxCursor.Place) -> Void
    ) async throws {
        let (folder, validity) = (folder, validity)
        _ = try await feed.accept(items) { text in
            try MailboxCursor(text).moving(folder, validity: validity, change).text
        }
    }

    /// `1:5,7`: rising UIDs, as short as they can be said.
    static func set(_ uids: [UInt32]) -> String {
        var ranges: [(first: UInt32, last: UInt32)] = []
        for uid in uids {
            if let end = ranges.last?.last, end < .max, uid == end + 1 {
                ranges[ranges.count - 1].last = uid
            } else {
                ranges.append((uid, uid))
            }
        }
        return ranges.map { $0.first == $0.last ? "\($0.first)" : "\($0.first):\($0.last)" }.joined(separator: ",")
    }
}
