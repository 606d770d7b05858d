internal import Glibc
internal import Postgres

/// A program to run, apart from this process: a session of its own, a bare environment, none of our files.
///
/// Not Foundation's Process: that leaves its child in our terminal's group, where Ctrl-C meets the server, and waits for
/// whoever inherited its pipe, which a server that outlives us does.
struct Program: Sendable {
    /// The path, then the arguments: no shell reads them.
    let words: [String]

    init(_ words: [String]) { self.words = words }

    struct End: Sendable {
        /// The exit status; 128 and the signal where one ended it.
        let status: Int32
        /// What it printed, both ways.
        let output: String
    }

    /// Runs it to its end, on `input`. Where the task is cancelled it is told to end (SIGTERM), and all it started.
    func run(input: String = "") async throws(ClusterError) -> End {
        let leash = Leash()
        let result: Result<End, ClusterError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                startThread {
                    let result: Result<End, ClusterError>
                    do throws(ClusterError) {
                        let source = try Scratch(input)
                        let sink = try Scratch("")
                        let process = try spawn(input: source.descriptor, output: sink.descriptor)
                        leash.attach(process)
                        Self.awaitEnd(of: process)
                        leash.detach()
                        result = .success(End(status: Self.wait(for: process), output: sink.text))
                    } catch {
                        result = .failure(error)
                    }
                    continuation.resume(returning: result)
                }
            }
        } onCancel: {
            leash.pull()
        }
        return try result.get()
    }

    /// Starts it, and returns; it goes on when this process ends. What it prints goes to `output`.
    func launch(output: Int32) async throws(ClusterError) -> Child {
        let result: Result<Child, ClusterError> = await withCheckedContinuation { continuation in
            startThread {
                do throws(ClusterError) {
                    let source = try Scratch("")
                    let child = Child(process: try spawn(input: source.descriptor, output: output))
                    continuation.resume(returning: .success(child))
                    child.end(Self.wait(for: child.process))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    private func spawn(input: Int32, output: Int32) throws(ClusterError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 2)
        Self.keepFiles()

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // The thread that calls blocks every signal and the process may ignore some: a child would inherit both.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        let session: Int32 = 0x80  // POSIX_SPAWN_SETSID, a macro that is not imported
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF) | session))

        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
        let environment = ["PATH=\(path)", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "HOME=/"]
        // From the root folder: another user may not be let into the one this process happens to be in.
        let all = ["/bin/sh", "-c", #"cd / && exec "$@""#, "sh"] + words
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe all.map { unsafe strdup($0) }
        var variables: [UnsafeMutablePointer<CChar>?] = unsafe environment.map { unsafe strdup($0) }
        unsafe arguments.append(nil)
        unsafe variables.append(nil)
        defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
        defer { for index in unsafe variables.indices { unsafe free(variables[index]) } }
        var process = pid_t()
        let failure = unsafe posix_spawn(&process, all[0], &actions, &attributes, arguments, variables)
        guard failure == 0 else {
            throw .unavailable("\(words[0]) cannot be run: \(unsafe String(cString: strerror(failure)))")
        }
        return process
    }

    /// Marks what this process has open, and was perhaps given by its own parent, as not for children: a server holds what
    /// it inherits for months, be it a terminal or a pipe at whose end somebody waits.
    private static func keepFiles() {
        for name in File.names(in: "/proc/self/fd") ?? [] {
            if let descriptor = Int32(name), descriptor > 2 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        }
    }

    /// Blocks its thread until the child has ended, and leaves it its number: nobody else gets it before `wait`.
    private static func awaitEnd(of process: pid_t) {
        var information = unsafe siginfo_t()
        while unsafe waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    }

    /// Blocks its thread until the child has ended.
    private static func wait(for process: pid_t) -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return 127 }
        }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}

/// By which a program that runs is told to end from another thread, and never another that got its number.
private final class Leash: Sendable {
    private struct State {
        var process: pid_t?
        var isPulled = false
    }

    private let state = Monitor(State())

    func attach(_ process: pid_t) {
        state.withLock {
            $0.process = process
            if $0.isPulled { Self.end(process) }
        }
    }

    func detach() { state.withLock { $0.process = nil } }

    func pull() {
        state.withLock {
            $0.isPulled = true
            if let process = $0.process { Self.end(process) }
        }
    }

    private static func end(_ process: pid_t) {
        // Its session is its own, hence its group too; a moment after its start it may not have one yet.
        if kill(-process, SIGTERM) != 0 { _ = kill(process, SIGTERM) }
    }
}

/// A program that was launched.
struct Child: Sendable {
    let process: pid_t
    /// Not the process's number, which another may get.
    private let number: Int

    /// Exit statuses by number. In one place that is never freed: the thread that waits for a server outlives whoever
    /// looks at its status, and would free an object of its own without having met him.
    private static let ended = Monitor<(launched: Int, statuses: [Int: Int32])>((0, [:]))

    fileprivate init(process: pid_t) {
        self.process = process
        number = Self.ended.withLock {
            $0.launched += 1
            return $0.launched
        }
    }

    /// Its exit status, once it has ended.
    var status: Int32? { Self.ended.withLock { $0.statuses[number] } }

    fileprivate func end(_ status: Int32) { Self.ended.withLock { $0.statuses[number] = status } }
}

/// A file without a name, gone when closed: unlike a pipe it makes nobody wait.
private final class Scratch: Sendable {
    let descriptor: Int32

    init(_ text: String) throws(ClusterError) {
        let name = "/tmp/contatto-\(UInt64.random(in: .min ... .max))"
        descriptor = unsafe open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unavailable("no file can be made in /tmp: \(Failure.text)") }
        unsafe unlink(name)
        let bytes = Array(text.utf8)
        let written = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        guard written == bytes.count else { throw .unavailable("/tmp cannot be written: \(Failure.text)") }
    }

    deinit { close(descriptor) }

    var text: String { File.text(descriptor, from: 0) }
}
