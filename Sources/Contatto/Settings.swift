internal import Contact
internal import Foundation
internal import Yams

/// Settings of the process: option, then `CONTATTO_<KEY>`, then the file, then the default (FORMATS.md).
struct ProcessSettings {
    enum Key: String, CaseIterable {
        /// URI of the database, `embedded`, or `embedded:FOLDER`.
        case database
        /// Name of the workspace that commands work in; default: the only one.
        case workspace
        /// Schema that holds the hub's tables; 1 to 63 of [a-z0-9_].
        case schema
        /// Connections to the database, 2 to 64.
        case connections
        /// Where webhooks may go besides public addresses by https: ranges as 10.0.0.0/8, `private`, `http`, with commas
        /// between; default: nowhere.
        case webhooksAllow = "webhooks_allow"
        /// Days that every change is kept for those who read the feed.
        case journalDays = "journal_days"
        /// Days that a change is kept for a subscription that has not been told of it yet.
        case journalMostDays = "journal_most_days"
        /// Months that the audit log is kept, beside the present one.
        case auditMonths = "audit_months"

        var fallback: String? {
            switch self {
            case .database: "embedded"
            case .workspace: nil
            case .schema: "contatto"
            case .connections: "4"
            case .webhooksAllow: nil
            case .journalDays: "14"
            case .journalMostDays: "30"
            case .auditMonths: "24"
            }
        }
    }

    enum Origin: String {
        case option, environment, file
        case byDefault = "default"
    }

    let values: [Key: (value: String, origin: Origin)]
    /// The file that was read, if there is one.
    let file: String?

    /// Reads them: `options` is what the command line says, `file` what `--config` says (nil = the usual places, where
    /// absence is fine).
    static func read(
        options: [Key: String], file: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> ProcessSettings {
        let (path, fromFile) = try contents(file, environment)
        var values: [Key: (value: String, origin: Origin)] = [:]
        for key in Key.allCases {
            if let value = options[key] {
                values[key] = (value, .option)
            } else if let value = environment["CONTATTO_" + key.rawValue.uppercased()], !value.isEmpty {
                values[key] = (value, .environment)
            } else if let value = fromFile[key.rawValue] {
                values[key] = (value, .file)
            } else if let value = key.fallback {
                values[key] = (value, .byDefault)
            }
        }
        return ProcessSettings(values: values, file: path)
    }

    subscript(_ key: Key) -> String? { values[key]?.value }

    private static func contents(
        _ named: String?, _ environment: [String: String]
    ) throws -> (path: String?, values: [String: String]) {
        let home = environment["XDG_CONFIG_HOME"] ?? (environment["HOME"] ?? "") + "/.config"
        let usual = [home + "/contatto/contatto.yaml", "/etc/contatto/contatto.yaml"]
        guard let path = named ?? usual.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            return (nil, [:])
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Ending(.settings, "the settings file \(path) cannot be read")
        }
        let loaded: Any?
        do {
            loaded = try Yams.load(yaml: String(decoding: data, as: UTF8.self))
        } catch {
            throw Ending(.settings, "the settings file \(path) is not YAML: \(error)")
        }
        guard let loaded else { return (path, [:]) }
        guard let mapping = loaded as? [String: Any] else {
            throw Ending(.settings, "the settings file \(path) is not a list of `key: value`")
        }
        var values: [String: String] = [:]
        for (key, value) in mapping {
            guard Key(rawValue: key) != nil else {
                let known = Key.allCases.map(\.rawValue).joined(separator: ", ")
                throw Ending(.settings, "\(path): there is no setting \(key); there are: \(known)")
            }
            switch value {
            case is NSNull: continue
            case is [Any], is [AnyHashable: Any]:
                throw Ending(.settings, "\(path): \(key) is one value, not a list")
            default: values[key] = "\(value)"
            }
        }
        return (path, values)
    }
}
