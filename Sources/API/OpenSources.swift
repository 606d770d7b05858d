package import Contact
internal import Postgres
package import Storage

/// The sources whose senders show no key of the hub, as they stand. Classes: every request looks here, and would retain what
/// they are made of.
package final class OpenDirectory: Sendable {
    package final class Entry: Sendable {
        package let workspace: Workspace
        package let source: String
        package let names: [OpenName]
        package let connector: any OpenReceiver

        package init(workspace: Workspace, source: String, names: [OpenName], connector: any OpenReceiver) {
            self.workspace = workspace
            self.source = source
            self.names = names
            self.connector = connector
        }
    }

    /// Those of the database.
    package let workspaces: [Workspace]
    /// By workspace and source, in the order in which they were made.
    package let entries: [Entry]
    private let places: [OpenName: Int]

    package init(workspaces: [Workspace] = [], entries: [Entry] = []) {
        self.workspaces = workspaces
        self.entries = entries
        var places: [OpenName: Int] = [:]
        // Where two claim a name, the older one has it.
        for (place, entry) in entries.enumerated() {
            for name in entry.names where places[name] == nil { places[name] = place }
        }
        self.places = places
    }

    /// Whose a name is: of him who says it, else of him who takes any.
    func entry(_ name: OpenName) -> Entry? {
        guard !name.value.isEmpty || name.family != "segment" else { return nil }
        let place = places[name] ?? places[OpenName(name.family, "*")]
        return place.map { entries[$0] }
    }

    func entry(workspace: Int64, source: String) -> Entry? {
        entries.first { $0.workspace.id == workspace && $0.source == source }
    }
}

/// Reads the directory of open sources from the database; every few seconds at the most.
package typealias OpenLookup = @Sendable () async throws -> OpenDirectory

/// The connectors mounted at the root, and the sources behind them.
package final class OpenSources: Sendable {
    private static let remembered: Duration = .seconds(3)
    /// What belongs to nobody is kept up to so many bytes at once, and as many a minute: anybody may send it.
    private static let keptBytes = 32 << 20

    /// A path at the root.
    struct Mount: Sendable {
        let route: OpenRoute
        let connector: any OpenReceiver.Type
        /// As it is counted and logged.
        let pattern: String

        init(_ route: OpenRoute, _ connector: any OpenReceiver.Type) {
            self.route = route
            self.connector = connector
            pattern = "/" + route.segments.joined(separator: "/")
        }
    }

    private struct Memory {
        var directory = OpenDirectory()
        var until: ContinuousClock.Instant?
    }

    /// By the first segment; `{}` where a path leaves it open.
    private let mounts: [String: [Mount]]
    private let lookUp: OpenLookup
    private let memory = Monitor(Memory())
    private let kept = Monitor((bytes: 0, since: ContinuousClock.now))

    package init(_ connectors: [any OpenReceiver.Type] = [], lookUp: @escaping OpenLookup = { OpenDirectory() }) {
        let mounts = connectors.flatMap { connector in connector.openRoutes.map { Mount($0, connector) } }
        self.mounts = Dictionary(grouping: mounts) { $0.route.segments.first ?? "" }
        self.lookUp = lookUp
    }

    /// Those that a path leads to, whatever the method.
    func mounts(at segments: [String]) -> [Mount] {
        let first = segments.first ?? ""
        let named = mounts[first, default: []].filter { $0.route.matches(segments) }
        return first == "{}" ? named : named + mounts["{}", default: []].filter { $0.route.matches(segments) }
    }

    func directory() async throws -> OpenDirectory {
        let moment = ContinuousClock.now
        if let known = memory.withLock({ $0.until.map { $0 > moment } == true ? $0.directory : nil }) { return known }
        let read = try await lookUp()
        memory.withLock { memory in
            memory.directory = read
            memory.until = moment + Self.remembered
        }
        return read
    }

    /// Whether so many bytes of nobody's may be kept now.
    func mayKeep(_ bytes: Int) -> Bool {
        kept.withLock { kept in
            if kept.since + .seconds(60) < .now { kept = (0, .now) }
            guard kept.bytes + bytes <= Self.keptBytes else { return false }
            kept.bytes += bytes
            return true
        }
    }
}
