import ArgumentParser
internal import Foundation
internal import GroundTruth

struct Generate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make interactions of invented persons, with the truth about who is who.",
        discussion: """
            The same seed gives the same bytes. Interactions go to stdout, one JSON object a line; --ledger writes \
            beside them what a hub must make of each: its key, its facet and the true person.

            Example: contatto generate --seed 1 --persons 1000 --ledger truth.ndjson > interactions.ndjson
            """)

    @Option(help: "Seed of the random numbers.") var seed: UInt64
    @Option(help: "Number of persons.") var persons: Int
    @Option(help: "Months over which things happen.") var months = 12
    @Option(help: "ndjson, or mail:DIR for a Maildir of the mails.") var format = "ndjson"
    @Option(help: "File for the ledger.") var ledger: String?
    @Flag(help: "In an order drawn from the seed instead of the order of time.") var shuffled = false

    func run() async throws {
        guard persons > 0, months > 0 else { throw ValidationError("--persons and --months are at least 1") }
        try await ending {
            var settings = Generator.Settings(seed: seed, persons: persons)
            settings.months = months
            settings.order = shuffled ? .shuffled : .time
            let book = try ledger.map { try LedgerFile($0) }
            if format == "ndjson" {
                let output = LineBuffer(FileHandle.standardOutput)
                for one in Generator(settings) {
                    try output.write(one.line)
                    try book?.write(one.ledgerLine)
                }
                try output.finish()
            } else if format.hasPrefix("mail:"), format.count > 5 {
                settings.scope = .mailOnly
                var maildir = try Maildir(at: String(format.dropFirst(5)))
                for one in Generator(settings) {
                    try maildir.write(one)
                    try book?.write(one.ledgerLine)
                }
                try maildir.finish()
            } else {
                throw Ending(.usage, "--format is ndjson or mail:DIR, not \(format)")
            }
            try book?.finish()
        }
    }
}

/// The file of `--ledger`.
private final class LedgerFile {
    private let buffer: LineBuffer

    init(_ path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw Ending(.failed, "the ledger \(path) cannot be written") }
        buffer = LineBuffer(handle)
    }

    func write(_ line: [UInt8]) throws { try buffer.write(line) }
    func finish() throws { try buffer.finish() }
}

/// Lines to a file in pieces of 1 MB.
private final class LineBuffer {
    private let handle: FileHandle
    private var bytes: [UInt8] = []

    init(_ handle: FileHandle) { self.handle = handle }

    func write(_ line: [UInt8]) throws {
        bytes.append(contentsOf: line)
        if line.last != 10 { bytes.append(10) }
        if bytes.count >= 1 << 20 { try finish() }
    }

    func finish() throws {
        try handle.write(contentsOf: Data(bytes))
        bytes.removeAll(keepingCapacity: true)
    }
}
