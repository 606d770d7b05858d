import Foundation

/// A place for an embedded cluster, of which nothing is left afterwards: neither files nor processes.
package struct Place: Sendable {
    /// A folder that the unprivileged user may enter; `data` in it does not exist yet.
    package let parent: String
    package var data: String { parent + "/data" }

    /// Of this test run. A process that outlives it ends the servers and removes the files, even after a crash.
    private static let base: Result<(path: String, janitor: Pipe), any Error> = Result { try makeBase() }

    package static func with(_ body: (Place) async throws -> Void) async throws {
        let place = Place(parent: "\(try base.get().path)/\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(
            atPath: place.parent, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        do {
            try await body(place)
        } catch {
            try await place.clear()
            throw error
        }
        try await place.clear()
    }

    /// The process of a server in a folder here that takes connections; nil where none does.
    package func server(_ data: String? = nil) -> Int32? {
        let file = (data ?? self.data) + "/cluster/postmaster.pid"
        // A file that is not there is the answer nil.
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > 7, lines[7].hasPrefix("ready"), let process = pid_t(lines[0]),
            kill(process, 0) == 0 || errno == EPERM
        else { return nil }
        return process
    }

    private func clear() async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        // The server first, if there is one, then the backends of one that was killed.
        while let process = processes().min(), ContinuousClock.now < deadline {
            kill(process, SIGQUIT)
            try await Task.sleep(for: .milliseconds(20))
        }
        try FileManager.default.removeItem(atPath: parent)
    }

    /// Those that work in a folder here.
    private func processes() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let process = Int32(name),
                let folder = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(name)/cwd"),
                folder.hasPrefix(parent + "/")
            else { return nil }
            return process
        }
    }

    private static func makeBase() throws -> (path: String, janitor: Pipe) {
        let path = "/tmp/contatto-cluster-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        let pipe = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c",
            """
            cat >/dev/null
            find "$0" -path '*/cluster/postmaster.pid' | while read -r file; do
              kill -QUIT "$(head -n 1 "$file")" 2>/dev/null
            done
            sleep 1
            rm -rf "$0"
            """, path,
        ]
        process.standardInput = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // The janitor waits until nobody holds this end.
        guard fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            throw Command.Failure(description: "the pipe to the janitor cannot be kept from other processes")
        }
        return (path, pipe)
    }
}
