/// Finds the touches in what an address says.
struct TouchReader {
    /// No real link has more; a forged one shall not fill a timeline.
    static let most = 16

    let page: PageAddress?
    let parameters: ArrivalParameters
    let campaign: Campaign
    let clickID: ClickID?
    /// The AI assistant that named itself as the campaign's source.
    let assistant: String?
    let isInternal: Bool

    /// Campaign, click, partners, codes; each once.
    var touches: [Touch] {
        var found: [Touch] = []
        addCampaign(&found)
        if let clickID {
            // Facebook's id is on every link out of Facebook: a touch, but no cost of its own.
            add(.click, clickID.value, cost: clickID.isPaid ? adCost : nil, &found)
        }
        addPartners(&found)
        addCodes(&found)
        return Array(found.prefix(Self.most))
    }

    static func isAffiliate(_ campaign: Campaign) -> Bool {
        has(campaign, ["affiliate", "affiliates", "affiliation", "affiliazione", "affiliati"])
    }

    private static func isInfluencer(_ campaign: Campaign) -> Bool {
        has(campaign, ["influencer", "influencers", "influencer_marketing", "creator", "creators", "ambassador"])
    }

    private static func has(_ campaign: Campaign, _ mediums: Set<String>) -> Bool {
        campaign.medium.map { mediums.contains(ArrivalParameters.lowerCased($0)) } ?? false
    }

    private func addCampaign(_ found: inout [Touch]) {
        let named = campaign.name ?? campaign.id
        if Self.isAffiliate(campaign), let code = campaign.source ?? campaign.content ?? named {
            add(.affiliate, code, cost: Self.key("affiliate", code), &found)
        } else if Self.isInfluencer(campaign), let code = influencer ?? named {
            add(.influencer, code, cost: Self.key("influencer", code), &found)
        } else if let code = named ?? campaign.source ?? campaign.medium, assistant == nil || named != nil {
            add(.campaign, code, cost: adCost, &found)
        }
    }

    /// Where the source is the platform (`instagram`), the person is in the content.
    private var influencer: String? {
        guard let source = campaign.source else { return campaign.content }
        return Self.platforms[ArrivalParameters.lowerCased(source)] == nil ? source : campaign.content ?? campaign.term
    }

    private func addPartners(_ found: inout [Touch]) {
        guard !parameters.isEmpty else { return }
        if let network = AffiliateNetwork.of(parameters), let code = parameters.first(network.parameter) {
            let partner = network.partner.flatMap { parameters.first($0) }
            add(.affiliate, code, cost: Self.key(network.key, partner ?? campaign.name), &found)
        }
        for (kind, names) in Self.partnerNames {
            // On an own page's link `ref` says which button was pressed.
            guard !isInternal || kind == .influencer, let code = value(names) else { continue }
            add(kind, code, cost: Self.key(kind == .referralLink ? "referral" : kind.rawValue, code), &found)
        }
        if let tag = associateTag { add(.affiliate, tag, cost: Self.key("amazon", tag), &found) }
    }

    private static let partnerNames: [(Touch.Kind, [String])] = [
        (
            .influencer,
            ["influencer", "influencer_id", "creator", "creator_id", "ambassador", "ambassador_id", "testimonial"]
        ),
        (
            .affiliate,
            [
                "aff", "aff_id", "affid", "affiliate", "affiliate_id", "affiliateid", "affiliato", "a_aid", "partner",
                "partner_id", "partnerid",
            ]
        ),
        (
            .referralLink,
            [
                "ref", "referral", "referral_code", "referralcode", "refcode", "ref_code", "ref_id", "via", "fpr",
                "sca_ref", "bg_ref", "invite", "invito", "presentato_da", "amico",
            ]
        ),
    ]

    /// `tag` says whatever a site likes (a blog's keyword, a filter). It is an Amazon associate only on an Amazon
    /// shop, with the country number at its end.
    private var associateTag: String? {
        guard let page, page.host.split(separator: ".").contains("amazon"), let tag = value(["tag"]) else { return nil }
        let end = Array(tag.utf8.suffix(3))
        return end.count == 3 && end[0] == UInt8(ascii: "-") && end[1...].allSatisfy(WrittenText.isDigit) ? tag : nil
    }

    private func addCodes(_ found: inout [Touch]) {
        var codes: [String] = []
        for (name, needsLetter) in Self.codeNames where parameters.has(name) {
            for code in parameters.all(name) where isCode(code) && (!needsLetter || hasLetter(code)) {
                codes.append(code)
            }
        }
        if let code = pathCode, isCode(code) { codes.insert(code, at: 0) }
        var seen: Set<String> = []
        for code in codes.prefix(Self.most) where seen.insert(code.lowercased()).inserted {
            add(.code, code, cost: Self.key("code", code), &found)
        }
    }

    /// A number alone is a percentage, a filter or an article under the names that are not said of codes only.
    private static let codeNames: [(name: String, needsLetter: Bool)] = [
        ("coupon", false), ("coupon_code", false), ("couponcode", false), ("discount_code", false),
        ("discountcode", false), ("promo_code", false), ("promocode", false), ("promotion_code", false),
        ("codice_sconto", false), ("codicesconto", false), ("codice_promo", false), ("voucher", false),
        ("voucher_code", false), ("buono_sconto", false), ("code_promo", false), ("codepromo", false),
        ("gutschein", false), ("rabattcode", false), ("discount", true), ("promo", true), ("codice", true),
        ("sconto", true), ("buono", true),
    ]

    /// A Shopify link that sets a code: `/discount/CODE`, also under a language.
    private var pathCode: String? {
        guard let page else { return nil }
        let parts = page.path.utf8.prefix(1_024).split(separator: UInt8(ascii: "/"))
        guard let at = parts.prefix(2).firstIndex(where: { $0.elementsEqual("discount".utf8) }), at + 1 < parts.count,
            at == 0 || (2...5).contains(parts[0].count)
        else { return nil }
        return ArrivalParameters.kept(WrittenText.text(WrittenText.decoded(Array(parts[at + 1])[...])))
    }

    private func isCode(_ text: String) -> Bool {
        (2...64).contains(text.utf8.count) && isWord(text) && !text.utf8.contains(UInt8(ascii: "%"))
    }

    private func hasLetter(_ text: String) -> Bool { text.unicodeScalars.contains { $0.properties.isAlphabetic } }

    /// Neither a path or address nor a yes or no.
    private func isWord(_ text: String) -> Bool {
        let isAnswer = ["0", "true", "false", "yes", "no", "on", "off", "none"].contains(text.lowercased())
        return !isAnswer && !text.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
    }

    private func value(_ names: [String]) -> String? { parameters.first(names).flatMap { isWord($0) ? $0 : nil } }

    private func add(_ kind: Touch.Kind, _ code: String, cost: String?, _ found: inout [Touch]) {
        let touch = Touch(kind: kind, code: code, campaign: campaign.name ?? campaign.id, costKey: cost)
        if !found.contains(where: { $0.kind == kind && $0.code == code }) { found.append(touch) }
    }

    /// Platform, campaign and ad: numbers the platform gave before names people gave.
    private var adCost: String? {
        let source = campaign.source.map(ArrivalParameters.lowerCased)
        let paid = clickID.flatMap { $0.isPaid ? $0.platformKey : nil }
        guard let platform = paid ?? source.map({ Self.platforms[$0] ?? $0 }) else { return nil }
        let number = campaign.content.flatMap { $0.utf8.allSatisfy(WrittenText.isDigit) ? $0 : nil }
        let given = parameters.first("utm_id", "gad_campaignid", "hsa_cam", "campaignid", "campaign_id")
        return Self.key(
            platform, Self.filled(given) ?? Self.filled(campaign.id) ?? Self.filled(campaign.name),
            Self.filled(parameters.first("hsa_ad", "ad_id", "adid", "creative")) ?? number)
    }

    /// Nothing where the platform did not fill in its own placeholder (`{campaignid}`, `{{ad.id}}`, `__CID__`).
    private static func filled(_ value: String?) -> String? {
        value.flatMap { $0.utf8.contains(UInt8(ascii: "{")) || $0.hasPrefix("__") ? nil : $0 }
    }

    /// What people write for a platform whose costs come under one name.
    private static let platforms = [
        "google": "google", "adwords": "google", "googleads": "google", "google_ads": "google", "google-ads": "google",
        "youtube": "google", "facebook": "meta", "fb": "meta", "instagram": "meta", "ig": "meta", "meta": "meta",
        "facebook.com": "meta", "instagram.com": "meta", "bing": "microsoft", "microsoft": "microsoft",
        "bingads": "microsoft", "tiktok": "tiktok", "linkedin": "linkedin", "twitter": "x", "x": "x",
        "pinterest": "pinterest", "reddit": "reddit", "snapchat": "snapchat",
    ]

    /// The parts that are known, up to the first that is not, a slash within one escaped.
    private static func key(_ parts: String?...) -> String {
        parts.prefix { $0 != nil }.compactMap { $0 }.map { part in
            part.lowercased().split(separator: "/", omittingEmptySubsequences: false).joined(separator: "%2F")
        }.joined(separator: "/")
    }
}
