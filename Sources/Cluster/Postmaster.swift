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

    /// What is left of a dead server: backends that work in its folder until they look up.
    ///
    /// Asked as the folder's owner, since in many a container root itself may not see where others' processes work.
    static func orphans(of folder: ClusterFolder) async throws(ClusterError) -> [pid_t] {
        let script = #"for p in /proc/[0-9]*; do [ "$(readlink "$p/cwd")" = "$1" ] && cat "$p/comm" && echo "$p"; done"#
        let listed = try await folder.asOwner(["/bin/sh", "-c", script, "sh", folder.cluster]).run().output
        let lines = listed.split(separator: "\n")
        return zip(lines, lines.dropFirst()).compactMap { name, path in
            name == "postgres" && path.hasPrefix("/proc/") ? pid_t(path.dropFirst("/proc/".count)) : nil
        }
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
