internal import ContactTesting
internal import Foundation
internal import Glibc
internal import Postgres

/// What a measured stretch was spent on: processor time by process, and what PostgreSQL was doing whenever it was looked at.
struct Spent {
    /// Between two looks, seconds: at fifty a second the looks themselves took a fortieth of a processor.
    private static let pause = 0.1
    /// What is told of.
    fileprivate static let most = 9

    /// Seconds of processor time used so far.
    fileprivate struct Used {
        /// The hub, or the commands that ended.
        var contatto = 0.0
        var postgres = 0.0
        var own = 0.0
    }

    private let hub: Int32?
    private let postmaster: Int32?
    private let begun = ContinuousClock.now
    private let before: Used
    private let isOver = Monitor(false)
    private let looks: Task<[String: Int], any Error>

    /// `hub`: the process that is measured; none = the commands that this process waits for.
    init(_ bench: Bench, hub: Int32? = nil) async throws {
        let database = Database(try ConnectionSettings(uri: bench.server.uri()), connections: 1)
        let postmaster = try await database.session { (session: borrowing Session) throws(DatabaseError) in
            let rows = try session.query(text: "SELECT pg_backend_pid()")
            return try rows.int32(0, 0)
        }
        self.hub = hub
        self.postmaster = Self.fields(postmaster).map { Int32($0[1]) ?? 0 }
        before = Self.used(hub, self.postmaster)
        let isOver = isOver
        looks = Task {
            var found: [String: Int] = [:]
            while !isOver.withLock({ $0 }) {
                for what in try await Self.look(database) { found[what, default: 0] += 1 }
                try await Task.sleep(for: .seconds(Self.pause))
            }
            await database.close()
            return found
        }
    }

    /// What one stretch took, or several together.
    struct Stretch {
        fileprivate var wall = 0.0
        fileprivate var used = Used()
        fileprivate var looks: [String: Int] = [:]

        static func += (stretch: inout Stretch, more: Stretch) {
            stretch.wall += more.wall
            stretch.used.contatto += more.used.contatto
            stretch.used.postgres += more.used.postgres
            stretch.used.own += more.used.own
            stretch.looks.merge(more.looks, uniquingKeysWith: +)
        }

        /// Prints it by one of `count` things that were done.
        func tell(_ count: Int, _ name: String) {
            let cores = Double(ProcessInfo.processInfo.activeProcessorCount)
            func part(_ name: String, _ seconds: Double) -> String {
                "\(name) \(Spread.rounded(seconds * 1e6 / Double(max(1, count)), digits: 1)) µs"
            }
            let rest = max(0, wall * cores - used.contatto - used.postgres - used.own)
            print(
                """
                  spent on one \(name), of \(Int(cores)) processors: \(part("contatto", used.contatto)), \
                \(part("PostgreSQL", used.postgres)), \(part("this program", used.own)), \(part("none of them", rest))
                """)
            let total = looks.values.reduce(0, +)
            guard total > 0 else { return }
            let first = looks.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Spent.most)
            let told = first.map { "\($0.key) \(100 * $0.value / total)%" }.joined(separator: ", ")
            print("  PostgreSQL at \(total) looks: \(told)")
        }
    }

    /// Ends it.
    func ended() async throws -> Stretch {
        let wall = begun.duration(to: .now).inSeconds
        let after = Self.used(hub, postmaster)
        isOver.withLock { $0 = true }
        return Stretch(
            wall: wall,
            used: Used(
                contatto: after.contatto - before.contatto, postgres: after.postgres - before.postgres,
                own: after.own - before.own),
            looks: try await looks.value)
    }

    /// Ends it, and prints it by one of `count` things that were done.
    func tell(_ count: Int, _ name: String, isTold: Bool = true) async throws {
        let stretch = try await ended()
        if isTold { stretch.tell(count, name) }
    }

    /// What each connection that works is at: the name of its statement, or what it waits for.
    @concurrent
    private static func look(_ database: Database) async throws(DatabaseError) -> [String] {
        try await database.session { (session: borrowing Session) throws(DatabaseError) in
            let rows = try session.query(
                text: """
                    SELECT coalesce(substring(query FROM '/\\* ([a-z_.]+)'), lower(substring(query FROM '^[A-Za-z]+')), 'other')
                      || coalesce(' (waits: ' || wait_event || ')', '')
                    FROM pg_stat_activity
                    WHERE backend_type = 'client backend' AND state = 'active' AND pid <> pg_backend_pid()
                    """)
            var found: [String] = []
            for row in 0..<rows.count { found.append(try rows.text(row, 0)) }
            return found
        }
    }

    /// From /proc/PID/stat (proc(5)): utime and stime, and those of children that were waited for.
    private static func used(_ hub: Int32?, _ postmaster: Int32?) -> Used {
        var used = Used()
        let program = seconds(getpid())
        used.own = program.own
        used.contatto = hub.map { seconds($0).own } ?? program.children
        if let postmaster {
            used.postgres = seconds(postmaster).children
            used.postgres += Memory.family(of: postmaster).map { seconds($0).own }.reduce(0, +)
        }
        return used
    }

    private static func seconds(_ pid: Int32) -> (own: Double, children: Double) {
        guard let fields = fields(pid), fields.count > 14 else { return (0, 0) }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        func sum(_ first: Int) -> Double { ((Double(fields[first]) ?? 0) + (Double(fields[first + 1]) ?? 0)) / ticks }
        return (sum(11), sum(13))
    }

    /// What follows the name in brackets: state, parent, …
    private static func fields(_ pid: Int32) -> [Substring]? {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        return text[text.index(after: end)...].split(separator: " ")
    }
}
