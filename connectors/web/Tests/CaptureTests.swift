import Contact
import Testing

@testable import WebConnector

/// What real libraries send, as it was captured.
@Suite(.enabled(if: Captures.areThere)) struct CaptureTests {
    @Test(arguments: ["segment/001", "rudder/001"])
    func `every event of the libraries of Segment and RudderStack is one interaction`(_ name: String) throws {
        let read = try Read(try Captures.request(name), Segment.read)
        #expect(read.refusals.isEmpty && read.hits.isEmpty, "\(read.refusals)")
        #expect(
            read.interactions.map(\.kind) == ["identify", "track", "page", "screen", "group", "alias", "track"])
        #expect(Set(read.interactions.map(\.id)).count == 7)
        // The key, from the head and from the body.
        #expect(read.names.first?.first == OpenName("segment", name.hasPrefix("segment") ? "WK_segment" : "WK_rudder"))
        let identify = read.interactions[0]
        #expect(identify.shown == ["email:ann.müller@example.com", "phone:+31612345678", "user_id:shop/u-42"])
        #expect(identify.facet["name"] == "ann muller")
        #expect(identify.traits.map(\.name) == ["created_at"])
        #expect(identify.detail("ip")?.string == "203.0.113.0")
        #expect(identify.facet.identifiers.allSatisfy { $0.identifier.kind == .userID || $0.assurance == .claimed })
        let order = read.interactions[1]
        #expect(order.detail("event")?.string == "Order Completed")
        #expect(order.amount == Interaction.Money(minor: 1_250, currency: "EUR"))
        let page = read.interactions[2]
        #expect(page.shown == ["cookie:shop/anon-1", "user_id:shop/u-42"])
        #expect(
            page.detail("page", "url")?.string
                == "https://shop.example/pricing?utm_source=news&utm_medium=email&gclid=abc")
        #expect(page.detail("referral", "campaign", "source")?.string == "news")
        #expect(page.detail("referral", "click", "kind")?.string == "gclid")
        #expect(page.detail("properties") == nil)
        #expect(read.interactions[4].facet["company"] == "acme")
        #expect(read.interactions[5].shown == ["cookie:shop/anon-1", "user_id:shop/u-42"])
        #expect(read.interactions[6].shown == ["cookie:shop/anon-2"])
    }

    @Test func `an event that was dated by hand is not moved, and one that was sent late is`() throws {
        let sent = try Captures.request("segment/001")
        let read = try Read(sent, Segment.read)
        // Nine hours before it was sent; the clock was right but for the minute on the way.
        let dated = try #require(read.interactions.first { $0.detail("event")?.string == "Order Completed" })
        let skew = Sent.arrival - (try #require(EventClock.read("2026-11-21T20:52:07.843722Z")))
        #expect(dated.occurredAt == (try #require(EventClock.read("2026-11-21T12:00:00Z"))) + skew)
        #expect(dated.detail("clock", "stated")?.string == "2026-11-21T12:00:00.000000Z")
    }

    @Test func `what PostHog calls events with a dollar are people, and its anonymous ones are visitors`() throws {
        let read = try Read(try Captures.request("posthog/001"), PostHog.read)
        #expect(read.refusals.isEmpty && read.hits.isEmpty, "\(read.refusals)")
        #expect(read.interactions.map(\.kind) == ["track", "identify", "alias", "group", "page"])
        #expect(read.names == [[OpenName("posthog", "phc_test")]])
        #expect(read.interactions[0].shown == ["email:ann@example.com", "user_id:shop/u-42"])
        #expect(read.interactions[1].facet["name"] == "ann")
        #expect(read.interactions[2].shown == ["cookie:shop/anon-1", "user_id:shop/u-42"])
        #expect(read.interactions[3].facet["company"] == "acme")
        #expect(read.interactions[4].shown == ["cookie:shop/anon-9"])
        #expect(read.interactions[4].detail("referral", "medium")?.string == "ai")
        #expect(read.interactions[4].detail("referral", "source")?.string == "ChatGPT")
    }

    @Test func `a tracker of Snowplow says the same by GET and by POST, in Base64 and without`() throws {
        var all: [[String]] = []
        for number in 1...8 {
            let read = try Read(try Captures.request("snowplow/00\(number)"), Snowplow.read)
            #expect(read.refusals.isEmpty && read.hits.isEmpty, "\(number): \(read.refusals)")
            #expect(read.names.allSatisfy { $0 == [OpenName("snowplow", "shop")] })
            for interaction in read.interactions {
                #expect(interaction.shown == ["user_id:shop/u-42"])
                let properties = (interaction.detail("properties")?.canonical).map {
                    String(decoding: $0, as: UTF8.self)
                }
                all.append([interaction.kind, interaction.detail("event")?.string ?? "", properties ?? ""])
            }
        }
        #expect(all.count == 12)
        #expect(all.filter { $0 == ["track", "viewed_product", #"{"id":"ASO1","price":49.95}"#] }.count == 4)
        #expect(all.filter { $0[0] == "page" }.count == 4)
        #expect(
            all.filter { $0[1] == "shop add" }.map { $0[2] }
                == Array(
                    repeating: #"{"action":"add","category":"shop","label":"cart","property":"p","value":"2"}"#,
                    count: 4))
    }

    @Test func `a browser's beacon is read though it calls itself text`() throws {
        let read = try Read(try Captures.request("chromium/002"), Segment.read)
        // The captured browser runs without a window: it is a machine, and counted as one.
        #expect(read.items.isEmpty && read.hits.map(\.kind) == [.bot])
    }
}
