package import Contact
internal import Following
internal import Logging
internal import Postgres
internal import Storage

/// The other side of a connector, real, as the conformance suite needs it.
package protocol ConnectorRig: Sendable {
    /// A connector of its kind, set up to follow this other side as a source of that name.
    func connector(source: String) throws -> any Follower
    /// Has an item arrive at the other side whose text, or subject, is `text`. A sender who is answered (LMTP) tries again
    /// while nobody listens, and returns when he is told that it was taken, or when his task is cancelled.
    func deliver(_ text: String) async throws
    /// Has an item arrive that no reader can make anything of.
    func deliverMalformed() async throws
    /// Makes the other side unreachable, as it is when its machine is off, and reachable again.
    func takeDown() async throws
    func bringUp() async throws
    /// How many items the other side has been told are durable; nil where nobody is told.
    func acknowledged() async -> Int?
}

/// What every connector that follows something has to hold to, whatever it speaks. Each trial throws a ``Nonconformity``
/// where it does not.
package enum ConnectorConformance: String, CaseIterable, Sendable, CustomStringConvertible {
    case sameInputGivesTheSameKeys = "the same input twice gives the same keys"
    case restartsLoseAndDoubleNothing = "a restart at any point loses and doubles nothing"
    case malformedItemsStopNothing = "a malformed item is refused with its reason and does not stop the rest"
    case nothingIsAcknowledgedEarly = "nothing is acknowledged before it is durable"
    case anHourAwayIsSurvived = "a source that is away for an hour is neither forgotten nor hammered"
    case clocksMayDiffer = "two workers whose clocks differ by a day never both move the cursor"

    package var description: String { rawValue }

    package struct Nonconformity: Error, CustomStringConvertible {
        package let description: String
    }

    /// Tries it on a database of its own.
    package func run(
        _ rig: any ConnectorRig, seed: UInt64 = 2026, patience: Duration = .seconds(90)
    ) async throws {
        try await TestDatabase.with { database in
            let bench = try await ConformanceBench(rig, database, patience)
            do { try await run(on: bench, seed: seed) } catch {
                await bench.stopAll()
                throw error
            }
        }
    }

    private func run(on bench: ConformanceBench, seed: UInt64) async throws {
        switch self {
        case .sameInputGivesTheSameKeys: try await bench.readTwice()
        case .restartsLoseAndDoubleNothing: try await bench.restart(seed: seed)
        case .malformedItemsStopNothing: try await bench.malformed()
        case .nothingIsAcknowledgedEarly: try await bench.acknowledgement()
        case .anHourAwayIsSurvived: try await bench.anHourAway()
        case .clocksMayDiffer: try await bench.differentClocks()
        }
    }
}

/// One source of one workspace, and those who follow it.
struct ConformanceBench: Sendable {
    static let name = "conformance"

    let rig: any ConnectorRig
    let database: TestDatabase
    let workspace: TestWorkspace
    let ledger: Ledger
    /// How long is waited for what has to come.
    let patience: Duration
    private let workers = Monitor<[ConformanceWorker]>([])

    init(_ rig: any ConnectorRig, _ database: TestDatabase, _ patience: Duration) async throws {
        self.rig = rig
        self.patience = patience
        self.database = database
        workspace = try await database.workspace()
        ledger = workspace.ledger()
        let type = type(of: try rig.connector(source: Self.name))
        _ = try await store.add(
            Self.name, kind: type.kind, channel: type.channel, changes: SourceStore.Changes(), seal: nil,
            now: TestDatabase.now)
    }

    private var store: SourceStore { SourceStore(database.hub, workspace: workspace.workspace) }

    /// A worker that follows the source.
    func start(
        _ holder: String = "worker", intake: (any Intake)? = nil, clock: any Clock<Duration> = ContinuousClock(),
        skew: Int64 = 0
    ) -> ConformanceWorker {
        var settings = FollowingSettings(holder: holder) { TestDatabase.now + skew }
        settings.lease = .milliseconds(1_500)
        settings.look = .milliseconds(200)
        settings.clock = clock
        let rig = rig
        let intake = intake ?? ledger
        let sources = FollowedSources(
            database.hub, only: (workspace.id, Self.name), settings: settings,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, intake: { _ in intake },
            connector: { _, _ in try rig.connector(source: Self.name) })
        let worker = ConformanceWorker(Task { await sources.follow() })
        workers.withLock { $0.append(worker) }
        return worker
    }

    /// Those that a failed trial left running.
    func stopAll() async {
        for worker in workers.withLock({ $0 }) { await worker.stop() }
    }

    // What is stored

    /// Fails unless each text is stored once, and nothing else is.
    func expectStored(_ texts: [String]) async throws {
        let stored = try await database.superuser.texts(
            "SELECT coalesce(nullif(subject, ''), body) FROM message ORDER BY 1")
        let missing = texts.filter { text in !stored.contains { $0.contains(text) } }
        guard missing.isEmpty else { throw fault("not stored: \(missing)") }
        guard stored.count == texts.count else { throw fault("stored twice, or foreign: \(stored)") }
        let keys = try await count("interaction_key")
        let rows = try await count("interaction")
        guard keys == texts.count, rows == texts.count else {
            throw fault("\(texts.count) messages, \(keys) keys, \(rows) interactions")
        }
    }

    func count(_ table: String) async throws -> Int {
        Int(try await database.superuser.int64("SELECT count(*) FROM \(table)"))
    }

    func messages() async throws -> Int { try await count("message") }

    func cursor() async throws -> String {
        try await database.superuser.texts("SELECT fence || ' ' || cursor FROM source_cursor").first ?? ""
    }

    func health() async throws -> SourceHealth? { try await store.states()[Self.name]?.health }

    /// Asks until it is so.
    func until(_ what: String, _ isSo: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + patience
        while !(try await isSo()) {
            guard ContinuousClock.now < deadline else { throw fault("not within \(patience): \(what)") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func fault(_ text: String) -> ConnectorConformance.Nonconformity {
        ConnectorConformance.Nonconformity(description: text)
    }
}

/// A worker in this process, stopped as a signal stops one.
struct ConformanceWorker: Sendable {
    private let task: Task<Void, Never>

    init(_ task: Task<Void, Never>) { self.task = task }

    /// Returns when it has stopped.
    func stop() async {
        task.cancel()
        await task.value
    }
}
