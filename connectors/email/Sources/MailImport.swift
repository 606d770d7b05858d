package import Contact
internal import Dispatch

/// Brings mail from files into the intake: read on a thread of its own, parsed on two, stored in batches, at most two at a
/// time, each begun in the order of the files.
///
/// It may be stopped at any point and begun again: what is stored is not stored twice, and with a ``SeenInputs`` what was
/// read before is skipped unread. A mail is remembered once its interactions are durable, and only if none was refused.
package struct MailImport: Sendable {
    package struct Totals: Sendable {
        /// Messages read from the files.
        package var messages = 0
        /// Of these, unchanged since they were stored by an earlier import.
        package var unchanged = 0
        /// Interactions; a mail to three customers is three.
        package var accepted = 0
        package var known = 0
        package var refused: [RefusalReason: Int] = [:]
        /// Of the files, and of all of them together.
        package var bytes: Int64 = 0
        package var bytesInAll: Int64 = 0
        /// The journal's cursor that covers all that was stored; nil where nothing was sent.
        package var position: (epoch: HubID, position: Int64)?
        /// Files that could not be read, for people.
        package var unreadable: [String] = []
    }

    /// What a caller may tell while it runs.
    package enum Event: Sendable {
        /// After each batch.
        case stored(Totals)
        /// A message that was refused, by its name for people.
        case refused(String, Refusal)
    }

    static let mostMessages = 500
    static let mostBytes = 4 << 20
    /// Batches read and not yet stored; the memory of an import is this many times a batch.
    private static let ahead = 3
    /// Beyond which nothing more is read: a mail of 25 MB comes nearly alone.
    private static let aheadBytes = 8 << 20

    private let settings: EmailSettings
    private let intake: any Intake
    private let seen: (any SeenInputs)?
    private let now: @Sendable () -> Int64

    /// `now` in microseconds since 1970.
    package init(
        _ settings: EmailSettings, into intake: any Intake, seen: (any SeenInputs)? = nil,
        now: @escaping @Sendable () -> Int64
    ) {
        self.settings = settings
        self.intake = intake
        self.seen = seen
        self.now = now
    }

    /// Returns when all of it is durable. Throws what the intake throws; what was stored before stays.
    package func run(
        _ files: MailFiles, telling: @escaping @Sendable (Event) -> Void = { _ in }
    ) async throws -> Totals {
        let source = ReadingThread(files.reader(now: now()))
        var run = Run(bytesInAll: files.bytes)
        try await withThrowingTaskGroup(of: Step.self) { group in
            var isReading = true
            var isAtEnd = false
            group.addTask { .read(await source.next()) }
            while let step = try await group.next() {
                switch step {
                case .read(let batch):
                    isReading = false
                    guard let batch else {
                        isAtEnd = true
                        break
                    }
                    let number = run.started
                    run.started += 1
                    run.bytes += batch.size
                    group.addTask { .parsed(number, try await parse(batch)) }
                case .parsed(let number, let batch): run.parsed[number] = batch
                case .stored(let number, let batch, let receipt):
                    run.storing -= 1
                    run.bytes -= batch.read.size
                    run.stored[number] = (batch, receipt)
                    run.report(telling)
                }
                // In the order of the files, and two at once: the intake stores one while the next is prepared.
                while run.storing < 2, let batch = run.parsed.removeValue(forKey: run.sent) {
                    let number = run.sent
                    run.sent += 1
                    run.storing += 1
                    group.addTask { .stored(number, batch, try await store(batch)) }
                }
                if !isReading, !isAtEnd, run.started - run.finished < Self.ahead, run.bytes < Self.aheadBytes {
                    isReading = true
                    group.addTask { .read(await source.next()) }
                }
            }
        }
        run.totals.unreadable = await source.problems()
        return run.totals
    }

    fileprivate struct ReadBatch: Sendable {
        var mails: [FoundMail] = []
        var size = 0
        /// Of the files, when this batch was read.
        var bytes: Int64 = 0
    }

    fileprivate struct ParsedBatch: Sendable {
        let read: ReadBatch
        /// Messages that need not be read again.
        let unchanged: Int
        var items: [IntakeItem] = []
        /// The mail each item came from.
        var origins: [Int] = []
        var digests: [[UInt8]]
    }

    private enum Step: Sendable {
        case read(ReadBatch?)
        case parsed(Int, ParsedBatch)
        case stored(Int, ParsedBatch, Receipt?)
    }

    @concurrent
    private func parse(_ batch: ReadBatch) async throws -> ParsedBatch {
        let fingerprint = settings.fingerprint
        let digests = batch.mails.map { mail in
            Digest.sha256(fingerprint + (mail.raw.cut?.sha256 ?? Digest.sha256(mail.raw.bytes)))
        }
        let isUnseen = try await seen?.unseen(digests) ?? digests.map { _ in true }
        let reader = MailReader(settings)
        var parsed = ParsedBatch(read: batch, unchanged: isUnseen.count { !$0 }, digests: digests)
        for (place, mail) in batch.mails.enumerated() where isUnseen[place] {
            try Task.checkCancellation()
            for item in reader.items(mail.raw, arrival: mail.arrival) {
                parsed.items.append(item)
                parsed.origins.append(place)
            }
        }
        return parsed
    }

    private func store(_ batch: ParsedBatch) async throws -> Receipt? {
        guard !batch.items.isEmpty else { return nil }
        let receipt = try await intake.accept(Batch(batch.items, source: settings.source))
        var refused: Set<Int> = []
        for (place, outcome) in zip(batch.origins, receipt.outcomes) {
            if case .refused = outcome { refused.insert(place) }
        }
        let durable = Set(batch.origins).subtracting(refused).sorted().map { batch.digests[$0] }
        try await seen?.remember(durable)
        return receipt
    }

    /// What was begun and what has come to its end.
    private struct Run {
        var totals = Totals()
        var started = 0
        var sent = 0
        var finished = 0
        var storing = 0
        var bytes = 0
        var parsed: [Int: ParsedBatch] = [:]
        var stored: [Int: (batch: ParsedBatch, receipt: Receipt?)] = [:]

        init(bytesInAll: Int64) { totals.bytesInAll = bytesInAll }

        mutating func report(_ telling: (Event) -> Void) {
            while let (batch, receipt) = stored.removeValue(forKey: finished) {
                finished += 1
                totals.messages += batch.read.mails.count
                totals.unchanged += batch.unchanged
                totals.bytes = batch.read.bytes
                for (origin, outcome) in zip(batch.origins, receipt?.outcomes ?? []) {
                    switch outcome {
                    case .accepted: totals.accepted += 1
                    case .known: totals.known += 1
                    case .refused(let refusal):
                        totals.refused[refusal.reason, default: 0] += 1
                        telling(.refused(batch.read.mails[origin].name, refusal))
                    }
                }
                if let receipt, totals.position.map({ $0.position < receipt.position }) ?? true {
                    totals.position = (receipt.epoch, receipt.position)
                }
                telling(.stored(totals))
            }
        }
    }

    /// A queue of its own for what waits on disks, which the threads that everybody shares must not.
    private final class ReadingThread: Sendable {
        private let queue = DispatchQueue(label: "contatto.email.files")
        private nonisolated(unsafe) var reader: MailFileReader
        private nonisolated(unsafe) var held: FoundMail?

        init(_ reader: sending MailFileReader) { unsafe self.reader = reader }

        func next() async -> ReadBatch? {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: self.read()) }
            }
        }

        func problems() async -> [String] {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: unsafe self.reader.problems) }
            }
        }

        /// Called on the queue alone. A mail that would make the batch too large waits for the next one.
        private func read() -> ReadBatch? {
            var batch = ReadBatch()
            while batch.mails.count < MailImport.mostMessages, let mail = unsafe held ?? reader.next() {
                unsafe held = nil
                if !batch.mails.isEmpty, batch.size + mail.raw.bytes.count > MailImport.mostBytes {
                    unsafe held = mail
                    break
                }
                batch.size += mail.raw.bytes.count
                batch.mails.append(mail)
            }
            batch.bytes = unsafe reader.bytes
            return batch.mails.isEmpty ? nil : batch
        }
    }
}
