internal import Contact
internal import Following
internal import Glibc
internal import Logging
internal import Postgres
internal import ServiceLifecycle
internal import Storage

/// Follows sources until the process is told to stop.
struct FollowingService: Service, CustomStringConvertible {
    let sources: FollowedSources

    var description: String { "followed sources" }

    func run() async {
        await cancelWhenGracefulShutdown { await sources.follow() }
    }
}

extension FollowingSettings {
    /// Those of this process.
    static func ofThisProcess() -> FollowingSettings {
        var name = [CChar](repeating: 0, count: 256)
        let isNamed = unsafe gethostname(&name, name.count - 1) == 0
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let host = isNamed ? String(decoding: bytes, as: UTF8.self) : "?"
        // The number tells it from a process that bore its pid before, on this machine or in another container.
        let holder = "\(host) \(getpid()) \(UInt32.random(in: 0 ... .max))"
        return FollowingSettings(holder: holder, now: currentMicroseconds)
    }
}

extension Roster {
    /// What follows a source, with the settings it has now; nil where its settings name nothing to follow.
    static func follower(
        of source: ConfiguredSource, in workspace: Workspace, _ database: Database, _ secretKey: SecretKeySource
    ) async throws -> (any Follower)? {
        guard let type = find(source.kind) as? any Follower.Type else { return nil }
        let seal = source.secrets.isEmpty ? nil : Seal(try secretKey.read())
        let settings = try await SourceStore(database, workspace: workspace).settings(
            of: source, seal: seal, now: currentMicroseconds())
        let follower = try type.init(settings)
        return follower.isFollowed ? follower : nil
    }
}
