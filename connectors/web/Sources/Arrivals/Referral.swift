/// Where a visit came from.
struct Referral: Hashable, Sendable {
    enum Medium: String, Sendable {
        case campaign, ai, search, social, email, affiliate, internal_ = "internal", referral, direct
    }

    let medium: Medium
    /// `ChatGPT`, `Google`, `Facebook`, a campaign's source, or the referrer's host.
    let source: String?
    let campaign: Campaign?
    let clickID: ClickID?
    /// The words searched for, where the referrer shows them; at most 200 bytes.
    let term: String?

    /// Of a visit of which nothing is known.
    static let none = Referral(medium: .direct, source: nil, campaign: nil, clickID: nil, term: nil)

    /// Where a visit came from, and what led it here, from the page's address, the referrer, the hosts of the
    /// company's own pages (lower case, ASCII form, each with all below it) and the campaign the tracker states.
    ///
    /// The order of what decides: the id of an ad's click, an affiliate link, a campaign (an AI assistant's where it
    /// names itself as source and nobody pays), then the referrer: own pages, AI assistants, search, social, mail,
    /// other hosts. Without any of these it is direct.
    static func of(
        page: String?, referrer: String?, ownHosts: Set<String>, stated: Campaign?
    ) -> (Referral, [Touch]) {
        of(
            read: page.flatMap(PageAddress.init), from: referrer.flatMap(PageAddress.init), ownHosts: ownHosts,
            stated: stated)
    }

    /// The same of addresses that were read.
    static func of(
        read address: PageAddress?, from referrer: PageAddress?, ownHosts: Set<String>, stated: Campaign?
    ) -> (Referral, [Touch]) {
        let parameters = ArrivalParameters(address)
        let campaign = Campaign(parameters).completed(by: stated)
        let clickID = ClickID.of(parameters)
        let origin = Origin(referrer, page: address, ownHosts: ownHosts)
        let (medium, source) = decide(parameters, campaign, clickID, origin)
        let referral = Referral(
            medium: medium, source: source, campaign: campaign == Campaign() ? nil : campaign, clickID: clickID,
            term: origin.term)
        let touches = TouchReader(
            page: address, parameters: parameters, campaign: campaign, clickID: clickID,
            assistant: assistant(campaign), isInternal: origin.medium == .internal_
        ).touches
        return (referral, touches)
    }

    /// As it stands in an interaction.
    var json: [UInt8] {
        var text = ObjectText()
        text.add("medium", medium.rawValue)
        text.add("source", source)
        text.add("term", term)
        if let campaign {
            text.object("campaign") { stated in
                stated.add("source", campaign.source)
                stated.add("medium", campaign.medium)
                stated.add("name", campaign.name)
                stated.add("term", campaign.term)
                stated.add("content", campaign.content)
                stated.add("id", campaign.id)
            }
        }
        if let clickID {
            text.object("click") { id in
                id.add("kind", clickID.kind)
                id.add("value", clickID.value)
            }
        }
        // Only as long as it is: it is kept.
        let written = text.finished()
        var json: [UInt8] = []
        json.reserveCapacity(written.count)
        json += written
        return json
    }

    private static func decide(
        _ parameters: ArrivalParameters, _ campaign: Campaign, _ clickID: ClickID?, _ origin: Origin
    ) -> (Medium, String?) {
        if let clickID, clickID.isPaid { return (.campaign, campaign.source ?? clickID.platformName) }
        if let network = AffiliateNetwork.of(parameters) { return (.affiliate, network.name) }
        if TouchReader.isAffiliate(campaign) { return (.affiliate, campaign.source) }
        if let assistant = assistant(campaign), !campaign.isPaid { return (.ai, assistant) }
        if campaign.isNamed { return (.campaign, campaign.source) }
        if origin.medium == .direct || origin.medium == .referral, let mark = mark(parameters) { return mark }
        return (origin.medium, origin.source)
    }

    /// The assistant a campaign's source names: `chatgpt.com`, `perplexity`.
    private static func assistant(_ campaign: Campaign) -> String? {
        guard let source = campaign.source.map(ArrivalParameters.lowerCased) else { return nil }
        if let name = Assistants.sourceNames[source] { return name }
        guard let address = PageAddress(source.contains("/") ? source : "//" + source),
            let place = Places.known.place(host: address.host, path: address.path), place.medium == .ai
        else { return nil }
        return place.name
    }

    /// What is appended to links that are no ads, which tells the place where an app sends no referrer.
    private static func mark(_ parameters: ArrivalParameters) -> (Medium, String?)? {
        guard !parameters.isEmpty else { return nil }
        for (name, medium, source) in marks where parameters.has(name) { return (medium, source) }
        return nil
    }

    private static let marks: [(name: String, medium: Medium, source: String)] = [
        ("fbclid", .social, "Facebook"), ("igshid", .social, "Instagram"), ("igsh", .social, "Instagram"),
        ("ysclid", .search, "Yandex"), ("srsltid", .search, "Google"), ("mc_cid", .email, "Mailchimp"),
        ("mc_eid", .email, "Mailchimp"), ("mkt_tok", .email, "Marketo"), ("_hsenc", .email, "HubSpot"),
        ("_ke", .email, "Klaviyo"), ("_kx", .email, "Klaviyo"), ("vero_id", .email, "Vero"),
        ("dm_i", .email, "Dotdigital"), ("ck_subscriber_id", .email, "Kit"),
    ]
}

/// What a referrer alone says.
private struct Origin {
    var medium = Referral.Medium.direct
    var source: String?
    var term: String?

    init(_ referrer: PageAddress?, page: PageAddress?, ownHosts: Set<String>) {
        guard let referrer, !referrer.host.isEmpty else { return }
        let place: KnownPlace?
        switch referrer.scheme {
        case "android-app": place = Places.known.app(referrer.host)
        case "", "http", "https":
            if Self.isOwn(referrer.host, page?.host ?? "", ownHosts) {
                (medium, source) = (.internal_, referrer.host)
                return
            }
            place = Places.known.place(host: referrer.host, path: referrer.path)
        case "ios-app": place = nil
        // A file, an extension, a script: no place anybody was led from.
        default: return
        }
        source = place?.name ?? referrer.host
        medium = place?.medium ?? .referral
        if let place {
            let found = place.terms.isEmpty ? nil : ArrivalParameters(referrer).first(place.terms)
            if place.medium == .search { term = found }
        } else if referrer.scheme != "android-app", referrer.scheme != "ios-app", Places.isMailbox(referrer.host) {
            medium = .email
        }
    }

    /// Own pages come before every list: a company that is on one is still at home on its own pages. The page's own
    /// host is own without being named.
    private static func isOwn(_ host: String, _ page: String, _ ownHosts: Set<String>) -> Bool {
        if host == page || "www." + host == page || host == "www." + page { return true }
        guard !ownHosts.isEmpty else { return false }
        if ownHosts.contains(host) || ownHosts.contains("www." + host) { return true }
        var rest = host[...]
        while let dot = rest.utf8.firstIndex(of: UInt8(ascii: ".")) {
            rest = rest[rest.utf8.index(after: dot)...]
            if ownHosts.contains(String(rest)) { return true }
        }
        return false
    }
}
