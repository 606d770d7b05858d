internal import API
import ArgumentParser
internal import Logging

/// How a process that runs on logs.
struct LogOptions: ParsableArguments {
    @Option(help: "How the log on stderr is written: logfmt or json.") var logFormat = "logfmt"
    @Option(help: "The least that is logged: trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    func validate() throws {
        guard LogFormat(rawValue: logFormat) != nil else { throw ValidationError("--log-format is logfmt or json") }
        guard Logger.Level(rawValue: logLevel) != nil else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--log-level is one of: \(levels)")
        }
    }

    /// Sets the process's log up: once.
    func logger() -> Logger {
        let format = LogFormat(rawValue: logFormat) ?? .logfmt
        let level = Logger.Level(rawValue: logLevel) ?? .info
        LoggingSystem.bootstrap { _ in LogLines(format, level: level) }
        return Logger(label: "contatto")
    }
}
