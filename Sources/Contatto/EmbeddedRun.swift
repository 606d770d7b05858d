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
        var prepared: HubServer.Prepared?
        let cluster = try await EmbeddedCluster.open(folder, holding) { login in
            prepared = try await enter(login).migrate(isEmbedded: true)
        }
        var server = enter(try cluster.connection)
        server.prepared = prepared
        server.cluster = cluster
        // An owner has signals of its own, and its order of stopping; it also lives long enough to lose its server.
        let farewell = holding == .attached ? Farewell(cluster) : nil
        let keeper = holding == .owned ? Task { await cluster.keepRunning(onRestart: Self.report) } : nil
        do {
            try await work(server)
        } catch {
            await end(keeper, farewell)
            do { try await cluster.close() } catch let failure {
                // The command's own failure is the one it ends with.
                StandardError.write("contatto: \(failure)")
            }
            throw error
        }
        await end(keeper, farewell)
        try await cluster.close()
    }

    private func enter(_ login: ConnectionSettings) -> HubServer {
        var login = login
        login.applicationName = "contatto/\(command)"
        return HubServer(login: login, schema: schema, connections: connections)
    }

    private func end(_ keeper: Task<Void, Never>?, _ farewell: Farewell?) async {
        farewell?.cancel()
        keeper?.cancel()
        await keeper?.value
    }

    @Sendable private static func report(_ restart: Result<Void, any Error>) {
        switch restart {
        case .success: StandardError.write("contatto: the database had ended and was started again")
        case .failure(let error): StandardError.write("contatto: the database has ended and does not start: \(error)")
        }
    }
}

/// What a command that is told to end (Ctrl-C, SIGTERM) does first: it leaves no server behind that nobody uses.
private final class Farewell {
    private let sources: [any DispatchSourceSignal]

    init(_ cluster: EmbeddedCluster) {
        sources = [SIGINT, SIGTERM].map { number in
            // Ignored, or the system would end the process before the source hears of it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                // A second one ends it at once.
                signal(number, SIG_DFL)
                Task {
                    await cluster.abandon()
                    kill(getpid(), number)
                }
            }
            source.resume()
            return source
        }
    }

    func cancel() {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }
}
