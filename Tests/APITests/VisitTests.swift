import Contact
import Testing

@testable import API
@testable import Storage

@Suite struct VisitTests {
    private func step(_ minute: Int64, _ kind: String = "page", session: String? = nil) -> Visit.Step? {
        let more = session.map { #","session":"\#($0)""# } ?? ""
        return Visit.Step(
            TimelineEntry(
                interaction: HubID(high: 0, low: UInt64(minute)), occurredAt: minute * 60_000_000, channel: "web",
                isOutbound: false, source: "shop", subject: nil,
                body: Array(
                    #"{"kind":"\#(kind)","detail":{"page":{"url":"https://shop.example/\#(minute)"},"touches":[{"kind":"code","code":"A"}],"referral":{"medium":"m\#(minute)"}\#(more)}}"#
                        .utf8)))
    }

    @Test func `half an hour without anything ends a visit, unless the tracker says it is one`() {
        let visits = Visit.all([200, 171, 141, 100].compactMap { step($0) })
        #expect(visits.map(\.steps.count) == [3, 1])
        let one = Visit.all(
            [step(200, session: "s"), step(100, session: "s"), step(99, session: nil)].compactMap { $0 })
        #expect(one.map(\.steps.count) == [3])
    }

    @Test func `a visit tells where it began and what led there`() throws {
        let visit = try #require(Visit.all([step(62, "track"), step(61), step(60)].compactMap { $0 }).first)
        let json = try JSONValue(visit.json)
        #expect(json["entry"]?.string == "https://shop.example/60" && json["exit"]?.string == "https://shop.example/61")
        #expect(json["referral"]?["medium"]?.string == "m60" && json["touches"]?.elements?.count == 1)
        #expect(json["pages"]?.integer == 2 && json["interactions"]?.integer == 3)
        #expect(json["started_at"]?.string == "1970-01-01T01:00:00.000000Z")
    }
}
