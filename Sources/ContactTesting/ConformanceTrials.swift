internal import Contact
internal import Following
internal import Postgres
internal import Storage

extension ConformanceBench {
    private static let hour: Duration = .seconds(3600)

    func readTwice() async throws {
        let texts = (1...5).map { "same keys \($0)" }
        let first = start()
        for text in texts { try await rig.deliver(text) }
        try await until("5 stored") { try await messages() == 5 }
        await first.stop()
        let before = try await keys()
        // As a source that was never read: everything there is comes once more.
        try await database.superuser.run("UPDATE source_cursor SET cursor = ''; DELETE FROM source_health")
        let again = Recorder(ledger)
        let second = start(intake: again)
        // A sender who is answered keeps nothing to be read again: he sends it again.
        if await rig.acknowledged() != nil { for text in texts { try await rig.deliver(text) } }
        try await rig.deliver("same keys 6")
        try await until("all was read again, and the sixth") { again.taken >= 6 }
        await second.stop()
        try await expectStored(texts + ["same keys 6"])
        guard Set(try await keys()).isSuperset(of: before) else { throw fault("a key has changed") }
    }

    func restart(seed: UInt64) async throws {
        let texts = (1...30).map { "restart \($0)" }
        let rig = rig
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { for text in texts { try await rig.deliver(text) } }
            let intake = BreakingIntake(ledger, seed: seed, breaks: 10)
            while try await messages() < texts.count {
                let worker = start(intake: intake)
                try await until("a break, or the end") {
                    if intake.takeBreak() { return true }
                    return try await messages() == texts.count
                }
                await worker.stop()
            }
            try await tasks.waitForAll()
            guard intake.broken > 0 else { throw fault("nothing was ever broken off: the trial tried nothing") }
        }
        let worker = start()
        try await until("it is up to date") { try await health()?.waiting == 0 }
        await worker.stop()
        try await expectStored(texts)
    }

    func malformed() async throws {
        let worker = start()
        try await rig.deliver("before")
        try await rig.deliverMalformed()
        try await rig.deliver("after")
        try await until("both are stored") { try await messages() == 2 }
        try await until("the other is refused") { try await count("refusal") == 1 }
        await worker.stop()
        try await expectStored(["before", "after"])
        let refusals = try await database.superuser.texts(
            "SELECT reason || ' ' || length FROM refusal WHERE detail <> '' AND octet_length(raw) > 0")
        guard refusals.count == 1 else { throw fault("a refusal without its reason and its input") }
    }

    func acknowledgement() async throws {
        let gate = GatedIntake(ledger)
        // Also where the trial fails: whoever is held could never be stopped.
        defer { gate.open() }
        let worker = start(intake: gate)
        let rig = rig
        async let delivered: Void = rig.deliver("held")
        try await until("it has come to the intake") { gate.waiting > 0 }
        let acknowledged = await rig.acknowledged() ?? 0
        let cursor = try await cursor()
        guard acknowledged == 0 else { throw fault("acknowledged while the intake had not stored it") }
        guard try await messages() == 0 else { throw fault("stored past the gate: the trial tried nothing") }
        gate.open()
        try await delivered
        try await until("it is stored") { try await messages() == 1 }
        if await rig.acknowledged() != nil {
            try await until("the sender is told") { await rig.acknowledged() == 1 }
        } else {
            try await until("the cursor has moved") { try await self.cursor() != cursor }
        }
        await worker.stop()
        try await expectStored(["held"])
    }

    func anHourAway() async throws {
        let clock = ManualClock()
        try await rig.takeDown()
        let worker = start(clock: clock)
        // The machine may be slower than the clock that is moved by hand: the hour begins when the first try has failed.
        try await until("somebody is told that its other side is away") {
            if let next = clock.nextWaking { clock.advance(by: max(next - clock.now.offset, .milliseconds(1))) }
            return try await health()?.failure != nil
        }
        var tries: Int32 = 0
        let begun = clock.now.offset
        while clock.now.offset - begun < Self.hour {
            // The lease is being kept, and the follower waits for its next try: did the clock go on while it still tries, an
            // hour would be over before a slow machine has tried twice.
            try await until("both sleep") { clock.sleeping >= 2 }
            clock.advance(by: max((clock.nextWaking ?? .zero) - clock.now.offset, .milliseconds(1)))
            if let failure = try await health()?.failure { tries = max(tries, failure.count) }
        }
        // Every minute at the longest; a person is told, and the machine is left alone.
        guard (2...400).contains(tries) else { throw fault("\(tries) tries in an hour") }
        guard let failure = try await health()?.failure, !failure.text.isEmpty else {
            throw fault("the failure is not written down")
        }
        try await rig.bringUp()
        let rig = rig
        async let delivered: Void = rig.deliver("after an hour")
        try await until("what came then is stored") {
            if let next = clock.nextWaking { clock.advance(by: max(next - clock.now.offset, .milliseconds(1))) }
            return try await messages() == 1
        }
        try await delivered
        await worker.stop()
        try await expectStored(["after an hour"])
    }

    func differentClocks() async throws {
        let day: Int64 = 86_400_000_000
        let fences = Recorder(ledger)
        let workers = [start("ahead", intake: fences, skew: day), start("behind", intake: fences, skew: -day)]
        let texts = (1...12).map { "clock \($0)" }
        for text in texts { try await rig.deliver(text) }
        try await until("all are stored") { try await messages() == texts.count }
        // The holder goes; the other takes over, whatever its clock says.
        await workers[0].stop()
        await workers[1].stop()
        let third = start("behind again", intake: fences, skew: -day)
        try await rig.deliver("clock 13")
        try await until("the next is stored") { try await messages() == texts.count + 1 }
        await third.stop()
        try await expectStored(texts + ["clock 13"])
        // Once a greater fence has moved the cursor, a smaller one never does.
        let moved = fences.moved
        guard moved == moved.sorted(), Set(moved).count > 1 else {
            throw fault("fences that moved the cursor: \(moved)")
        }
    }

    private func keys() async throws -> [String] {
        try await database.superuser.texts("SELECT interaction::text FROM interaction_key ORDER BY 1")
    }
}

/// Breaks off at moments that a seed draws: before a batch is stored, or after it and before its sender hears of it. Then
/// it lets nothing through until the worker is stopped.
final class BreakingIntake: Intake {
    private struct State {
        var random: SeededRandom
        var left: Int
        var broken = 0
        var isBroken = false
    }

    private let ledger: any Intake
    private let state: Monitor<State>

    init(_ ledger: any Intake, seed: UInt64, breaks: Int) {
        self.ledger = ledger
        state = Monitor(State(random: SeededRandom(seed), left: breaks))
    }

    var broken: Int { state.withLock { $0.broken } }

    /// Whether it broke off since this was asked last.
    func takeBreak() -> Bool {
        state.withLock { state in
            defer { state.isBroken = false }
            return state.isBroken
        }
    }

    func accept(_ batch: Batch) async throws(IntakeError) -> Receipt {
        let draw = state.withLock { state -> Int in
            guard state.left > 0 else { return 0 }
            let draw = Int(state.random.next() % 3)
            if draw > 0 { state.left -= 1 }
            return draw
        }
        if draw == 1 { try await breakOff() }
        let receipt = try await ledger.accept(batch)
        if draw == 2 { try await breakOff() }
        return receipt
    }

    private func breakOff() async throws(IntakeError) {
        state.withLock { state in
            state.isBroken = true
            state.broken += 1
        }
        // Until the worker is stopped, as a process that dies here would never answer.
        do { try await Task.sleep(for: .seconds(600)) } catch { throw .cancelled }
    }
}

/// Holds every batch until it is opened.
final class GatedIntake: Intake {
    private let ledger: any Intake
    private let state = Monitor<(isOpen: Bool, held: [CheckedContinuation<Void, Never>])>((false, []))

    init(_ ledger: any Intake) { self.ledger = ledger }

    var waiting: Int { state.withLock { $0.held.count } }

    func open() {
        let held = state.withLock { state in
            state.isOpen = true
            defer { state.held = [] }
            return state.held
        }
        for one in held { one.resume() }
    }

    func accept(_ batch: Batch) async throws(IntakeError) -> Receipt {
        // A step that stores nothing (an empty mailbox was looked at) acknowledges nothing.
        if !batch.items.isEmpty {
            await withCheckedContinuation { (one: CheckedContinuation<Void, Never>) in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.held.append(one) }
                    return state.isOpen
                }
                if isOpen { one.resume() }
            }
        }
        return try await ledger.accept(batch)
    }
}

/// Writes down the fences under which steps were stored, in their order, and how many items were taken.
final class Recorder: Intake {
    private let ledger: any Intake
    private let fences = Monitor<[Int64]>([])
    private let items = Monitor(0)

    init(_ ledger: any Intake) { self.ledger = ledger }

    var moved: [Int64] { fences.withLock { $0 } }
    /// Items that were stored, or known, or refused.
    var taken: Int { items.withLock { $0 } }

    func accept(_ batch: Batch) async throws(IntakeError) -> Receipt {
        let receipt = try await ledger.accept(batch)
        items.withLock { $0 += receipt.outcomes.count }
        if let fence = batch.cursor?.fence { fences.withLock { $0.append(fence) } }
        return receipt
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed.
struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
