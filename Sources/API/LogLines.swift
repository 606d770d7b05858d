internal import Contact
internal import Glibc
package import Logging

/// How a log is written: for people and their tools (logfmt), or for machines alone.
package enum LogFormat: String, Sendable, CaseIterable {
    case logfmt, json
}

/// Writes one line a message to standard error: the time, the level, the message, then what it is about.
///
/// What is logged holds no personal data: ids, counts and patterns, never identifiers, query strings or bodies. That is
/// the duty of whoever logs.
package struct LogLines: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let format: LogFormat
    private let write: @Sendable ([UInt8]) -> Void

    package init(
        _ format: LogFormat, level: Logger.Level,
        write: @escaping @Sendable ([UInt8]) -> Void = Self.writeToStandardError
    ) {
        self.format = format
        logLevel = level
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let own = metadata.merging(event.metadata ?? [:]) { $1 }
        var members = [
            ("time", Timestamp.text(Self.now())), ("level", event.level.rawValue), ("message", "\(event.message)"),
        ]
        members += own.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        switch format {
        case .logfmt:
            let line = members.map { "\($0)=\(Self.quoted($1))" }.joined(separator: " ")
            write(Array(line.utf8) + [10])
        case .json: write(JSONWriter.object(members.map { ($0, JSONWriter.string($1)) }) + [10])
        }
    }

    /// As it is where that is one word, else in quotes.
    private static func quoted(_ value: String) -> String {
        let isPlain = value.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "\"" && $0 != "=" && $0 != "\\" }
        return isPlain && !value.isEmpty ? value : String(decoding: JSONWriter.string(value), as: UTF8.self)
    }

    private static func now() -> Int64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
    }

    /// One write a line, so that the lines of several threads do not mix. Without anybody to read it a line is lost, and
    /// nothing else is.
    package static func writeToStandardError(_ line: [UInt8]) {
        _ = unsafe line.span.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
