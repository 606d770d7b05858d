import Contact
import Testing

@testable import WebConnector

@Suite struct ArrivalMemoryTests {
    private static let pages: [String?] = [
        nil, "", " ", "https://shop.example/", "https://shop.example/prodotti/1", "https://www.shop.example/prodotti/2",
        "http://altro.example/prodotti/1?colore=blu&page=2", "/prodotti/1", "shop.example",
        "https://shop.example/?utm_source=chatgpt.com", "https://shop.example/?utm_source=news&utm_medium=email",
        "https://shop.example/?gclid=abc123", "https://shop.example/?fbclid=abc123", "https://shop.example/?ref=mario",
        "https://shop.example/?coupon=ESTATE25", "https://shop.example/discount/ESTATE25",
        "https://shop.example/it/discount/X9",
        "https://shop.example/#utm_campaign=estate", "https://www.amazon.it/dp/B0?tag=mario-21",
        "https://shop.example/?mc_eid=1",
        "https://shop.example/?influencer=anna", "https://shop.example/?awc=1_2_3", "file:///tmp/a.html", "http://[::1",
        "%%%",
        "https://shop.example/\(String(repeating: "lungo/", count: 80))?ref=mario",
    ]
    private static let referrers: [String?] = [
        nil, "", "https://www.google.com/", "https://www.google.it/search?q=scarpe+rosse", "https://chatgpt.com/",
        "https://shop.example/altro", "https://www.shop.example/", "https://altro.example/", "https://facebook.com/x",
        "https://mail.google.com/mail/u/0/", "https://blog.example/articolo?gclid=no",
        "android-app://com.google.android.gm/",
        "shop.example", "::::", "https://amazon.it/", "https://blog.example/\(String(repeating: "x", count: 400))",
    ]

    /// In any order, and again once it is remembered.
    @Test func `what is remembered of addresses is what reading them says`() throws {
        let memory = ArrivalMemory()
        let settings = try ["", "shop.example", "altro.example,shop.example"].map { hosts in
            try WebSettings(SourceSettings(source: "shop", values: ["hosts": hosts], normaliser: Normaliser()))
        }
        let campaigns = [
            nil, Campaign(source: "carta", medium: "volantino", name: "estate", term: nil, content: nil, id: nil),
        ]
        var cases: [(String?, String?, WebSettings, Campaign?)] = []
        for page in Self.pages {
            for referrer in Self.referrers {
                for settings in settings {
                    for stated in campaigns { cases.append((page, referrer, settings, stated)) }
                }
            }
        }
        // Far apart, then as they stand: a prime that their number is no multiple of.
        let mixed = cases.indices.map { cases[$0 * 997 % cases.count] }
        for (page, referrer, settings, stated) in mixed + cases {
            let (referral, touches) = Referral.of(
                page: page, referrer: referrer, ownHosts: settings.hosts, stated: stated)
            let found = memory.arrival(page: page, referrer: referrer, settings: settings, stated: stated)
            let shown = "\(page ?? "-") from \(referrer ?? "-")"
            #expect(found.referral == referral.json, "\(shown)")
            #expect(found.touches == touches, "\(shown)")
            #expect(found.page == page.flatMap(PageAddress.init)?.stored, "\(shown)")
            #expect(found.referrer == referrer.flatMap(PageAddress.init)?.stored, "\(shown)")
        }
    }
}
