internal import Contact

extension FolderReading {
    /// Stores what was there before, newest first, down to the oldest that is wanted; goes on where it was left.
    ///
    /// Whoever looks at a customer today needs last week's mail before that of years ago, and after a change of UIDVALIDITY
    /// what came unseen is among the newest.
    mutating func readOld(since oldest: Int64?) async throws {
        var low = try await open().low
        guard low > 1 else { return }
        if let oldest { try await move([]) { $0.since = max($0.since ?? oldest, oldest) } }
        let all = Int(session.exists)
        var read = 0
        // The sequence number of the next one, where it is known.
        var top: UInt32?
        while low > 1 {
            let page: [Announced]
            if try await hasBroken(where: { $0 < low }) {
                page = try await announcedAlone(uids(below: low)).reversed()
                if page.isEmpty { break }
                top = nil
            } else {
                let (below, known) = (low, top)
                let last = try await asking(beside: low - 1) { () async throws -> UInt32 in
                    if let known { known } else { try await count(below: below).most }
                }
                guard last > 0 else { break }
                read = all - Int(last)
                let bottom = last > Self.page ? last - Self.page + 1 : 1
                page = try await asking(beside: low - 1) { try await announced(bottom...last) }
                    .filter { $0.uid < low }.reversed()
                top = bottom - 1
            }
            progress.old(folder, read: read, of: all)
            let wanted = page.filter { mail in oldest.map { (mail.date ?? .max) >= $0 } ?? true }
            for part in try await parts(wanted) {
                guard let lowest = part.last?.uid else { continue }
                try await store(part.reversed()) { $0.low = min($0.low, lowest) }
                read += part.count
                progress.old(folder, read: read, of: all)
            }
            if let lowest = page.last?.uid {
                low = lowest
                if wanted.last?.uid != lowest { try await move([]) { $0.low = min($0.low, lowest) } }
            }
            if session.hasMoved { top = nil }
        }
        try await move([]) { $0.low = 1 }
        progress.old(folder, read: all, of: all)
    }
}
