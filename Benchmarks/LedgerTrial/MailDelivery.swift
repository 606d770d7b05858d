internal import ContactTesting
internal import Foundation

/// Delivers mails into a mailbox at a steady rate: those of the company to Sent, the others to INBOX.
///
/// What a worker that is to die needs for it is kept back until the one before is dead, and comes mail by mail when nothing
/// else is left.
struct MailDelivery: Sendable {
    private let files: [String]
    private let user: String
    private let server: DovecotServer
    private let deaths: Int

    init(_ files: [String], to user: String, on server: DovecotServer, deaths: Int) {
        self.files = files
        self.user = user
        self.server = server
        self.deaths = deaths
    }

    /// Returns when all are delivered. `left` tells how many workers are still to die.
    func run(_ pace: Pace, over length: Duration, left: () -> Int) async throws {
        var delivered = 0
        // A third is there before anybody looks: old mail beside the new.
        let first = files.count / 3
        while delivered < files.count {
            let share = min(1, pace.elapsed / (length * 0.9))
            let left = left()
            let kept = (files.count - first) * left / (deaths + 1)
            let due = min(first + Int(Double(files.count - first) * share), files.count - kept)
            if delivered < due {
                try await deliver(files[delivered])
                delivered += 1
                continue
            } else if share == 1 {
                try await deliver(files[delivered])
                delivered += 1
                try await Task.sleep(for: .milliseconds(300))
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func deliver(_ file: String) async throws {
        guard let mail = FileManager.default.contents(atPath: file) else {
            throw TrialFailure("\(file) cannot be read")
        }
        let isOurs = mail.starts(with: Data("From: Bottega <".utf8))
        try await server.deliver(Array(mail), to: user, in: isOurs ? "Sent" : "INBOX")
    }
}
