internal import Contact
internal import Storage

/// How a source is, in one line for people.
enum SourceStateText {
    static func line(_ source: ConfiguredSource, _ state: SourceState?, isFollowed: Bool, now: Int64) -> String {
        if source.isPaused { return "paused" }
        guard isFollowed else { return "-" }
        guard let state, state.holder != nil else {
            return "nobody follows it: start `contatto serve` or `contatto connect \(source.name)`"
        }
        let health = state.health
        if let failure = health.failure {
            let again = failure.tryAt.map { "; again in \(span(max(0, $0 - now)))" } ?? ""
            let often = failure.count > 1 ? "failed \(failure.count) times" : "failed"
            return "\(failure.needsPerson ? "needs you" : often): \(failure.text)\(again)"
        }
        guard let seen = health.seenAt else { return "starting" }
        let behind = health.waiting.map { $0 > 0 ? "\($0) waiting" : "up to date" } ?? "seen"
        let progress = health.progress.map { " (\($0))" } ?? ""
        return "\(behind)\(progress), its server answered \(span(max(0, now - seen))) ago"
    }

    /// A span of microseconds, in its largest unit.
    private static func span(_ microseconds: Int64) -> String {
        let seconds = microseconds / 1_000_000
        if seconds < 120 { return "\(seconds) s" }
        if seconds < 7_200 { return "\(seconds / 60) min" }
        if seconds < 172_800 { return "\(seconds / 3600) h" }
        return "\(seconds / 86_400) days"
    }

    /// For `--json`: null where nobody has ever followed it.
    static func json(_ state: SourceState?) -> [UInt8] {
        guard let state else { return Array("null".utf8) }
        let health = state.health
        func time(_ value: Int64?) -> [UInt8] {
            value.map { JSONWriter.string(Timestamp.text($0)) } ?? Array("null".utf8)
        }
        return JSONWriter.object([
            ("holder", state.holder.map(JSONWriter.string) ?? Array("null".utf8)),
            ("seen_at", time(health.seenAt)), ("stored_at", time(health.storedAt)),
            ("waiting", health.waiting.map { JSONWriter.number($0) } ?? Array("null".utf8)),
            ("progress", health.progress.map(JSONWriter.string) ?? Array("null".utf8)),
            (
                "failure",
                health.failure.map { failure in
                    JSONWriter.object([
                        ("count", JSONWriter.number(Int64(failure.count))), ("text", JSONWriter.string(failure.text)),
                        ("at", time(failure.at)), ("needs_person", JSONWriter.bool(failure.needsPerson)),
                        ("try_at", time(failure.tryAt)),
                    ])
                } ?? Array("null".utf8)
            ),
        ])
    }
}
