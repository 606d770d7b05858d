internal import Glibc
package import Postgres

/// The PostgreSQL that comes with the hub: a data folder, its server, and who may start and stop it.
///
/// This module knows PostgreSQL's programs, files and processes, and nothing of the hub's tables. Three locks in the
/// folder keep order, and the system drops each when its holder dies:
///
/// - `lock` is ownership: one process (`serve`) holds it for its whole life, and stops the server at its end;
/// - `lock.gate` is held while the server is being started, migrated or stopped, so that of those who come and go at
///   once each finds it either running and ready or not running;
/// - `lock.attached` is shared by the commands at work. The last one out stops the server, unless it is owned.
///
/// The server itself is in nobody's process group and outlives who started it; who comes next adopts it.
package final class EmbeddedCluster: Sendable {
    package enum Holding: Sendable {
        /// Uses it for a while, starting it where it does not run.
        case attached
        /// Owns it: nobody else does meanwhile, and it ends with this process's `close`.
        case owned
    }

    private let folder: ClusterFolder
    private let holding: Holding
    private let locks: Locks

    /// Where its files are.
    package var path: String { folder.path }

    /// How it is reached: as the superuser, who may take on every role.
    package var connection: ConnectionSettings {
        get throws(DatabaseError) {
            try ConnectionSettings(
                uri: "host=\(Self.quoted(folder.socketFolder)) port=\(ClusterFolder.port) user=postgres dbname=postgres"
            )
        }
    }

    /// Opens the one in a folder; nil is the usual place. Made and started where need be.
    ///
    /// `prepare` runs on the running server before anybody else may use it: always for the owner, and for a command
    /// while nobody owns it. When it throws, or the task is cancelled, the cluster is closed again; an `initdb` that runs
    /// is ended.
    package static func open(
        _ folder: String?, _ holding: Holding, prepare: (ConnectionSettings) async throws -> Void
    ) async throws -> EmbeddedCluster {
        let folder = try ClusterFolder.prepare(folder)
        let cluster = EmbeddedCluster(folder, holding, try Locks(folder))
        try await cluster.locks.enterGate(asOwner: holding == .owned)
        defer { cluster.locks.leaveGate() }
        let isOwned = try await cluster.join()
        do {
            _ = try await Server(folder: folder).ensureRunning()
            if !isOwned { try await prepare(cluster.connection) }
        } catch {
            try await cluster.leave(afterFailure: true)
            // What a program says that was ended for it is not the cause.
            throw Task.isCancelled ? CancellationError() : error
        }
        return cluster
    }

    /// Gives it up: the owner stops it; a command stops it if it is the last and nobody owns it.
    ///
    /// The connections of this process are to be closed before. A cancelled task is not kept from it.
    package func close() async throws {
        // A task of its own, because a cancelled one could not wait for the server to end.
        try await Task {
            if self.holding == .attached, self.locks.isOwned {
                // Its owner may be holding the gate for long, and it is his to stop.
                self.locks.detach()
                return
            }
            try await self.locks.enterGate(asOwner: false)
            defer { self.locks.leaveGate() }
            try await self.leave(afterFailure: false)
        }.value
    }

    /// For a command that is about to be ended from outside: stops the server as `close` does, cutting the command's own
    /// connections. Where that is not possible at once the server is left to who comes next.
    package func abandon() async {
        // Without the gate somebody else is at it, and the server is his.
        guard holding == .attached, !locks.isOwned, (try? await locks.enterGate(asOwner: false)) != nil else { return }
        defer { locks.leaveGate() }
        guard locks.isLastAttached, !locks.isOwned else { return }
        // There is nobody left to tell of a failure, and who comes next finds the server.
        try? await Server(folder: folder).stop()
    }

    /// Starts the server again whenever it has died, until the task is cancelled: for the owner, beside its work.
    package func keepRunning(onRestart: @Sendable (Result<Void, any Error>) -> Void) async {
        // A sleep throws only where the task is cancelled, which is the end.
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            guard Postmaster.find(folder) == nil else { continue }
            do {
                try await locks.enterGate(asOwner: true)
                defer { locks.leaveGate() }
                if try await Server(folder: folder).ensureRunning() { onRestart(.success(())) }
            } catch is CancellationError {
                return
            } catch {
                onRestart(.failure(error))
            }
        }
    }

    /// The 32 bytes under which this hub's secrets are encrypted.
    package func secretKey() throws(ClusterError) -> [UInt8] {
        try SecretKey.read(folder.key)
    }

    private init(_ folder: ClusterFolder, _ holding: Holding, _ locks: Locks) {
        self.folder = folder
        self.holding = holding
        self.locks = locks
    }

    /// Takes the lock that goes with the way of holding; returns whether another process is the owner.
    private func join() async throws -> Bool {
        switch holding {
        case .owned:
            try await locks.own()
            return false
        case .attached:
            locks.attach()
            return locks.isOwned
        }
    }

    /// Within the gate. A failed start leaves nothing running that nobody wants.
    private func leave(afterFailure: Bool) async throws {
        let server = Server(folder: folder)
        switch holding {
        case .owned:
            if !afterFailure || locks.isLastAttached { try await Self.uncancelled { try await server.stop() } }
            locks.disown()
        case .attached:
            let isLast = locks.isLastAttached
            defer { locks.detach() }
            guard isLast, !locks.isOwned else { return }
            try await Self.uncancelled {
                if await self.isUnused() { try await server.stop() }
            }
        }
    }

    private static func uncancelled(_ work: @escaping @Sendable () async throws -> Void) async throws {
        try await Task { try await work() }.value
    }

    /// Whether nobody is connected, be it a person with psql; a backend that is just ending is given a moment.
    private func isUnused() async -> Bool {
        // Written above, it can be read.
        guard let settings = try? connection else { return false }
        let database = Database(settings, connections: 1, acquireTimeout: .seconds(5))
        var others: Int64 = 0
        let deadline = ContinuousClock.now + .seconds(1)
        repeat {
            do throws(DatabaseError) {
                others = try await database.session { (session: borrowing Session) throws(DatabaseError) -> Int64 in
                    try session.query(
                        text: """
                            SELECT count(*) FROM pg_stat_activity
                            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                            """, []
                    ).int64(0, 0)
                }
            } catch {
                // One that takes no connection serves nobody.
                others = 0
            }
            // Never cancelled here: this runs in a task of its own.
            // Cancelled it looks again at once, until the deadline.
            if others > 0 { try? await Task.sleep(for: .milliseconds(20)) }
        } while others > 0 && ContinuousClock.now < deadline
        await database.close()
        return others == 0
    }

    /// As libpq reads a value.
    private static func quoted(_ text: String) -> String {
        "'" + text.flatMap { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) } + "'"
    }
}
