package import Contact
package import Postgres
internal import Resolution

/// The intake of one workspace: stores batches, resolves their customers and journals what changed, in one
/// transaction each (DESIGN.md section 5).
package final class Ledger: Intake {
    package struct Settings: Sendable {
        /// Makes sources that a batch names and nobody has made: for imports that the owner runs by hand.
        package var registersSources = false
        /// Looks up each item's profile after the commit; an import that answers with counts needs none.
        package var answersProfiles = true
        /// How long a batch is tried again while the database cannot be reached.
        package var patience: Duration = .seconds(60)
        package var transactionItems = 5_000
        package var mostItems = 20_000
        package var mostBytes = 64 << 20
        package var inFlight = 2
        package var worthAnother = 256
        package var control = Control.none
        package init() {}
    }

    /// Faults that a test plants to see that it can see them.
    package enum Control: Sendable {
        case none
        /// Statements in the order of arrival: must deadlock.
        case unsorted
        /// Resolves without the journal row: must give a wrong partition.
        case unlocked
    }

    /// What the intake has met; for metrics and tests.
    package struct Counts: Sendable {
        package var transactions = 0
        package var deadlocks = 0
        package var serializationFailures = 0
        package var repeatedForErasure = 0
        package var repeatedAsUnknown = 0
        package var halved = 0
        /// Groups that a rule kept from being joined, each time it was met.
        package var contested = 0
        /// Transactions that had searched for soft records before they held the journal row, when others had stored some
        /// meanwhile: those that learnt of it from this process, and those that searched again.
        package var searchedAhead = 0
        package var searchedAgain = 0
    }

    let database: Database
    let workspace: Workspace
    let sources: Sources
    let preparation: Preparation
    let known = KnownFacets()
    let settings: Settings
    let now: @Sendable () -> Int64
    /// Rung where this process has moved the journal.
    let bell: Bell
    /// The rules and models this process has read.
    let book = RuleBook()
    let own: OwnKinds
    let softLog = SoftLog()
    private let met = Monitor(Counts())
    private let queue: IntakeQueue

    /// Takes connections as the hub's role (more than `inFlight` and one for reads are of no use), and a clock in
    /// microseconds since 1970: the time of journal rows and refusals.
    package init(
        _ database: Database, workspace: Workspace, key: ContentKey, settings: Settings = Settings(),
        bell: Bell = Bell(), now: @escaping @Sendable () -> Int64
    ) {
        self.database = database
        self.bell = bell
        self.workspace = workspace
        self.settings = settings
        self.now = now
        own = OwnKinds(workspace)
        sources = Sources(database, workspace: workspace)
        preparation = Preparation(key: key, normaliser: Normaliser(region: workspace.region))
        queue = IntakeQueue(
            IntakeQueue.Limits(
                transactionItems: settings.transactionItems, mostItems: settings.mostItems,
                mostBytes: settings.mostBytes, inFlight: settings.inFlight, worthAnother: settings.worthAnother))
    }

    package var counts: Counts { met.withLock { $0 } }

    /// What waits to be stored now.
    package struct Load: Sendable {
        package let items: Int
        package let bytes: Int
        /// Batches that the full queue holds off.
        package let held: Int
    }

    package var load: Load {
        let load = queue.load
        return Load(items: load.items, bytes: load.bytes, held: load.held)
    }

    /// Somebody is held off by a full queue.
    package var isFull: Bool { queue.isHolding }

    func count(_ change: (inout Counts) -> Void) { met.withLock { change(&$0) } }

    @concurrent
    package func accept(_ batch: Batch) async throws(IntakeError) -> Receipt {
        let sources: [String: Sources.Source]
        let spellings: [String: OwnSpelling]
        do throws(DatabaseError) {
            sources = try await patiently { () async throws(DatabaseError) -> [String: Sources.Source] in
                try await self.sources(of: batch)
            }
            spellings = try await self.spellings(of: batch)
        } catch {
            throw error.isCancelled ? .cancelled : .unavailable(String(describing: error))
        }
        if let step = batch.cursor, sources[step.source] == nil {
            throw .cursorLost("there is no source named \(step.source)")
        }
        if !batch.hits.isEmpty, sources[batch.source ?? ""] == nil {
            throw .unavailable("there is no source that the hits could be counted for")
        }
        let prepared = preparation.prepare(batch, sources: sources, spellings: spellings)
        return try await queue.submit(prepared, storing: store)
    }

    private func sources(of batch: Batch) async throws(DatabaseError) -> [String: Sources.Source] {
        // Nearly every batch is of one source that is known.
        if let name = batch.source, let known = sources.remembered(name), batch.cursor == nil,
            batch.items.allSatisfy({ if case .success(let one) = $0.outcome { one.source.isEmpty } else { true } })
        {
            return [name: known]
        }
        var channels: [String: String] = [:]
        if let step = batch.cursor { channels[step.source] = "" }
        if !batch.hits.isEmpty, let source = batch.source { channels[source] = "" }
        for case .success(let interaction) in batch.items.lazy.map(\.outcome) {
            let name = interaction.source.isEmpty ? batch.source ?? "" : interaction.source
            if !name.isEmpty, channels[name, default: ""].isEmpty { channels[name] = interaction.channel }
        }
        let names = Set(channels.keys)
        let found = try await sources.find(names)
        guard settings.registersSources, found.count < names.count else { return found }
        for name in names.sorted() where found[name] == nil && Sources.isValid(name) {
            let channel = channels[name, default: ""]
            do throws(DatabaseError) {
                try await sources.register(name, channel: channel.isEmpty ? "other" : channel, now: now())
            } catch let error where error.state == .checkViolation {
                // Not made: its items are refused as of an unknown source, and the others are stored.
            }
        }
        return try await sources.list().filter { names.contains($0.key) }
    }
}
