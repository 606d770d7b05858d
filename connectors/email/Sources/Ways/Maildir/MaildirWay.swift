internal import Contact

/// A Maildir that is followed where it lies: what is delivered into it is read, and it is left as it is.
///
/// `tmp` is never read, no file is moved, renamed or marked. The kernel tells of deliveries (inotify); a whole look at the
/// start, every minute, and whenever the kernel lost count finds what it did not tell.
struct MaildirWay: MailWay {
    static let keys = [
        SettingKey("maildir", "a folder of this machine that is a Maildir or holds some, at any depth; it is watched")
    ]
    /// Between whole looks. One costs a listing of the folders: a tenth of a second for 100,000 messages. It is all there is
    /// where others write over a network, of which the kernel does not tell.
    private static let interval: Duration = .seconds(60)

    private let folder: String
    private let settings: EmailSettings

    init(_ settings: SourceSettings, mail: EmailSettings) throws(SettingsError) {
        guard let folder = settings["maildir"], folder.hasPrefix("/") else {
            throw SettingsError(["maildir is the whole path of a folder, such as /var/mail/shop/Maildir"])
        }
        self.folder = folder
        self.settings = mail
    }

    func follow(_ feed: any SourceFeed) async throws {
        let reader = try MaildirReader(folder, cursor: MaildirCursor(await feed.cursor))
        // Nothing is waited for before it is known that the folder is there.
        try await store(try await reader.next(), feed)
        try await withThrowingTaskGroup(of: Never.self) { group in
            group.addTask {
                while true {
                    try await feed.clock.sleep(for: Self.interval)
                    reader.lookAgain()
                }
            }
            group.addTask {
                while true {
                    let step = try await reader.next()
                    try await store(step, feed)
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func store(_ step: MaildirReader.Step, _ feed: any SourceFeed) async throws {
        if !step.mails.isEmpty {
            let items = await items(step.mails)
            let cursor = step.cursor.text
            _ = try await feed.accept(items) { _ in cursor }
        }
        let progress = step.waiting > 0 ? "\(folder): \(step.waiting) to read" : nil
        feed.seen(waiting: step.waiting, progress: step.note ?? progress)
    }

    /// Reading mails is work: not on the thread of whoever waits for them.
    @concurrent
    private func items(_ mails: [FoundMail]) async -> [IntakeItem] {
        let reader = MailReader(settings)
        return mails.flatMap { reader.items($0.raw, arrival: $0.arrival) }
    }

    func findings() async -> [Finding] { await FolderFault.findings(folder) }
}
