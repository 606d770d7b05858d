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

    /// A mail as it is announced.
    struct Announced {
        let uid: UInt32
        let date: Int64?
        let size: Int64
    }

    /// Opens the folder and returns where it was left. One that was never read, or whose UIDs mean something else by now,
    /// begins at its end, with everything that is there still to be read.
    mutating func open() async throws -> MailboxCursor.Place {
        let selected = try await session.examine(folder)
        validity = selected.validity
        announcedNext = selected.next
        let fresh = MailboxCursor.Place(validity: selected.validity, next: selected.next, low: selected.next)
        if let place = try MailboxCursor(await feed.cursor).folders[folder], Self.holds(place, fresh) { return place }
        let name = folder
        _ = try await feed.accept([]) { text in
            var cursor = try MailboxCursor(text)
            // The task of the other session may have been first.
            if let place = cursor.folders[name], Self.holds(place, fresh) { return text }
            cursor.folders[name] = fresh
            return cursor.text
        }
        return try MailboxCursor(await feed.cursor).folders[folder] ?? fresh
    }

    /// UIDs never go back under one UIDVALIDITY; where they do, the server was set back to an older state.
    private static func holds(_ place: MailboxCursor.Place, _ fresh: MailboxCursor.Place) -> Bool {
        place.validity == fresh.validity && place.next <= fresh.next
    }

    // Asking

    /// What is known of the mails between two sequence numbers, by rising UID.
    func announced(_ numbers: ClosedRange<UInt32>) async throws -> [Announced] {
        var found: [Announced] = []
        try await session.demand(
            "FETCH \(numbers.lowerBound):\(numbers.upperBound) (UID INTERNALDATE RFC822.SIZE)"
        ) { response in
            try refuse(response)
            guard case .fetch(let mail) = response, let uid = mail.uid, let size = mail.size else { return }
            found.append(Announced(uid: uid, date: mail.internalDate, size: size))
        }
        return found.sorted { $0.uid < $1.uid }
    }

    /// How many mails have a UID below this one: the sequence number of the last of them, found by halving.
    func count(below uid: UInt32) async throws -> UInt32 {
        session.forgetMoves()
        var (low, high) = (0 as UInt32, session.exists)
        while low < high {
            let middle = high - (high - low) / 2
            var found: UInt32?
            try await session.demand("FETCH \(middle) (UID)") { response in
                if case .fetch(let mail) = response, mail.sequence == middle { found = mail.uid ?? found }
            }
            guard let found else { break }
            if found < uid { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// Parts of at most ``mostBytes`` or ``mostMails``.
    static func parts(_ mails: [Announced]) -> [[Announced]] {
        var parts: [[Announced]] = []
        var (part, bytes) = ([Announced](), 0 as Int64)
        for mail in mails {
            if !part.isEmpty, part.count >= mostMails || bytes + mail.size > mostBytes {
                parts.append(part)
                (part, bytes) = ([], 0)
            }
            part.append(mail)
            bytes += max(0, min(mail.size, Int64(RawInput.mostWhole)))
        }
        return part.isEmpty ? parts : parts + [part]
    }

    /// Stores these mails and moves the cursor. One that the server announces and does not give is refused, so that it is
    /// known; one that is gone by now is gone.
    func store(
        _ mails: [Announced], moving change: @escaping @Sendable (inout MailboxCursor.Place) -> Void
    ) async throws {
        guard !mails.isEmpty else { return try await move([], change) }
        var items: [IntakeItem] = []
        var got: Set<UInt32> = []
        let status = try await fetch(Self.set(mails.map(\.uid))) { uid, raw, arrival in
            if got.insert(uid).inserted { items += await read(raw, arrival) }
        }
        if status.kind == .no {
            guard !IMAPTrouble.isPassing(status) else {
                throw IMAPTrouble.refused("FETCH", status, session.settings.address)
            }
            for mail in mails where !got.contains(mail.uid) {
                var isHere = false
                let alone = try await fetch("\(mail.uid)") { _, raw, arrival in
                    isHere = true
                    items += await read(raw, arrival)
                }
                guard alone.kind == .no, !isHere else { continue }
                guard !IMAPTrouble.isPassing(alone) else {
                    throw IMAPTrouble.refused("FETCH", alone, session.settings.address)
                }
                let refusal = Refusal(
                    .unparsableMessage, "the server does not give mail \(mail.uid) of \(folder): \(alone.text)")
                items.append(IntakeItem(.failure(refusal), raw: RawInput([])))
            }
        }
        try await move(items, change)
    }

    /// Everything from a UID on, as it comes, without asking for sizes first. The cursor moves with the last of it: a
    /// server may send them in any order.
    func storeNew(from next: UInt32) async throws {
        var items: [IntakeItem] = []
        var (bytes, last) = (0, next - 1)
        let status = try await fetch("\(next):*") { uid, raw, arrival in
            // `n:*` holds the last mail even where it lies below n.
            guard uid >= next else { return }
            last = max(last, uid)
            items += await read(raw, arrival)
            bytes += raw.bytes.count
            guard bytes > Self.mostBytes else { return }
            let step = items
            (items, bytes) = ([], 0)
            try await move(step) { _ in }
        }
        // Where one of them is not given, they are asked for one by one.
        guard status.kind == .ok else { return }
        let reached = last
        try await move(items) { $0.next = max($0.next, reached == .max ? reached : reached + 1) }
    }

    private func fetch(
        _ set: String, each: (UInt32, RawInput, Int64?) async throws -> Void
    ) async throws -> IMAPStatus {
        // PEEK: nothing is ever marked as read, even where EXAMINE is not kept to.
        try await session.run("UID FETCH \(set) (UID INTERNALDATE BODY.PEEK[])", named: "FETCH") { response in
            try refuse(response)
            guard case .fetch(let mail) = response, let uid = mail.uid, let body = mail.body else { return }
            try await each(uid, body, mail.internalDate)
        }
    }

    /// An answer that cannot be read may be the one that was asked for: passing over it would lose a mail.
    private func refuse(_ response: IMAPResponse) throws {
        guard case .unreadable(let text) = response else { return }
        throw FollowFailure(.time, "\(session.settings.address.text) answered FETCH with what cannot be read: \(text)")
    }

    private func read(_ raw: RawInput, _ date: Int64?) async -> [IntakeItem] {
        let now = feed.now()
        let arrival = date.map { Arrival(time: $0) } ?? Arrival(time: now)
        return await Self.items(reader, raw, arrival)
    }

    /// Reading a mail is work: not on the thread of whoever waits for the server.
    @concurrent
    private static func items(_ reader: MailReader, _ raw: RawInput, _ arrival: Arrival) async -> [IntakeItem] {
        reader.items(raw, arrival: arrival)
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
