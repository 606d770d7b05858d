internal import Cluster
internal import Dispatch
internal import Glibc
internal import Postgres

/// A command's work on the embedded cluster: opened, migrated, and closed again around it.
struct EmbeddedRun {
    let command: String
    let schema: String
    let connections: Int

    func run(
        _ folder: String?, _ holding: EmbeddedCluster.Holding, _ work: (HubServer) async throws -> Void
    ) async throws {
        let farewell = await Farewell()
        // A task of its own, because a signal is to cancel the opening and nothing else.
        let opening = Task { try await open(folder, holding) }
        if !farewell.enter(.opening { opening.cancel() }) { opening.cancel() }
        let opened: Opened
        do {
            opened = try await withTaskCancellationHandler {
                try await opening.value
            } onCancel: {
                opening.cancel()
            }
        } catch {
            farewell.end()
            throw error
        }
        let cluster = opened.cluster
        guard farewell.enter(holding == .owned ? .owning : .attached(cluster)) else {
            // The signal came too late to cancel it.
            try await leave(cluster, nil, farewell)
            return
        }
        // An owner lives long enough to lose its server.
        let keeper = holding == .owned ? Task { await cluster.keepRunning(onRestart: Self.report) } : nil
        do {
            var server = enter(try cluster.connection)
            server.prepared = opened.prepared
            server.cluster = cluster
            server.farewell = farewell
            try await work(server)
        } catch {
            do { try await leave(cluster, keeper, farewell) } catch let failure {
                // The command's own failure is the one it ends with.
                StandardError.write("contatto: \(failure)")
            }
            throw error
        }
        try await leave(cluster, keeper, farewell)
    }

    private struct Opened: Sendable {
        let cluster: EmbeddedCluster
        let prepared: HubServer.Prepared?
    }

    private func open(_ folder: String?, _ holding: EmbeddedCluster.Holding) async throws -> Opened {
        var prepared: HubServer.Prepared?
        let cluster = try await EmbeddedCluster.open(folder, holding) { login in
            prepared = try await enter(login).migrate(isEmbedded: true)
        }
        return Opened(cluster: cluster, prepared: prepared)
    }

    /// The signals are heard until the server has been left.
    private func leave(_ cluster: EmbeddedCluster, _ keeper: Task<Void, Never>?, _ farewell: Farewell) async throws {
        _ = farewell.enter(.leaving)
        keeper?.cancel()
        await keeper?.value
        defer { farewell.end() }
        try await cluster.close()
    }

    private func enter(_ login: ConnectionSettings) -> HubServer {
        var login = login
        login.applicationName = "contatto/\(command)"
        return HubServer(login: login, schema: schema, connections: connections)
    }

    @Sendable private static func report(_ restart: Result<Void, any Error>) {
        switch restart {
        case .success: StandardError.write("contatto: the database had ended and was started again")
        case .failure(let error): StandardError.write("contatto: the database has ended and does not start: \(error)")
        }
    }
}

/// What a process that is told to end (Ctrl-C, SIGTERM, a terminal that closes) does first: it leaves no server behind
/// that nobody uses, and none that is only being made. Then it ends by that signal; a second one ends it at once.
///
/// Unchecked: the sources are made once, and the system's own thread safety is theirs.
final class Farewell: @unchecked Sendable {
    /// How far the process is with the cluster.
    enum Stage: Sendable {
        case starting
        /// It is being made, started or migrated, which can be cancelled.
        case opening(cancel: @Sendable () -> Void)
        case attached(EmbeddedCluster)
        /// Its owner's, who is told to stop as soon as it can be.
        case owning
        case serving(stop: @Sendable () -> Void)
        case leaving
    }

    private struct State: Sendable {
        var stage = Stage.starting
        /// The first signal that came, and was not handed on.
        var told: Int32?
    }

    /// The signals it minds: a process that was told to outlive its terminal (nohup) does.
    static let signals: [Int32] = isIgnored(SIGHUP) ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]

    private let sources: [any DispatchSourceSignal]
    private let state: Monitor<State>

    /// Returns when signals are minded; until then they end the process, which has nothing to leave yet.
    init() async {
        let state = Monitor(State())
        self.state = state
        sources = Self.signals.map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { Self.hear(number, state) }
            return source
        }
        for source in sources {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                source.setRegistrationHandler { continuation.resume() }
                source.resume()
            }
        }
    }

    /// The process goes on to this stage; false where a signal has come, and it is to leave instead.
    func enter(_ stage: Stage) -> Bool {
        state.withLock {
            $0.stage = stage
            return $0.told == nil
        }
    }

    /// From here on signals stop the owner's work, also one that came before.
    func handOver(stop: @escaping @Sendable () -> Void) {
        let isTold = state.withLock { state in
            state.stage = .serving(stop: stop)
            defer { state.told = nil }
            return state.told != nil
        }
        if isTold { stop() }
    }

    /// Minds signals no longer; ends the process where one came.
    func end() {
        if let told = state.withLock({ $0.told }) { Self.die(told) }
        for source in sources { source.cancel() }
        Self.restore(Self.signals)
    }

    private static func hear(_ number: Int32, _ state: Monitor<State>) {
        let (stage, isFirst) = state.withLock { state in
            let isFirst = state.told == nil
            if case .serving = state.stage { return (state.stage, isFirst) }
            state.told = state.told ?? number
            return (state.stage, isFirst)
        }
        if case .serving(let stop) = stage { return stop() }
        guard isFirst else { return }
        // Not SIGHUP: a terminal that closes says so several times.
        restore([SIGINT, SIGTERM])
        switch stage {
        case .opening(let cancel): cancel()
        case .attached(let cluster):
            Task {
                await cluster.abandon()
                die(number)
            }
        case .starting, .owning, .serving, .leaving: break
        }
    }

    private static func restore(_ numbers: [Int32]) {
        for number in numbers { _ = signal(number, SIG_DFL) }
    }

    /// To this thread and no other: one sent to the process waits while the threads that take it are in a handler, and
    /// there the source, which reads whatever waits, swallows it.
    private static func die(_ number: Int32) -> Never {
        restore([number])
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, number)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        raise(number)
        _exit(128 + number)
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        let before = signal(number, SIG_IGN)
        defer { _ = signal(number, before) }
        return unsafe unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
