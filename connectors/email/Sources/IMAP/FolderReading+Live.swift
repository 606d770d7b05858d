internal import Contact

extension FolderReading {
    /// How long IDLE lasts before it is begun anew: half-open TCP is found out, and no NAT forgets the connection (RFC 2177
    /// allows 29 minutes).
    static let renewal: Duration = .seconds(5 * 60)
    /// Between looks at a server that cannot IDLE, or at folders beyond those that have a session each.
    static let poll: Duration = .seconds(30)

    /// Stores what is new, from the place where the folder was left; returns the UID that comes next.
    func catchUp(from next: UInt32, expecting count: UInt32) async throws -> UInt32 {
        progress.new(folder, Int(count))
        session.forgetArrivals()
        // Where the server broke off before, it is asked for what it can give.
        let isWhole = try await place()?.broken.keys.allSatisfy { $0 < next } ?? true
        guard isWhole else { return try await catchUpAlone(from: next) }
        if count <= Self.mostAtOnce {
            try await storeNew(from: next, expecting: count)
            let reached = try await place()?.next ?? next
            if reached > next || count == 0 {
                progress.new(folder, 0)
                return reached
            }
        }
        let start = next
        var next = next
        var number = try await asking(beside: start) { try await self.count(below: start).least + 1 }
        while number <= session.exists {
            let numbers = number...min(session.exists, number + (Self.page - 1))
            let page = try await asking(beside: next) { try await announced(numbers) }
            next = try await store(new: page.filter { $0.uid >= next }, from: next)
            progress.new(folder, max(0, Int(session.exists) - Int(numbers.upperBound)))
            number += Self.page
            if session.hasMoved {
                let reached = next
                number = try await asking(beside: next) { try await self.count(below: reached).least + 1 }
            }
        }
        progress.new(folder, 0)
        return next
    }

    /// The same where the server broke off before: mail by mail.
    private func catchUpAlone(from start: UInt32) async throws -> UInt32 {
        var next = start
        // `n:*` holds the last mail even where it lies below n.
        var uids = try await there("\(start):*").filter { $0 >= start }[...]
        while !uids.isEmpty {
            progress.new(folder, uids.count)
            next = try await store(new: announcedAlone(Array(uids.prefix(Int(Self.page)))), from: next)
            uids = uids.dropFirst(Int(Self.page))
        }
        progress.new(folder, 0)
        return next
    }

    /// Stores these, by rising UID; returns the UID that comes next.
    private func store(new mails: [Announced], from start: UInt32) async throws -> UInt32 {
        var next = start
        for part in try await parts(mails) {
            guard let last = part.last?.uid else { continue }
            let after = last == .max ? last : last + 1
            try await store(part) { $0.next = max($0.next, after) }
            next = max(next, after)
        }
        return next
    }

    /// Follows this one folder over this one session.
    mutating func follow(_ old: AsyncStream<String>.Continuation) async throws {
        var next = try await begin(old)
        while true {
            if session.can("IDLE") {
                try await session.idle(Self.renewal)
            } else {
                try await feed.clock.sleep(for: Self.poll)
                try await session.demand("NOOP")
            }
            progress.alert(session.alert)
            var count = session.arrived
            // What the server did not tell of is found when IDLE is renewed.
            if count == 0, session.can("IDLE") { count = try await self.count(from: next) }
            if count > 0 { next = try await catchUp(from: next, expecting: count) }
        }
    }

    /// Opens the folder and stores what came while nobody looked; returns the UID that comes next. Where there is older mail
    /// to be read, `old` is told; where mail is wanted that was too old before, all of it is.
    mutating func begin(_ old: AsyncStream<String>.Continuation) async throws -> UInt32 {
        var place = try await open()
        if let floor = place.since {
            // More than what a clock may be set back by: `since` may be counted from now.
            let oldest = session.settings.since.oldest(now: feed.now())
            if oldest.map({ $0 < floor - 3_600_000_000 }) ?? true {
                try await move([]) { place in
                    place.low = place.next
                    place.since = nil
                }
                place = try await self.place() ?? place
            }
        }
        if place.low > 1 { old.yield(folder) }
        guard place.next < announcedNext else { return place.next }
        let next = place.next
        if try await hasBroken(where: { $0 >= next }) { return try await catchUp(from: next, expecting: 0) }
        let below = try await asking(beside: next) { try await count(below: next).least }
        guard below < session.exists else { return place.next }
        return try await catchUp(from: place.next, expecting: session.exists - below)
    }
}
