internal import Contact

/// The kind of source that speaks the hub's own JSON: a shop, a till, a script. It has no folder of its own, since
/// POST /v1/interactions and `contatto import interactions` are part of the hub.
struct InteractionsSource: Connector {
    static let kind = "interactions"
    /// Unless the setting says another: a source of this kind may stand for any.
    static let channel = "other"
    static let keys = [
        SettingKey("channel", "channel of its interactions: store, billing, phone, …; default: other")
    ]

    private let source: String

    init(_ settings: SourceSettings) throws(SettingsError) {
        source = settings.source
        _ = try settings.trust()
        if let channel = settings["channel"], !SourceOptions.isChannel(channel) {
            throw SettingsError(["channel is lower-case letters, digits and _, not \(channel)"])
        }
    }

    func findings(address: String) async -> [Finding] {
        [
            Finding(.needed, "POST interactions to \(address)/v1/interactions, as application/x-ndjson or JSON"),
            Finding(
                .needed,
                """
                with the header "Authorization: Bearer KEY"; `contatto key create --role connector --source \(source)` \
                prints one
                """
            ),
        ]
    }
}
