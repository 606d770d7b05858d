import Contact
import HTTPTypes
import Testing

@testable import WebConnector

@Suite struct EventTests {
    private static let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"
    private static let track = #"{"type":"track","event":"x","userId":"u1","messageId":"m1"}"#

    @Test func `one broken event does not cost the others, and is kept with its reason`() throws {
        let body =
            #"{"writeKey":"k","batch":[\#(Self.track),{"type":"track","a":1,"a":2},{"type":"dance"},7,{"type":"page","anonymousId":"v","messageId":"m2"}],"sentAt":"2026-11-21T20:53:00Z"}"#
        let read = try Read(.post("/v1/batch", body), Segment.read)
        #expect(read.interactions.map(\.id) == ["m1", "m2"])
        #expect(read.refusals.map(\.reason) == [.malformedJSON, .unknownField, .malformedJSON])
        #expect(read.names == [[OpenName("segment", "k")]])
        #expect(read.items.map { String(decoding: $0.raw.bytes, as: UTF8.self) }[1] == #"{"type":"track","a":1,"a":2}"#)
    }

    @Test(arguments: [
        #"{"batch":[{"type":"track""#, "", "[", #"{"batch":{}}"#, "\u{0}", #""text""#, #"{"batch":[[[[]]]]}"#, "null",
    ])
    func `what is no batch at all is one refusal`(_ body: String) throws {
        let read = try Read(.post("/v1/batch", body), Segment.read)
        #expect(read.interactions.isEmpty && read.hits.isEmpty)
        #expect(read.refusals.count == 1, "\(read.refusals)")
    }

    @Test func `the short paths name the type, and the key may stand anywhere`() throws {
        let basic = [("Authorization", "Basic V0s6")]
        let bare = [("Authorization", "Basic V0s=")]
        for (path, kind) in [
            ("t", "track"), ("p", "page"), ("s", "screen"), ("i", "identify"), ("g", "group"), ("a", "alias"),
            ("track", "track"),
        ] {
            let read = try Read(
                .post(
                    "/v1/\(path)", #"{"userId":"u","previousId":"v","messageId":"m","writeKey":"W2"}"#, fields: basic),
                Segment.read)
            #expect(read.interactions.map(\.kind) == [kind])
            #expect(read.names == [[OpenName("segment", "WK"), OpenName("segment", "W2")]])
        }
        #expect(try Read(.post("/v1/t", Self.track, fields: bare), Segment.read).names == [[OpenName("segment", "WK")]])
        let beacon = try Read(.post("/beacon/v1/batch?writeKey=W3", #"{"batch":[\#(Self.track)]}"#), Segment.read)
        #expect(beacon.names == [[OpenName("segment", "W3")]] && beacon.interactions.count == 1)
    }

    @Test func `pixels are events too`() throws {
        // {"writeKey":"W","userId":"u","event":"seen","messageId":"m9"}
        let data = "eyJ3cml0ZUtleSI6IlciLCJ1c2VySWQiOiJ1IiwiZXZlbnQiOiJzZWVuIiwibWVzc2FnZUlkIjoibTkifQ"
        let segment = try Read(.get("/v1/pixel/track?data=\(data)"), Segment.read)
        #expect(segment.interactions.map(\.id) == ["m9"] && segment.names == [[OpenName("segment", "W")]])
        let rudder = try Read(
            .get(
                "/pixel/v1/track?writeKey=W&userId=u&event=seen&messageId=m8&properties.sku=a+b&context.page.url=https%3A%2F%2Fshop.example%2Fx"
            ),
            Segment.read)
        #expect(rudder.interactions.map(\.id) == ["m8"])
        #expect(rudder.interactions[0].detail("properties", "sku")?.string == "a b")
        #expect(rudder.interactions[0].detail("page", "url")?.string == "https://shop.example/x")
    }

    @Test
    func `ids may be numbers, an address as the account's name is an address, and what stands for nobody is refused`()
        throws
    {
        func shown(_ user: String, _ more: String = "") throws -> [String] {
            let read = try Read(
                .post("/v1/t", #"{"event":"x","userId":\#(user),"messageId":"m"\#(more)}"#), Segment.read)
            return read.interactions.first?.shown ?? read.refusals.map(\.reason.rawValue)
        }
        #expect(try shown("42") == ["user_id:shop/42"])
        #expect(try shown(#""Ann@Example.it""#) == ["email:ann@example.it", "user_id:shop/ann@example.it"])
        #expect(try shown(#""undefined""#) == ["identifier_blocked"])
        #expect(try shown(#""null""#, #","anonymousId":"v1""#) == ["cookie:shop/v1"])
        #expect(try shown(#""""#) == ["no_identifier"])
        #expect(try shown("null") == ["no_identifier"])
        #expect(try shown(#"{"a":1}"#) == ["no_identifier"])
    }

    @Test func `an event without an id of its own counts once however often it is sent`() throws {
        let body = #"{"event":"x","userId":"u","timestamp":"2026-11-21T20:00:00Z"}"#
        let first = try Read(.post("/v1/t", body), Segment.read).interactions[0]
        var again = Sent.post("/v1/t", body)
        again.arrival += 3_600_000_000
        #expect(try Read(again, Segment.read).interactions[0].id == first.id && first.id.hasPrefix("event:"))
        let long = String(repeating: "m", count: 700)
        let hashed = try Read(.post("/v1/t", #"{"event":"x","userId":"u","messageId":"\#(long)"}"#), Segment.read)
        #expect(hashed.interactions.map { $0.id.hasPrefix("sha256:") } == [true])
    }

    @Test func `a machine is counted apart, and who has logged in is a person whatever he calls himself`() throws {
        func read(_ agent: String, _ who: String) throws -> Read {
            try Read(
                .post(
                    "/v1/p",
                    #"{"messageId":"m",\#(who),"context":{"userAgent":"\#(agent)","page":{"url":"https://shop.example/?token=s3cret"}}}"#
                ),
                Segment.read)
        }
        let gpt =
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"
        let found = try read(gpt, #""anonymousId":"v""#)
        #expect(found.items.isEmpty && found.hits.map(\.kind) == [.aiCrawler] && found.hits[0].agent == "GPTBot")
        #expect(found.hits[0].detail("page", "url")?.string?.contains("s3cret") == false)
        #expect(try read(gpt, #""userId":"u""#).interactions.count == 1)
        #expect(try read(Self.firefox, #""anonymousId":"v""#).interactions.count == 1)
        // The library of a service, which speaks for people.
        let service = try Read(
            .post("/v1/p", #"{"anonymousId":"v","messageId":"m"}"#, fields: [("User-Agent", "python-requests/2.34")]),
            Segment.read)
        #expect(service.interactions.count == 1)
        let crawler = try Read(
            .post("/v1/p", #"{"anonymousId":"v","messageId":"m"}"#, fields: [("User-Agent", gpt)]), Segment.read)
        #expect(crawler.hits.map(\.kind) == [.aiCrawler])
    }

    @Test(arguments: [
        ([("Sec-GPC", "1")], ""), ([("DNT", "1")], ""), ([("SP-Anonymous", "*")], ""),
        ([], #","context":{"consent":{"categoryPreferences":{"Analytics":false}},"ip":"203.0.113.77"}"#),
    ])
    func `who refuses is not recognised: neither visitor nor user nor traits are kept`(
        _ fields: [(String, String)], _ more: String
    ) throws {
        let body =
            #"{"type":"identify","messageId":"m","anonymousId":"v1","userId":"u1","traits":{"email":"a@example.it"}\#(more)}"#
        let read = try Read(.post("/v1/i", body, fields: fields + [("User-Agent", Self.firefox)]), Segment.read)
        #expect(read.items.isEmpty && read.hits.map(\.kind) == [.unrecognised])
        let text = String(decoding: read.hits[0].body, as: UTF8.self)
        for secret in ["v1", "u1", "a@example.it", "203.0.113.77"] { #expect(!text.contains(secret), "\(text)") }
    }

    @Test func `a stated consent is kept with the event, and where it is required its absence is a refusal`() throws {
        func body(_ state: String) -> String {
            #"{"type":"page","messageId":"m","anonymousId":"v1"\#(state)}"#
        }
        let yes = #","context":{"consent":{"categoryPreferences":{"marketing":false,"analytics":true}}}"#
        #expect(
            try Read(.post("/v1/p", body(yes)), Segment.read).interactions[0].detail("consent")?.string == "granted")
        #expect(
            try Read(.post("/v1/p", body("")), Segment.read).interactions[0].detail("consent")?.string == "not_stated")
        let strict = ["consent": "required"]
        #expect(try Read(.post("/v1/p", body("")), strict, Segment.read).hits.map(\.kind) == [.unrecognised])
        #expect(try Read(.post("/v1/p", body(yes)), strict, Segment.read).interactions.count == 1)
        // A service of the company's own has asked already.
        #expect(try Read(.post("/v1/p", body("")), strict, isTrusted: true, Segment.read).interactions.count == 1)
    }

    @Test func `addresses are cut unless the source says otherwise`() throws {
        let body = #"{"type":"page","messageId":"m","anonymousId":"v1","context":{"ip":"2001:db8:1:2:3::9"}}"#
        #expect(try Read(.post("/v1/p", body), Segment.read).interactions[0].detail("ip")?.string == "2001:db8:1::")
        #expect(
            try Read(.post("/v1/p", body), ["ip": "whole"], Segment.read).interactions[0].detail("ip")?.string
                == "2001:db8:1:2:3::9")
        let none = try Read(.post("/v1/p", body), ["ip": "none"], Segment.read).interactions[0]
        #expect(none.detail("ip") == nil && !String(decoding: none.body, as: UTF8.self).contains("2001"))
        let browser = Sent.post(
            "/v1/p", #"{"messageId":"m","anonymousId":"v1"}"#,
            fields: [("User-Agent", Self.firefox), ("Accept-Language", "it-IT,it;q=0.9")], remote: "198.51.100.23")
        let seen = try Read(browser, Segment.read).interactions[0]
        #expect(seen.detail("ip")?.string == "198.51.100.0" && seen.detail("language")?.string == "it-IT")
        #expect(seen.detail("agent", "name")?.string == "Firefox")
        for (text, short) in [
            ("203.0.113.9", "203.0.113.0"), ("::ffff:203.0.113.9", "203.0.113.0"), ("::1", "0:0:0::"),
            ("fe80::1%eth0", "fe80:0:0::"),
        ] { #expect(ShortAddress.short(text) == short) }
        for text in [
            "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "a", ":::", "1:2:3:4:5:6:7:8:9", "+1.2.3.4", "::1::2", "1.2.3.4 ",
        ] {
            #expect(ShortAddress.short(text) == nil, "\(text)")
        }
    }

    @Test func `a clock that is off is set right, one that is absurd is not believed, and nothing happens tomorrow`() {
        let minute: Int64 = 60_000_000
        let now = Sent.arrival
        #expect(EventClock.time(stated: now - 90 * minute, sent: now - 60 * minute, arrival: now) == now - 30 * minute)
        #expect(EventClock.time(stated: now + 60 * minute, sent: now + 61 * minute, arrival: now) == now - minute)
        #expect(EventClock.time(stated: now - 90 * minute, sent: nil, arrival: now) == now - 90 * minute)
        #expect(EventClock.time(stated: nil, sent: now, arrival: now) == now)
        let year = now - 366 * 1_440 * minute
        #expect(EventClock.time(stated: year, sent: year + minute, arrival: now) == year)
        #expect(EventClock.time(stated: now + 9_000 * minute, sent: nil, arrival: now) == now)
        #expect(EventClock.time(stated: .max, sent: .min, arrival: now) == now)
        #expect(EventClock.read("1795294335876") == 1_795_294_335_876_000)
        #expect(EventClock.read("2026-11-21 12:00:00") == EventClock.read("2026-11-21T12:00:00Z"))
        for text in ["", "yesterday", "nan", "-5", "1e30", "99999999999999999999"] {
            #expect(EventClock.read(text) == nil, "\(text)")
        }
    }

    @Test func `traits get names the hub can hold, and one that is too long does not cost the event`() throws {
        #expect(
            Traits.key("firstName") == "first_name" && Traits.key("Età") == "eta" && Traits.key("$lib.v2") == "lib_v2")
        #expect(Traits.key("ÀÈ__--x") == "ae_x" && Traits.key("☃") == "")
        let long = String(repeating: "x", count: 5_000)
        let read = try Read(
            .post(
                "/v1/i",
                #"{"userId":"u","messageId":"m","traits":{"planName":"pro","plan_name":"two","essay":"\#(long)","address":{"city":"Roma","postalCode":184},"birthday":"1980-02-30"}}"#
            ),
            Segment.read)
        let event = try #require(read.interactions.first, "\(read.refusals)")
        #expect(event.traits.map(\.name) == ["plan_name"])
        #expect(event.detail("left_out")?.elements?.compactMap(\.string) == ["birth_date", "plan_name", "essay"])
        #expect(event.facet["address.city"] == "roma" && event.facet["address.postcode"] == "184")
        #expect(event.facet["birth_date"] == nil)
    }

    @Test func `amounts are counted in the smallest coin, and never guessed`() {
        #expect(Amount.minor("12.5", 2) == 1_250 && Amount.minor("12", 2) == 1_200 && Amount.minor("-0.10", 2) == -10)
        #expect(
            Amount.minor("12.500", 2) == 1_250 && Amount.minor("1000", 0) == 1_000 && Amount.minor("1.234", 3) == 1_234)
        for text in ["", "1e5", "12.345", "abc", "1.2.3", "+5", "99999999999999999999", "."] {
            #expect(Amount.minor(text, 2) == nil, "\(text)")
        }
    }

    @Test func `a discount code is a touch`() throws {
        let read = try Read(
            .post(
                "/v1/t",
                #"{"event":"Order Completed","userId":"u","messageId":"m","properties":{"coupon":"AUTUNNO","revenue":"9.90","currency":"eur"}}"#
            ),
            Segment.read)
        let event = try #require(read.interactions.first)
        #expect(event.detail("touches")?.elements?.first?["code"]?.string == "AUTUNNO")
        #expect(event.amount == Interaction.Money(minor: 990, currency: "EUR"))
    }

    @Test func `Matomo says what happened in parameters, one by one and in bulk`() throws {
        let one = try Read(
            .get(
                "/matomo.php?idsite=1&rec=1&url=https%3A%2F%2Fshop.example%2F&action_name=Casa&_id=0123456789abcdef&uid=u7&rand=5"
            ), Matomo.read)
        #expect(one.interactions.map(\.kind) == ["page"])
        #expect(one.interactions[0].shown == ["cookie:shop/0123456789abcdef", "user_id:shop/u7"])
        #expect(one.names == [[OpenName("matomo", "1")]])
        let bulk = try Read(
            .post(
                "/matomo.php",
                #"{"requests":["?idsite=1&rec=1&_id=a1&e_c=shop&e_a=add&e_n=cart&e_v=2","?idsite=2&rec=1&_id=a1&idgoal=0&ec_id=o1&revenue=12.5&currency=EUR","?idsite=1&rec=1&url=https://shop.example/",5],"token_auth":"T"}"#
            ),
            Matomo.read)
        #expect(bulk.interactions.map { $0.detail("event")?.string } == ["shop add", "order"])
        #expect(bulk.interactions[1].amount == Interaction.Money(minor: 1_250, currency: "EUR"))
        #expect(bulk.hits.map(\.kind) == [.unrecognised] && bulk.refusals.map(\.reason) == [.malformedJSON])
        #expect(
            bulk.names.prefix(2) == [
                [OpenName("matomo", "T"), OpenName("matomo", "1")], [OpenName("matomo", "T"), OpenName("matomo", "2")],
            ])
    }

    @Test func `Plausible names nobody, so what it sends is counted apart`() throws {
        let read = try Read(
            .post(
                "/api/event",
                #"{"n":"pageview","u":"https://shop.example/","d":"shop.example, other.example","r":"https://www.google.com/"}"#
            ),
            Plausible.read)
        #expect(
            read.hits.map(\.kind) == [.unrecognised] && read.hits[0].detail("referral", "medium")?.string == "search")
        #expect(read.names == [[OpenName("plausible", "shop.example"), OpenName("plausible", "other.example")]])
    }

    @Test func `equal requests of different visitors are different events, and what is sent again is not`() throws {
        func id(_ sent: Sent, _ family: (OpenRequest) -> [TrackedParcel]) throws -> [String] {
            let read = try Read(sent, family)
            return read.hits.map(\.id) + read.interactions.map(\.id)
        }
        func view(_ address: String, _ later: Int64) -> Sent {
            var sent = Sent.post(
                "/api/event", #"{"n":"pageview","u":"https://shop.example/","d":"shop.example"}"#, remote: address)
            sent.arrival += later
            return sent
        }
        let views = try [view("198.51.100.1", 0), view("198.51.100.2", 0), view("198.51.100.1", 1)].flatMap {
            try id($0, Plausible.read)
        }
        #expect(Set(views).count == 3)
        var reload = Sent.get("/matomo.php?idsite=1&rec=1&cid=0123456789abcdef")
        let first = try id(reload, Matomo.read)
        reload.arrival += 1
        #expect(try id(reload, Matomo.read) != first)
        var again = Sent.get("/matomo.php?idsite=1&rec=1&cid=0123456789abcdef&rand=7")
        let one = try id(again, Matomo.read)
        again.arrival += 1
        #expect(try id(again, Matomo.read) == one)
    }

    @Test func `an identifier that cannot be read costs neither the event nor the others`() throws {
        func read(_ event: String) throws -> Interaction {
            let read = try Read(.post("/v1/i", event), Segment.read)
            return try #require(read.interactions.first, "\(read.refusals)")
        }
        let address = try read(#"{"userId":"u","messageId":"m","traits":{"email":"not an address","phone":"12"}}"#)
        #expect(address.shown == ["user_id:shop/u"])
        #expect(address.detail("left_out")?.elements?.compactMap(\.string).contains("email") == true)
        for user in [#"" ""#, "\"\(String(repeating: "x", count: 3_000))\"", #""a\u0000b""#] {
            #expect(try read(#"{"userId":\#(user),"anonymousId":"v","messageId":"m"}"#).shown == ["cookie:shop/v"])
        }
    }

    @Test func `what came together keeps its order`() throws {
        let bulk = try Read(
            .post("/matomo.php", #"{"requests":["?idsite=1&rec=1&_id=a&rand=1","?idsite=1&rec=1&_id=a&rand=2"]}"#),
            Matomo.read)
        #expect(bulk.interactions.map(\.occurredAt) == [Sent.arrival, Sent.arrival + 1])
        let snowplow =
            #"{"schema":"x","data":[{"e":"pv","eid":"1","uid":"u","dtm":"1795294379100","stm":"1795294379000"},{"e":"pv","eid":"2","uid":"u","dtm":"1795294379200","stm":"1795294379000"}]}"#
        let read = try Read(.post("/com.snowplowanalytics.snowplow/tp2", snowplow), Snowplow.read)
        #expect(read.interactions.map(\.occurredAt) == [1_795_294_379_100_000, 1_795_294_379_200_000])
    }

    @Test func `settings that cannot be are told, all of them`() throws {
        #expect {
            _ = try WebConnector(
                SourceSettings(
                    source: "s",
                    values: [
                        "consent": "maybe", "ip": "all", "hosts": "https://x.example/", "write_keys": "*",
                        "site": "a/b", "trust": "high",
                    ],
                    normaliser: Normaliser()))
        } throws: { error in
            (error as? SettingsError)?.problems.count == 6
        }
    }
}
