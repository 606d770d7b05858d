internal import Contact
internal import Storage

/// What is to be delivered to one endpoint, and in which order: without I/O and without a clock, so that it can be tried with
/// every fault there is.
///
/// Changes of one profile are delivered in their order, one at a time; those of others do not wait for them. A change that
/// names several profiles, as a merge does, stands in the line of each. One that fails is parked, and what comes after it in
/// one of its lines is parked behind it; the lines of others go on. When it has failed as often as the schedule allows it is
/// dead: its lines go on, and it is left for people.
///
/// The circuit: after several failures in a row, whatever was tried, the endpoint itself is taken to be away. Then nothing
/// more is tried but one probe now and then, with those in turn that may go; it counts against a change only when its own
/// next try was due.
struct DeliveryQueue: Sendable {
    struct Policy: Sendable {
        /// Pauses before the second try, the third and so on: of Standard Webhooks 1.0, about three days.
        var schedule: [Duration] = Self.standard
        var concurrency = 4
        /// Failures in a row after which the circuit opens.
        var circuit = 5
        /// Before the first probe; it doubles up to `longestProbe`.
        var probe: Duration = .seconds(2)
        var longestProbe: Duration = .seconds(300)
        /// With so many parked nothing further is read.
        var mostParked = 10_000

        static let standard: [Duration] = [
            .seconds(5), .seconds(300), .seconds(1_800), .seconds(7_200), .seconds(18_000), .seconds(36_000),
            .seconds(50_400), .seconds(72_000), .seconds(86_400),
        ]
    }

    /// A change as it is to be delivered.
    struct Item: Sendable {
        let position: Int64
        let at: Int64
        let type: ChangeType
        let profile: HubID?
        let keys: [HubID]
        /// As it is sent; nil for one that was parked before, and has to be read again.
        var body: [UInt8]?
    }

    enum Outcome: Sendable {
        case delivered
        /// What went wrong, and how long the endpoint wants to be left alone.
        case failed(String, retryAfter: Duration?)
        /// What it was about is gone: there is nothing to deliver.
        case vanished
        /// It was not tried to its end: the hub stops.
        case givenUp
    }

    /// How many entries of a line are looked at for one that may go: those behind have to wait anyway.
    private static let mostLooked = 1_000

    let policy: Policy
    /// Everything up to here was read.
    private(set) var read: Int64
    /// Read and not begun, in order.
    private(set) var fresh: [Item] = []
    /// By position: waiting for another try, or behind one that does.
    private(set) var parked: [ParkedDelivery] = []
    private var lines: [HubID: Int] = [:]
    private var flying: [Int64: (item: Item, isProbe: Bool, isParked: Bool)] = [:]
    private var busy: Set<HubID> = []
    private(set) var failures: Int
    private(set) var failure: String?
    /// The circuit is open till then.
    private(set) var openUntil: Int64?
    private var probes = 0

    /// Of an earlier life, beyond the position that was written down: parked or dead, they are not begun anew.
    private let known: Set<Int64>

    // What is to be written down.
    private var changed: Set<Int64> = []
    private(set) var dead: [ParkedDelivery] = []
    private var settled: Set<Int64> = []
    private(set) var delivered = 0

    /// `parked`: all that waits, and what is dead beyond the position.
    init(_ policy: Policy, after position: Int64, parked: [ParkedDelivery], failures: Int) {
        self.policy = policy
        self.failures = failures
        read = position
        known = Set(parked.lazy.map(\.position).filter { $0 > position })
        for one in parked.sorted(by: { $0.position < $1.position }) where one.deadAt == nil { park(one) }
        changed = []
    }

    var inFlight: Int { flying.count }
    var isOpen: Bool { openUntil != nil }
    /// More may be read. With the circuit open too, where there is nothing else to probe with.
    var wantsMore: Bool {
        fresh.count < Self.mostLooked / 2 && parked.count < policy.mostParked && (!isOpen || fresh.isEmpty)
    }
    /// There is something to write down.
    var hasNews: Bool { delivered > 0 || !changed.isEmpty || !dead.isEmpty || !settled.isEmpty }

    /// Everything up to here was delivered, or is parked.
    var position: Int64 {
        var least = fresh.first?.position
        for (position, flight) in flying where !flight.isParked { least = min(least ?? position, position) }
        return least.map { $0 - 1 } ?? read
    }

    /// Takes what was read, up to a position.
    mutating func add(_ items: [Item], upTo position: Int64) {
        fresh += known.isEmpty ? items : items.filter { !known.contains($0.position) }
        read = position
    }

    /// The next that may be sent now; `now` in microseconds since 1970.
    mutating func next(now: Int64) -> Item? {
        guard flying.count < policy.concurrency else { return nil }
        guard let openUntil else { return dueParked(now: now) ?? nextFresh(isProbe: false) }
        guard now >= openUntil, flying.isEmpty else { return nil }
        // In turn, so that one change that nobody wants does not keep the circuit open for ever.
        probes += 1
        return probes % 2 == 0 ? longestLeft() ?? nextFresh(isProbe: true) : nextFresh(isProbe: true) ?? longestLeft()
    }

    /// When there may be something to send that may not be sent now.
    func nextMoment() -> Int64? {
        if let openUntil { return openUntil }
        guard flying.count < policy.concurrency else { return nil }
        return parked.prefix(Self.mostLooked).compactMap(\.tryAt).min()
    }

    private mutating func dueParked(now: Int64) -> Item? {
        var ahead = busy
        for one in parked.prefix(Self.mostLooked) {
            if flying[one.position] == nil, one.tryAt ?? 0 <= now, ahead.isDisjoint(with: one.keys) {
                return fly(one, isProbe: false)
            }
            ahead.formUnion(one.keys)
        }
        return nil
    }

    /// Of those at the head of their lines the one that was left alone for longest, due or not.
    private mutating func longestLeft() -> Item? {
        var ahead = busy
        var found: ParkedDelivery?
        for one in parked.prefix(Self.mostLooked) {
            if ahead.isDisjoint(with: one.keys), one.failedAt ?? .min < found?.failedAt ?? .max { found = one }
            ahead.formUnion(one.keys)
        }
        return found.map { fly($0, isProbe: true) }
    }

    private mutating func fly(_ one: ParkedDelivery, isProbe: Bool) -> Item {
        let item = Item(
            position: one.position, at: one.at, type: one.type, profile: one.profile, keys: one.keys, body: nil)
        take(item, isProbe: isProbe, isParked: true)
        return item
    }

    private mutating func nextFresh(isProbe: Bool) -> Item? {
        var passed = busy
        var place = 0
        while place < min(fresh.count, Self.mostLooked) {
            let item = fresh[place]
            guard passed.isDisjoint(with: item.keys) else {
                // Behind one that is under way, or waits itself: what is to become of it is known after that.
                passed.formUnion(item.keys)
                place += 1
                continue
            }
            fresh.remove(at: place)
            guard item.keys.contains(where: { lines[$0] != nil }) else {
                take(item, isProbe: isProbe, isParked: false)
                return item
            }
            park(
                ParkedDelivery(
                    position: item.position, at: item.at, type: item.type, profile: item.profile, keys: item.keys))
        }
        return nil
    }

    private mutating func take(_ item: Item, isProbe: Bool, isParked: Bool) {
        flying[item.position] = (item, isProbe, isParked)
        busy.formUnion(item.keys)
    }

    /// Takes note of what became of one that was sent. `draw` is a random number from 0 to 1, for the jitter.
    mutating func finished(_ position: Int64, _ outcome: Outcome, now: Int64, draw: Double) {
        guard let flight = flying.removeValue(forKey: position) else { return }
        busy.subtract(flight.item.keys)
        switch outcome {
        case .delivered:
            delivered += 1
            failures = 0
            openUntil = nil
            settle(position, flight.isParked)
        case .vanished: settle(position, flight.isParked)
        case .givenUp: if !flight.isParked { putBack(flight.item) }
        case .failed(let text, let retryAfter):
            // What was under way when the circuit opened says nothing new: sixteen at once are one outage, not twelve.
            let isKnown = isOpen && !flight.isProbe
            if !isKnown { failures += 1 }
            failure = text
            let mayBeAway = !isKnown && (flight.isProbe || failures >= policy.circuit)
            fail(flight.item, flight.isParked, text, retryAfter, now, draw, isProbe: flight.isProbe)
            if mayBeAway || retryAfter != nil {
                let doublings = min(max(failures - policy.circuit, 0), 20)
                let pause = max(min(policy.probe * (1 << doublings), policy.longestProbe), retryAfter ?? .zero)
                let until = now + Self.jittered(pause, draw, isAtLeast: retryAfter != nil)
                openUntil = isKnown ? max(openUntil ?? until, until) : until
            }
        }
    }

    private mutating func putBack(_ item: Item) {
        let place = fresh.firstIndex { $0.position > item.position } ?? fresh.endIndex
        fresh.insert(item, at: place)
    }

    private mutating func settle(_ position: Int64, _ isParked: Bool) {
        guard isParked, let place = parked.firstIndex(where: { $0.position == position }) else { return }
        leaveLines(parked.remove(at: place).keys)
        changed.remove(position)
        settled.insert(position)
    }

    private mutating func fail(
        _ item: Item, _ isParked: Bool, _ text: String, _ retryAfter: Duration?, _ now: Int64, _ draw: Double,
        isProbe: Bool
    ) {
        if !isParked {
            park(
                ParkedDelivery(
                    position: item.position, at: item.at, type: item.type, profile: item.profile, keys: item.keys))
        }
        guard let place = parked.firstIndex(where: { $0.position == item.position }) else { return }
        parked[place].failure = text
        parked[place].failedAt = now
        if !isProbe || parked[place].tryAt ?? .min <= now { parked[place].attempts += 1 }
        changed.insert(item.position)
        let attempts = max(parked[place].attempts, 1)
        guard attempts <= policy.schedule.count else {
            var one = parked.remove(at: place)
            leaveLines(one.keys)
            one.tryAt = nil
            one.deadAt = now
            changed.remove(item.position)
            dead.append(one)
            return
        }
        let pause = max(policy.schedule[attempts - 1], retryAfter ?? .zero)
        parked[place].tryAt = now + Self.jittered(pause, draw, isAtLeast: retryAfter != nil)
    }

    /// A fifth more or less, so that endpoints that failed together do not come back together.
    private static func jittered(_ pause: Duration, _ draw: Double, isAtLeast: Bool) -> Int64 {
        let factor = isAtLeast ? 1 + 0.2 * draw : 0.8 + 0.4 * draw
        return Int64(Double(pause.microseconds) * factor)
    }

    private mutating func park(_ one: ParkedDelivery) {
        let place = parked.lastIndex { $0.position < one.position }.map { $0 + 1 } ?? 0
        parked.insert(one, at: place)
        for key in one.keys { lines[key, default: 0] += 1 }
        changed.insert(one.position)
    }

    private mutating func leaveLines(_ keys: [HubID]) {
        for key in keys {
            let left = (lines[key] ?? 1) - 1
            lines[key] = left == 0 ? nil : left
        }
    }

    /// What is to be written down now; ``wrote(_:)`` is told once it is.
    func progress() -> DeliveryProgress {
        var progress = DeliveryProgress(position: position)
        progress.delivered = delivered
        progress.failures = failures
        progress.failure = failure
        progress.tryAt = openUntil
        progress.parked = parked.filter { changed.contains($0.position) } + dead
        progress.settled = settled.sorted()
        return progress
    }

    mutating func wrote(_ progress: DeliveryProgress) {
        delivered -= progress.delivered
        failure = nil
        settled.subtract(progress.settled)
        changed.subtract(progress.parked.map(\.position))
        let buried = Set(progress.parked.lazy.filter { $0.deadAt != nil }.map(\.position))
        dead.removeAll { buried.contains($0.position) }
    }
}
