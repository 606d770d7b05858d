internal import Foundation
internal import Glibc
internal import Synchronization

/// A process whose standard input and output are ours, with the very status the system gives of its end.
///
/// Not Foundation's `Process`: here it matters by which signal a process died, and that no pipe is inherited by another
/// process, which would then keep it open.
final class Child: Sendable {
    enum End: Equatable, Sendable, CustomStringConvertible {
        case exited(Int32)
        case signalled(Int32)

        var description: String {
            switch self {
            case .exited(let status): "exit status \(status)"
            case .signalled(let signal): "signal \(signal)"
            }
        }
    }

    let pid: pid_t
    private let input: Mutex<Int32?>
    private let output: Int32
    /// Once it is reaped its id may belong to another process.
    private let isReaped = Mutex(false)

    /// Starts it; its standard error is appended to the file `errors`.
    init(_ program: String, _ arguments: [String], environment: [String: String] = [:], errors: String) throws {
        let stdin = try Self.pipe()
        let stdout = try Self.pipe()
        let log = unsafe open(errors, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        defer {
            close(stdin.read)
            close(stdout.write)
            close(log)
        }
        guard log >= 0 else { throw TrialFailure("\(errors) cannot be written") }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, stdin.read, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, stdout.write, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, log, 2)
        // What others opened without close-on-exec stays here; closing what is not open is no error.
        for descriptor: Int32 in 3..<512 { unsafe posix_spawn_file_actions_addclose(&actions, descriptor) }
        let texts = environment.map { "\($0.key)=\($0.value)" }
        var argv: [UnsafeMutablePointer<CChar>?] = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = unsafe (texts + Self.inherited).map { unsafe strdup($0) } + [nil]
        defer {
            for place in unsafe argv.indices { unsafe free(argv[place]) }
            for place in unsafe envp.indices { unsafe free(envp[place]) }
        }
        var pid: pid_t = 0
        let status = unsafe posix_spawn(&pid, program, &actions, nil, &argv, &envp)
        self.pid = pid
        input = Mutex(stdin.write)
        output = stdout.read
        guard status == 0 else {
            throw TrialFailure("\(program) cannot be started: \(unsafe String(cString: strerror(status)))")
        }
    }

    deinit {
        closeInput()
        close(output)
    }

    private static let inherited: [String] = {
        let names: [String] = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LANG"]
        return names.compactMap { name in
            unsafe getenv(name).map { value in unsafe "\(name)=\(String(cString: value))" }
        }
    }()

    /// A socket pair used in one direction: unlike a pipe it can be had with close-on-exec from the first moment, so
    /// that no process started meanwhile inherits it.
    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw TrialFailure("the system gives no more sockets")
        }
        return (ends[0], ends[1])
    }

    /// Writes all of it, waiting while the pipe is full; false once nobody reads. SIGPIPE must be ignored.
    func write(_ bytes: [UInt8]) -> Bool {
        guard let descriptor = input.withLock({ $0 }) else { return false }
        var start = 0
        while start < bytes.count {
            let written = unsafe bytes.span.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress.map { unsafe $0 + start }, buffer.count - start)
            }
            if written < 0 && errno != EINTR { return false }
            start += max(0, written)
        }
        return true
    }

    func closeInput() {
        let descriptor = input.withLock { input in
            defer { input = nil }
            return input
        }
        if let descriptor { close(descriptor) }
    }

    /// Hands on each whole line it writes, until it closes its output. A line cut off by its death is left out.
    func readLines(_ body: ([UInt8]) -> Void) {
        var rest: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { unsafe read(output, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest.append(contentsOf: piece[..<count])
            while let end = rest.firstIndex(of: 10) {
                body(Array(rest[..<end]))
                rest.removeSubrange(...end)
            }
        }
    }

    /// SIGKILL; false where it had ended already.
    @discardableResult
    func kill() -> Bool { signal(SIGKILL) }

    /// Asks it to end in order.
    @discardableResult
    func terminate() -> Bool { signal(SIGTERM) }

    private func signal(_ number: Int32) -> Bool {
        isReaped.withLock { isReaped in !isReaped && Glibc.kill(pid, number) == 0 }
    }

    /// Whether it has ended, and waits for `wait` to take its status.
    var hasEnded: Bool {
        isReaped.withLock { isReaped in
            if isReaped { return true }
            var info = unsafe siginfo_t()
            return unsafe waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_signo != 0
        }
    }

    func wait() -> End {
        var info = unsafe siginfo_t()
        while unsafe waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        return isReaped.withLock { isReaped in
            var status: Int32 = 0
            while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            isReaped = true
            // As <sys/wait.h> does it, whose macros are not imported.
            let signal = status & 0x7F
            return signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
        }
    }

    /// Runs a program to its end and returns what it printed.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], errors: String
    ) throws -> String {
        let child = try Child(program, arguments, environment: environment, errors: errors)
        child.closeInput()
        var lines: [String] = []
        child.readLines { lines.append(String(decoding: $0, as: UTF8.self)) }
        let end = child.wait()
        guard end == .exited(0) else {
            throw TrialFailure("\(program) \(arguments.joined(separator: " ")) ended with \(end); see \(errors)")
        }
        return lines.joined(separator: "\n")
    }
}

/// Who waits for pipes and processes does so on a thread of its own, not on one of the few that run tasks.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
    }
}
