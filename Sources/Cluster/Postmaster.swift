internal import Glibc

/// The server of a data folder, as its file postmaster.pid tells of it.
struct Postmaster: Sendable, Equatable {
    enum Status: Sendable { case starting, ready, stopping }

    let process: pid_t
    let status: Status

    /// The one that lives; nil where none does, whatever file a crash left behind.
    static func find(_ folder: ClusterFolder) -> Postmaster? {
        guard let text = File.text(folder.cluster + "/postmaster.pid") else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // The process, its data folder, …, in the eighth line its state.
        guard lines.count > 1, let process = pid_t(lines[0]), process > 0,
            isPostmaster(process, of: lines[1])
        else { return nil }
        let word = lines.count > 7 ? lines[7].prefix { $0.isLetter } : ""
        let status: Status = word == "ready" ? .ready : word == "stopping" ? .stopping : .starting
        return Postmaster(process: process, status: status)
    }

    /// Whether anybody's process of that name is left that works for this user: a backend may outlive its server.
    static func hasProcesses(of user: User) -> Bool {
        for name in File.names(in: "/proc") ?? [] where name.allSatisfy(\.isNumber) {
            guard let state = File.state("/proc/" + name), state.st_uid == user.id,
                File.text("/proc/\(name)/comm") == "postgres\n"
            else { continue }
            return true
        }
        return false
    }

    /// By its command line, which everybody may read; its working folder root itself may not in many a container.
    private static func isPostmaster(_ process: pid_t, of data: String) -> Bool {
        guard let line = File.text("/proc/\(process)/cmdline") else { return false }
        let words = line.split(separator: "\0").map(String.init)
        guard let program = words.first?.split(separator: "/").last else { return false }
        return program == "postgres" && words.contains(data)
    }

    func send(_ signal: Int32) {
        // One that has just ended takes no signal, and needs none.
        _ = kill(process, signal)
    }
}
