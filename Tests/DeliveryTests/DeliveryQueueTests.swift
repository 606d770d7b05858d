import Contact
import GroundTruth
import Storage
import Testing

@testable import Delivery

/// The order of delivery, tried with endpoints that fail in every way and workers that die at any moment.
@Suite struct DeliveryQueueTests {
    /// An endpoint, the journal, and what is written down.
    private struct World {
        var random: SplitMix64
        var items: [DeliveryQueue.Item]
        var policy = DeliveryQueue.Policy()
        var now: Int64 = 1_000_000
        // Written down.
        var position: Int64 = 0
        var parked: [Int64: ParkedDelivery] = [:]
        var dead: Set<Int64> = []
        /// Also those of which a crash came before it was written down.
        var died: Set<Int64> = []
        // Seen by the endpoint.
        var received: [Int64: Int] = [:]
        var crashes = 0
        var poison: HubID?

        mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    }

    private static func buried(_ position: Int64) -> ParkedDelivery {
        ParkedDelivery(position: position, at: 0, type: .profileChanged, profile: nil, keys: [], deadAt: 1)
    }

    private static func key(_ number: Int) -> HubID { HubID(high: 7, low: UInt64(number)) }

    private func world(seed: UInt64) -> World {
        var random = SplitMix64(seed: seed)
        let items = (1...Int.random(in: 20...120, using: &random)).map { position -> DeliveryQueue.Item in
            let keys = (0..<[0, 1, 1, 1, 1, 2, 3][Int.random(in: 0..<7, using: &random)]).map { _ in
                Self.key(Int.random(in: 0..<8, using: &random))
            }
            return DeliveryQueue.Item(
                position: Int64(position) * 2, at: 0, type: .profileChanged, profile: keys.first, keys: keys,
                body: [])
        }
        var world = World(random: random, items: items)
        world.policy.schedule = [.seconds(1), .seconds(2), .seconds(4)]
        world.policy.concurrency = Int.random(in: 1...6, using: &world.random)
        world.policy.mostParked = 30
        return world
    }

    private func record(_ queue: inout DeliveryQueue, _ world: inout World) {
        let progress = queue.progress()
        world.position = progress.position
        for position in progress.settled { world.parked[position] = nil }
        for one in progress.parked {
            if one.deadAt != nil {
                world.dead.insert(one.position)
                world.parked[one.position] = nil
            } else {
                world.parked[one.position] = one
            }
        }
        queue.wrote(progress)
    }

    /// One worker's life: until all is delivered, or it dies. True when nothing is left.
    private func live(_ world: inout World, faults: Int, violations: inout [String]) -> Bool {
        var queue = DeliveryQueue(
            world.policy, after: world.position,
            parked: Array(world.parked.values) + world.dead.map(Self.buried), failures: 0)
        var flying: [DeliveryQueue.Item] = []
        for _ in 0..<20_000 {
            if world.crashes > 0, world.chance(2) {
                world.crashes -= 1
                return false
            }
            if queue.wantsMore, world.chance(60) {
                let more = world.items.filter { $0.position > queue.read }.prefix(
                    Int.random(in: 1...9, using: &world.random))
                if let last = more.last { queue.add(Array(more), upTo: last.position) }
            }
            while let item = queue.next(now: world.now) {
                if let other = flying.first(where: { !Set($0.keys).isDisjoint(with: item.keys) }) {
                    violations.append("\(item.position) flies beside \(other.position)")
                }
                flying.append(item)
                if flying.count > world.policy.concurrency { violations.append("\(flying.map(\.position)) fly") }
            }
            if !flying.isEmpty, world.chance(80) {
                let item = flying.remove(at: Int.random(in: 0..<flying.count, using: &world.random))
                let isPoisoned = world.poison.map(item.keys.contains) ?? false
                if isPoisoned || world.chance(faults) {
                    // It may have taken it all the same, and answered too late.
                    if world.chance(30), !isPoisoned { world.received[item.position, default: 0] += 1 }
                    let retry: Duration? = world.chance(10) ? .seconds(3) : nil
                    queue.finished(
                        item.position, .failed("no", retryAfter: retry), now: world.now,
                        draw: Double.random(in: 0..<1, using: &world.random))
                } else {
                    receive(item, &world, &violations)
                    queue.finished(item.position, .delivered, now: world.now, draw: 0)
                }
            }
            world.died.formUnion(queue.dead.map(\.position))
            if queue.hasNews, world.chance(30) { record(&queue, &world) }
            world.now += Int64.random(in: 0...400_000, using: &world.random)
            let isOver = queue.read == world.items.last?.position && queue.fresh.isEmpty && queue.parked.isEmpty
            if isOver, flying.isEmpty {
                record(&queue, &world)
                return true
            }
            if flying.isEmpty, let moment = queue.nextMoment(), world.chance(50) { world.now = max(world.now, moment) }
        }
        violations.append(
            "it never ends: read \(queue.read), \(queue.fresh.count) fresh, \(queue.parked.count) parked, "
                + "\(flying.map(\.position)) fly, \(queue.failures) failures, open \(queue.openUntil ?? 0), now \(world.now)"
        )
        return true
    }

    /// Whatever comes before it in one of its lines was received, or is dead.
    private func receive(_ item: DeliveryQueue.Item, _ world: inout World, _ violations: inout [String]) {
        world.received[item.position, default: 0] += 1
        guard world.received[item.position] == 1 else { return }
        for earlier in world.items where earlier.position < item.position && world.received[earlier.position] == nil {
            guard
                !Set(earlier.keys).isDisjoint(with: item.keys), !world.died.contains(earlier.position)
            else { continue }
            violations.append("\(item.position) overtakes \(earlier.position)")
        }
    }

    @Test(arguments: 0..<20) func `everything arrives, in order for each profile, whatever fails`(_ block: UInt64) {
        for seed in (block * 100)..<(block * 100 + 100) {
            var world = world(seed: seed)
            world.crashes = [0, 3, 12][Int(seed % 3)]
            world.poison = seed % 5 == 4 ? Self.key(0) : nil
            var violations: [String] = []
            var faults = [0, 20, 60, 90][Int(seed / 3 % 4)]
            var lives = 0
            repeat {
                lives += 1
                // It comes back for good in the end.
                if lives > 8 { faults = 0 }
            } while !live(&world, faults: faults, violations: &violations)
            #expect(violations == [], "seed \(seed)")
            let lost = world.items.map(\.position).filter { world.received[$0] == nil && !world.dead.contains($0) }
            #expect(lost == [], "seed \(seed)")
            #expect(world.parked.isEmpty, "seed \(seed)")
            #expect(world.dead.isSubset(of: world.died))
            if world.crashes == 0, faults == 0, lives == 1, world.poison == nil {
                #expect(world.received.values.allSatisfy { $0 == 1 }, "seed \(seed)")
            }
        }
    }

    @Test func `what fails together when an endpoint goes away is one outage`() {
        var queue = DeliveryQueue(
            DeliveryQueue.Policy(schedule: [.seconds(60), .seconds(60)], concurrency: 16), after: 0, parked: [],
            failures: 0)
        let items = (1...16).map { number in
            DeliveryQueue.Item(
                position: Int64(number), at: 0, type: .profileChanged, profile: nil, keys: [Self.key(number)], body: [])
        }
        queue.add(items, upTo: 16)
        for number in 1...16 { #expect(queue.next(now: 0)?.position == Int64(number)) }
        for number in 1...16 { queue.finished(Int64(number), .failed("gone", retryAfter: nil), now: 0, draw: 0.5) }
        // The circuit opened with the fifth; the others had been under way, and do not double the pause.
        #expect(queue.isOpen && queue.failures == 5 && queue.nextMoment() == 2_000_000)
        let probe = queue.next(now: 2_000_000)
        #expect(probe != nil && queue.next(now: 2_000_000) == nil)
        queue.finished(probe?.position ?? 0, .failed("gone", retryAfter: nil), now: 2_000_000, draw: 0.5)
        #expect(queue.nextMoment() == 6_000_000)
    }

    @Test func `a poisoned change dies by the schedule, and others are not held up`() {
        var queue = DeliveryQueue(
            DeliveryQueue.Policy(schedule: [.seconds(1), .seconds(2), .seconds(100)]), after: 0, parked: [], failures: 0
        )
        func item(_ position: Int64, _ key: Int) -> DeliveryQueue.Item {
            DeliveryQueue.Item(
                position: position, at: 0, type: .profileChanged, profile: nil, keys: [Self.key(key)], body: [])
        }
        queue.add([item(1, 1), item(2, 1), item(3, 2), item(4, 3)], upTo: 4)
        #expect(queue.next(now: 0)?.position == 1)
        #expect(queue.next(now: 0)?.position == 3)
        #expect(queue.next(now: 0)?.position == 4)
        #expect(queue.next(now: 0) == nil)
        #expect(queue.position == 0)
        queue.finished(3, .delivered, now: 0, draw: 0.5)
        queue.finished(4, .delivered, now: 0, draw: 0.5)
        queue.finished(1, .failed("500", retryAfter: nil), now: 0, draw: 0.5)
        // The second of its line is parked behind it.
        #expect(queue.next(now: 0) == nil)
        #expect(queue.parked.map(\.position) == [1, 2])
        #expect(queue.position == 4)
        #expect(queue.next(now: 999_999) == nil)
        #expect(queue.next(now: 1_000_000)?.position == 1)
        queue.finished(1, .failed("500", retryAfter: .seconds(60)), now: 1_000_000, draw: 0)
        // The endpoint wants to be left alone.
        #expect(queue.isOpen && queue.nextMoment() == 61_000_000)
        #expect(queue.next(now: 60_999_999) == nil)
        #expect(queue.next(now: 61_000_000)?.position == 1)
        queue.finished(1, .failed("500", retryAfter: nil), now: 61_000_000, draw: 0.5)
        #expect(queue.parked.first?.attempts == 3)
        // The circuit is tried again before the change is due, and then it does not count against it.
        #expect(queue.next(now: 63_000_000)?.position == 1)
        queue.finished(1, .failed("500", retryAfter: nil), now: 63_000_000, draw: 0.5)
        #expect(queue.parked.first?.attempts == 3)
        #expect(queue.next(now: 65_000_000)?.position == 1)
        queue.finished(1, .delivered, now: 65_000_000, draw: 0)
        #expect(!queue.isOpen)
        var now: Int64 = 65_000_000
        for _ in 0..<4 {
            #expect(queue.next(now: now)?.position == 2)
            queue.finished(2, .failed("404", retryAfter: nil), now: now, draw: 0.5)
            now = queue.nextMoment() ?? now
        }
        let progress = queue.progress()
        #expect(progress.parked.map(\.position) == [2] && progress.parked.first?.deadAt != nil)
        #expect(queue.parked.isEmpty && progress.settled == [1])
    }
}
