import Testing

@testable import WebConnector

@Suite struct TouchTests {
    private func touches(
        _ query: String, path: String = "/", host: String = "shop.example", from referrer: String? = nil
    ) -> [Touch] {
        Referral.of(
            page: "https://\(host)\(path)?\(query)", referrer: referrer, ownHosts: ["shop.example"], stated: nil
        ).1
    }

    /// Kind, code and cost key of each.
    private func told(_ touches: [Touch]) -> [String] {
        touches.map { "\($0.kind.rawValue) \($0.code) \($0.costKey ?? "-")" }
    }

    @Test(arguments: [
        ("utm_source=Newsletter&utm_campaign=Autunno", ["campaign Autunno newsletter/autunno"]),
        ("utm_source=fb&utm_medium=paid&utm_campaign=A&utm_id=123&utm_content=456", ["campaign A meta/123/456"]),
        ("utm_source=fb&utm_campaign=A&utm_content=rosso", ["campaign A meta/a"]),
        ("gclid=X&gad_campaignid=77", ["click X google/77"]), ("gclid=X", ["click X google"]),
        (
            "utm_source=google&utm_campaign=A&gclid=X&hsa_cam=5&hsa_ad=6",
            ["campaign A google/5/6", "click X google/5/6"]
        ),
        (
            "utm_source=google&utm_campaign={{campaign}}&gclid=X&campaignid={campaignid}",
            [
                "campaign {{campaign}} google", "click X google",
            ]
        ),
        ("fbclid=X", ["click X -"]), ("utm_source=chatgpt.com", []),
        ("utm_source=a/b&utm_campaign=c", ["campaign c a%2Fb/c"]),
        ("utm_medium=email", ["campaign email -"]), ("utm_content=x", []), ("", []),
        ("utm_source=chatgpt.com&utm_campaign=feed", ["campaign feed chatgpt.com/feed"]),
    ])
    func `books a campaign and a click under platform, campaign and ad`(query: String, expected: [String]) {
        #expect(told(touches(query)) == expected)
    }

    @Test(arguments: [
        ("awc=1001_1700000000_ab", ["affiliate 1001_1700000000_ab awin"]),
        ("irclickid=x&irpid=9", ["affiliate x impact/9"]),
        ("cjevent=x", ["affiliate x cj"]), ("tduid=x", ["affiliate x tradedoubler"]),
        ("sscid=x", ["affiliate x shareasale"]),
        ("ranMID=1&ranEAID=2&ranSiteID=3", ["affiliate 3 rakuten/2"]), ("aff_id=12", ["affiliate 12 affiliate/12"]),
        ("affiliate=Mario", ["affiliate Mario affiliate/mario"]), ("ref=mario", ["referral_link mario referral/mario"]),
        ("ref=%2Fhome", []), ("ref=0", []), ("ref=mario%40rossi.it", []),
        ("influencer=chiara", ["influencer chiara influencer/chiara"]),
        ("creator_id=7", ["influencer 7 influencer/7"]),
        ("utm_source=chiara&utm_medium=influencer", ["influencer chiara influencer/chiara"]),
        ("utm_source=instagram&utm_medium=Influencer&utm_content=chiara", ["influencer chiara influencer/chiara"]),
        ("utm_source=Blog&utm_medium=affiliate&utm_campaign=A", ["affiliate Blog affiliate/blog"]),
        ("aff=a%0A%1B%5B31mb", ["affiliate a[31mb affiliate/a[31mb"]),
    ])
    func `knows partners' links`(query: String, expected: [String]) {
        #expect(told(touches(query)) == expected)
    }

    @Test func `takes a tag for an associate only on an Amazon shop`() {
        #expect(told(touches("tag=mario-21", host: "www.amazon.it")) == ["affiliate mario-21 amazon/mario-21"])
        #expect(touches("tag=mario-21").isEmpty)
        #expect(touches("tag=scarpe", host: "www.amazon.it").isEmpty)
    }

    @Test func `takes a ref on a link between own pages for no touch`() {
        #expect(touches("ref=menu", from: "https://shop.example/").isEmpty)
        #expect(told(touches("coupon=ESTATE", from: "https://shop.example/")) == ["code ESTATE code/estate"])
    }

    @Test func `says the medium of a partner's link`() {
        func medium(_ query: String) -> Referral.Medium {
            Referral.of(page: "https://shop.example/?" + query, referrer: nil, ownHosts: [], stated: nil).0.medium
        }
        #expect(medium("awc=1&utm_source=awin&utm_medium=x") == .affiliate)
        #expect(medium("utm_source=blog&utm_medium=affiliate") == .affiliate)
        #expect(medium("awc=1&gclid=2") == .campaign)
        #expect(medium("ref=mario") == .direct)
        #expect(medium("utm_source=chiara&utm_medium=influencer") == .campaign)
    }

    @Test(arguments: [
        ("coupon=ESTATE10", ["code ESTATE10 code/estate10"]),
        ("promo=Estate&coupon=ESTATE", ["code ESTATE code/estate"]),
        ("codice=NATALE", ["code NATALE code/natale"]), ("codice=12345", []), ("sconto=20", []), ("sconto=20%25", []),
        ("sconto=VENTI20", ["code VENTI20 code/venti20"]), ("buono=REGALO", ["code REGALO code/regalo"]),
        ("voucher=12345", ["code 12345 code/12345"]), ("discount=true", []), ("promo=%2Fofferte", []), ("coupon=x", []),
        ("coupon=A1&voucher=B2", ["code A1 code/a1", "code B2 code/b2"]), ("coupon=&coupon=A1", ["code A1 code/a1"]),
    ])
    func `knows discount codes from numbers and switches`(query: String, expected: [String]) {
        #expect(told(touches(query)) == expected)
    }

    @Test(arguments: [
        ("/discount/ESTATE10", ["code ESTATE10 code/estate10"]),
        ("/it/discount/ESTATE%2010/", ["code ESTATE 10 code/estate 10"]),
        ("/discount/", []), ("/blog/what/discount/x1", []), ("/prodotti/discount/x1", []),
    ])
    func `reads the code of a Shopify link`(path: String, expected: [String]) {
        #expect(told(touches("redirect=%2Fsaldi", path: path)) == expected)
    }

    @Test func `gives a code its campaign`() {
        let found = touches(
            "utm_source=instagram&utm_medium=influencer&utm_content=chiara&utm_campaign=Natale&coupon=CHIARA10")
        #expect(found.map(\.kind) == [.influencer, .code])
        #expect(found.map(\.campaign) == ["Natale", "Natale"])
    }

    @Test func `bounds touches and their codes`() {
        let many = (0..<200).map { "coupon=CODE\($0)" }.joined(separator: "&")
        #expect(touches(many).count == TouchReader.most)
        let long = touches("ref=" + String(repeating: "🍕", count: 100_000))
        #expect(long.map(\.code.utf8.count) == [200])
    }
}
