internal import Glibc
internal import HTTPTypes
internal import Postgres
internal import Storage

/// What the hub says about itself.
extension Desk {
    /// Whether it can do its work: 503 while the database does not answer, or the hub stops.
    func readiness() async throws -> Answer {
        if stopping.hasBegun { throw Problem.stopping }
        do throws(DatabaseError) {
            try await watch.session { (session: borrowing Session) throws(DatabaseError) in try session.run("SELECT 1")
            }
        } catch {
            throw Problem.unavailable
        }
        return Answer(contentType: "text/plain; charset=utf-8", Array("ready\n".utf8))
    }

    func metricsPage() async -> Answer {
        Answer(contentType: "text/plain; version=0.0.4; charset=utf-8", metrics.text(await readings()))
    }

    private func readings() async -> [Metrics.Reading] {
        var items = 0
        var bytes = 0
        var counts: [(String, Int)] = [
            ("committed", 0), ("deadlocks", 0), ("serialization", 0), ("unknown", 0), ("contested", 0),
        ]
        for workspace in workspaces.all {
            let load = workspace.ledger.load
            items += load.items
            bytes += load.bytes
            let met = workspace.ledger.counts
            counts[0].1 += met.transactions
            counts[1].1 += met.deadlocks
            counts[2].1 += met.serializationFailures
            counts[3].1 += met.repeatedAsUnknown
            counts[4].1 += met.contested
        }
        func single(_ name: String, _ kind: String, _ help: String, _ value: Int) -> Metrics.Reading {
            Metrics.Reading(name, kind, help, [([], String(value))])
        }
        let connections = pools.flatMap { pool, database -> [(labels: [(String, String)], value: String)] in
            let load = database.load
            return [
                ([("pool", pool), ("state", "busy")], String(load.connections - load.idle)),
                ([("pool", pool), ("state", "idle")], String(load.idle)),
            ]
        }
        let waiting = pools.map { pool, database in
            (labels: [("pool", pool)], value: String(database.load.waiting))
        }
        return [
            single("contatto_intake_queue_items", "gauge", "Interactions that wait to be stored.", items),
            single("contatto_intake_queue_bytes", "gauge", "Bytes of those.", bytes),
            single(
                "contatto_intake_transactions_total", "counter", "Transactions that stored interactions.", counts[0].1),
            single(
                "contatto_intake_deadlocks_total", "counter", "Deadlocks met by the intake; must stay 0.", counts[1].1),
            single(
                "contatto_intake_serialization_failures_total", "counter",
                "Serialization failures met by the intake; must stay 0.", counts[2].1),
            single(
                "contatto_intake_repeated_unknown_total", "counter",
                "Transactions repeated because their outcome was not learnt.", counts[3].1),
            single(
                "contatto_contested_groups_total", "counter",
                "Profiles that a rule kept from being joined, each time it was met.", counts[4].1),
            single(
                "contatto_audit_rows_total", "counter", "Rows of the audit log that were written.", audit.load.written),
            single("contatto_audit_waiting_rows", "gauge", "Rows of it that wait to be written.", audit.load.waiting),
            single(
                "contatto_audit_refused_rows_total", "counter",
                "Rows of it that the database refused for what they hold; must stay 0.", audit.load.refused),
            Metrics.Reading(
                "contatto_database_connections", "gauge", "Connections to the database, by pool and state.", connections
            ),
            Metrics.Reading(
                "contatto_database_waiting", "gauge", "Tasks that wait for a connection, by pool.", waiting),
            Metrics.Reading(
                "contatto_build_info", "gauge", "Always 1; the schema version this build knows.",
                [([("schema", String(Migration.knownVersion))], "1")]),
            Metrics.Reading(
                "process_start_time_seconds", "gauge", "When the process began, in seconds since 1970.",
                [([], "\(Double(started) / 1_000_000)")]),
            single("process_resident_memory_bytes", "gauge", "Memory that the process holds.", Self.residentBytes()),
        ] + (await sourceReadings()) + (await subscriptionReadings())
    }

    /// How far the subscriptions were told, whichever worker serves them; nothing while the database does not answer.
    private func subscriptionReadings() async -> [Metrics.Reading] {
        var behind: [(labels: [(String, String)], value: String)] = []
        var delivered = behind
        var waiting = behind
        var failures = behind
        var told = behind
        do throws(DatabaseError) {
            for workspace in try await Workspaces(watch).list() {
                let subscriptions = Subscriptions(watch, workspace: workspace)
                let all = try await subscriptions.list()
                guard !all.isEmpty else { continue }
                let health = try await subscriptions.health()
                for one in all {
                    guard let state = health[one.id] else { continue }
                    let labels = [("workspace", workspace.name), ("subscription", one.name)]
                    behind.append((labels, "\(max(0, state.end - state.cursor.position))"))
                    delivered.append((labels, "\(state.delivered)"))
                    waiting.append((labels + [("state", "waiting")], "\(state.waiting)"))
                    waiting.append((labels + [("state", "dead")], "\(state.dead)"))
                    failures.append((labels, "\(state.failures)"))
                    told.append((labels, one.isTold && state.holder != nil ? "1" : "0"))
                }
            }
        } catch {
            return []
        }
        return [
            Metrics.Reading(
                "contatto_subscription_behind_changes", "gauge", "Changes that the subscription was not told of.",
                behind),
            Metrics.Reading(
                "contatto_subscription_delivered_total", "counter", "Changes delivered to the subscription.", delivered),
            Metrics.Reading(
                "contatto_subscription_parked_changes", "gauge", "Changes that wait for another try, or are dead.",
                waiting),
            Metrics.Reading(
                "contatto_subscription_failures", "gauge", "Failures in a row, since it last took anything.", failures),
            Metrics.Reading(
                "contatto_subscription_served", "gauge", "Whether a worker serves it now.", told),
        ]
    }

    /// How the followed sources are, whichever process follows them; nothing while the database does not answer.
    private func sourceReadings() async -> [Metrics.Reading] {
        var followed: [(labels: [(String, String)], value: String)] = []
        var waiting = followed
        var failures = followed
        var seen = followed
        let now = now()
        do throws(DatabaseError) {
            for workspace in try await Workspaces(watch).list() {
                let states = try await SourceStore(watch, workspace: workspace).states()
                for state in states.values.sorted(by: { $0.name < $1.name }) {
                    let labels = [("workspace", workspace.name), ("source", state.name)]
                    followed.append((labels, state.holder == nil ? "0" : "1"))
                    failures.append((labels, "\(state.health.failure?.count ?? 0)"))
                    if let count = state.health.waiting { waiting.append((labels, "\(count)")) }
                    if let at = state.health.seenAt { seen.append((labels, "\(Double(now - at) / 1_000_000)")) }
                }
            }
        } catch {
            return []
        }
        return [
            Metrics.Reading(
                "contatto_source_followed", "gauge", "Whether somebody follows the source now.", followed),
            Metrics.Reading(
                "contatto_source_waiting_items", "gauge", "Items known to wait at the source's other side.", waiting),
            Metrics.Reading(
                "contatto_source_failures", "gauge", "Failures in a row, since the source last worked.", failures),
            Metrics.Reading(
                "contatto_source_seen_seconds", "gauge", "Seconds since the source's other side last answered.", seen),
        ]
    }

    /// From /proc/self/statm; 0 where there is none.
    private static func residentBytes() -> Int {
        let descriptor = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 128)
        let count = unsafe text.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
        let words = String(decoding: text.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }
}
