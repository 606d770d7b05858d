internal import Foundation
internal import GroundTruth
internal import Postgres

/// Nine subscribers to one journal: five endpoints of webhooks, each with a fault of its own but the first, three readers
/// of the stream who break off, and a topic of Kafka; and two workers that are killed at random.
struct FeedTrial {
    private static let workers = 2
    /// How soon another has to have what a dead one held (issue 7).
    private static let longestTakeover = 5.0
    private static let patience: Duration = .seconds(300)
    private let options: FeedOptions
    private let length: Duration

    init(_ options: FeedOptions) {
        self.options = options
        length = .seconds(options.seconds)
    }

    func run(_ house: House, _ report: inout Report) async throws {
        var random = SplitMix64(seed: options.seed)
        let stage = try await FeedStage(house, options, &random)
        let database = try house.connect(FeedStage.database)
        try await HoldLog.begin(in: database)
        try stage.subscribe()
        say(
            """
            feed: \(options.interactions) interactions over \(options.seconds) s, told to 5 endpoints of webhooks, 3 readers \
            of the stream and a topic; \(options.kills) kills of a worker, seed \(options.seed)
            """)
        let moments = moments(&random)
        let pace = Pace(length: length)
        let journal = try await carryOut(stage, pace, moments, database)
        let elapsed = pace.elapsed
        let hearings =
            stage.receivers.map(\.hearing) + stage.readers.map(\.hearing) + [try await stage.topicHearing()]
        describe(stage, journal, hearings, elapsed)
        judge(stage, try await HoldLog.read(database), &report)
        let checks = FeedChecks(journal: journal)
        for hearing in hearings { report.add(checks.run(hearing)) }
        checks.tryFaults(hearings, &report)
        await database.close()
        try FileManager.default.removeItem(at: stage.folder)
        let words = house.lastWords()
        if !report.failed.isEmpty, !words.isEmpty { say("the processes' last words:\n\(words)") }
    }

    /// Far enough apart that what one leaves is taken up before the next.
    private func moments(_ random: inout SplitMix64) -> [Duration] {
        let share = (length - .seconds(2)) / Double(max(1, options.kills))
        let free = max(0.1, share / .seconds(1) - Self.longestTakeover - 0.1)
        return (0..<options.kills).map { number in
            .seconds(2) + share * Double(number) + .seconds(1) * Double.random(in: 0...free, using: &random)
        }
    }

    /// Runs it all until everybody was told everything, or nothing has come for too long; returns the journal.
    private func carryOut(
        _ stage: FeedStage, _ pace: Pace, _ moments: [Duration], _ database: Database
    ) async throws -> [Told] {
        try await withThrowingTaskGroup(of: [Told]?.self) { group in
            run { try stage.served.run([], pace) }
            for place in 0..<Self.workers { run { try stage.deliverers.run(place) } }
            for receiver in stage.receivers { run { try receiver.run() } }
            for reader in stage.readers { run { reader.run() } }
            group.addTask {
                // Also where this fails: the threads of the others end at nothing else.
                defer {
                    stage.deliverers.stop()
                    stage.served.stop()
                    for receiver in stage.receivers { receiver.stop() }
                    for reader in stage.readers { reader.stop() }
                    stage.decider.stop()
                }
                return try await load(stage, pace, moments, database)
            }
            func run(_ work: @escaping @Sendable () throws -> Void) {
                group.addTask {
                    try await onThread(work)
                    return nil
                }
            }
            return try await group.reduce(into: []) { all, one in if let one { all = one } }
        }
    }

    private func load(
        _ stage: FeedStage, _ pace: Pace, _ moments: [Duration], _ database: Database
    ) async throws -> [Told] {
        while Wire.connect(port: stage.port) == nil { try await Task.sleep(for: .milliseconds(50)) }
        async let killed: Void = kill(stage, pace, moments, database)
        async let decided: Void = onThread { try stage.decider.run { stage.readers[0].hearing.told } }
        await stage.post(pace)
        stage.decider.stop()
        try await decided
        try await killed
        let (journal, end) = try FeedPage.journal(port: stage.port, key: stage.key)
        let behind = try stage.progress().map { "\($0.name) \($0.behind)" }.joined(separator: ", ")
        say("  \(seconds(pace.elapsed)): all is posted, \(journal.count) changes; behind: \(behind)")
        guard journal.count == Int(end) else {
            throw TrialFailure("the journal ends at \(end), and tells \(journal.count)")
        }
        for reader in stage.readers { reader.end(at: end) }
        // What was away is mended, so that the rest comes soon.
        for receiver in stage.receivers { receiver.mend() }
        try await waitUntilTold(stage)
        return journal
    }

    private func kill(
        _ stage: FeedStage, _ pace: Pace, _ moments: [Duration], _ database: Database
    ) async throws {
        for (number, moment) in moments.enumerated() {
            try await Task.sleep(until: pace.start + moment)
            // Mostly somebody who holds something.
            let holders = try await HoldLog.read(database).holders
            stage.deliverers.kill(number % 4 == 3 ? nil : holders.values.randomElement())
        }
    }

    private func waitUntilTold(_ stage: FeedStage) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            let all = try stage.progress()
            let isTold = all.allSatisfy { $0.behind == 0 && $0.waiting == 0 && $0.dead == 0 }
            if isTold, stage.readers.allSatisfy(\.isThrough) { return }
            try await Task.sleep(for: .milliseconds(500))
        }
        for one in try stage.progress() {
            say("  \(one.name): behind \(one.behind), waiting \(one.waiting), dead \(one.dead), \(one.state)")
        }
    }

    private func describe(_ stage: FeedStage, _ journal: [Told], _ hearings: [Hearing], _ elapsed: Duration) {
        let decided = stage.decider.outcome
        let types = Dictionary(grouping: journal, by: \.type).mapValues(\.count).sorted { $0.key < $1.key }
        say(
            """
              all told \(seconds(elapsed)) after the start; \(journal.count) changes: \
            \(types.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
              decisions: \(decided.same) same, \(decided.notSame) not the same, \(decided.revoked) revoked, \
            \(decided.refused) could not be made
            """)
        for receiver in stage.receivers {
            let told = receiver.hearing.told
            say(
                """
                  \(receiver.manner.rawValue): \(receiver.requests) requests, \(told.count) taken, \
                \(told.count - Set(told.map(\.id)).count) of them again
                """)
        }
        for reader in stage.readers {
            say("  \(reader.hearing.name): \(reader.hearing.told.count) told over \(reader.connections) connections")
        }
        say("  topic: \(hearings.last?.told.count ?? 0) records; \(stage.deliverers.runs) workers")
    }

    private func judge(_ stage: FeedStage, _ log: HoldLog, _ report: inout Report) {
        let faults = stage.deliverers.faults + stage.served.outcome.faults
        report.check(
            "Processes end only as planned", faults.isEmpty ? "0 others" : faults.joined(separator: "; "),
            faults.isEmpty)
        let posted = stage.poster.outcome
        let strange = posted.faults + stage.decider.outcome.faults
        report.check(
            "Every answer is one a client can go by",
            (["\(strange.count) others"] + strange.prefix(3)).joined(separator: "; "),
            strange.isEmpty && posted.unacknowledged == 0 && posted.refused == 0)
        let kills = stage.deliverers.kills
        report.check("Workers were killed", "\(kills.count) times", kills.count == options.kills)
        let takeovers = log.takeovers(kills)
        report.check(
            "What a dead worker held is another's within \(Int(Self.longestTakeover)) s",
            "\(takeovers.count) takeovers, the longest after \(seconds(.seconds(1) * (takeovers.max() ?? 0)))",
            !takeovers.isEmpty && takeovers.allSatisfy { $0 <= Self.longestTakeover })
    }
}
