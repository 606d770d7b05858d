internal import Contact
internal import Resolution

/// What soft evidence costs a record: how many keys it is stored under, with how many others it is compared, and how
/// long each step takes. The times are of one thread, and of all records in a row.
struct IdentityCost {
    let set: CustomerSet
    let model: SoftModel

    func run() {
        var records: [SoftRecord] = []
        let reading = Self.microseconds(set.facets.count) {
            for facet in set.facets { if let record = SoftRecord(facet) { records.append(record) } }
        }
        guard records.count > 1 else { return }
        var bytes = 0
        let canonical = Self.microseconds(records.count) {
            for record in records { bytes += record.canonicalBytes.count }
        }
        var entries: [SoftEntry] = []
        let preparing = Self.microseconds(records.count) { entries = records.map(model.prepare) }
        var keys: [BlockingKeys] = []
        let blocking = Self.microseconds(records.count) { keys = entries.map(\.blockingKeys) }
        print(
            "  cost, \(records.count) records: reading with its hash \(text(reading)) µs a record, canonical bytes "
                + "(\(bytes / records.count)) \(text(canonical)) µs, prepare \(text(preparing)) µs, "
                + "blocking keys \(text(blocking)) µs")
        counts(keys, entries)
        search(records, entries)
    }

    /// How many keys, and of how many a record has more company than the model allows.
    private func counts(_ keys: [BlockingKeys], _ entries: [SoftEntry]) {
        var holders: [BlockingKey: Int] = [:]
        for own in keys { for key in own.plain { holders[key, default: 0] += 1 } }
        let plain = keys.reduce(0) { $0 + $1.plain.count }
        let refined = keys.reduce(0) { $0 + $1.refined.reduce(0) { $0 + $1.count } }
        var wide = 0
        var refinedOfWide = 0
        for own in keys {
            for (key, finer) in zip(own.plain, own.refined) where holders[key] ?? 0 > model.parameters.wide {
                wide += 1
                refinedOfWide += finer.count
            }
        }
        let most = keys.map(\.plain.count).max() ?? 0
        func each(_ count: Int) -> String { text(Double(count) / Double(keys.count), digits: 2) }
        print(
            "    keys a record: plain \(each(plain)) (at most \(most)), refined \(each(refined)), of wide keys "
                + "\(each(refinedOfWide)); wide (> \(model.parameters.wide)): \(each(wide)), "
                + "\(text(100 * Double(wide) / Double(max(1, plain)))) %")
    }

    /// Fed one by one: the search, the comparisons, and all of it.
    private func search(_ records: [SoftRecord], _ entries: [SoftEntry]) {
        var matcher = SoftMatcher(model)
        var candidates: [Int] = []
        let all = Self.microseconds(records.count) {
            for record in records { candidates.append(matcher.insert(record)) }
        }
        // Of a full index: what a search finds once all are there.
        var index = SoftIndex(wide: model.parameters.wide)
        for entry in entries { index.insert(entry) }
        var pairs: [(Int, Int)] = []
        var found: [Int] = []
        for number in stride(from: 0, to: entries.count, by: max(1, entries.count / 20_000)) {
            let others = index.candidates(number)
            found.append(others.count)
            pairs += others.map { (number, $0) }
        }
        var sum = 0
        let scoring = Self.microseconds(pairs.count) {
            for (a, b) in pairs { sum &+= model.score(entries[a], entries[b]).total }
        }
        print(
            "    candidates a record, as they come: \(spread(candidates)); of all: \(spread(found)); score of a pair "
                + "found \(Int(scoring * 1_000)) ns\(sum == 0 ? " " : ""); insert \(text(all)) µs a record, "
                + "\(Int(1_000_000 / max(all, 1e-9))) records/s")
    }

    private func spread(_ counts: [Int]) -> String {
        let sorted = counts.sorted()
        guard let last = sorted.last else { return "none" }
        let mean = Double(sorted.reduce(0, +)) / Double(sorted.count)
        return "mean \(text(mean)), p99 \(sorted[(sorted.count - 1) * 99 / 100]), most \(last)"
    }

    private func text(_ value: Double, digits: Int = 1) -> String { Spread.rounded(value, digits: digits) }

    /// Of each of so many.
    private static func microseconds(_ count: Int, _ body: () -> Void) -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        body()
        return start.duration(to: clock.now).inSeconds * 1_000_000 / Double(max(1, count))
    }
}
