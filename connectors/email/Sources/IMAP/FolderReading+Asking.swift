internal import Contact

// What is asked about mails before they are fetched.

extension FolderReading {
    /// A mail as it is announced.
    struct Announced {
        let uid: UInt32
        let date: Int64?
        let size: Int64
    }

    /// What is known of the mails between two sequence numbers, by rising UID. Those of which the server refuses to tell it,
    /// and those that it leaves out, are asked about again.
    func announced(_ numbers: ClosedRange<UInt32>) async throws -> [Announced] {
        let all = "(UID INTERNALDATE RFC822.SIZE)"
        let answer = try await ask("FETCH \(numbers.lowerBound):\(numbers.upperBound) \(all)", numbers.contains)
        try giveWay(answer.status)
        var found = answer.found
        let missing = numbers.filter { !answer.told.contains($0) && $0 <= session.exists }
        if answer.status.kind == .ok, !missing.isEmpty {
            let again = try await ask("FETCH \(Self.set(missing)) (UID)", Set(missing).contains)
            found.merge(again.found) { $1 }
        }
        for number in missing where answer.status.kind == .no && number <= session.exists {
            var one = try await ask("FETCH \(number) \(all)") { $0 == number }
            try giveWay(one.status)
            if one.status.kind == .no { one = try await ask("FETCH \(number) (UID)") { $0 == number } }
            guard one.status.kind == .ok else {
                throw IMAPTrouble.refused("FETCH", one.status, session.settings.address)
            }
            found.merge(one.found) { $1 }
        }
        return found.values.sorted { $0.uid < $1.uid }
    }

    /// What a FETCH tells of the mails with the wanted sequence numbers, and those of which it told something.
    private func ask(
        _ command: String, _ isWanted: (UInt32) -> Bool
    ) async throws -> (status: IMAPStatus, found: [UInt32: Announced], told: Set<UInt32>) {
        var found: [UInt32: Announced] = [:]
        var told: Set<UInt32> = []
        let status = try await session.run(command, named: "FETCH") { response in
            try refuse(response)
            // Flags that changed are told in between, of any mail.
            guard case .fetch(let mail) = response, isWanted(mail.sequence), let uid = mail.uid else { return }
            told.insert(mail.sequence)
            let before = found[uid]
            // One of unknown size is fetched alone.
            found[uid] = Announced(
                uid: uid, date: mail.internalDate ?? before?.date,
                size: mail.size ?? before?.size ?? Int64(Self.mostBytes))
        }
        return (status, found, told)
    }

    /// Throws where a refusal holds for every mail and will pass.
    func giveWay(_ status: IMAPStatus) throws {
        guard status.kind == .no, IMAPTrouble.isPassingForMail(status) else { return }
        throw IMAPTrouble.refused("FETCH", status, session.settings.address)
    }

    /// An answer that cannot be read may be the one that was asked for: passing over it would lose a mail.
    func refuse(_ response: IMAPResponse) throws {
        guard case .unreadable(let text) = response else { return }
        throw FollowFailure(.time, "\(session.settings.address.text) answered FETCH with what cannot be read: \(text)")
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
        return UInt32(clamping: try await given("\(next):*").count { $0 >= next })
    }

    // One by one, where the server broke off before

    /// Asks about many mails. Where the session ends at it, that is written down beside `uid`, and from then on each is
    /// asked about alone: one that the server cannot even measure would otherwise stop the folder for ever.
    func asking<Answer>(beside uid: UInt32, _ question: () async throws -> Answer) async throws -> Answer {
        do {
            return try await question()
        } catch let failure as FollowFailure {
            // A server that is busy, and says so, is not at fault.
            if failure.notBefore == nil { try await move([]) { $0.broken[uid] = max(1, $0.broken[uid] ?? 0) } }
            throw failure
        }
    }

    /// Whether the server broke off among these UIDs.
    func hasBroken(where isAmong: (UInt32) -> Bool) async throws -> Bool {
        try await place()?.broken.keys.contains(where: isAmong) ?? false
    }

    /// The same as ``announced(_:)``, of each alone. One that the session does not survive is not asked about again.
    func announcedAlone(_ uids: [UInt32]) async throws -> [Announced] {
        let before = try await place() ?? MailboxCursor.Place(validity: validity, next: 0, low: 0)
        var found: [Announced] = []
        for uid in uids {
            var mail = Announced(uid: uid, date: nil, size: Int64(Self.mostBytes))
            if before.broken[uid, default: 0] < 2 {
                do {
                    let answer = try await ask("UID FETCH \(uid) (UID INTERNALDATE RFC822.SIZE)") { _ in true }
                    try giveWay(answer.status)
                    mail = answer.found[uid] ?? mail
                } catch let failure as FollowFailure {
                    let count = before.breaks(at: uid, isAlone: true)
                    if failure.notBefore == nil { try await move([]) { $0.broken[uid] = count } }
                    throw failure
                }
            }
            found.append(mail)
        }
        return found
    }

    /// Which of these UIDs there are, in rising order. SEARCH opens no mail; where it finds none, FETCH has to say so too.
    func there(_ set: String) async throws -> [UInt32] {
        var found: Set<UInt32> = []
        let status = try await session.run("UID SEARCH UID \(set)", named: "SEARCH") { response in
            if case .search(let uids) = response { found.formUnion(uids) }
        }
        return status.kind == .ok && !found.isEmpty ? found.sorted() : try await given(set).sorted()
    }

    /// The same, by FETCH.
    func given(_ set: String) async throws -> Set<UInt32> {
        var found: Set<UInt32> = []
        _ = try await session.run("UID FETCH \(set) (UID)", named: "FETCH") { response in
            // `n:*` holds the last mail even where it lies below n.
            if case .fetch(let mail) = response, let uid = mail.uid { found.insert(uid) }
        }
        return found
    }

    /// The highest UIDs below this one, at most ``page``, in rising order; none where there are no more.
    func uids(below uid: UInt32) async throws -> [UInt32] {
        var (high, width) = (uid, Self.page)
        while high > 1 {
            let bottom = high > width ? high - width : 1
            let found = try await there("\(bottom):\(high - 1)").filter { (bottom..<high).contains($0) }
            if !found.isEmpty { return found.suffix(Int(Self.page)) }
            high = bottom
            // UIDs may lie far apart; so many still fit in a line.
            width = min(width * 2, 1 << 16)
        }
        return []
    }
}
