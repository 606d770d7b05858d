package import Contact

/// A way by which the mail of a source is followed: a mailbox on a server, a folder, a listener. A source has one at most.
protocol MailWay: Sendable {
    /// The settings that belong to it; the first one, when set, chooses it.
    static var keys: [SettingKey] { get }
    /// Reads its settings; what is missing or wrong is thrown, all of it at once.
    init(_ settings: SourceSettings, mail: EmailSettings) throws(SettingsError)
    /// As ``Follower/follow(_:)``.
    func follow(_ feed: any SourceFeed) async throws
    /// What is wrong with the other side, tried out; each in one line that says what to do.
    func findings() async -> [Finding]
}

extension EmailConnector: Follower {
    /// Every way there is, a line each.
    static let ways: [any MailWay.Type] = [
        IMAPMailWay.self,
        MaildirWay.self,
        LMTPWay.self,
    ]

    package var isFollowed: Bool { way != nil }

    package func follow(_ feed: any SourceFeed) async throws {
        guard let way else { throw FollowFailure(.person, Self.nothingToFollow) }
        try await way.follow(feed)
    }

    static var nothingToFollow: String {
        "the source has nothing to follow: set one of \(ways.map { $0.keys[0].name }.joined(separator: ", "))"
    }

    /// The way that the settings choose; nil where they choose none.
    static func way(_ settings: SourceSettings, mail: EmailSettings) throws(SettingsError) -> (any MailWay)? {
        let chosen = ways.filter { settings[$0.keys[0].name] != nil }
        guard chosen.count <= 1 else {
            throw SettingsError([
                "only one of \(chosen.map { $0.keys[0].name }.joined(separator: ", ")) can be set for one source"
            ])
        }
        guard let way = chosen.first else { return nil }
        return try way.init(settings, mail: mail)
    }
}
