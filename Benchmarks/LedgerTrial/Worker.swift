import ArgumentParser
internal import Contact
internal import Foundation
internal import Postgres
internal import Storage

extension Ledger.Control {
    static let all: [Ledger.Control] = [.none, .unsorted, .unlocked]
    var name: String { "\(self)" }
}

/// One of the processes that contend: reads numbers of batches, stores these, and writes each number once it is durable.
struct Worker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Store the batches whose numbers are read from standard input.", shouldDisplay: false)

    @Option var database: String
    @Option var seed: UInt64
    @Option var batches: Int
    @Option var control: String

    func run() async throws {
        var connection = try ConnectionSettings(uri: database)
        connection.applicationName = "trial worker"
        let pool = Database(connection.acting(as: .hub, on: "contatto"), connections: 4)
        let workspaces = Workspaces(pool)
        guard let workspace = try await workspaces.list().first(where: { $0.name == "trial" }) else {
            throw TrialFailure("there is no workspace `trial`")
        }
        var settings = Ledger.Settings()
        settings.registersSources = true
        settings.control = Ledger.Control.all.first { $0.name == control } ?? .none
        let ledger = Ledger(
            pool, workspace: workspace, key: try await workspaces.contentKey(of: workspace), settings: settings,
            now: Self.now)
        let lines = ContendedLines(seed: seed, batches: batches)
        await withDiscardingTaskGroup { group in
            for await number in Self.numbers() {
                group.addTask { await Self.store(number, of: lines, in: ledger, workspace) }
            }
        }
        await pool.close()
    }

    @concurrent
    private static func store(
        _ number: Int, of lines: ContendedLines, in ledger: Ledger, _ workspace: Workspace
    ) async {
        var reader = InteractionReader(
            InteractionReader.Settings(normaliser: Normaliser(region: workspace.region)))
        let arrival = now()
        let items = lines.batch(number).map { line in
            IntakeItem(reader.read(line.bytes, arrival: arrival), raw: RawInput(line.bytes))
        }
        do throws(IntakeError) {
            _ = try await ledger.accept(Batch(items))
            say("done \(number)")
        } catch {
            say("failed \(number) \(error)")
        }
    }

    /// From a thread of its own: reading waits.
    private static func numbers() -> AsyncStream<Int> {
        AsyncStream { continuation in
            Thread.detachNewThread {
                while let line = readLine() {
                    if let number = Int(line) { continuation.yield(number) }
                }
                continuation.finish()
            }
        }
    }

    @Sendable private static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000_000) }
}
