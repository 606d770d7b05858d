internal import Glibc
internal import Postgres

/// Makes, starts and stops the server of a folder. Called by who holds the folder's gate.
struct Server: Sendable {
    let folder: ClusterFolder

    /// How long a start is tried while the backends of a killed server still hold its memory, and after how long they
    /// are ended: most look up within a moment, one that computes not before it is done.
    private static let patience: Duration = .seconds(30)
    private static let grace: Duration = .seconds(3)
    /// The log of an earlier run is kept once, and up to here it is continued.
    private static let longestLog = 8 << 20

    /// Returns whether it was started: it may run already, left by somebody, and is then adopted.
    func ensureRunning() async throws -> Bool {
        while let postmaster = Postmaster.find(folder) {
            if postmaster.status == .ready { return false }
            if postmaster.status == .stopping {
                // Whoever told it to stop is gone; waiting for its clients, as it may be doing, helps nobody.
                try await stop()
                break
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        try await folder.checkAccess()
        let programs = try await ServerPrograms.find(for: folder.version, of: folder.cluster)
        if folder.version == nil { try await make(programs) }
        try await prepareSocketFolder()
        try await configure(programs)
        try await start(programs)
        return true
    }

    /// Cuts its connections, waits until all is written, and until it has ended.
    func stop(signal: Int32 = SIGINT) async throws {
        // It stays only where a server that was killed left its socket in it, for the next to clear.
        defer { if folder.isSocketElsewhere { unsafe rmdir(folder.socketFolder) } }
        guard let postmaster = Postmaster.find(folder) else { return }
        postmaster.send(signal)
        let deadline = ContinuousClock.now + .seconds(300)
        while Postmaster.find(folder)?.process == postmaster.process {
            guard ContinuousClock.now < deadline else {
                throw ClusterError.tryAgain(
                    "the database (process \(postmaster.process)) does not stop; \(folder.log) may say why")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// A cluster under another name first, and in its place only when it is whole and on the disk.
    private func make(_ programs: ServerPrograms) async throws {
        if let names = File.names(in: folder.cluster), !names.isEmpty {
            throw ClusterError.settings(
                """
                \(folder.cluster) is no cluster of PostgreSQL (it has no PG_VERSION): restore it from a backup, or \
                move it aside to begin anew
                """)
        }
        // What an interrupted start left.
        for name in File.names(in: folder.path) ?? [] where name.hasPrefix("cluster.new-") {
            try await run(["/bin/rm", "-rf", "\(folder.path)/\(name)"], "an unfinished cluster cannot be removed")
        }
        // Before the cluster: where there is one, its key was there too, and one that is missing is lost.
        try SecretKey.make(in: folder)
        let unfinished = "\(folder.path)/cluster.new-\(UInt32.random(in: 0 ... .max))"
        try await run(
            [
                "\(programs.folder)/initdb", "-D", unfinished, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
                "--auth=peer",
            ], "the database cannot be made (initdb)")
        guard unsafe rename(unfinished, folder.cluster) == 0 else {
            throw ClusterError.settings("\(folder.cluster) cannot be put in its place: \(Failure.text)")
        }
        File.sync(folder: folder.path)
    }

    private func prepareSocketFolder() async throws {
        let path = folder.socketFolder
        try await run(["/bin/mkdir", "-p", "-m", "700", path], "the socket's folder cannot be made")
        var state = stat()
        // In /tmp anybody could have made it, to sit between us and the server.
        guard unsafe lstat(path, &state) == 0, File.isFolder(state), state.st_uid == folder.user.id,
            state.st_mode & 0o077 == 0
        else {
            throw ClusterError.settings(
                "\(path) must be a folder of \(folder.user.name) that nobody else may enter (0700): remove it")
        }
    }

    /// Written as the folder's owner, so that root never writes where a link could lead it.
    private func configure(_ programs: ServerPrograms) async throws {
        let settings = ServerSettings(folder: folder, compressesWAL: true)
        try await write(settings.postgresqlConf, to: "postgresql.conf")
        let probe = ["\(programs.folder)/postgres", "-D", folder.cluster, "-C", "wal_compression"]
        if try await folder.asOwner(probe).run().status != 0 {
            // Built without lz4.
            let plain = ServerSettings(folder: folder, compressesWAL: false)
            try await write(plain.postgresqlConf, to: "postgresql.conf")
        }
        try await write(ServerSettings.hbaConf, to: "pg_hba.conf")
        try await write(ServerSettings.identConf(owner: folder.user.name), to: "pg_ident.conf")
    }

    private func write(_ text: String, to name: String) async throws {
        let script = #"umask 077; cat >"$1.new" && mv -f "$1.new" "$1""#
        try await run(
            ["/bin/sh", "-c", script, "sh", "\(folder.cluster)/\(name)"], "\(name) cannot be written", input: text)
    }

    private func run(_ words: [String], _ problem: String, input: String = "") async throws {
        let end = try await folder.asOwner(words).run(input: input)
        guard end.status == 0 else {
            throw ClusterError.unavailable("\(problem): \(Self.lastLines(of: end.output))")
        }
    }

    private func start(_ programs: ServerPrograms) async throws {
        let log = try openLog()
        defer { close(log) }
        let deadline = ContinuousClock.now + Self.patience
        let program = try folder.asOwner(["\(programs.folder)/postgres", "-D", folder.cluster])
        while true {
            let beginning = Int(lseek(log, 0, SEEK_END))
            let child = try await program.launch(output: log)
            while child.status == nil {
                if let postmaster = Postmaster.find(folder), postmaster.process == child.process,
                    postmaster.status == .ready
                {
                    return
                }
                do { try await Task.sleep(for: .milliseconds(10)) } catch {
                    await end(child)
                    throw error
                }
            }
            let said = File.text(log, from: beginning)
            let isHeld = said.contains("pre-existing shared memory") || said.contains("lock file \"")
            guard isHeld, ContinuousClock.now < deadline else {
                throw ClusterError.unavailable("the database does not start: \(Self.lastLines(of: said))")
            }
            try await clear(said, isPressing: ContinuousClock.now > deadline - Self.patience + Self.grace)
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Ends a server whose start was cancelled; it may not have written postmaster.pid yet, by which `stop` finds it.
    private func end(_ child: Child) async {
        // A task of its own, because the cancelled one could not wait.
        await Task {
            let deadline = ContinuousClock.now + .seconds(60)
            while child.status == nil, ContinuousClock.now < deadline {
                // Again and again: one that comes before the server minds signals may be lost.
                _ = kill(child.process, SIGINT)
                // Never cancelled here.
                // Cancelled it looks again at once, until the deadline.
                try? await Task.sleep(for: .milliseconds(20))
            }
        }.value
    }

    /// Gets a dead server's remains out of the way of the next.
    private func clear(_ said: String, isPressing: Bool) async throws {
        let orphans = try await Postmaster.orphans(of: folder)
        if orphans.isEmpty, said.contains("postmaster.pid\" already exists"), Postmaster.find(folder) == nil {
            // Its number was given to another process since, and no backend is left that could still write.
            try await run(["/bin/rm", "-f", folder.cluster + "/postmaster.pid"], "postmaster.pid cannot be removed")
        }
        // As their server would have done on its own end; what they had begun was never committed.
        if isPressing, Postmaster.find(folder) == nil { for orphan in orphans { kill(orphan, SIGQUIT) } }
    }

    private func openLog() throws -> Int32 {
        if let state = File.state(folder.log), state.st_size > Self.longestLog {
            unsafe rename(folder.log, folder.log + ".old")
        }
        let log = unsafe open(folder.log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard log >= 0 else {
            throw ClusterError.settings("the log \(folder.log) cannot be opened: \(Failure.text)")
        }
        if geteuid() == User.root { fchown(log, folder.user.id, folder.user.group) }
        return log
    }

    /// The end of what a program said, in one line.
    private static func lastLines(of text: String) -> String {
        let lines = text.split(separator: "\n")
        let telling = lines.filter { ["FATAL:", "HINT:", "error:", "PANIC:"].contains(where: $0.contains) }
        return (telling.isEmpty ? lines.suffix(4) : telling.suffix(4)).joined(separator: "; ")
    }
}
