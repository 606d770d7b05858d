internal import Glibc

/// The data folder: where things are in it, and as whom PostgreSQL works there.
struct ClusterFolder: Sendable {
    /// Absolute, without links, so that all commands mean the same.
    let path: String
    /// The owner, as whom PostgreSQL's programs run; never root.
    let user: User
    /// Where the socket is: `run`, unless the path is too long for one.
    let socketFolder: String
    /// Whether that is one of its own in /tmp.
    var isSocketElsewhere: Bool { socketFolder != path + "/run" }

    /// The system user whom the default folder belongs to.
    static let systemUser = "contatto"
    static let port = 5432
    /// The longest path a socket can have, by the system's own structure (108 bytes with the closing zero).
    private static let longestSocket = 107

    var cluster: String { path + "/cluster" }
    var log: String { path + "/log" }
    var key: String { path + "/secret.key" }
    var socket: String { "\(socketFolder)/.s.PGSQL.\(Self.port)" }

    /// The major of the PostgreSQL that made the cluster; nil while there is none.
    var version: String? {
        File.text(cluster + "/PG_VERSION").map { String($0.prefix { !$0.isWhitespace }) }
    }

    /// The folder that is meant, made where it is missing; nil is the user's own, as root the system's.
    static func prepare(_ given: String?) throws(ClusterError) -> ClusterFolder {
        let path = try place(given)
        try checkName(path)
        let user = try owner(of: path, isGiven: given != nil)
        guard let resolved = unsafe realpath(path, nil) else {
            throw .settings("the data folder \(path) cannot be entered: \(Failure.text)")
        }
        defer { unsafe free(resolved) }
        // Once more, since links were followed.
        let real = unsafe String(cString: resolved)
        try checkName(real)
        return ClusterFolder(path: real, user: user)
    }

    /// PostgreSQL's files and programs take the path line by line.
    private static func checkName(_ path: String) throws(ClusterError) {
        let isControl: (Unicode.Scalar) -> Bool = { $0.value < 0x20 || (0x7F..<0xA0) ~= $0.value }
        guard path.unicodeScalars.contains(where: isControl) else { return }
        let shown = String(String.UnicodeScalarView(path.unicodeScalars.map { isControl($0) ? "?" : $0 }))
        throw .settings(
            """
            the data folder's path holds a line end or another control character (shown as ?): \(shown); choose \
            another with --database embedded:FOLDER
            """)
    }

    init(path: String, user: User) {
        self.path = path
        self.user = user
        let usual = path + "/run"
        // libpq takes a comma for the end of one host of several.
        let isUsable = "\(usual)/.s.PGSQL.\(Self.port)".utf8.count <= Self.longestSocket && !path.contains(",")
        socketFolder = isUsable ? usual : "/tmp/contatto-\(user.id)-\(Self.hash(path))"
    }

    /// The arguments as the folder's owner runs them.
    func asOwner(_ words: [String]) throws(ClusterError) -> Program {
        guard geteuid() == User.root else { return Program(words) }
        let candidates = ["/usr/bin/setpriv", "/bin/setpriv"]
        guard let setpriv = candidates.first(where: { unsafe access($0, X_OK) == 0 }) else {
            throw .unavailable(
                "setpriv is missing, with which root hands PostgreSQL to another user: install util-linux")
        }
        return Program(
            [setpriv, "--reuid=\(user.id)", "--regid=\(user.group)", "--init-groups", "--inh-caps=-all"] + words)
    }

    /// Throws what is in the way where the owner cannot work in his folder.
    func checkAccess() async throws(ClusterError) {
        let test = ["/usr/bin/test", "-w", path, "-a", "-x", path]
        guard try await asOwner(test).run().status != 0 else { return }
        throw .settings(
            """
            the user \(user.name), as whom PostgreSQL runs, cannot write in \(path): let him into the folders above it \
            (chmod o+x) and give him the folder (chown \(user.name)), or choose another with --database embedded:FOLDER
            """)
    }

    private static func place(_ given: String?) throws(ClusterError) -> String {
        if let given {
            guard !given.hasPrefix("/") else { return given }
            guard let here = unsafe getcwd(nil, 0) else {
                throw .settings("the folder this command runs in is gone: give --database embedded:FOLDER from /")
            }
            defer { unsafe free(here) }
            return unsafe String(cString: here) + "/" + given
        }
        if geteuid() == User.root { return "/var/lib/contatto" }
        let variable: (String) -> String? = { unsafe getenv($0).map { unsafe String(cString: $0) } }
        // As the XDG rules have it: a relative folder is ignored.
        if let data = variable("XDG_DATA_HOME"), data.hasPrefix("/") { return data + "/contatto" }
        guard let home = variable("HOME"), home.hasPrefix("/") else {
            throw .settings("there is no home folder (HOME) for the database: give --database embedded:FOLDER")
        }
        return home + "/.local/share/contatto"
    }

    /// Whose the folder is; made, or taken over from root where it is empty.
    private static func owner(of path: String, isGiven: Bool) throws(ClusterError) -> User {
        let me = geteuid()
        if let state = File.state(path) {
            guard File.isFolder(state) else { throw .settings("the data folder \(path) is not a folder") }
            guard let owner = User.numbered(state.st_uid) else {
                throw .settings(
                    "the data folder \(path) belongs to user \(state.st_uid), whom the system does not know")
            }
            if me != User.root {
                guard owner.id == me else {
                    throw .settings(
                        "the data folder \(path) belongs to \(owner.name): run this as \(owner.name) or as root")
                }
                return owner
            }
            if owner.id != User.root { return owner }
            guard File.names(in: path)?.isEmpty == true else {
                throw .settings(
                    """
                    the data folder \(path) belongs to root, as whom PostgreSQL never runs, and is not empty: give it \
                    to another user (chown), or choose another with --database embedded:FOLDER
                    """)
            }
        } else {
            guard errno == ENOENT else {
                throw .settings("the data folder \(path) cannot be looked at: \(Failure.text)")
            }
        }
        let user = me == User.root ? try unprivileged(isGiven: isGiven) : User.numbered(me)
        guard let user else { throw .settings("this process runs as user \(me), whom the system does not know") }
        try make(path, for: user)
        return user
    }

    private static func unprivileged(isGiven: Bool) throws(ClusterError) -> User {
        if let user = User.named(systemUser) { return user }
        if isGiven, let user = User.named("postgres") { return user }
        throw .settings(
            """
            the system user \(systemUser), whom the database belongs to, is missing: deploy/quickstart makes it, or \
            `useradd --system --user-group --home-dir /var/lib/contatto --shell /usr/sbin/nologin \(systemUser)`
            """)
    }

    private static func make(_ path: String, for user: User) throws(ClusterError) {
        var parent = ""
        let parts = path.split(separator: "/")
        for part in parts.dropLast() {
            parent += "/" + part
            guard unsafe mkdir(parent, 0o755) == 0 || errno == EEXIST else {
                throw .settings("the folder \(parent) cannot be made: \(Failure.text)")
            }
        }
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .settings(
                "the data folder \(path) cannot be made: \(Failure.text); choose another with --database embedded:FOLDER"
            )
        }
        guard geteuid() == User.root else { return }
        guard unsafe lchown(path, user.id, user.group) == 0 else {
            throw .settings("the data folder \(path) cannot be given to \(user.name): \(Failure.text)")
        }
    }

    /// FNV-1a, 64 bits: a name, and no secret.
    private static func hash(_ text: String) -> String {
        let value = text.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
