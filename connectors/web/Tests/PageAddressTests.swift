import Testing

@testable import WebConnector

@Suite struct PageAddressTests {
    private func address(_ text: String) throws -> PageAddress { try #require(PageAddress(text)) }

    @Test func `reads an address into its parts`() throws {
        let page = try address(" HTTPS://WWW.Example.IT:8443/a/B?x=1&y=a+b%20c&x=2&flag#top ")
        #expect(page.scheme == "https")
        #expect(page.host == "www.example.it")
        #expect(page.path == "/a/B")
        #expect(page.query.map(\.name) == ["x", "y", "x", "flag"])
        #expect(page.query.map(\.value) == ["1", "a b c", "2", ""])
        #expect(page.fragment == "top")
        #expect(page.stored == "https://www.example.it:8443/a/B?x=1&y=a+b%20c&x=2&flag#top")
    }

    @Test(arguments: [
        ("https://google.com@evil.example/", "evil.example"),
        ("https://google.com:443@evil.example:80/", "evil.example"),
        ("https://a@google.com@evil.example/", "evil.example"),
        ("https://google.com\\@evil.example/", "google.com"), ("https://google.com%40evil.example/", ""),
        ("https://evil.example%2Fgoogle.com/", ""), ("https://evil.example\\.google.com/", "evil.example"),
        ("https:///google.com/", "google.com"), ("https:google.com/x", "google.com"),
        ("\\\\google.com\\x", "google.com"), ("//google.com/x", "google.com"),
        ("ht\ttps://goo\ngle.com/", "google.com"),
        ("https://google.com./", "google.com"), ("https://google.com../", ""), ("https://evil..google.com/", ""),
        ("https://goo%67le.com/", "google.com"), ("https://google.com:abc/", ""), ("https://goo gle.com/", ""),
        ("https://google.com?x", "google.com"), ("https://evil.example#@google.com/", "evil.example"),
        ("https://evil.example?@google.com/", "evil.example"), ("https:////@google.com", "google.com"),
    ])
    func `takes for the host what a browser would ask`(text: String, host: String) throws {
        #expect(try address(text).host == host)
    }

    @Test(arguments: [
        ("https://xn--caff-8oa.example/", "xn--caff-8oa.example"), ("https://caffè.example/", "xn--caff-8oa.example"),
        ("https://CAFF%C3%88.example/", "xn--caff-8oa.example"), ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://例え.テスト/", "xn--r8jz45g.xn--zckzah"), ("https://例え。テスト/", "xn--r8jz45g.xn--zckzah"),
        ("https://ｇｏｏｇｌｅ.com/", "google.com"), ("https://gооgle.com/", "xn--ggle-55da.com"),
        ("https://goo\u{200B}gle.com/", ""), ("https://goo\u{AD}gle.com/", ""),
    ])
    func `spells an internationalised host in one way`(text: String, host: String) throws {
        #expect(try address(text).host == host)
    }

    @Test(arguments: [
        ("http://[::1]:8080/x", "[::1]"), ("http://[2001:DB8::1]/", "[2001:db8::1]"),
        ("http://[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]"), ("http://[::1", ""), ("http://[google.com]/", ""),
        ("http://192.168.1.1:80/", "192.168.1.1"),
    ])
    func `reads addresses in numbers`(text: String, host: String) throws {
        #expect(try address(text).host == host)
    }

    @Test(arguments: [
        ("/cart?x=1", "", "", "/cart"), ("www.example.it/x", "", "www.example.it", "/x"),
        ("example.it/x", "", "example.it", "/x"), ("example.it:8080/x", "", "example.it", "/x"),
        ("localhost:3000/x", "", "localhost", "/x"), ("index.html?x=1", "", "", "index.html"),
        ("javascript:alert(1)", "javascript", "", "alert(1)"), ("about:blank", "about", "", "blank"),
        ("data:text/html,<b>", "data", "", "text/html,<b>"), ("file:///C:/x", "file", "", "/C:/x"),
        ("android-app://com.google.android.gm/", "android-app", "com.google.android.gm", "/"),
        ("?utm_source=x", "", "", ""), ("hello world", "", "", "hello world"), ("tel:0212345", "tel", "", "0212345"),
    ])
    func `keeps what is no web address`(text: String, scheme: String, host: String, path: String) throws {
        let page = try address(text)
        #expect(page.scheme == scheme)
        #expect(page.host == host)
        #expect(page.path == path)
    }

    @Test func `finds nothing only in space`() {
        #expect(PageAddress("") == nil)
        #expect(PageAddress(" \t\r\n\u{1}") == nil)
    }

    @Test func `decodes once, keeps what is no escape and repairs what is no text`() throws {
        let page = try address(
            "https://a.example/?a=%ZZ&b=%&c=%4&d=%2541&e=%FF%FE&f=%00x&g=%F0%9F%8D%95&h=1%2B1&=v&amp;i=1")
        let values = Dictionary(page.query.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        #expect(values["a"] == "%ZZ")
        #expect(values["b"] == "%")
        #expect(values["c"] == "%4")
        #expect(values["d"] == "%41")
        #expect(values["e"] == "\u{FFFD}\u{FFFD}")
        #expect(values["f"] == "\u{FFFD}x")
        #expect(values["g"] == "🍕")
        #expect(values["h"] == "1+1")
        #expect(values[""] == "v")
        #expect(values["i"] == "1")
    }

    @Test func `bounds what it reads of a megabyte`() throws {
        let long = String(repeating: "a", count: 1 << 20)
        #expect(try address("https://\(long).com/").host == "")
        #expect(try address("https://a.example/\(long)").path.utf8.count < PageAddress.longest)
        #expect(try address("https://a.example/\(long)").stored.utf8.count == PageAddress.longestStored)
        let many = String(repeating: "a=1&", count: 1 << 18)
        #expect(try address("https://a.example/?\(many)").query.count == PageAddress.mostParameters)
        #expect(try address("https://a.example/?x=\(long)").query[0].value.utf8.count == PageAddress.longestValue)
        for unit in ["@", "%", "%25", "?", "#", "/", "[", ":", "\\", ".", "é", "&=", "a@b.", "xn--", "=token"] {
            let text = String(repeating: unit, count: (1 << 20) / unit.utf8.count)
            for prefix in ["", "https://", "https://a.example/", "https://a.example/?x=", "https://a.example/#"] {
                let stored = try address(prefix + text).stored
                #expect(stored.utf8.count <= PageAddress.longestStored)
                #expect(stored.utf8.allSatisfy { (0x21...0x7E).contains($0) })
            }
        }
    }

    @Test func `stands any bytes`() throws {
        var random = SplitMix(state: 20_261_123)
        let pieces = [
            "https:", "//", "/", "\\", "?", "#", "&", "=", "@", ":", "%", "%4", "%41", "%FF", "%2540", ".",
            "google.com",
            "utm_source", "token", "mario@rossi.it", "[", "]", "\u{202E}", "\0", " ", "é", "🍕", "xn--", "a", "0", "+",
            ";",
        ]
        for _ in 0..<5_000 {
            let text = (0..<Int.random(in: 1...20, using: &random))
                .map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }.joined()
            guard let page = PageAddress(text) else { continue }
            #expect(page.stored.utf8.count <= PageAddress.longestStored)
            #expect(!page.stored.contains("mario@"), "\(text)")
            #expect(!page.query.contains { $0.value.utf8.contains(0) })
            // What is stored is read again as what it was.
            if !page.host.isEmpty, page.place != nil { #expect(PageAddress(page.stored)?.host == page.host, "\(text)") }
            _ = Referral.of(page: text, referrer: text, ownHosts: ["a"], stated: nil)
        }
    }

    @Test(arguments: [
        ("https://mario:pw@a.example/x", "https://a.example/x"),
        ("https://a.example/?token=abc&x=1", "https://a.example/?token=***&x=1"),
        ("https://a.example/?resetPasswordToken=abc", "https://a.example/?resetPasswordToken=***"),
        ("https://a.example/?user%5Bemail%5D=abc", "https://a.example/?user%5Bemail%5D=***"),
        ("https://a.example/?%2574oken=abc", "https://a.example/?%2574oken=***"),
        ("https://a.example/?PHPSESSID=abc&keyword=scarpe", "https://a.example/?PHPSESSID=***&keyword=scarpe"),
        ("https://a.example/?utm_content=mario%40rossi.it", "https://a.example/?utm_content=***"),
        ("https://a.example/?q=mario%252540rossi.it", "https://a.example/?q=***"),
        ("https://a.example/?mario@rossi.it", "https://a.example/?***"),
        ("https://a.example/u/mario@rossi.it/x", "https://a.example/u/***/x"),
        ("https://a.example/reset/3f2a9c1b77d04e5a99/x", "https://a.example/reset/***/x"),
        ("https://a.example/?next=%2Flogin%3Ftoken%3Dabc", "https://a.example/?next=***"),
        ("https://a.example/?t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "https://a.example/?t=***"),
        ("https://a.example/?code=abc&state=xyz", "https://a.example/?code=***&state=***"),
        ("https://a.example/?code=ESTATE10", "https://a.example/?code=ESTATE10"),
        ("https://a.example/?mc_eid=77", "https://a.example/?mc_eid=***"),
        ("https://a.example/#access_token=abc", "https://a.example/"),
        ("https://a.example/#/route?token=abc", "https://a.example/#/route"),
        ("https://a.example/@mario/x?tel=347", "https://a.example/@mario/x?tel=***"),
        ("mailto:mario@rossi.it", "mailto:***"),
        ("https://a.example/\u{202E}<b>'", "https://a.example/%E2%80%AE%3Cb%3E%27"),
        ("https://goo gle.com/x", "https://goo%20gle.com/x"),
        ("https://a.example/?gclid=Cj0KCQ&utm_source=g", "https://a.example/?gclid=Cj0KCQ&utm_source=g"),
    ])
    func `stores without what is secret`(text: String, stored: String) throws {
        #expect(try address(text).stored == stored)
    }

    @Test func `never cuts a stored address within an escape`() throws {
        for shift in 0..<3 {
            let text =
                "https://a.example/" + String(repeating: "a", count: shift) + String(repeating: "%41", count: 900)
            let stored = try address(text).stored
            #expect((1_998...2_000).contains(stored.utf8.count))
            #expect(stored.hasSuffix("%41"))
        }
    }
}

/// A random source with a seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
