internal import Contact
internal import NIOConcurrencyHelpers

/// How far each folder is, together, for ``SourceFeed/seen(waiting:progress:)``. Several tasks tell it.
final class MailboxProgress: Sendable {
    private struct State {
        /// Known to have come and not stored yet, by folder.
        var new: [String: Int] = [:]
        /// Of the mails that were there before: how many are read, of how many.
        var old: [String: (read: Int, of: Int)] = [:]
        var alert: String?
    }

    private let state = NIOLockedValueBox(State())
    private let feed: any SourceFeed

    init(_ feed: any SourceFeed) { self.feed = feed }

    func new(_ folder: String, _ count: Int) { tell { $0.new[folder] = count } }

    func old(_ folder: String, read: Int, of: Int) {
        tell { $0.old[folder] = read < of ? (read, of) : nil }
    }

    /// The server wants this read.
    func alert(_ text: String?) { if let text { tell { $0.alert = text } } }

    /// The server has said something.
    func sign() { tell { _ in } }

    private func tell(_ change: (inout State) -> Void) {
        let (waiting, words) = state.withLockedValue { state in
            change(&state)
            let waiting = state.new.values.reduce(0, +) + state.old.values.reduce(0) { $0 + $1.of - $1.read }
            var words = state.old.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.read) of \($0.value.of)" }
            if let alert = state.alert { words.append("the server says: \(alert)") }
            return (waiting, words)
        }
        feed.seen(waiting: waiting, progress: words.isEmpty ? nil : words.joined(separator: ", "))
    }
}
