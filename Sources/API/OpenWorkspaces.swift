package import Contact
internal import Delivery
package import Postgres
package import Storage

/// The workspaces of one database that this process works in: each is opened when its first request comes.
package final class OpenWorkspaces: Sendable {
    private let intake: Database
    private let reads: Database
    private let feed: Database
    private let bells: Bells
    private let now: @Sendable () -> Int64
    private let opened = Monitor<[Int64: OpenWorkspace]>([:])

    /// Takes three pools, so that reading, intake and the feed of changes do not starve each other.
    package init(
        intake: Database, reads: Database, feed: Database, bells: Bells, now: @escaping @Sendable () -> Int64
    ) {
        self.intake = intake
        self.reads = reads
        self.feed = feed
        self.bells = bells
        self.now = now
    }

    /// Those that were opened, by id.
    package var all: [OpenWorkspace] {
        opened.withLock { $0.values.sorted { $0.workspace.id < $1.workspace.id } }
    }

    /// A workspace that does not exist is nil.
    func open(_ id: Int64) async throws(DatabaseError) -> OpenWorkspace? {
        if let known = opened.withLock({ $0[id] }) { return known }
        let workspaces = Workspaces(reads)
        guard let workspace = try await workspaces.list().first(where: { $0.id == id }) else { return nil }
        let key = try await workspaces.contentKey(of: workspace)
        let bell = bells.bell(of: id)
        let new = OpenWorkspace(
            workspace, ledger: Ledger(intake, workspace: workspace, key: key, bell: bell, now: now),
            profiles: Profiles(reads, workspace: workspace, key: key), audit: Audit(reads, workspace: id),
            tail: Tail(Changes(feed, workspace: workspace), workspace: id, bell: bell), bell: bell)
        // Of two that opened it at once, one stays: a workspace has one queue a process.
        return opened.withLock { opened in
            if let known = opened[id] { return known }
            opened[id] = new
            return new
        }
    }
}

/// One workspace as this process works in it.
package final class OpenWorkspace: Sendable {
    package let workspace: Workspace
    package let ledger: Ledger
    let profiles: Profiles
    let audit: Audit
    /// The end of its journal, for those who follow it.
    let tail: Tail
    let bell: Bell
    let normaliser: Normaliser
    private let readers = Monitor(Readers())
    /// Visitors come back within the hour: twenty-five thousand of them are known by their bytes.
    private let facets = FacetMemory(most: 50_000)

    /// Readers are kept apart by what they let through.
    private struct Purpose: Hashable {
        let ceilings: Voice.Ceilings
        let isPublic: Bool
        let oldest: Int64?
    }

    /// Kept for the next request. As many work at once as there are threads.
    private static let mostReaders = 3

    private struct Readers {
        var idle: [(purpose: Purpose, reader: InteractionReader)] = []
        /// A number is given once: what was remembered under one that is forgotten is never found again.
        var numbers: [Purpose: Int] = [:]
        var last = 0

        mutating func take(_ purpose: Purpose) -> (reader: InteractionReader?, number: Int) {
            if let place = idle.lastIndex(where: { $0.purpose == purpose }) {
                return (idle.remove(at: place).reader, 0)
            }
            if let number = numbers[purpose] { return (nil, number) }
            if numbers.count >= 100 { numbers = [:] }
            last += 1
            numbers[purpose] = last
            return (nil, last)
        }

        mutating func keep(_ reader: InteractionReader, _ purpose: Purpose) {
            if idle.count >= OpenWorkspace.mostReaders { idle.removeFirst() }
            idle.append((purpose, reader))
        }
    }

    init(_ workspace: Workspace, ledger: Ledger, profiles: Profiles, audit: Audit, tail: Tail, bell: Bell) {
        self.workspace = workspace
        self.tail = tail
        self.bell = bell
        self.ledger = ledger
        self.profiles = profiles
        self.audit = audit
        normaliser = Normaliser(region: workspace.region)
    }

    /// Reads with the ceilings of a voice; what it says for another source than its own is refused.
    func read<Result>(
        as voice: Voice, now: Int64, _ body: (inout InteractionReader) -> Result
    ) -> Result {
        let purpose = Purpose(ceilings: voice.ceilings, isPublic: voice.isPublic, oldest: workspace.oldest(at: now))
        var reader = reader(for: purpose)
        let result = body(&reader)
        let used = reader
        readers.withLock { $0.keep(used, purpose) }
        return result
    }

    /// One that nobody else holds: of one that is held twice, every reading copies the tape.
    private func reader(for purpose: Purpose) -> InteractionReader {
        let (kept, number) = readers.withLock { $0.take(purpose) }
        if let kept { return kept }
        return InteractionReader(
            InteractionReader.Settings(
                normaliser: normaliser, mostAssured: purpose.ceilings.most, ceilings: purpose.ceilings.kinds,
                isPublic: purpose.isPublic, oldest: purpose.oldest), sharing: facets, for: number)
    }

    /// Returns when there is room in the queue; a queue that stays full for seconds is the sender's to wait for.
    func admit(within patience: Duration = .seconds(3)) async throws {
        let deadline = ContinuousClock.now + patience
        while ledger.isFull {
            guard ContinuousClock.now < deadline else { throw Problem.busy }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

extension Desk {
    /// The intake of a workspace for what is not asked over HTTP: the same queue, counted like any other.
    package func intake(of workspace: Workspace) async throws -> any Intake {
        guard let open = try await workspaces.open(workspace.id) else {
            throw DatabaseError(.usage, "workspace \(workspace.name) is gone")
        }
        return CountedIntake(ledger: open.ledger, metrics: metrics)
    }

    /// Brings what is stored one step nearer to the rules of its workspace; nil where nothing is left to do.
    package func applyRules(in workspace: Workspace) async throws(DatabaseError) -> RuleProgress? {
        try await workspaces.open(workspace.id)?.ledger.applyRules()
    }
}

/// An intake whose receipts are counted.
struct CountedIntake: Intake {
    let ledger: Ledger
    let metrics: Metrics

    func accept(_ batch: Batch) async throws(IntakeError) -> Receipt {
        let receipt = try await ledger.accept(batch)
        metrics.count(receipt)
        return receipt
    }
}
