internal import Contact
internal import Glibc

/// A mailbox on an IMAP server that is followed (RFC 3501, RFC 9051).
///
/// Each of the first folders has a session of its own, which waits in IDLE; what was there before is read over one more, so
/// that new mail is never behind it. All of them move their part of one cursor (``MailboxCursor``).
struct IMAPMailWay: MailWay {
    static let keys = IMAPSettings.keys
    /// Folders with a session each. Servers let a user have about ten sessions, and his own programs need some.
    static let mostIdling = 3

    private let settings: IMAPSettings
    private let mail: EmailSettings

    init(_ settings: SourceSettings, mail: EmailSettings) throws(SettingsError) {
        self.settings = try IMAPSettings(settings)
        self.mail = mail
    }

    func follow(_ feed: any SourceFeed) async throws {
        let progress = MailboxProgress(feed)
        let folders = try await folders(feed)
        // Told by who opens a folder: only then it is known whether its UIDs still mean what they meant.
        let (unread, old) = AsyncStream.makeStream(of: String.self)
        let (idling, polled) = (folders.prefix(Self.mostIdling), Array(folders.dropFirst(Self.mostIdling)))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for folder in idling {
                group.addTask {
                    let session = try await open(feed, progress)
                    try await session.askForUIDs()
                    var reading = FolderReading(folder, session, feed, MailReader(mail), progress)
                    try await reading.follow(old)
                }
            }
            if !polled.isEmpty { group.addTask { try await poll(polled, feed, progress, old) } }
            group.addTask { try await readOld(unread, feed, progress) }
            // Whoever ends by throwing ends all of them: the runtime begins them again together.
            for try await _ in group {}
        }
    }

    private func open(_ feed: any SourceFeed, _ progress: MailboxProgress) async throws -> IMAPSession {
        let session = try await IMAPSession.open(settings, clock: feed.clock, now: feed.now())
        session.onSign = { progress.sign() }
        progress.alert(session.alert)
        return session
    }

    private func folders(_ feed: any SourceFeed) async throws -> [String] {
        let session = try await IMAPSession.open(settings, clock: feed.clock, now: feed.now())
        defer { session.close() }
        return try await session.folders()
    }

    /// Looks at the folders that have no session of their own, one after the other.
    private func poll(
        _ folders: [String], _ feed: any SourceFeed, _ progress: MailboxProgress,
        _ old: AsyncStream<String>.Continuation
    ) async throws {
        let session = try await open(feed, progress)
        var seen: [String: IMAPSession.Selected] = [:]
        while true {
            for folder in folders {
                let found = try await session.status(folder)
                // A server that does not say what comes next has to be looked at.
                if let before = seen[folder], before == found, found.next > 0 { continue }
                var reading = FolderReading(folder, session, feed, MailReader(mail), progress)
                _ = try await reading.begin(old)
                seen[folder] = found
            }
            try await feed.clock.sleep(for: FolderReading.poll)
        }
    }

    /// Reads what was there before, a folder at a time.
    private func readOld(
        _ folders: AsyncStream<String>, _ feed: any SourceFeed, _ progress: MailboxProgress
    ) async throws {
        for await folder in folders {
            let session = try await open(feed, progress)
            defer { session.close() }
            var reading = FolderReading(folder, session, feed, MailReader(mail), progress)
            try await reading.readOld(since: settings.since.oldest(now: feed.now()))
        }
    }

    // Trying out

    func findings() async -> [Finding] {
        let address = settings.address
        var findings: [Finding] = []
        do {
            let session = try await IMAPSession.open(
                settings, clock: ContinuousClock(), now: Int64(time(nil)) * 1_000_000)
            defer { session.close() }
            findings.append(Finding(.good, "\(address.text) lets \(settings.user) in"))
            if !session.isProtected {
                findings.append(
                    Finding(.doubtful, "nothing protects the password on its way to \(address.text): set tls=starttls"))
            }
            for folder in try await session.folders() {
                do {
                    _ = try await session.examine(folder)
                    findings.append(Finding(.good, "\(folder) holds \(session.exists) mails"))
                } catch let failure as FollowFailure {
                    findings.append(Finding(.wrong, failure.text))
                }
            }
            if !session.can("IDLE") {
                findings.append(
                    Finding(.doubtful, "the server does not tell of new mail (IDLE): it is asked every 30 seconds"))
            }
            if let alert = session.alert { findings.append(Finding(.doubtful, "the server says: \(alert)")) }
        } catch {
            let text = (error as? FollowFailure)?.text ?? "\(address.text) cannot be tried: \(error)"
            findings.append(Finding(.wrong, text))
        }
        return findings
    }
}
