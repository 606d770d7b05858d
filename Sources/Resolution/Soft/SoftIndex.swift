/// Soft records in memory, found by their blocking keys: what training and measurements search, and the definition that a
/// stored index has to equal.
package struct SoftIndex: Sendable {
    /// A key that more records have is wide.
    package let wide: Int
    private var holders: [BlockingKey: [Int32]] = [:]
    private var keys: [BlockingKeys] = []

    package init(wide: Int) { self.wide = wide }

    package var count: Int { keys.count }

    /// Takes a record in under the next number.
    package mutating func insert(_ entry: SoftEntry) {
        let own = entry.blockingKeys
        for key in own.all { holders[key, default: []].append(Int32(keys.count)) }
        keys.append(own)
    }

    private func isWide(_ key: BlockingKey) -> Bool { (holders[key]?.count ?? 0) > wide }

    /// The numbers of the records a record is compared with, in ascending order, without itself.
    package func candidates(_ number: Int) -> [Int] {
        var found: Set<Int32> = []
        for key in keys[number].effective(isWide: isWide) { found.formUnion(holders[key] ?? []) }
        found.remove(Int32(number))
        return found.sorted().map { Int($0) }
    }

    /// Whether two records are compared, as things stand.
    package func areCompared(_ a: Int, _ b: Int) -> Bool {
        let one = Set(keys[a].effective(isWide: isWide))
        return keys[b].effective(isWide: isWide).contains(where: one.contains)
    }
}
