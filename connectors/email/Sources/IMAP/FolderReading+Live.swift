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
        if count <= Self.mostAtOnce, isWhole {
            try await storeNew(from: next)
            let reached = try await place()?.next ?? next
            if reached > next || count == 0 {
                progress.new(folder, 0)
                return reached
            }
        }
        var next = next
        var number = try await self.count(below: next).least + 1
        while number <= session.exists {
            let page = try await announced(number...min(session.exists, number + (Self.page - 1)))
            let new = page.filter { $0.uid >= next }
            for part in try await parts(new) {
                guard let last = part.last?.uid else { continue }
                try await store(part) { $0.next = max($0.next, last == .max ? last : last + 1) }
                next = max(next, last == .max ? last : last + 1)
                progress.new(folder, Int(session.exists) - Int(number) + 1)
            }
            number += Self.page
            if session.hasMoved { number = try await self.count(below: next).least + 1 }
        }
        progress.new(folder, 0)
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
        let below = try await count(below: place.next).least
        guard below < session.exists else { return place.next }
        return try await catchUp(from: place.next, expecting: session.exists - below)
    }
}
