/// What a link says of the campaign it belongs to, in the case it came; each at most 200 bytes.
struct Campaign: Hashable, Sendable {
    var source: String?
    var medium: String?
    var name: String?
    var term: String?
    var content: String?
    var id: String?

    /// Whether there is a campaign at all; words and content alone are left over from one.
    var isNamed: Bool { source != nil || medium != nil || name != nil || id != nil }

    /// Whether somebody pays for each click or view.
    var isPaid: Bool {
        guard let medium = medium.map(ArrivalParameters.lowerCased) else { return false }
        return medium.contains("paid") && !medium.contains("unpaid") || Self.paidMediums.contains(medium)
    }

    private static let paidMediums: Set<String> = [
        "cpc", "ppc", "cpm", "cpv", "cpa", "cpp", "cpl", "display", "banner", "retargeting", "remarketing", "ads", "ad",
        "sem", "adv",
    ]
}

extension Campaign {
    /// As the address says it: Google's `utm_…`, then Matomo's names, new before old. The first duplicate that is
    /// not empty counts.
    init(_ parameters: ArrivalParameters) {
        source = parameters.first("utm_source", "mtm_source", "matomo_source", "pk_source", "piwik_source")
        medium = parameters.first("utm_medium", "mtm_medium", "matomo_medium", "pk_medium", "piwik_medium")
        name = parameters.first(
            "utm_campaign", "mtm_campaign", "mtm_cpn", "matomo_campaign", "matomo_cpn", "pk_campaign", "pk_cpn",
            "piwik_campaign", "piwik_cpn")
        term = parameters.first(
            "utm_term", "mtm_keyword", "mtm_kwd", "matomo_keyword", "matomo_kwd", "pk_keyword", "pk_kwd",
            "piwik_keyword", "piwik_kwd")
        content = parameters.first("utm_content", "mtm_content", "matomo_content", "pk_content", "piwik_content")
        id = parameters.first("utm_id", "mtm_cid", "matomo_cid", "pk_cid", "piwik_cid")
    }

    /// What the address says, completed by what the tracker states, unless the two speak of different campaigns.
    func completed(by stated: Campaign?) -> Campaign {
        guard var other = stated?.cleaned else { return self }
        guard isNamed else { return other.isNamed ? other : self }
        for field in Self.fields {
            guard let own = self[keyPath: field] else { continue }
            if let stated = other[keyPath: field], stated != own { return self }
            other[keyPath: field] = own
        }
        return other
    }

    private var cleaned: Campaign {
        var result = self
        for field in Self.fields {
            result[keyPath: field] = self[keyPath: field].flatMap { ArrivalParameters.kept($0) }
        }
        return result
    }

    private static var fields: [WritableKeyPath<Campaign, String?>] {
        [\.source, \.medium, \.name, \.term, \.content, \.id]
    }
}

/// The id an advertising platform gave to one click; it leads back to the ad and its cost, never to a person.
struct ClickID: Hashable, Sendable {
    /// The parameter it came in: `gclid`.
    let kind: String
    /// At most 512 bytes: cut, it would lead nowhere.
    let value: String

    private struct Platform {
        let kind: String
        /// The first part of a cost key.
        let key: String
        let name: String
        /// False where the platform appends the id to every link that leaves it, ad or not.
        var isPaid = true
    }

    private static let platforms = [
        Platform(kind: "gclid", key: "google", name: "Google"),
        Platform(kind: "gbraid", key: "google", name: "Google"),
        Platform(kind: "wbraid", key: "google", name: "Google"),
        Platform(kind: "dclid", key: "google", name: "Google"),
        Platform(kind: "msclkid", key: "microsoft", name: "Microsoft"),
        Platform(kind: "ttclid", key: "tiktok", name: "TikTok"),
        Platform(kind: "li_fat_id", key: "linkedin", name: "LinkedIn"),
        Platform(kind: "twclid", key: "x", name: "X"),
        Platform(kind: "yclid", key: "yandex", name: "Yandex"),
        Platform(kind: "epik", key: "pinterest", name: "Pinterest"),
        Platform(kind: "rdt_cid", key: "reddit", name: "Reddit"),
        Platform(kind: "sccid", key: "snapchat", name: "Snapchat"),
        Platform(kind: "qclid", key: "quora", name: "Quora"),
        Platform(kind: "tblci", key: "taboola", name: "Taboola"),
        Platform(kind: "obclid", key: "outbrain", name: "Outbrain"),
        Platform(kind: "dicbo", key: "outbrain", name: "Outbrain"),
        Platform(kind: "vmcid", key: "yahoo", name: "Yahoo!"),
        Platform(kind: "fbclid", key: "meta", name: "Facebook", isPaid: false),
    ]

    /// The click id of the address; one that only ads carry before one that every link carries.
    static func of(_ parameters: ArrivalParameters) -> ClickID? {
        guard !parameters.isEmpty else { return nil }
        for platform in platforms where parameters.has(platform.kind) {
            if let value = parameters.first(platform.kind, limit: 512) {
                return ClickID(kind: platform.kind, value: value)
            }
        }
        return nil
    }

    /// Whether only clicks on ads carry such an id. Facebook's is on every link out of Facebook.
    var isPaid: Bool { platform?.isPaid ?? false }
    var platformName: String? { platform?.name }
    var platformKey: String? { platform?.key }

    private var platform: Platform? { Self.platforms.first { $0.kind == kind } }
}
