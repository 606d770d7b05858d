internal import Contact
internal import HTTPTypes

/// The events API of Plausible. It knows no visitors, so what it sends is nobody's; `props` may name one all the same.
///
/// Source: Plausible's documentation of the events API.
enum Plausible {
    static let family = WebSettings.Family.plausible

    static let routes: [OpenRoute] = [OpenRoute([.post], "api/event", mostBytes: 256 << 10)]

    static func read(_ request: OpenRequest) -> [TrackedParcel] {
        let raw = RawInput(request.body)
        do throws(Refusal) {
            let value = try JSONValue(request.body)
            guard value.kind == .object else { throw Refusal(.malformedJSON, "the event is not an object") }
            // Short names are those of its script.
            guard let name = (value["name"] ?? value["n"])?.string else {
                throw Refusal(.malformedJSON, "the event has no name")
            }
            var event = TrackedEvent(name == "pageview" ? .page : .track, raw: raw)
            event.name = name == "pageview" ? nil : name
            // All visitors of a page say the same of it, and nobody sends it again.
            event.isDistinct = false
            event.url = (value["url"] ?? value["u"])?.string
            event.referrer = (value["referrer"] ?? value["r"])?.string
            event.properties = properties(value["props"] ?? value["p"] ?? value["m"])
            event.userID = event.properties?["user_id"]?.id
            event.consumed = ["user_id"]
            event.library = "plausible"
            let domains = ((value["domain"] ?? value["d"])?.string ?? "").split(separator: ",")
            let names = domains.map { OpenName(family.rawValue, String($0.filter { $0 != " " })) }
            return [TrackedParcel(names: names, events: [ReadEvent(event)])]
        } catch {
            return [TrackedParcel(names: [], events: [ReadEvent(error, raw)])]
        }
    }

    /// An object, or the text of one.
    private static func properties(_ value: JSONValue?) -> JSONValue? {
        guard let text = value?.string else { return value?.kind == .object ? value : nil }
        do throws(Refusal) { return try JSONValue(Array(text.utf8)) } catch { return nil }
    }
}
