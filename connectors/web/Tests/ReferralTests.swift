import Testing

@testable import WebConnector

@Suite struct ReferralTests {
    private let own: Set<String> = ["shop.example", "www.negozio.example"]

    private func referral(
        _ page: String? = "https://shop.example/", from referrer: String? = nil, stated: Campaign? = nil
    ) -> Referral { Referral.of(page: page, referrer: referrer, ownHosts: own, stated: stated).0 }

    private func told(_ referrer: String) -> String {
        let found = referral(from: referrer)
        return found.medium.rawValue + " " + (found.source ?? "-")
    }

    @Test(arguments: [
        ("https://chatgpt.com/", "ai ChatGPT"), ("https://chat.openai.com/c/1", "ai ChatGPT"),
        ("https://gemini.google.com/app", "ai Gemini"), ("https://www.google.com/", "search Google"),
        ("https://x.com/i/grok?conversation=1", "ai Grok"), ("https://x.com/i/grokking", "social X"),
        ("https://x.com/mario", "social X"), ("https://www.bing.com/chat?q=x", "ai Copilot"),
        ("https://www.bing.com/search?q=x", "search Bing"), ("https://www.perplexity.ai/search/1", "ai Perplexity"),
        ("https://claude.ai/", "ai Claude"), ("https://github.com/copilot/c/1", "ai Copilot"),
        ("https://github.com/apple", "social GitHub"), ("android-app://com.openai.chatgpt/", "ai ChatGPT"),
        ("https://duck.ai/", "ai Duck.ai"), ("https://duckduckgo.com/", "search DuckDuckGo"),
    ])
    func `tells an assistant from the company it belongs to`(referrer: String, expected: String) {
        #expect(told(referrer) == expected)
    }

    @Test(arguments: [
        ("https://google.it/", "search Google"), ("https://www.google.co.uk/url?q=x", "search Google"),
        ("https://images.google.com.br/imgres", "search Google"), ("https://www.google.com.", "search Google"),
        ("https://google.evil.example/", "referral google.evil.example"),
        ("https://notgoogle.com/", "referral notgoogle.com"), ("https://google.zz/", "referral google.zz"),
        ("https://google.com.evil.example/", "referral google.com.evil.example"),
        ("https://google.com.it/", "referral google.com.it"),
        ("https://docs.google.com/d/1", "referral docs.google.com"),
        ("https://accounts.google.com/", "referral accounts.google.com"),
        ("https://google.com@evil.example/", "referral evil.example"),
        ("https://evil.example/google.com", "referral evil.example"),
        ("https://gооgle.com/", "referral xn--ggle-55da.com"),
        ("https://ｇｏｏｇｌｅ.it/", "search Google"), ("https://yandex.ru/search/?text=x", "search Yandex"),
        ("https://disk.yandex.ru/", "referral disk.yandex.ru"), ("https://mail.yandex.ru/", "email Yandex Mail"),
        ("https://it.search.yahoo.com/search?p=x", "search Yahoo!"), ("https://www.ecosia.org/", "search Ecosia"),
        ("https://ricerca.virgilio.it/ricerca?qs=x", "search Virgilio"),
        ("https://arianna.libero.it/", "search Arianna"),
        ("android-app://com.google.android.googlequicksearchbox/https/www.google.com", "search Google"),
        ("http://192.168.1.1/", "referral 192.168.1.1"), ("http://[::1]/", "referral [::1]"),
    ])
    func `takes for a search engine only what is one`(referrer: String, expected: String) {
        #expect(told(referrer) == expected)
    }

    @Test(arguments: [
        ("https://l.facebook.com/l.php?u=x", "social Facebook"), ("https://lm.facebook.com/", "social Facebook"),
        ("https://t.co/abc", "social X"), ("https://lnkd.in/abc", "social LinkedIn"),
        ("https://out.reddit.com/", "social Reddit"), ("https://l.instagram.com/", "social Instagram"),
        ("https://web.whatsapp.com/", "social WhatsApp"), ("https://wa.me/39347", "social WhatsApp"),
        ("https://t.me/canale", "social Telegram"), ("https://mastodon.uno/@mario", "social Mastodon"),
        ("android-app://com.linkedin.android/", "social LinkedIn"),
        ("android-app://com.facebook.katana", "social Facebook"),
        ("https://notfacebook.com/", "referral notfacebook.com"), ("https://xt.co/", "referral xt.co"),
        ("android-app://com.evil.facebook.com/", "referral com.evil.facebook.com"),
        ("android-app://it.example.app/", "referral it.example.app"),
        ("https://news.ycombinator.com/item?id=1", "social Hacker News"),
    ])
    func `knows social networks and the hosts their links go through`(referrer: String, expected: String) {
        #expect(told(referrer) == expected)
    }

    @Test(arguments: [
        ("https://mail.google.com/mail/u/0", "email Gmail"), ("android-app://com.google.android.gm/", "email Gmail"),
        ("https://outlook.live.com/", "email Outlook"), ("https://mail.libero.it/", "email Libero Mail"),
        ("https://mail1.libero.it/appsuite", "email Libero Mail"), ("https://www.libero.it/", "referral www.libero.it"),
        ("https://mail.tiscali.it/", "email Tiscali Mail"), ("https://webmail.aruba.it/", "email Aruba"),
        ("https://webmail.pec.aruba.it/", "email Aruba"),
        ("https://webmail.studio-rossi.example/", "email webmail.studio-rossi.example"),
        ("https://mail3.azienda.example/owa", "email mail3.azienda.example"),
        ("https://posta.comune.example/", "email posta.comune.example"),
        ("https://mail.example/", "referral mail.example"),
        ("https://mailing.azienda.example/", "referral mailing.azienda.example"),
        ("https://mail.virgilio.it/", "email Virgilio Mail"), ("https://shop.us1.list-manage.com/", "email Mailchimp"),
        ("https://www.mail.com/", "email mail.com"), ("https://it.mail.yahoo.com/", "email Yahoo! Mail"),
    ])
    func `knows where mail is read`(referrer: String, expected: String) {
        #expect(told(referrer) == expected)
    }

    @Test(arguments: [
        ("https://shop.example/a", "internal shop.example"),
        ("https://blog.shop.example/a", "internal blog.shop.example"),
        ("https://negozio.example/", "internal negozio.example"),
        ("https://notshop.example/", "referral notshop.example"),
        ("https://shop.example.evil.example/", "referral shop.example.evil.example"), ("", "direct -"),
        (" ", "direct -"),
        ("about:blank", "direct -"), ("javascript:alert(1)", "direct -"), ("file:///C:/x.html", "direct -"),
        ("chrome-extension://abc/x", "direct -"), ("$$$", "direct -"), ("/relative", "direct -"),
        ("www.corriere.example/articolo", "referral www.corriere.example"),
    ])
    func `tells own pages, other pages and none`(referrer: String, expected: String) {
        #expect(told(referrer) == expected)
    }

    @Test func `takes a page's own host for internal though nobody named it, before any list`() {
        let found = Referral.of(
            page: "https://www.facebook.com/a", referrer: "https://facebook.com/b", ownHosts: [], stated: nil
        ).0
        #expect(found.medium == .internal_)
        #expect(Referral.of(page: nil, referrer: nil, ownHosts: [], stated: nil).0.medium == .direct)
    }

    @Test func `lets a campaign and an ad's click decide before the referrer`() {
        let tagged = referral(
            "https://shop.example/?utm_source=Newsletter&utm_medium=email&utm_campaign=Autunno",
            from: "https://chatgpt.com/")
        #expect(tagged.medium == .campaign)
        #expect(tagged.source == "Newsletter")
        #expect(tagged.campaign == Campaign(source: "Newsletter", medium: "email", name: "Autunno"))
        let click = referral("https://shop.example/?gclid=Cj0", from: "https://www.google.it/")
        #expect(click.medium == .campaign)
        #expect(click.source == "Google")
        #expect(click.clickID == ClickID(kind: "gclid", value: "Cj0"))
        #expect(referral("https://shop.example/?utm_content=x", from: "https://www.google.it/").medium == .search)
        #expect(referral("https://shop.example/?utm_campaign=x", from: "https://shop.example/").medium == .campaign)
    }

    @Test(arguments: [
        ("utm_source=chatgpt.com", "ai ChatGPT"), ("utm_source=ChatGPT.com&utm_medium=referral", "ai ChatGPT"),
        ("utm_source=perplexity", "ai Perplexity"), ("utm_source=www.perplexity.ai", "ai Perplexity"),
        ("utm_source=copilot.com", "ai Copilot"),
        ("utm_source=chatgpt.com&utm_medium=cpc&utm_campaign=x", "campaign chatgpt.com"),
        ("utm_source=chatgpt.com&gclid=x", "campaign chatgpt.com"),
        ("utm_source=notchatgpt.com", "campaign notchatgpt.com"),
        ("utm_source=google.com", "campaign google.com"),
        ("utm_source=chatgpt.com.evil.example", "campaign chatgpt.com.evil.example"),
    ])
    func `takes an assistant that names itself as source for what it is`(query: String, expected: String) {
        let found = referral("https://shop.example/?" + query)
        #expect(found.medium.rawValue + " " + (found.source ?? "-") == expected)
    }

    @Test(arguments: [
        ("fbclid=IwAR", nil, "social Facebook"), ("fbclid=IwAR", "https://l.instagram.com/", "social Instagram"),
        ("fbclid=IwAR&utm_source=fb&utm_medium=paid", nil, "campaign fb"),
        ("fbclid=IwAR&gclid=x", nil, "campaign Google"),
        ("igsh=x", nil, "social Instagram"), ("mc_cid=a&mc_eid=b", nil, "email Mailchimp"),
        ("ysclid=x", nil, "search Yandex"), ("fbclid=x", "https://shop.example/", "internal shop.example"),
    ])
    func `reads what is appended to links that are no ads`(query: String, referrer: String?, expected: String) {
        let found = referral("https://shop.example/?" + query, from: referrer)
        #expect(found.medium.rawValue + " " + (found.source ?? "-") == expected)
        #expect(query.contains("clid") == (found.clickID != nil) || query.hasPrefix("ysclid"))
    }

    @Test func `reads campaigns under all their names, the first that says something`() {
        let matomo = referral("https://shop.example/?mtm_campaign=A&mtm_source=b&mtm_kwd=c&mtm_cid=9&mtm_content=d")
        #expect(matomo.campaign == Campaign(source: "b", name: "A", term: "c", content: "d", id: "9"))
        #expect(referral("https://shop.example/?pk_cpn=A&pk_keyword=c").campaign == Campaign(name: "A", term: "c"))
        let twice = referral("https://shop.example/?utm_source=&utm_source=%20&UTM_Source=Uno&utm_source=Due")
        #expect(twice.campaign?.source == "Uno")
        #expect(referral("https://shop.example/#utm_source=x&utm_campaign=y").campaign?.name == "y")
        #expect(referral("https://shop.example/#/p?utm_source=x").campaign?.source == "x")
        #expect(referral("https://shop.example/?a=1&amp;utm_source=x").campaign?.source == "x")
        #expect(referral("https://shop.example/?utm_source=(not%20set)&utm_campaign=null").campaign == nil)
        #expect(referral("https://shop.example/?utm_content=mario%40rossi.it&utm_source=x").campaign?.content == nil)
    }

    @Test func `completes the address's campaign by the stated one where they agree`() {
        let stated = Campaign(source: "x", name: "y", content: "z")
        #expect(referral(stated: stated).campaign == stated)
        #expect(referral("https://shop.example/?utm_source=x", stated: stated).campaign == stated)
        #expect(referral("https://shop.example/?utm_source=q", stated: stated).campaign == Campaign(source: "q"))
        #expect(referral(nil, stated: Campaign(source: "a\u{0}\n\u{202E}b ")).campaign?.source == "ab")
        #expect(referral(nil, stated: Campaign(source: "\u{1}")).medium == .direct)
    }

    @Test(arguments: [
        ("https://www.google.it/search?q=scarpe+rosse", "scarpe rosse"), ("https://www.google.it/", nil),
        ("https://it.search.yahoo.com/search?p=scarpe%20rosse", "scarpe rosse"),
        ("https://yandex.ru/search/?text=%D0%B0", "а"),
        ("https://ricerca.virgilio.it/ricerca?qs=scarpe", "scarpe"),
        ("https://www.bing.com/search?q=mario%40rossi.it", nil),
        ("https://www.facebook.com/?q=x", nil), ("https://www.google.com/#q=scarpe", "scarpe"),
    ])
    func `shows the words searched for`(referrer: String, term: String?) {
        #expect(referral(from: referrer).term == term)
    }

    @Test func `bounds values and stands a megabyte`() throws {
        let long = String(repeating: "è", count: 1 << 19)
        let found = referral(
            "https://shop.example/?utm_source=\(long)&gclid=\(long)", from: "https://google.com/?q=\(long)")
        #expect(try #require(found.campaign?.source).utf8.count == 200)
        #expect(try #require(found.term).utf8.count == 200)
        let dots = String(repeating: "a.", count: 1 << 19)
        #expect(told("https://\(dots)facebook.com/") == "direct -")
        #expect(told("https://" + String(repeating: "a.", count: 100) + "facebook.com/") == "social Facebook")
        #expect(referral(long, from: long, stated: Campaign(source: long)).medium == .campaign)
    }
}
