internal import Contact
internal import EmailConnector
internal import Postgres
internal import Storage

/// The connectors, a line each; a test compares them with the folders under connectors/.
enum Roster {
    static let connectors: [any Connector.Type] = [
        EmailConnector.self, InteractionsSource.self,
    ]

    static func find(_ kind: String) -> (any Connector.Type)? { connectors.first { $0.kind == kind } }

    static var kinds: String { connectors.map { $0.kind }.joined(separator: ", ") }

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
