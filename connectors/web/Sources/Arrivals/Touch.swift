/// What led a customer here: a campaign, a click on an ad, somebody's link, a code.
struct Touch: Hashable, Sendable {
    enum Kind: String, Sendable { case campaign, click, affiliate, influencer, code, referralLink = "referral_link" }

    let kind: Kind
    /// The value: the campaign's name, the click's id, the partner, the discount code as it was written.
    let code: String
    /// The campaign's name (or its id), where there is a campaign.
    let campaign: String?
    /// The key under which what it cost is booked: platform, campaign and ad as far as the address says, lower case,
    /// between slashes (`google/123/456`, `code/autunno`, `awin`). Touches of one visit may share one: it is booked
    /// once. Nil where nobody could be paid.
    let costKey: String?
}

/// A company that pays partners for customers, told by the id it appends to their links.
struct AffiliateNetwork: Sendable {
    let parameter: String
    /// The parameter that names the partner, where the network says it.
    let partner: String?
    let key: String
    let name: String

    private static let all = [
        AffiliateNetwork(parameter: "awc", partner: nil, key: "awin", name: "Awin"),
        AffiliateNetwork(parameter: "sscid", partner: nil, key: "shareasale", name: "ShareASale"),
        AffiliateNetwork(parameter: "zanpid", partner: nil, key: "awin", name: "Awin"),
        AffiliateNetwork(parameter: "irclickid", partner: "irpid", key: "impact", name: "Impact"),
        AffiliateNetwork(parameter: "cjevent", partner: nil, key: "cj", name: "CJ"),
        AffiliateNetwork(parameter: "tduid", partner: nil, key: "tradedoubler", name: "Tradedoubler"),
        AffiliateNetwork(parameter: "ransiteid", partner: "raneaid", key: "rakuten", name: "Rakuten"),
        AffiliateNetwork(parameter: "raneaid", partner: "raneaid", key: "rakuten", name: "Rakuten"),
        AffiliateNetwork(parameter: "ranmid", partner: "raneaid", key: "rakuten", name: "Rakuten"),
        AffiliateNetwork(parameter: "clickref", partner: nil, key: "partnerize", name: "Partnerize"),
        AffiliateNetwork(parameter: "admitad_uid", partner: nil, key: "admitad", name: "Admitad"),
        AffiliateNetwork(parameter: "effi_id", partner: nil, key: "effiliation", name: "Effiliation"),
        AffiliateNetwork(parameter: "wgu", partner: nil, key: "webgains", name: "Webgains"),
        AffiliateNetwork(parameter: "rfsn", partner: nil, key: "refersion", name: "Refersion"),
    ]

    static func of(_ parameters: ArrivalParameters) -> AffiliateNetwork? {
        parameters.isEmpty ? nil : all.first { parameters.has($0.parameter) && parameters.first($0.parameter) != nil }
    }
}
