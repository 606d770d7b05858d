internal import Contact

/// Compares what one subscriber was told with the journal.
struct FeedChecks {
    let journal: [Told]
    private let byID: [String: Told]
    /// Profiles that became one or were one, by any of them.
    private let circles: [HubID: HubID]
    private let moves: [Told]

    init(journal: [Told]) {
        self.journal = journal
        byID = Dictionary(journal.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        moves = journal.filter(\.movesFacets)
        var parents: [HubID: HubID] = [:]
        func root(_ id: HubID) -> HubID {
            var id = id
            while let parent = parents[id] { id = parent }
            return id
        }
        for move in moves {
            for other in move.profiles where root(other) != root(move.profiles[0]) {
                parents[root(other)] = root(move.profiles[0])
            }
        }
        circles = parents.keys.reduce(into: [:]) { $0[$1] = root($1) }
    }

    func run(_ hearing: Hearing, silently isSilent: Bool = false) -> Report {
        var report = Report(isSilent: isSilent)
        whole(hearing, &report)
        switch hearing.way {
        case .webhook: inLines(hearing, &report)
        case .stream: onwards(hearing, &report)
        case .topic: inPartitions(hearing, &report)
        }
        same(hearing, &report)
        if hearing.way != .webhook { once(hearing, &report) }
        report.check(
            "\(hearing.name): every message is well formed, and signed where it is to be",
            hearing.faults.isEmpty
                ? "0 others" : "\(hearing.faults.count): " + hearing.faults.prefix(3).joined(separator: "; "),
            hearing.faults.isEmpty)
        return report
    }

    private func whole(_ hearing: Hearing, _ report: inout Report) {
        let told = Set(hearing.told.map(\.id))
        let lost = journal.filter { !told.contains($0.id) }
        let foreign = told.count { byID[$0] == nil }
        let list = lost.prefix(5).map { " \($0.sequence)" }.joined()
        report.check(
            "\(hearing.name): every change of the journal, and no other",
            "\(told.count) of \(journal.count), \(lost.count) lost\(list), \(foreign) foreign",
            lost.isEmpty && foreign == 0 && told.count == journal.count)
    }

    /// Under one id always comes one change. Only where an interaction belongs may be told otherwise by now.
    private func same(_ hearing: Hearing, _ report: inout Report) {
        var strange = 0
        var positions: [Int64: String] = [:]
        for one in hearing.told {
            let other = positions.updateValue(one.id, forKey: one.sequence)
            guard let change = byID[one.id], other == nil || other == one.id else {
                strange += 1
                continue
            }
            let isThere =
                one.facet == nil ? one.subject == change.subject : circle(one.subject) == circle(change.subject)
            if one.sequence != change.sequence || one.type != change.type || one.content != change.content || !isThere
                || one.key != one.subject
            {
                strange += 1
            }
        }
        let doubles = hearing.told.count - Set(hearing.told.map(\.id)).count
        report.check(
            "\(hearing.name): whatever comes again is the same change under the same id",
            "\(hearing.told.count) deliveries, \(doubles) of them again, \(strange) others", strange == 0)
    }

    private func circle(_ id: HubID?) -> HubID? { id.map { circles[$0] ?? $0 } }

    private func once(_ hearing: Hearing, _ report: inout Report) {
        let doubles = hearing.told.count - Set(hearing.told.map(\.id)).count
        report.check("\(hearing.name): each change once", "\(doubles) more than once", doubles == 0)
    }

    /// Each after the one before, whatever connection it came by.
    private func onwards(_ hearing: Hearing, _ report: inout Report) {
        let back = zip(hearing.told, hearing.told.dropFirst()).count { $0.sequence >= $1.sequence }
        report.check("\(hearing.name): in the order of the journal", "\(back) not after the one before", back == 0)
    }

    /// In each profile's line the first deliveries are in order; who is named by a merge, a split or a decision has it in his
    /// line too.
    private func inLines(_ hearing: Hearing, _ report: inout Report) {
        let (count, out, relabelled) = disorder(hearing) { told in
            told.facet == nil
                ? Set(told.profiles + (told.key.map { [$0] } ?? [])).map(\.description)
                : told.key.map { [$0.description] } ?? []
        }
        report.check(
            "\(hearing.name): each profile's changes in order",
            "\(count) profiles, \(out.count) out of order\(out.prefix(5).map { "; " + $0 }.joined())"
                + ", \(relabelled) interactions brought along by a merge that was not told yet",
            out.isEmpty)
    }

    private func inPartitions(_ hearing: Hearing, _ report: inout Report) {
        // A profile's line lies in one partition, so that this is its order too.
        let (count, out, relabelled) = disorder(hearing) { ["\($0.partition)"] }
        var homes: [HubID: Int32] = [:]
        let torn = hearing.told.count { told in
            guard let key = told.key else { return false }
            return homes.updateValue(told.partition, forKey: key).map { $0 != told.partition } ?? false
        }
        report.check(
            "\(hearing.name): each partition in order, each profile in one",
            "\(count) partitions, \(out.count) out of order\(out.prefix(5).map { "; " + $0 }.joined()), \(torn) torn, "
                + "\(relabelled) interactions brought along by a merge that was not told yet", out.isEmpty && torn == 0)
    }

    /// First deliveries that come after one of their line that they precede in the journal.
    ///
    /// An interaction is told under the profile it belongs to at that time. What is told after a worker's death is read
    /// anew: an interaction of a profile that has been absorbed since then stands in another line, and comes late there.
    /// Until the merge itself is told the two are two, between whom there is no order; so that alone is let pass. In a topic
    /// the merge may lie in another partition, and what came first is not to be seen.
    private func disorder(
        _ hearing: Hearing, lines: (Told) -> [String]
    ) -> (lines: Int, out: [String], relabelled: Int) {
        var first: [String: Int] = [:]
        for (place, one) in hearing.told.enumerated() where first[one.id] == nil { first[one.id] = place }
        var highest: [String: Int64] = [:]
        var out: [String] = []
        var relabelled = 0
        for (place, one) in hearing.told.enumerated() where first[one.id] == place {
            for line in lines(one) {
                guard let before = highest[line], before > one.sequence else {
                    highest[line] = one.sequence
                    continue
                }
                let isExcused =
                    one.facet != nil
                    && moves.contains { move in
                        move.sequence > before && one.key.map(move.profiles.contains) ?? false
                            && (hearing.way == .topic || first[move.id].map { $0 > place } ?? false)
                    }
                if isExcused {
                    relabelled += 1
                } else {
                    out.append("\(one.type) \(one.sequence) after \(before) of \(line)")
                }
            }
        }
        return (highest.count, out, relabelled)
    }
}
