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
        var top = try await count(below: low).most
        let all = Int(session.exists)
        while top > 0 {
            let read = all - Int(top)
            progress.old(folder, read: read, of: all)
            let bottom = top > Self.page ? top - Self.page + 1 : 1
            let page = try await announced(bottom...top).filter { $0.uid < low }.reversed()
            let wanted = page.filter { mail in oldest.map { (mail.date ?? .max) >= $0 } ?? true }
            var stored = 0
            for part in try await parts(wanted) {
                guard let lowest = part.last?.uid else { continue }
                try await store(part.reversed()) { $0.low = min($0.low, lowest) }
                stored += part.count
                progress.old(folder, read: read + stored, of: all)
            }
            if let lowest = page.last?.uid {
                low = lowest
                if wanted.last?.uid != lowest { try await move([]) { $0.low = min($0.low, lowest) } }
            }
            top = session.hasMoved ? try await count(below: low).most : bottom - 1
        }
        try await move([]) { $0.low = 1 }
        progress.old(folder, read: all, of: all)
    }
}
