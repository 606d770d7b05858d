internal import Contact
internal import ContactTesting
internal import Foundation
internal import Postgres
internal import Storage

/// A hub on a schema of its own, used from within this process: the intake as the commands have it, without their start.
struct OpenHub {
    let bench: Bench
    let schema: String
    let database: Database
    /// As the server's superuser, whom no policy binds: to look at what is really there.
    let superuser: Database
    let workspace: Workspace
    let key: ContentKey
    let ledger: Ledger

    init(_ bench: Bench, _ schema: String, answersProfiles: Bool = false) async throws {
        self.bench = bench
        self.schema = schema
        try await bench.migrate(schema)
        database = Database(
            try ConnectionSettings(uri: bench.server.uri()).acting(as: .hub, on: schema), connections: 4)
        var settings = try ConnectionSettings(uri: bench.server.uri())
        settings.searchPath = [schema]
        superuser = Database(settings, connections: 1)
        let workspaces = Workspaces(database)
        guard let workspace = try await workspaces.list().first else {
            throw HubProcess.Unexpected("the schema \(schema) has no workspace")
        }
        self.workspace = workspace
        key = try await workspaces.contentKey(of: workspace)
        var ledgerSettings = Ledger.Settings()
        ledgerSettings.registersSources = true
        ledgerSettings.answersProfiles = answersProfiles
        ledger = Ledger(database, workspace: workspace, key: key, settings: ledgerSettings, now: { Bench.now })
    }

    func end() async throws {
        await database.close()
        await superuser.close()
        try await bench.drop(schema)
    }

    /// Lines of NDJSON as an import reads them.
    static func batch(_ lines: [String]) -> Batch {
        var reader = InteractionReader(InteractionReader.Settings(remembered: 0))
        return Batch(
            lines.map { line in
                let bytes = Array(line.utf8)
                return IntakeItem(reader.read(bytes, arrival: Bench.now), raw: RawInput(bytes))
            })
    }

    /// Stores a batch and returns how long that took, in milliseconds; whatever is refused is a fault of the benchmark.
    @discardableResult
    func accept(_ batch: Batch) async throws -> Double {
        let start = ContinuousClock.now
        let receipt = try await ledger.accept(batch)
        let milliseconds = start.duration(to: .now).inSeconds * 1_000
        for case .refused(let refusal) in receipt.outcomes {
            throw HubProcess.Unexpected("a generated interaction was refused: \(refusal.detail)")
        }
        return milliseconds
    }

    /// Writes so many lines to a file and has the real command import them; returns its wall time in seconds, and may tell
    /// what it was spent on.
    @discardableResult
    func importing(_ count: Int, isTold: Bool = false, _ lines: (FileHandle) throws -> Void) async throws -> Double {
        let file = bench.folder.appendingPathComponent("\(schema).ndjson")
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        try lines(handle)
        try handle.close()
        let spent = try await Spent(bench)
        let seconds = try bench.contatto(["import", "interactions", file.path], schema)
        try await spent.tell(count, "row", isTold: isTold)
        try FileManager.default.removeItem(at: file)
        return seconds
    }

    func count(_ sql: String) async throws -> Int64 {
        try await superuser.session { (session: borrowing Session) throws(DatabaseError) -> Int64 in
            try session.query(text: sql, []).int64(0, 0)
        }
    }
}
