internal import Contact
internal import Postgres
internal import Storage

/// One import: lines in, batches to the intake, acknowledgements out in the order of the lines.
struct ImportRun: Sendable {
    struct Totals: Sendable {
        var accepted = 0
        var known = 0
        var refused = 0
        var position = ""
        fileprivate var last: Int64 = -1

        func show(json: Bool) {
            if json {
                StandardOutput.write(Self.line([("total", self.members)].map { ($0.0, JSONWriter.object($0.1)) }))
            } else {
                StandardOutput.write("accepted \(accepted), known \(known), refused \(refused)")
            }
        }

        var members: [(String, [UInt8])] {
            [
                ("accepted", JSONWriter.number(Int64(accepted))), ("known", JSONWriter.number(Int64(known))),
                ("refused", JSONWriter.number(Int64(refused))), ("position", JSONWriter.string(position)),
            ]
        }

        static func line(_ members: [(String, [UInt8])]) -> [UInt8] { JSONWriter.object(members) }
    }

    /// Chunks read ahead of the oldest one that is not stored: one is read, one parsed, two in transactions.
    private static let ahead = 4
    /// Bytes of theirs, beyond which nothing more is read: lines of 25 MB come alone.
    private static let aheadBytes = 8 << 20
    /// Refused lines that are told one by one on stderr.
    private static let told = 20

    let intake: any Intake
    let workspace: Workspace
    let source: String?
    let trust: Assurance
    let writesBatches: Bool
    private let readers = Readers()

    init(intake: any Intake, workspace: Workspace, source: String?, trust: Assurance, writesBatches: Bool) {
        self.intake = intake
        self.workspace = workspace
        self.source = source
        self.trust = trust
        self.writesBatches = writesBatches
    }

    func `import`(_ lines: LineReader) async throws -> Totals {
        var totals = Totals()
        // Reading is one task among those that store: what is durable is acknowledged while the next line is waited
        // for, however long that takes, and a failure ends the wait.
        try await withThrowingTaskGroup(of: Event.self) { group in
            var waiting: [Int: Done] = [:]
            var started = 0
            var finished = 0
            var isReading = true
            var bytes = 0
            var isAtEnd = false
            group.addTask { .read(try await lines.next()) }
            while let event = try await group.next() {
                switch event {
                case .read(let chunk):
                    isReading = false
                    guard let chunk else {
                        isAtEnd = true
                        continue
                    }
                    CrashPoint.received.reached()
                    let number = started
                    started += 1
                    bytes += chunk.bytes.count
                    group.addTask { .stored(try await store(chunk, number: number)) }
                case .stored(let done):
                    bytes -= done.bytes
                    waiting[done.number] = done
                    while let next = waiting.removeValue(forKey: finished) {
                        finished += 1
                        report(next, &totals)
                    }
                }
                let hasRoom = started - finished < Self.ahead && bytes < Self.aheadBytes
                if !isReading, !isAtEnd, hasRoom {
                    isReading = true
                    group.addTask { .read(try await lines.next()) }
                }
            }
        }
        return totals
    }

    private enum Event: Sendable {
        /// The next lines; nil at the end.
        case read(LineSplitter.Chunk?)
        case stored(Done)
    }

    private struct Done: Sendable {
        let number: Int
        let firstLine: Int
        /// The numbers of the lines that hold something, in the order of the receipt.
        let lines: [Int]
        let lastLine: Int
        let bytes: Int
        let receipt: Receipt?
    }

    @concurrent
    private func store(_ chunk: LineSplitter.Chunk, number: Int) async throws -> Done {
        var reader = readers.take() ?? InteractionReader(settings)
        let (items, lines) = chunk.items(&reader, arrival: currentMicroseconds())
        readers.give(reader)
        let receipt = items.isEmpty ? nil : try await intake.accept(Batch(items, source: source))
        return Done(
            number: number, firstLine: chunk.firstLine, lines: lines,
            lastLine: chunk.firstLine + chunk.lines.count - 1, bytes: chunk.bytes.count, receipt: receipt)
    }

    private var settings: InteractionReader.Settings {
        InteractionReader.Settings(
            normaliser: Normaliser(region: workspace.region), mostAssured: trust,
            oldest: workspace.oldest(at: currentMicroseconds()),
            // About 1 kB each in each of the readers: together they stay far below the 300 MB of an import.
            remembered: 20_000)
    }

    private func report(_ done: Done, _ totals: inout Totals) {
        var own = Totals()
        for (line, outcome) in zip(done.lines, done.receipt?.outcomes ?? []) {
            switch outcome {
            case .accepted: own.accepted += 1
            case .known: own.known += 1
            case .refused(let refusal):
                own.refused += 1
                let count = totals.refused + own.refused
                if count <= Self.told {
                    StandardError.write(
                        "line \(line): \(refusal.reason.rawValue): \(refusal.detail); \(refusal.reason.whatToDo)")
                } else if count == Self.told + 1 {
                    StandardError.write("… further refusals are only counted")
                }
            }
        }
        if let receipt = done.receipt { own.position = "\(receipt.epoch).\(receipt.position)" }
        totals.accepted += own.accepted
        totals.known += own.known
        totals.refused += own.refused
        // The greatest: with two transactions in flight a later chunk may stand at an earlier position.
        if let receipt = done.receipt, receipt.position > totals.last {
            totals.last = receipt.position
            totals.position = own.position
        }
        if writesBatches {
            let range = [JSONWriter.number(Int64(done.firstLine)), JSONWriter.number(Int64(done.lastLine))]
            StandardOutput.write(Totals.line([("lines", JSONWriter.array(range))] + own.members))
        } else if StandardError.isTerminal {
            StandardError.progress("\(done.lastLine) lines, \(totals.accepted) accepted")
        }
        CrashPoint.acknowledged.reached()
    }

    /// Readers remember facets: one is handed from chunk to chunk, as many as there are chunks at once.
    private final class Readers: Sendable {
        private let free = Monitor<[InteractionReader]>([])
        func take() -> InteractionReader? { free.withLock { $0.popLast() } }
        func give(_ reader: consuming InteractionReader) {
            let reader = consume reader
            free.withLock { $0.append(reader) }
        }
    }
}
