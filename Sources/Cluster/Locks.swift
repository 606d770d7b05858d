internal import Glibc

/// The three locks of a data folder, as one process holds them.
final class Locks: Sendable {
    private let folder: String
    private let owner: FileLock
    private let gate: FileLock
    private let attached: FileLock

    init(_ folder: ClusterFolder) throws(ClusterError) {
        self.folder = folder.path
        owner = try FileLock(folder.path + "/lock", of: folder.user)
        gate = try FileLock(folder.path + "/lock.gate", of: folder.user)
        attached = try FileLock(folder.path + "/lock.attached", of: folder.user)
    }

    /// Waits until nobody else starts or stops the server.
    ///
    /// Two minutes: as long as a long migration or recovery may be waited for by somebody at a terminal. A second owner
    /// does not wait for the first one to be done with its start.
    func enterGate(asOwner: Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        var seen: FileLock.Holder?
        while !gate.take(.alone) {
            let holder = gate.holder
            // Twice, since who took it a moment ago has not signed yet.
            if asOwner, let holder, holder.isOwner, holder == seen { throw owned(by: holder.process) }
            seen = holder
            guard ContinuousClock.now < deadline else {
                let who = holder.map { " (process \($0.process))" } ?? ""
                throw ClusterError.tryAgain(
                    "another command\(who) has been starting or stopping the database in \(folder) for two minutes")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        gate.sign(isOwner: asOwner)
    }

    func leaveGate() {
        gate.unsign()
        gate.release()
    }

    /// Becomes the owner, within the gate; throws where somebody is.
    func own() async throws {
        // Half a second, because a command that looks whether there is an owner (`isOwned`) holds it for an instant.
        for _ in 0..<20 {
            if owner.take(.alone) {
                owner.sign(isOwner: true)
                return
            }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw owned(by: owner.holder?.process)
    }

    func disown() {
        owner.unsign()
        owner.release()
    }

    /// Whether a process other than this holder owns the cluster.
    var isOwned: Bool {
        guard owner.take(.shared) else { return true }
        owner.release()
        return false
    }

    /// Within the gate, where nobody holds it alone.
    func attach() { _ = attached.take(.shared) }

    /// Whether no command is attached but, perhaps, this one, which then no longer is. Within the gate.
    var isLastAttached: Bool { attached.take(.alone) }

    func detach() { attached.release() }

    private func owned(by process: pid_t?) -> ClusterError {
        let who = process.map { "process \($0)" } ?? "another process"
        return .owned(
            by: process,
            "the database in \(folder) is owned by \(who), which runs the hub: stop it first, or use that one")
    }
}
