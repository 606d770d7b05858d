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

    // Asking

    /// What is known of the mails between two sequence numbers, by rising UID. Where the server refuses to tell it of all of
    /// them, it is asked about each.
    func announced(_ numbers: ClosedRange<UInt32>) async throws -> [Announced] {
        let all = "(UID INTERNALDATE RFC822.SIZE)"
        let answer = try await ask("\(numbers.lowerBound):\(numbers.upperBound)", numbers, all)
        try giveWay(answer.status)
        var found = answer.found
        for number in numbers where answer.status.kind == .no && number <= session.exists {
            var one = try await ask("\(number)", number...number, all)
            try giveWay(one.status)
            if one.status.kind == .no { one = try await ask("\(number)", number...number, "(UID)") }
            guard one.status.kind == .ok else {
                throw IMAPTrouble.refused("FETCH", one.status, session.settings.address)
            }
            found.merge(one.found) { $1 }
        }
        return found.values.sorted { $0.uid < $1.uid }
    }

    /// Throws where a refusal holds for every mail and will pass.
    private func giveWay(_ status: IMAPStatus) throws {
        guard status.kind == .no, IMAPTrouble.isPassingForMail(status) else { return }
        throw IMAPTrouble.refused("FETCH", status, session.settings.address)
    }

    private func ask(
        _ set: String, _ numbers: ClosedRange<UInt32>, _ items: String
    ) async throws -> (status: IMAPStatus, found: [UInt32: Announced]) {
        var found: [UInt32: Announced] = [:]
        let status = try await session.run("FETCH \(set) \(items)", named: "FETCH") { response in
            try refuse(response)
            // Flags that changed are told in between, of any mail.
            guard case .fetch(let mail) = response, numbers.contains(mail.sequence), let uid = mail.uid else { return }
            let before = found[uid]
            found[uid] = Announced(
                uid: uid, date: mail.internalDate ?? before?.date, size: mail.size ?? before?.size ?? 0)
        }
        return (status, found)
    }

    /// How many mails have a UID below this one: the sequence number of the last of them, found by halving. Between the
    /// bounds lie those of which the server says nothing (RFC 2180).
    func count(below uid: UInt32) async throws -> (least: UInt32, most: UInt32) {
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
        return (low, high)
    }

    /// How many mails there are from this UID on, by what the server says when it is asked.
    func count(from next: UInt32) async throws -> UInt32 {
        guard session.exists > 0 else { return 0 }
        var found: Set<UInt32> = []
        _ = try await session.run("UID FETCH \(next):* (UID)", named: "FETCH") { response in
            // `n:*` holds the last mail even where it lies below n.
            if case .fetch(let mail) = response, let uid = mail.uid, uid >= next { found.insert(uid) }
        }
        return UInt32(clamping: found.count)
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

    /// Stores these mails and moves the cursor. One that the server announces and does not give is refused, so that it is
    /// known; one that is gone by now is gone.
    func store(
        _ mails: [Announced], moving change: @escaping @Sendable (inout MailboxCursor.Place) -> Void
    ) async throws {
        let before = try await place() ?? MailboxCursor.Place(validity: validity, next: 0, low: 0)
        let wanted = mails.map(\.uid).filter { before.broken[$0] != MailboxCursor.Place.givenUp }
        guard !wanted.isEmpty else { return try await move([], change) }
        var items: [IntakeItem] = []
        var got: Set<UInt32> = []
        // What is asked for just now.
        var asked = wanted
        do {
            let status = try await fetch(Self.set(asked)) { uid, raw, arrival in
                if got.insert(uid).inserted { items += await read(raw, arrival) }
            }
            try giveWay(status)
            for uid in wanted where status.kind == .no && !got.contains(uid) {
                asked = [uid]
                let alone = try await fetch("\(uid)") { uid, raw, arrival in
                    if got.insert(uid).inserted { items += await read(raw, arrival) }
                }
                try giveWay(alone)
                guard alone.kind == .no, !got.contains(uid) else { continue }
                // What the server blames on itself may hold for every mail: twice, then.
                if IMAPTrouble.isPassing(alone), before.breaks(at: uid, isAlone: true) < MailboxCursor.Place.givenUp {
                    throw Broken(failure: IMAPTrouble.refused("FETCH", alone, session.settings.address))
                }
                items.append(refusal(uid, alone.text))
            }
        } catch let broken as Broken {
            // The server answers by rising UID, as it was asked.
            guard let uid = asked.first(where: { !got.contains($0) }) else {
                let isWhole = asked.count == wanted.count
                try await move(items) { if isWhole { change(&$0) } }
                throw broken.failure
            }
            let count = before.breaks(at: uid, isAlone: asked.count == 1)
            if count == MailboxCursor.Place.givenUp { items.append(refusal(uid, broken.failure.text)) }
            try await move(items) { $0.broken[uid] = count }
            throw broken.failure
        }
        try await move(items, change)
    }

    private func refusal(_ uid: UInt32, _ words: String) -> IntakeItem {
        let refusal = Refusal(.unparsableMessage, "the server does not give mail \(uid) of \(folder): \(words)")
        return IntakeItem(.failure(refusal), raw: RawInput([]))
    }

    /// Everything from a UID on, as it comes, without asking for sizes first. The cursor moves with the last of it: a
    /// server may send them in any order.
    func storeNew(from next: UInt32) async throws {
        var items: [IntakeItem] = []
        var (bytes, last) = (0, max(next, 1) - 1)
        let status: IMAPStatus
        do {
            status = try await fetch("\(next):*") { uid, raw, arrival in
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
        } catch let broken as Broken {
            // Something stands in the way from here on: with that in the cursor, they are asked for by their UIDs.
            let uid = last == .max ? last : last + 1
            try await move(items) { $0.broken[uid] = $0.breaks(at: uid, isAlone: false) }
            throw broken.failure
        }
        // Where one of them is not given, they are asked for one by one.
        guard status.kind == .ok else { return }
        let reached = last
        try await move(items) { $0.next = max($0.next, reached == .max ? reached : reached + 1) }
    }

    /// A FETCH that was not answered to its end: the session is over.
    private struct Broken: Error {
        let failure: FollowFailure
    }

    private func fetch(
        _ set: String, each: (UInt32, RawInput, Int64?) async throws -> Void
    ) async throws -> IMAPStatus {
        // What storing throws is no fault of the server.
        var isStoring = false
        do {
            // PEEK: nothing is ever marked as read, even where EXAMINE is not kept to.
            let command = "UID FETCH \(set) (UID INTERNALDATE BODY.PEEK[])"
            return try await session.run(command, named: "FETCH") { response in
                try refuse(response)
                guard case .fetch(let mail) = response, let uid = mail.uid, let body = mail.body else { return }
                isStoring = true
                try await each(uid, body, mail.internalDate)
                isStoring = false
            }
        } catch let failure as FollowFailure {
            guard !isStoring else { throw failure }
            throw Broken(failure: failure)
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
