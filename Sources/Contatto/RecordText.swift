internal import Contact
internal import Storage

/// Consents and memories as text.
enum RecordText {
    /// `marketing on email: granted 2026-05-04T10:00:00.000000Z (consent, text 2026-05), by key 3 (agent)`
    static func words(_ said: ConsentStatement) -> String {
        let notes = [said.basis?.rawValue, said.textVersion.map { "text \($0)" }].compactMap { $0 }
        let note = notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))"
        let source = said.source.map { ", from \($0)" } ?? ""
        return "\(said.purpose.rawValue) on \(said.channel ?? "all channels"): \(said.state.name) "
            + "\(Timestamp.text(said.statedAt))\(note), by \(said.who)\(source)"
    }

    static func write(_ memory: Memory) {
        let due = memory.dueAt.map { " by \(Timestamp.text($0))" } ?? ""
        StandardOutput.write("\(memory.id)  \(memory.kind.rawValue)\(due): \(memory.words)")
        StandardOutput.write("  heard \(Timestamp.text(memory.heardAt)) by \(memory.heardBy)")
        guard let closing = memory.closing else { return }
        StandardOutput.write(
            "  \(closing.end.rawValue) \(Timestamp.text(closing.at)), says \(closing.by): \(closing.why)")
    }

    /// What of it a profile shows.
    static func write(shownBy profile: Profile) {
        for standing in profile.consents.standings {
            let channel = standing.channel ?? "all channels"
            let since = Timestamp.text(standing.statement.statedAt)
            StandardOutput.write(
                "  \(standing.purpose.rawValue) on \(channel): \(standing.statement.state.name) since \(since)")
        }
        for promise in profile.promises {
            let due = promise.dueAt.map { " by \(Timestamp.text($0))" } ?? ""
            StandardOutput.write("  promised\(due): \(promise.words)  (\(promise.heardBy))")
        }
        let others = profile.memories.open - Int64(profile.promises.count)
        if others > 0 {
            StandardOutput.write("  \(others) more to remember: contatto memory list \(profile.id)")
        }
    }
}
