internal import Contact
internal import GroundTruth

/// Compares what the database holds with what was sent.
struct Checks {
    static let partitionName = "Partition and traits are the reference's"
    static let positionsName = "Positions are dense up to the journal's head"
    static let journalName = "The journal tells each interaction once, with its facet"

    let expected: Expected
    let dump: Dump

    func run(silently isSilent: Bool = false) -> Report {
        var report = Report(isSilent: isSilent)
        interactions(&report)
        journalItems(&report)
        positions(&report)
        facets(&report)
        partition(&report)
        redirects(&report)
        versions(&report)
        for orphan in dump.orphans { report.check("No \(orphan.name)", "\(orphan.count)", orphan.count == 0) }
        let count = expected.messages
        report.check("Each message is stored once", "\(dump.messages) of \(count)", dump.messages == Int64(count))
        report.check("Nothing was refused", "\(dump.refusals)", dump.refusals == 0)
        return report
    }

    private func interactions(_ report: inout Report) {
        var times: [String: Int] = [:]
        for one in dump.interactions { times[one.key, default: 0] += 1 }
        let lost = expected.entries.keys.count { times[$0] == nil }
        let twice = times.values.count { $0 > 1 }
        let foreign = times.keys.count { expected.entries[$0] == nil }
        report.check(
            "Every interaction of the ledger is stored once, and no other",
            "\(dump.interactions.count) of \(expected.entries.count), lost \(lost), twice \(twice), foreign \(foreign)",
            lost == 0 && twice == 0 && foreign == 0 && dump.interactions.count == expected.entries.count)

        let strange = dump.interactions.count { dump.keys[$0.id] != .some(.some($0.facet)) }
        report.check(
            "Every interaction has its one key, with its facet",
            "\(dump.keyCount) keys, \(strange) interactions without",
            strange == 0 && dump.keyCount == dump.interactions.count && dump.keys.count == dump.keyCount)

        var customers: [String: Int] = [:]
        for key in times.keys { customers[Expected.withoutCustomer(key), default: 0] += 1 }
        let shared = expected.shared
        let torn = shared.count { customers[$0.key] != $0.value }
        report.check(
            "Messages to several customers are whole", "\(shared.count) messages, \(torn) torn",
            !shared.isEmpty && torn == 0)
    }

    private func journalItems(_ report: inout Report) {
        struct Item: Hashable {
            let interaction: HubID
            let facet: HubID
        }
        var told: [Item: Int] = [:]
        var items = 0
        for change in dump.changes {
            for start in stride(from: 0, to: change.items.count - 31, by: 32) {
                let interaction = HubID(bytes: change.items[start..<(start + 16)])
                let facet = HubID(bytes: change.items[(start + 16)..<(start + 32)])
                told[Item(interaction: interaction, facet: facet), default: 0] += 1
                items += 1
            }
        }
        let untold = dump.interactions.count { told[Item(interaction: $0.id, facet: $0.facet)] == nil }
        let twice = told.values.count { $0 > 1 }
        report.check(
            Self.journalName,
            "\(items) items, \(untold) interactions untold, \(twice) told twice",
            untold == 0 && twice == 0 && items == dump.interactions.count)
    }

    private func positions(_ report: inout Report) {
        var next: Int64 = 1
        var gaps = 0
        var overlaps = 0
        var crooked = 0
        for change in dump.changes {
            if change.first > next { gaps += 1 }
            if change.first < next { overlaps += 1 }
            if change.profile == nil, Int64(change.items.count) != 32 * (change.position - change.first + 1) {
                crooked += 1
            }
            next = change.position + 1
        }
        report.check(
            Self.positionsName,
            "1 to \(next - 1), head \(dump.head), \(gaps) gaps, \(overlaps) overlaps",
            gaps == 0 && overlaps == 0 && crooked == 0 && next - 1 == dump.head)
    }

    /// One facet of the hub for each text of the ledger, and one text for each facet.
    private func facets(_ report: inout Report) {
        var texts: [HubID: String] = [:]
        var ids: [String: HubID] = [:]
        var crossed = 0
        for one in dump.interactions {
            guard let text = expected.entries[one.key]?.facet else { continue }
            if texts.updateValue(text, forKey: one.facet).map({ $0 != text }) ?? false { crossed += 1 }
            if ids.updateValue(one.facet, forKey: text).map({ $0 != one.facet }) ?? false { crossed += 1 }
        }
        report.check(
            "Facets are exactly the ledger's", "\(dump.facets.count) of \(expected.facets.count), \(crossed) mixed up",
            crossed == 0 && dump.facets.count == expected.facets.count)
    }

    private func partition(_ report: inout Report) {
        let answer = dump.answer
        let difference = expected.answer.firstDifference(from: answer)
        report.check(
            Self.partitionName,
            difference ?? "\(answer.profiles.count) profiles of \(answer.facets) facets", difference == nil)
    }

    private func redirects(_ report: inout Report) {
        let profiles = Dictionary(dump.profiles.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let absorbed = dump.profiles.filter { $0.canonical != nil }
        let far = absorbed.count { one in
            guard let survivor = one.canonical.flatMap({ profiles[$0] }) else { return true }
            return survivor.canonical != nil
        }
        report.check("Every redirect is one hop", "\(absorbed.count) redirects, \(far) longer", far == 0)

        var pointing: [HubID: Int32] = [:]
        for profile in dump.facets.values { pointing[profile, default: 0] += 1 }
        let wrong = dump.profiles.count { $0.facets != pointing[$0.id] ?? 0 }
        report.check("Profiles count their facets", "\(dump.profiles.count) profiles, \(wrong) wrong", wrong == 0)
    }

    private func versions(_ report: inout Report) {
        var last: [HubID: Int64] = [:]
        var steps = 0
        var broken = 0
        for change in dump.changes {
            guard let profile = change.profile else { continue }
            steps += 1
            if change.version != last[profile, default: 0] + 1 { broken += 1 }
            last[profile] = change.version
        }
        let behind = dump.profiles.count { $0.version != last[$0.id] }
        report.check(
            "Each profile's versions follow one another in the journal",
            "\(steps) changes, \(broken) out of step, \(behind) profiles of another version", broken == 0 && behind == 0
        )
    }
}

extension HubID {
    fileprivate init(bytes: ArraySlice<UInt8>) {
        self.init(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.dropFirst(8).prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}
