internal import Contact

// Fetching, and what comes of it.

extension FolderReading {
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
            let status = try await fetch(Self.set(asked)) { mail in
                if got.insert(mail.uid).inserted { items += await read(mail) }
            }
            try giveWay(status)
            var missing = wanted.filter { !got.contains($0) }
            if status.kind == .ok, !missing.isEmpty { missing = try await stillThere(missing) }
            for uid in missing {
                asked = [uid]
                let alone = try await fetch("\(uid)") { mail in
                    if got.insert(mail.uid).inserted { items += await read(mail) }
                }
                try giveWay(alone)
                guard !got.contains(uid), let words = try await reason(alone, uid) else { continue }
                // What the server blames on itself, or passes over in silence, may hold for every mail: twice, then.
                let mayPass = alone.kind == .ok || IMAPTrouble.isPassing(alone)
                if mayPass, before.breaks(at: uid, isAlone: true) < MailboxCursor.Place.givenUp {
                    throw Broken(failure: IMAPTrouble.withheld(uid, of: folder, words, alone, session.settings.address))
                }
                items.append(refusal(uid, words))
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

    /// Those of these mails that the server lists although it left them out of an answer: a file that was just being moved,
    /// a store that was just being rebuilt. One that it lists no longer was deleted.
    private func stillThere(_ uids: [UInt32]) async throws -> [UInt32] {
        // Deletions are told now, which they may not be within every command (RFC 3501, 7.4.1).
        try await session.demand("NOOP")
        let there = try await there(Self.set(uids))
        return uids.filter(there.contains)
    }

    /// Why a mail that was asked for alone did not come; nil where it is gone.
    private func reason(_ status: IMAPStatus, _ uid: UInt32) async throws -> String? {
        guard status.kind == .ok else { return status.text }
        return try await stillThere([uid]).isEmpty ? nil : "it is listed and left out"
    }

    private func refusal(_ uid: UInt32, _ words: String) -> IntakeItem {
        let refusal = Refusal(.unparsableMessage, "the server does not give mail \(uid) of \(folder): \(words)")
        return IntakeItem(.failure(refusal), raw: RawInput([]))
    }

    /// Everything from a UID on, as it comes, without asking for sizes first. The cursor moves with the last of it: a
    /// server may send them in any order. It does not move where one of the last `count` mails, or of those that came
    /// meanwhile, is not among them.
    func storeNew(from next: UInt32, expecting count: UInt32) async throws {
        var items: [IntakeItem] = []
        // By sequence numbers, which leave no gaps, as long as none of them moves.
        session.forgetMoves()
        let first = session.exists - min(count, session.exists) + 1
        var (told, end) = (Set<UInt32>(), session.exists)
        var (bytes, last) = (0, max(next, 1) - 1)
        let status: IMAPStatus
        do {
            status = try await fetch("\(next):*") { mail in
                told.insert(mail.sequence)
                // `n:*` holds the last mail even where it lies below n.
                guard mail.uid >= next else { return }
                last = max(last, mail.uid)
                items += await read(mail)
                bytes += mail.raw.bytes.count
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
        end = max(end, told.max() ?? 0)
        guard first > end || !session.hasMoved && (first...end).allSatisfy(told.contains) else { return }
        let reached = last
        try await move(items) { $0.next = max($0.next, reached == .max ? reached : reached + 1) }
    }

    /// A FETCH that was not answered to its end: the session is over.
    private struct Broken: Error {
        let failure: FollowFailure
    }

    /// A mail as it came.
    private struct Fetched {
        let sequence: UInt32
        let uid: UInt32
        let date: Int64?
        let raw: RawInput
    }

    private func fetch(_ set: String, each: (Fetched) async throws -> Void) async throws -> IMAPStatus {
        // What storing throws is no fault of the server.
        var isStoring = false
        do {
            // PEEK: nothing is ever marked as read, even where EXAMINE is not kept to.
            let command = "UID FETCH \(set) (UID INTERNALDATE BODY.PEEK[])"
            return try await session.run(command, named: "FETCH") { response in
                try refuse(response)
                guard case .fetch(let mail) = response, let uid = mail.uid, let body = mail.body else { return }
                isStoring = true
                try await each(Fetched(sequence: mail.sequence, uid: uid, date: mail.internalDate, raw: body))
                isStoring = false
            }
        } catch let failure as FollowFailure {
            guard !isStoring else { throw failure }
            throw Broken(failure: failure)
        }
    }

    private func read(_ mail: Fetched) async -> [IntakeItem] {
        await Self.items(reader, mail.raw, Arrival(time: mail.date ?? feed.now()))
    }

    /// Reading a mail is work: not on the thread of whoever waits for the server.
    @concurrent
    private static func items(_ reader: MailReader, _ raw: RawInput, _ arrival: Arrival) async -> [IntakeItem] {
        reader.items(raw, arrival: arrival)
    }
}
