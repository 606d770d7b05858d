internal import API
internal import Contact
internal import EmailConnector
internal import Postgres
internal import Storage
internal import WebConnector

/// The connectors, a line each; a test compares them with the folders under connectors/.
enum Roster {
    static let connectors: [any Connector.Type] = [
        EmailConnector.self, WebConnector.self, InteractionsSource.self,
    ]

    static func find(_ kind: String) -> (any Connector.Type)? { connectors.first { $0.kind == kind } }

    static var kinds: String { connectors.map { $0.kind }.joined(separator: ", ") }

    /// Those that are mounted at the root of the server.
    static var open: [any OpenReceiver.Type] { connectors.compactMap { $0 as? any OpenReceiver.Type } }

    /// Their sources in all workspaces, with the settings they have now. One whose settings cannot be read is left out: `contatto
    /// source test` says why.
    static func openSources(_ database: Database) async throws -> OpenDirectory {
        let workspaces = try await Workspaces(database).list()
        var entries: [OpenDirectory.Entry] = []
        for workspace in workspaces {
            let store = SourceStore(database, workspace: workspace)
            for source in try await store.list() {
                guard let type = find(source.kind) as? any OpenReceiver.Type else { continue }
                let settings = try await store.settings(of: source, seal: nil, now: currentMicroseconds())
                guard let connector = try? type.init(settings) else { continue }
                entries.append(
                    OpenDirectory.Entry(
                        workspace: workspace, source: source.name, names: type.names(of: settings), connector: connector
                    ))
            }
        }
        return OpenDirectory(workspaces: workspaces, entries: entries)
    }

    /// The connector of a source that is spoken to over HTTP, with the settings it has now; nil where there is none.
    static func receiver(
        for name: String, in workspace: Workspace, _ database: Database, _ secretKey: SecretKeySource
    ) async throws -> (any Receiver)? {
        let store = SourceStore(database, workspace: workspace)
        guard let source = try await store.find(name), let type = find(source.kind) as? any Receiver.Type else {
            return nil
        }
        let seal = source.secrets.isEmpty ? nil : Seal(try secretKey.read())
        return try type.init(try await store.settings(of: source, seal: seal, now: currentMicroseconds()))
    }
}
