internal import Glibc

/// What the server is told, worked out anew at each start: the machine may have changed, or the folder moved.
///
/// It is the whole of postgresql.conf. Who wants a value otherwise says ALTER SYSTEM, which goes before it.
struct ServerSettings: Sendable {
    let sharedBuffers: Int64
    let maximalWAL: Int64
    let socketFolder: String
    let compressesWAL: Bool

    private static let megabyte: Int64 = 1 << 20

    init(folder: ClusterFolder, compressesWAL: Bool) {
        sharedBuffers = Self.sharedBuffers(memory: Self.memory)
        maximalWAL = Self.maximalWAL(disk: Self.disk(of: folder.path))
        socketFolder = folder.socketFolder
        self.compressesWAL = compressesWAL
    }

    /// A quarter of the memory, up to 8 GB, beyond which the system's own cache does as well. At least 32 MB: below it a
    /// batch's pages push each other out. Pages that are never used cost nothing, so a test on a large machine may have
    /// the same as everybody.
    static func sharedBuffers(memory: Int64) -> Int64 {
        min(max(memory / 4, 32 * megabyte), 8192 * megabyte) / megabyte * megabyte
    }

    /// A tenth of the disk, up to 8 GB; at least 96 MB, since below six segments checkpoints would never rest.
    static func maximalWAL(disk: Int64) -> Int64 {
        min(max(disk / 10, 96 * megabyte), 8192 * megabyte) / megabyte * megabyte
    }

    var postgresqlConf: String {
        """
        # Written by contatto at each start. To change a setting: ALTER SYSTEM SET ….
        listen_addresses = ''
        port = \(ClusterFolder.port)
        unix_socket_directories = \(Self.quoted("\"" + socketFolder.doubling("\"") + "\""))
        unix_socket_permissions = 0700
        # The most a hub may be set to (connections: 64) is 64 for intake, 64 for reading and 3 of its own; the rest is
        # for the commands beside it.
        max_connections = 200
        shared_buffers = \(sharedBuffers / Self.megabyte)MB
        max_wal_size = \(maximalWAL / Self.megabyte)MB
        checkpoint_timeout = 30min
        wal_compression = \(compressesWAL ? "lz4" : "on")
        jit = off
        fsync = on
        full_page_writes = on
        synchronous_commit = on
        lc_messages = 'C.UTF-8'
        lc_monetary = 'C.UTF-8'
        lc_numeric = 'C.UTF-8'
        lc_time = 'C.UTF-8'
        timezone = 'UTC'
        log_timezone = 'UTC'
        log_line_prefix = '%m [%p] %a '
        # Customers' data stands in statements and in details; the log is to hold none.
        log_min_error_statement = panic
        log_error_verbosity = terse
        log_parameter_max_length_on_error = 0

        """
    }

    static let hbaConf = """
        # Written by contatto at each start: its socket, and whom the system vouches for.
        local all all peer map=contatto

        """

    /// Lets root and the folder's owner in, as the superuser and as the roles of the hub.
    static func identConf(owner: String) -> String {
        let logins = ["postgres", "contatto_owner", "contatto_hub"]
        let lines = ["root", owner].flatMap { user in logins.map { "contatto \"\(user)\" \($0)" } }
        return "# Written by contatto at each start.\n" + lines.joined(separator: "\n") + "\n"
    }

    /// As postgresql.conf writes a text.
    private static func quoted(_ text: String) -> String {
        "'" + text.doubling("\\").doubling("'") + "'"
    }

    /// The machine's memory, or that which the control group of this process leaves it.
    private static var memory: Int64 {
        let machine = Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE)))
        let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        let limit = limits.lazy.compactMap { File.text($0) }.first.flatMap { Int64($0.prefix { $0.isNumber }) }
        return min(machine, limit ?? machine)
    }

    private static func disk(of path: String) -> Int64 {
        var state = statvfs()
        // A disk that does not tell gets the floor.
        guard unsafe statvfs(path, &state) == 0 else { return 0 }
        return Int64(clamping: state.f_blocks.multipliedReportingOverflow(by: state.f_frsize).partialValue)
    }
}

extension String {
    /// With each of these characters twice.
    fileprivate func doubling(_ character: Character) -> String {
        reduce(into: "") { text, one in
            text.append(one)
            if one == character { text.append(one) }
        }
    }
}
