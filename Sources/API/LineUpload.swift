internal import Contact
internal import Storage

/// Interactions that come one a line: stored while the upload goes on, and acknowledged batch by batch.
///
/// A batch ends when about 1 MB of whole lines is there, or when the next bytes would have to be waited for. At most
/// four are on their way at once; beyond that nothing is read, so that a fast sender is held back. What breaks off
/// loses nothing acknowledged, and only whole lines are stored.
struct LineUpload: Sendable {
    /// One line of the answer.
    struct Line: Sendable {
        let bytes: [UInt8]
        /// All that this batch held was refused.
        let isRefused: Bool
        /// Nothing follows.
        let isLast: Bool
    }

    private static let batchBytes = 1 << 20
    private static let ahead = 4

    let intake: any Intake
    let workspace: OpenWorkspace
    let voice: Voice
    /// The source of lines that name none.
    let source: String?
    let now: @Sendable () -> Int64

    private enum Event: Sendable {
        case read(Result<[UInt8]?, any Error>)
        case stored(Int, Result<Receipt?, any Error>, items: Int)
    }

    /// What has happened so far.
    private struct Progress {
        var splitter = LineSplitter()
        var started = 0
        var finished = 0
        var isReading = false
        var isAtEnd = false
        var failure: (any Error)?
        var receipts: [Int: (receipt: Result<Receipt?, any Error>, items: Int)] = [:]
        /// A batch was not stored: what came after it may be, but whoever counts lines could not tell.
        var isTorn = false
        var items = 0
        var inFlight: Int { started - finished }

        /// Nothing more is read; what was begun comes to its end.
        mutating func fail(_ error: any Error, _ pieces: Pieces) {
            failure = failure ?? error
            isAtEnd = true
            splitter = LineSplitter()
            pieces.end(.failure(error))
        }
    }

    /// Reads to the end and hands over each line of the answer; throws what ended it early, after all that was begun is
    /// acknowledged.
    @concurrent
    func run(
        _ beginning: [UInt8], _ pieces: Pieces, budget: BudgetShare,
        acknowledge: @concurrent (Line) async throws -> Void
    ) async throws {
        var progress = Progress()
        progress.splitter.append(beginning)
        try await withThrowingTaskGroup(of: Event.self) { group in
            repeat {
                if !progress.isReading, !progress.isAtEnd,
                    progress.splitter.held < 2 * Self.batchBytes
                        || !progress.splitter.hasLines
                {
                    progress.isReading = true
                    group.addTask { .read(await Self.next(pieces)) }
                }
                while let chunk = batch(&progress, pieces) { start(chunk, &progress, budget, &group) }
                guard progress.isReading || progress.inFlight > 0 else { break }
                switch try await group.next() {
                case .read(let result): try await took(result, &progress, budget)
                case .stored(let number, let result, let items):
                    progress.receipts[number] = (result, items)
                    if case .failure(let error) = result { progress.fail(error, pieces) }
                case nil: break
                }
                try await report(&progress, pieces, acknowledge)
            } while true
        }
        if let failure = progress.failure { throw failure }
    }

    private static func next(_ pieces: Pieces) async -> Result<[UInt8]?, any Error> {
        do { return .success(try await pieces.next()) } catch { return .failure(error) }
    }

    private func took(
        _ result: Result<[UInt8]?, any Error>, _ progress: inout Progress, _ budget: BudgetShare
    ) async throws {
        progress.isReading = false
        switch result {
        case .success(let piece?):
            do {
                try await budget.take(piece.count, weighed: .lines)
                let held = progress.splitter.held
                progress.splitter.append(piece)
                // Of a line that is too long nothing is held but its beginning.
                budget.give(piece.count - (progress.splitter.held - held), weighed: .lines)
            } catch {
                progress.failure = progress.failure ?? error
                progress.isAtEnd = true
            }
        case .success(nil):
            progress.isAtEnd = true
            progress.splitter.finish()
        case .failure(let error):
            // What has its end of line is stored; half a line is not.
            progress.isAtEnd = true
            progress.failure = progress.failure ?? error
        }
    }

    /// The next batch, if it is time for one.
    private func batch(_ progress: inout Progress, _ pieces: Pieces) -> LineSplitter.Chunk? {
        guard progress.splitter.hasLines, progress.inFlight < Self.ahead else { return nil }
        guard progress.isAtEnd || progress.splitter.held >= Self.batchBytes || pieces.isDry else { return nil }
        return progress.splitter.take()
    }

    private func start(
        _ chunk: LineSplitter.Chunk, _ progress: inout Progress, _ budget: BudgetShare,
        _ group: inout ThrowingTaskGroup<Event, any Error>
    ) {
        let number = progress.started
        progress.started += 1
        let isFirst = number == 0
        group.addTask {
            defer { budget.give(chunk.bytes.count, weighed: .lines) }
            let now = now()
            let items = workspace.read(as: voice, now: now) { chunk.items(&$0, arrival: now).items }
            guard !items.isEmpty else { return .stored(number, .success(nil), items: 0) }
            do {
                if isFirst { try await workspace.admit() }
                let batch = voice.batch(items, source: source)
                CrashPoint.received.reached()
                let receipt = try await intake.accept(batch)
                return .stored(number, .success(receipt), items: items.count)
            } catch {
                return .stored(number, .failure(error), items: 0)
            }
        }
    }

    /// Acknowledges what is stored, in the order of the lines, up to the first batch that is not.
    @concurrent
    private func report(
        _ progress: inout Progress, _ pieces: Pieces, _ acknowledge: @concurrent (Line) async throws -> Void
    ) async throws {
        while let next = progress.receipts.removeValue(forKey: progress.finished) {
            progress.finished += 1
            if case .failure = next.receipt { progress.isTorn = true }
            guard !progress.isTorn, case .success(let receipt?) = next.receipt else { continue }
            let isLast =
                progress.inFlight == 0 && !progress.splitter.hasLines && progress.failure == nil
                && (progress.isAtEnd || pieces.isOver) && !progress.splitter.isInLine
            let line = Line(
                bytes: ReceiptText.object(receipt, first: progress.items),
                isRefused: receipt.outcomes.allSatisfy { if case .refused = $0 { true } else { false } },
                isLast: isLast)
            progress.items += next.items
            try await acknowledge(line)
        }
    }
}

extension Voice {
    /// Items for the intake; what speaks for a source that is not the key's is refused.
    func batch(_ items: [IntakeItem], source: String?) -> Batch {
        guard let own else { return Batch(items, source: source) }
        let allowed = items.map { item in
            guard case .success(let interaction) = item.outcome, let refusal = refusal(interaction, own) else {
                return item
            }
            return IntakeItem(.failure(refusal), raw: item.raw)
        }
        return Batch(allowed, source: own)
    }

    private func refusal(_ interaction: Interaction, _ own: String) -> Refusal? {
        if !interaction.source.isEmpty, interaction.source != own {
            return Refusal(.sourceUnknown, "the key speaks for its own source, and the item names another")
        }
        guard isPublic else { return nil }
        if interaction.direction == .outbound {
            return Refusal(
                .assuranceTooHigh, "direction is out, and nobody vouches under a public key for what the company said")
        }
        if Self.corrects(interaction.body) {
            return Refusal(.assuranceTooHigh, "corrects is given, and a public key may not correct what was stored")
        }
        return nil
    }

    private static func corrects(_ body: [UInt8]) -> Bool {
        do throws(Refusal) {
            return try JSONValue(body).members?.contains { $0.key == "corrects" && $0.value.kind != .null } ?? false
        } catch {
            return false
        }
    }
}
