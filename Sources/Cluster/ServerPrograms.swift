internal import Glibc

/// The programs of one PostgreSQL on this machine.
struct ServerPrograms: Sendable {
    /// 15, 16, …
    let major: Int
    /// The folder with `postgres` and `initdb`.
    let folder: String

    /// The oldest that the hub's schema works on.
    static let oldest = 15

    /// The ones that made a cluster; for a new cluster (nil) the newest there are.
    static func find(for version: String?, of cluster: String) async throws(ClusterError) -> ServerPrograms {
        let present = try await all()
        guard let version else {
            guard let newest = present.last, newest.major >= oldest else {
                throw .unavailable(
                    """
                    PostgreSQL's server programs, version \(oldest) or newer, are not installed: \
                    `apt install postgresql` (or deploy/packages) installs them
                    """)
            }
            return newest
        }
        if let same = present.last(where: { "\($0.major)" == version }), same.major >= oldest { return same }
        let there = present.map { "\($0.major)" }.joined(separator: ", ")
        guard let major = Int(version), major >= oldest else {
            throw .settings(
                """
                \(cluster) was made by PostgreSQL \(version), and the hub needs \(oldest) or newer: with the programs \
                of \(version) write its content out (pg_dumpall), move the folder aside, start again, and read the \
                content in (psql); or convert it with pg_upgrade
                """)
        }
        throw .settings(
            """
            \(cluster) was made by PostgreSQL \(version), and here there is \(there.isEmpty ? "none" : there): install \
            the package postgresql-\(version), and it is used again at once; to move on to a newer one, run pg_upgrade \
            on the folder, or write its content out (pg_dumpall), move the folder aside, and read it in
            """)
    }

    /// Every PostgreSQL here, the oldest first.
    private static func all() async throws(ClusterError) -> [ServerPrograms] {
        // Debian keeps each major in a folder of its own, Red Hat too; elsewhere there is one, on the PATH.
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? ""
        var found: [ServerPrograms] = []
        let numbered =
            (File.names(in: "/usr/lib/postgresql") ?? []).map { "/usr/lib/postgresql/\($0)/bin" }
            + (File.names(in: "/usr") ?? []).filter { $0.hasPrefix("pgsql-") }.map { "/usr/\($0)/bin" }
        for folder in numbered + path.split(separator: ":").map(String.init) + ["/usr/local/pgsql/bin"]
        where ["postgres", "initdb"].allSatisfy({ unsafe access("\(folder)/\($0)", X_OK) == 0 }) {
            // "postgres (PostgreSQL) 15.18 (Debian …)"
            let printed = try await Program([folder + "/postgres", "--version"]).run().output
            guard let number = printed.split(separator: " ").dropFirst(2).first,
                let major = Int(number.prefix { $0.isNumber }), !found.contains(where: { $0.major == major })
            else { continue }
            found.append(ServerPrograms(major: major, folder: folder))
        }
        return found.sorted { $0.major < $1.major }
    }
}
