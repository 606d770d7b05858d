internal import API
internal import Delivery
internal import Logging
internal import Postgres
internal import ServiceLifecycle
internal import Storage

/// Indexes what comes in, so that it is found: a look every half second, and on and on while there is more.
struct SearchService: Service, CustomStringConvertible {
    /// What comes together is indexed together; far below the second within which it has to be found.
    private static let gathering: Duration = .milliseconds(50)
    private static let interval: Duration = .milliseconds(500)
    private static let afterFailure: Duration = .seconds(5)
    /// Work in one workspace before the next one has its turn.
    private static let turn: Duration = .milliseconds(500)

    let pool: Database
    let logger: Logger

    var description: String { "search" }

    func run() async throws {
        var indexes: [Int64: SearchIndex] = [:]
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            var rest = Self.interval
            do throws(DatabaseError) {
                for workspace in try await Workspaces(pool).list() {
                    let index = indexes[workspace.id] ?? SearchIndex(pool, workspace: workspace)
                    indexes[workspace.id] = index
                    if case .more = try await index.catchUp(within: Self.turn) { rest = Self.gathering }
                }
            } catch {
                guard !Task.isCancelled, !error.isCancelled else { return }
                logger.warning(
                    "what came in could not be indexed for search; trying again in five seconds",
                    metadata: ["cause": "\(error.message)"])
                rest = Self.afterFailure
            }
            let pause = rest
            do {
                try await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
            } catch {
                return
            }
        }
    }
}
