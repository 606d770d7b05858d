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
        if count <= Self.mostAtOnce {
            try await storeNew(from: next)
            let reached = try MailboxCursor(await feed.cursor).folders[folder]?.next ?? next
            if reached > next || count == 0 {
                progress.new(folder, 0)
                return reached
            }
        }
        var next = next
        var number = try await self.count(below: next) + 1
        while number <= session.exists {
            let page = try await announced(number...min(session.exists, number + (Self.page - 1)))
            for part in Self.parts(page.filter { $0.uid >= next }) {
                guard let last = part.last?.uid else { continue }
                try await store(part) { $0.next = max($0.next, last == .max ? last : last + 1) }
                next = max(next, last == .max ? last : last + 1)
                progress.new(folder, Int(session.exists) - Int(number) + 1)
            }
            number += Self.page
            if session.hasMoved { number = try await self.count(below: next) + 1 }
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
            if session.arrived > 0 { next = try await catchUp(from: next, expecting: session.arrived) }
        }
    }

    /// Opens the folder and stores what came while nobody looked; returns the UID that comes next. Where there is older mail
    /// to be read, `old` is told.
    mutating func begin(_ old: AsyncStream<String>.Continuation) async throws -> UInt32 {
        let place = try await open()
        if place.low > 1 { old.yield(folder) }
        guard place.next < announcedNext else { return place.next }
        let below = try await count(below: place.next)
        guard below < session.exists else { return place.next }
        return try await catchUp(from: place.next, expecting: session.exists - below)
    }
}
