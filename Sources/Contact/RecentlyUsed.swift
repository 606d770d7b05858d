/// What was used lately, in two generations: when the young one is full it becomes the old one, and what is asked for comes
/// back from there, so that what is used often is never forgotten.
///
/// It holds at most twice `most` values; finding and keeping cost one or two look-ups.
///
/// Public, as nothing else here is: only of public functions do other modules get the body, `@inlinable` or not, and a look-up
/// that stays generic takes half as long again (perf, addresses of single events: 2.2 µs and 1.5).
public struct RecentlyUsed<Key: Hashable, Value> {
    @usableFromInline var young: [Key: Value] = [:]
    @usableFromInline var old: [Key: Value] = [:]
    @usableFromInline let most: Int

    /// `most`: values of each generation.
    @inlinable
    public init(most: Int) {
        self.most = max(1, most)
    }

    /// Changes it, though it only looks: what was old becomes young.
    @inlinable
    public mutating func find(_ key: Key) -> Value? {
        if let value = young[key] { return value }
        guard let value = old[key] else { return nil }
        keep(value, for: key)
        return value
    }

    /// Keeps it as the youngest; what was used least lately may go.
    @inlinable
    public mutating func keep(_ value: Value, for key: Key) {
        if young.count >= most {
            swap(&young, &old)
            young.removeAll(keepingCapacity: true)
        }
        young[key] = value
    }
}

extension RecentlyUsed: Sendable where Key: Sendable, Value: Sendable {}
