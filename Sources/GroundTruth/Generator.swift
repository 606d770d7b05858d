/// Makes interactions of invented persons, and knows who each of them really was.
///
/// Iterate it: in the order of time it holds the persons alone in memory, whatever the number of interactions.
/// The same settings give the same interactions, byte for byte.
package struct Generator: Sequence, IteratorProtocol {
    package let settings: Settings
    var population: Population
    private var upcoming = Heap<Turn>()
    /// What is made but not handed out yet, last first.
    private var pending: [Generated] = []
    /// How many ids each source has given.
    private var issued = [Int](repeating: 0, count: Channel.allCases.count)

    private struct Turn: Comparable {
        let at: Int64
        let person: Int
        static func < (a: Turn, b: Turn) -> Bool { (a.at, a.person) < (b.at, b.person) }
    }

    package init(_ settings: Settings) {
        self.settings = settings
        population = settings.persons > 0 ? Population(settings) : Population()
        for index in population.persons.indices { schedule(index, after: settings.start) }
        guard settings.order == .shuffled else { return }
        var all: [Generated] = []
        while let one = advance() { all.append(one) }
        var random = SplitMix64(seed: seed(settings.seed, 3, 0))
        for place in stride(from: all.count - 1, to: 0, by: -1) { all.swapAt(place, random.below(place + 1)) }
        pending = all
    }

    package mutating func next() -> Generated? {
        settings.order == .shuffled ? pending.popLast() : advance()
    }

    private mutating func advance() -> Generated? {
        if let waiting = pending.popLast() { return waiting }
        while let turn = upcoming.removeFirst() {
            schedule(turn.person, after: turn.at)
            pending = interactions(of: turn.person, at: turn.at).reversed()
            if let first = pending.popLast() { return first }
        }
        return nil
    }

    private mutating func schedule(_ index: Int, after moment: Int64) {
        let wait = population.persons[index].random.exponential(mean: population.persons[index].pause)
        guard wait < Double(settings.end - moment) else { return }
        // Sources state times as finely as their software does: seconds, milliseconds, microseconds.
        let grain = population.persons[index].random.pick([Calendar.second, Calendar.second, 1000, 1000, 1])
        let at = (moment + Int64(wait)) / grain * grain
        if at < settings.end { upcoming.insert(Turn(at: Swift.max(at, moment), person: index)) }
    }

    /// The next id of a source, from 1.
    mutating func issue(_ channel: Channel) -> Int {
        issued[channel.rawValue] += 1
        return issued[channel.rawValue]
    }
}

extension Generator {
    /// The interactions of the first `count` messages, for a scope in which everything is one; fewer where there are not
    /// so many.
    package func messages(_ count: Int) -> [Generated] {
        var ids: Set<String> = []
        // The interactions of one message follow one another.
        return Array(prefix { one in ids.contains(one.id) || ids.count < count && ids.insert(one.id).inserted })
    }
}

extension Population {
    /// Nobody.
    init() {}
}
