internal import Contact
internal import Postgres
internal import Resolution

/// How the workspace's own kinds of identifiers are spelt, as a process has read it last.
///
/// A kind that is declared stays so and is spelt so for good, so that what is known holds; only of a name that is not known the
/// rules in force are asked.
final class OwnKinds: Sendable {
    private let known = Monitor<[String: OwnSpelling]>([:])
    private let workspace: Workspace

    init(_ workspace: Workspace) { self.workspace = workspace }

    /// Nil where the rules must be asked.
    func spellings(of names: Set<String>) -> [String: OwnSpelling]? {
        let known = known.withLock { $0 }
        return names.allSatisfy { known[$0] != nil } ? known : nil
    }

    func read(in session: borrowing Session) throws(DatabaseError) -> [String: OwnSpelling] {
        let read = try RuleSets.current(workspace, in: session).rules.own
        known.withLock { $0 = read }
        return read
    }

    /// An identifier as the workspace spells it; nil where it has no such kind, or the value is none of it.
    func spelt(_ identifier: Identifier, in session: borrowing Session) throws(DatabaseError) -> Identifier? {
        guard identifier.kind.isOwn else { return identifier }
        if let known = spellings(of: [identifier.scope]) { return identifier.spelt(by: known) }
        return identifier.spelt(by: try read(in: session))
    }
}

extension Ledger {
    /// Spellings of the own kinds that a batch shows; none where it shows none.
    func spellings(of batch: Batch) async throws(DatabaseError) -> [String: OwnSpelling] {
        var names: Set<String> = []
        for case .success(let interaction) in batch.items.lazy.map(\.outcome) where interaction.facet.showsOwnKind {
            names.formUnion(interaction.facet.ownKinds)
        }
        guard !names.isEmpty else { return [:] }
        if let known = own.spellings(of: names) { return known }
        return try await patiently { () async throws(DatabaseError) -> [String: OwnSpelling] in
            try await self.database.transaction(opening: self.workspace.opening) {
                (session: borrowing Session) throws(DatabaseError) -> [String: OwnSpelling] in
                try self.own.read(in: session)
            }
        }
    }
}
