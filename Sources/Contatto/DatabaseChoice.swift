internal import Cluster
internal import Foundation
internal import Postgres

/// Which database a command works on.
enum DatabaseChoice {
    /// The hub's own PostgreSQL in a folder; nil is the usual one.
    case embedded(folder: String?)
    case server(ConnectionSettings)

    /// Reads `embedded`, `embedded:FOLDER`, or the URI of a server.
    init(_ text: String) throws {
        guard !text.isEmpty else {
            throw Ending(.settings, "no database is named: say embedded, embedded:FOLDER, or postgresql://HOST/NAME")
        }
        if text == "embedded" {
            self = .embedded(folder: nil)
        } else if text.hasPrefix("embedded:") {
            let folder = String(text.dropFirst("embedded:".count))
            guard !folder.isEmpty else {
                throw Ending(.settings, "after embedded: stands a folder: embedded:FOLDER, or only embedded")
            }
            self = .embedded(folder: folder)
        } else {
            do {
                self = .server(try ConnectionSettings(uri: text))
            } catch {
                throw Ending(
                    .settings, "\(error.message); a database is embedded, embedded:FOLDER, or postgresql://HOST/NAME")
            }
        }
    }

    /// For people to read: never a password.
    var redacted: String {
        switch self {
        case .embedded(nil): "embedded"
        case .embedded(let folder?): "embedded:\(folder)"
        case .server(let settings): settings.redacted
        }
    }
}

/// Gives the 32 bytes under which the secrets of a database are encrypted.
struct SecretKeySource: Sendable {
    let cluster: EmbeddedCluster?

    /// Reads the file of CONTATTO_SECRET_KEY_FILE, else that of the embedded cluster; throws where neither is fit.
    func read(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> [UInt8] {
        if let file = environment["CONTATTO_SECRET_KEY_FILE"], !file.isEmpty { return try SecretKey.read(file) }
        guard let cluster else {
            throw Ending(
                .settings,
                """
                the secrets of this database are encrypted under a key that is not in it: set CONTATTO_SECRET_KEY_FILE \
                to the file that holds it; the first time make one, the same for every process: \
                `(umask 277; head -c 32 /dev/urandom > FILE)`
                """)
        }
        return try cluster.secretKey()
    }
}
