internal import Contact

/// The connectors, a line each; a test compares them with the folders under connectors/.
enum Roster {
    static let connectors: [any Connector.Type] = [
        InteractionsSource.self
    ]

    static func find(_ kind: String) -> (any Connector.Type)? { connectors.first { $0.kind == kind } }

    static var kinds: String { connectors.map { $0.kind }.joined(separator: ", ") }
}
