internal import ContactTesting
internal import Foundation
internal import Postgres

@testable internal import Cluster

extension Place {
    /// The live server of a folder here.
    func postmaster(_ data: String? = nil) throws -> Postmaster? {
        Postmaster.find(try ClusterFolder.prepare(data ?? self.data))
    }
}

extension EmbeddedCluster {
    /// The first cell of what a query answers, as the superuser.
    func ask(_ sql: String) async throws -> String {
        let database = Database(try connection, connections: 1, acquireTimeout: .seconds(10))
        do {
            let answer = try await database.session { (session: borrowing Session) throws(DatabaseError) -> String in
                try session.query(text: sql, []).text(0, 0)
            }
            await database.close()
            return answer
        } catch {
            await database.close()
            throw error
        }
    }

    func run(_ sql: String) async throws {
        let database = Database(try connection, connections: 1, acquireTimeout: .seconds(10))
        try await database.session { (session: borrowing Session) throws(DatabaseError) in try session.run(sql) }
        await database.close()
    }

    /// What tells one cluster from another.
    var identity: String {
        get async throws { try await ask("SELECT system_identifier::text FROM pg_control_system()") }
    }

    /// Opens one without anything to prepare.
    static func open(_ folder: String, _ holding: Holding) async throws -> EmbeddedCluster {
        try await open(folder, holding) { _ in }
    }
}

/// The owner's name, the group's and others' rights, and the size of a file.
func attributes(_ path: String) throws -> (owner: String, rights: Int, size: Int) {
    let found = try FileManager.default.attributesOfItem(atPath: path)
    return (
        found[.ownerAccountName] as? String ?? "", (found[.posixPermissions] as? Int ?? 0) & 0o777,
        found[.size] as? Int ?? -1
    )
}

/// Waits, with a deadline, until it holds.
func eventually(_ holds: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !holds() {
        guard ContinuousClock.now < deadline else { return false }
        try await Task.sleep(for: .milliseconds(20))
    }
    return true
}
