import Testing

@testable import Delivery

@Suite struct WebhookURLTests {
    @Test(arguments: [
        ("https://hooks.example", "https://hooks.example/", "hooks.example"),
        ("HTTPS://Hooks.Example:443/A?b=C%2f", "https://hooks.example/A?b=C%2f", "hooks.example"),
        ("https://hooks.example.:8443/", "https://hooks.example:8443/", "hooks.example:8443"),
        ("https://hooks.example?x=1", "https://hooks.example/?x=1", "hooks.example"),
        ("http://[0:0::1]:80/", "http://[::1]/", "[::1]"),
        ("https://[2001:DB8:0:0::0A]:8443/", "https://[2001:db8::a]:8443/", "[2001:db8::a]:8443"),
        ("https://127.0.0.1./x", "https://127.0.0.1/x", "127.0.0.1"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("https://my_app:9000/", "https://my_app:9000/", "my_app:9000"),
        ("https://hooks.example/a@b:c/..//", "https://hooks.example/a@b:c/..//", "hooks.example"),
    ])
    func `is written in one way`(text: String, written: String, authority: String) throws {
        let url = try WebhookURL(text)
        #expect(url.description == written)
        #expect(url.authority == authority)
        #expect(try WebhookURL(written) == url)
    }

    @Test func `the spelling of an IPv4 address in IPv6 is seen through`() throws {
        for text in ["[::ffff:127.0.0.1]", "[::FFFF:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]"] {
            let url = try WebhookURL("https://\(text)/")
            #expect(url.address == IPAddress("127.0.0.1"))
            #expect(url.host == "127.0.0.1")
            #expect(AddressGuard().refusal(of: url)?.contains("this machine itself") == true)
        }
    }

    @Test(arguments: [
        "https://0x7f.1/", "https://2130706433/", "https://127.1/", "https://127.0.1/", "https://0177.0.0.1/",
        "https://0x7f000001/", "https://0X7F.0.0.1/", "https://127.0.0.01/", "https://127.0.0.0x1/",
        "https://017700000001",
        "https://127.0.0.1.1/", "https://256.0.0.1/", "https://1.2.3/", "https://127.0.0.1../", "https://0/",
        "https://0x/", "https://foo.0x1/", "https://foo.1/", "https://127.0.0.0x/",
    ])
    func `a number in another spelling is no host`(text: String) {
        #expect { try WebhookURL(text) } throws: { "\($0)".contains("is no") }
    }

    @Test(arguments: [
        ("", "begins with https://"), ("hooks.example", "begins with https://"),
        ("ftp://hooks.example/", "begins with"),
        ("//hooks.example/", "begins with"), ("https:hooks.example", "begins with"),
        ("https://", "no name of a server"),
        ("https:///x", "no name of a server"), ("https://user@hooks.example/", "user and password"),
        ("https://user:word@hooks.example/", "user and password"),
        ("https://8.8.8.8:443@127.0.0.1/", "user and password"),
        ("https://hooks.example/#x", "#"), ("https://hooks.example#@127.0.0.1/", "#"),
        ("https://hooks.example\\@127.0.0.1/", "\\ cannot stand"), ("https://hooks.example/ x", "without blanks"),
        ("https://hooks.example/\r\nHost: x", "without blanks"), ("https://hooks.example/\u{0}", "without blanks"),
        ("https://bücher.example/", "xn--"), ("https://１２７.０.０.１/", "xn--"), ("https://127。0。0。1/", "xn--"),
        ("https://loc%61lhost/", "no name"), ("https://a..example/", "no name"), ("https://-a.example/", "no name"),
        ("https://.example/", "no name"), ("https://a.example../", "no name"), ("https://a,b/", "no name"),
        ("https://hooks.example:/", "no port"), ("https://hooks.example:0/", "no port"),
        ("https://hooks.example:65536/", "no port"), ("https://hooks.example:+443/", "no port"),
        ("https://hooks.example:443:443/", "no port"), ("https://hooks.example:0443/", "no port"),
        ("https://[::1", "ends with ]"), ("https://[::1]x/", "after ]"), ("https://[fe80::1%25eth0]/", "no IPv6"),
        ("https://[fe80::1%eth0]/", "no IPv6"), ("https://[127.0.0.1]/", "no IPv6"), ("https://[]/", "no IPv6"),
        ("https://[v1.x]/", "no IPv6"), ("https://::1/", "no port"), ("https://hooks.example/%", "%25"),
        ("https://hooks.example/%zz", "%25"), ("https://hooks.example/<x>", "write %3C"),
        ("https://hooks.example/" + String(repeating: "a", count: 2_048), "it may have 2048"),
        ("https://\(String(repeating: "a", count: 64)).example/", "no name"),
    ])
    func `says what is wrong`(text: String, words: String) {
        #expect { try WebhookURL(text) } throws: { "\($0)".contains(words) }
    }

    @Test func `no change of a byte makes it an address nobody judges`() throws {
        var random = SplitMix(seed: 11)
        let start = Array("https://10.0.0.1:8443/x?y=%20".utf8)
        let signs = Array("0123456789abcdefx.:/@#?%[]\\- \u{0}\n_~".utf8)
        for _ in 0..<4_000 {
            var bytes = start
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 8..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = signs.randomElement(using: &random) ?? 0
                case 1: bytes.insert(signs.randomElement(using: &random) ?? 0, at: place)
                default: bytes.remove(at: place)
                }
            }
            guard let url = try? WebhookURL(String(decoding: bytes, as: UTF8.self)) else { continue }
            #expect(try WebhookURL(url.description) == url)
            // A host is an address in its one spelling, or a name that no resolver reads as a number.
            let last = url.host.split(separator: ".").last ?? ""
            #expect(url.address != nil || Int(last) == nil)
        }
    }
}
