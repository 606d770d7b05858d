import Foundation

/// PostgreSQL's own programs, and the user they run as: the server refuses to run as root.
struct Programs: Sendable {
    let folder: String
    /// What goes before each command: empty when this process is not root.
    let prefix: [String]
    let user: String?

    static func find() async throws -> Programs {
        // Where Debian's folder or pg_config is missing, the other places are looked into, and the end says so.
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        var folders = versions.compactMap(Int.init).sorted(by: >).map { "/usr/lib/postgresql/\($0)/bin" }
        if let config = try? Command.find("pg_config"), let printed = try? await Command(config, ["--bindir"]).run() {
            folders.append(printed.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        let initdb = try Command.find("initdb", in: folders)
        let folder = String(initdb.dropLast("/initdb".count))
        guard geteuid() == 0 else { return Programs(folder: folder, prefix: [], user: nil) }
        let passwd = try String(contentsOfFile: "/etc/passwd", encoding: .utf8)
        let user = passwd.split(separator: "\n").contains { $0.hasPrefix("postgres:") } ? "postgres" : "nobody"
        let setpriv = try Command.find("setpriv")
        let group = try await Command(Command.find("id"), ["-g", user]).run().trimmingCharacters(
            in: .whitespacesAndNewlines)
        return Programs(
            folder: folder, prefix: [setpriv, "--reuid=\(user)", "--regid=\(group)", "--init-groups"], user: user)
    }

    func run(_ program: String, _ arguments: [String]) async throws {
        let all = prefix + [folder + "/" + program] + arguments
        // In the root folder, because an unprivileged user may not enter the one this process happens to be in.
        try await Command(all[0], Array(all.dropFirst())).run(in: "/")
    }

    /// The server itself, as a child: through pg_ctl it would be a daemon, which keeps open the descriptor by which
    /// Foundation learns that pg_ctl has ended.
    func launchServer(in folder: String) throws -> Process {
        let all = prefix + [self.folder + "/postgres", "-D", folder + "/data"]
        let process = Process()
        process.executableURL = URL(fileURLWithPath: all[0])
        process.arguments = Array(all.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.standardInput = FileHandle.nullDevice
        if !FileManager.default.fileExists(atPath: folder + "/log") {
            _ = FileManager.default.createFile(atPath: folder + "/log", contents: nil)
        }
        let log = try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/log"))
        try log.seekToEnd()
        process.standardOutput = log
        process.standardError = log
        try process.run()
        try log.close()
        return process
    }

    /// A cluster with its configuration, not yet started.
    func makeCluster(in folder: String, port: Int, settings: [String: String], tls: TestServer.TLSFiles?) async throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        if let user { try await Command(Command.find("chown"), [user, folder]).run() }
        try await run(
            "initdb",
            ["-D", folder + "/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
        var lines = [
            "listen_addresses = '127.0.0.1'", "port = \(port)", "unix_socket_directories = '\(folder)'",
            "jit = off", "log_line_prefix = '%m [%p] %a '",
        ]
        if let tls {
            // The server takes a key only from its own user's hands.
            try await install([tls.certificate, tls.key], in: folder)
            lines += [
                "ssl = on", "ssl_cert_file = '\(folder)/\(tls.certificate.lastComponent)'",
                "ssl_key_file = '\(folder)/\(tls.key.lastComponent)'",
            ]
        }
        lines += settings.sorted { $0.key < $1.key }.map { "\($0.key) = '\($0.value)'" }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/data/postgresql.conf"))
        try file.seekToEnd()
        try file.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
        try file.close()
    }

    private func install(_ files: [String], in folder: String) async throws {
        for file in files {
            let copy = folder + "/" + file.lastComponent
            try FileManager.default.copyItem(atPath: file, toPath: copy)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: copy)
            if let user { try await Command(Command.find("chown"), [user, copy]).run() }
        }
    }
}

extension String {
    fileprivate var lastComponent: String { split(separator: "/").last.map(String.init) ?? self }
}
