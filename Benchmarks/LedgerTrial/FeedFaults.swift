internal import Contact

/// What is done to a record to see that the checks see it.
enum FeedFault: String, CaseIterable {
    case lost, swapped, renamed, altered, doubled, unsigned

    /// False where the record has nothing to do it to, or it is none in that way of telling.
    func plant(in hearing: inout Hearing) -> Bool {
        switch self {
        case .lost:
            guard let one = hearing.told.randomElement() else { return false }
            hearing.told.removeAll { $0.id == one.id }
        case .swapped:
            guard let (one, other) = Self.neighbours(hearing) else { return false }
            hearing.told.swapAt(one, other)
        case .renamed:
            guard let place = hearing.told.indices.randomElement() else { return false }
            hearing.told[place].id += "0"
        case .altered:
            guard let place = hearing.told.indices.randomElement() else { return false }
            hearing.told[place].sequence += 1
        case .doubled:
            guard hearing.way != .webhook, let one = hearing.told.randomElement() else { return false }
            hearing.told.append(one)
        case .unsigned: hearing.faults.append("not signed")
        }
        return true
    }

    /// Two changes of one profile that were each told once.
    private static func neighbours(_ hearing: Hearing) -> (Int, Int)? {
        var times: [String: Int] = [:]
        for one in hearing.told { times[one.id, default: 0] += 1 }
        var last: [String: Int] = [:]
        for (place, one) in hearing.told.enumerated() where one.facet == nil && times[one.id] == 1 {
            guard let key = one.key?.description else { continue }
            if let before = last[key] { return (before, place) }
            last[key] = place
        }
        return nil
    }
}

extension FeedChecks {
    /// Plants each fault in each record in turn: some check must see it, and each check must see some.
    func tryFaults(_ hearings: [Hearing], _ report: inout Report) {
        var unproven: Set<String> = []
        var unseen: [String] = []
        var (checks, planted) = (0, 0)
        for hearing in hearings {
            var left = Set(run(hearing, silently: true).names)
            checks += left.count
            for fault in FeedFault.allCases {
                var copy = hearing
                guard fault.plant(in: &copy) else { continue }
                planted += 1
                let failed = run(copy, silently: true).failed
                if failed.isEmpty { unseen.append("\(fault.rawValue) in \(hearing.name)") }
                left.subtract(failed)
            }
            unproven.formUnion(left)
        }
        report.check(
            "Every planted fault is seen", "\(planted) planted\(unseen.map { ", unseen: " + $0 }.joined())",
            unseen.isEmpty && planted >= 5 * hearings.count)
        report.check(
            "Each of these checks is seen to fail",
            "\(checks - unproven.count) of \(checks)\(unproven.sorted().map { ", not: " + $0 }.joined())",
            unproven.isEmpty)
    }
}
