internal import Contact
internal import HTTPTypes

/// The tracking HTTP API of Matomo: one event by GET or by POST, or many in `{"requests":["?idsite=1&…",…]}`.
///
/// Source: Matomo's documentation of the tracking HTTP API. What only the company may say there with `token_auth` (the time,
/// the address of the visitor), it may say here with a connector key of the hub in its place.
enum Matomo {
    static let family = WebSettings.Family.matomo

    static let routes: [OpenRoute] = ["matomo.php", "piwik.php"].map {
        OpenRoute([.get, .post], $0, mostBytes: 4 << 20)
    }

    static func read(_ request: OpenRequest) -> [TrackedParcel] {
        let path = request.head.path ?? ""
        let query = FormFields(query: path)
        guard request.head.method == .post, !request.body.isEmpty else {
            return [parcel(query, RawInput(Array(path.utf8)), token: nil)]
        }
        guard request.body.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else {
            // Fields of a form; what stands in the address counts too.
            let text =
                Array(path.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst()) + [UInt8(ascii: "&")] + request.body
            return [parcel(FormFields(text), RawInput(request.body + Array(path.utf8)), token: nil)]
        }
        do throws(Refusal) {
            guard let envelope = try Envelope.read(request.body, list: ["requests"]) else {
                throw Refusal(.malformedJSON, "the body has no list named requests")
            }
            let token = envelope.members["token_auth"]?.string
            return envelope.events.map { value, raw in
                guard case .success(let value) = value, let text = value.string else {
                    let refusal = Refusal(.malformedJSON, "a request of the list is not a text")
                    return TrackedParcel(names: [], events: [ReadEvent(refusal, raw)])
                }
                return parcel(FormFields(query: text.hasPrefix("?") ? text : "?" + text), raw, token: token)
            }
        } catch {
            return [TrackedParcel(names: [], events: [ReadEvent(error, RawInput(request.body))])]
        }
    }

    private static func parcel(_ fields: FormFields, _ raw: RawInput, token: String?) -> TrackedParcel {
        var names: [OpenName] = []
        if let token = fields["token_auth"] ?? token { names.append(OpenName(family.rawValue, token)) }
        names.append(OpenName(family.rawValue, fields["idsite"] ?? ""))
        return TrackedParcel(names: names, events: [event(fields, raw)])
    }

    private static func event(_ fields: FormFields, _ raw: RawInput) -> ReadEvent {
        guard fields["rec"] == "1" else {
            return ReadEvent(Refusal(.malformedJSON, "rec is not 1, so that nothing is to be recorded"), raw)
        }
        var event = TrackedEvent(.page, raw: raw)
        event.userID = fields["uid"]
        // What tells two visits of one page from one that is sent twice.
        event.isDistinct = fields["rand"] != nil || fields["pv_id"] != nil || fields["cdt"] != nil
        event.visitorID = fields["cid"] ?? fields["_id"]
        event.url = fields["url"]
        event.title = fields["action_name"]
        event.name = fields["action_name"]
        event.referrer = fields["urlref"]
        event.statedAt = fields["cdt"].flatMap { EventClock.read($0) }
        event.address = fields["cip"]
        event.userAgent = fields["ua"]
        event.language = fields["lang"].map { String($0.prefix { $0 != "," && $0 != ";" }) }
        if fields["_rcn"] != nil || fields["_rck"] != nil {
            event.campaign = Campaign(
                source: nil, medium: nil, name: fields["_rcn"], term: fields["_rck"], content: nil, id: nil)
        }
        // Matomo's own parameters of consent, for those who ask for it and were told no.
        if fields["consent"] == "0" || fields["dnt"] == "1" { event.consent = .denied }
        var properties: [(String, String?)] = []
        if let action = fields["e_a"] {
            event.kind = .track
            event.name = [fields["e_c"], action].compactMap { $0 }.joined(separator: " ")
            properties = [
                ("category", fields["e_c"]), ("action", action), ("name", fields["e_n"]), ("value", fields["e_v"]),
            ]
        } else if let goal = fields["idgoal"] {
            event.kind = .track
            event.name = goal == "0" ? (fields["ec_id"] == nil ? "cart" : "order") : "goal \(goal)"
            properties = [
                ("goal", goal), ("order_id", fields["ec_id"]), ("total", fields["revenue"]), ("tax", fields["ec_tx"]),
                ("shipping", fields["ec_sh"]), ("discount", fields["ec_dt"]), ("items", fields["ec_items"]),
                ("currency", fields["ec_currency"] ?? fields["currency"]),
            ]
        } else if let word = fields["search"] {
            event.kind = .track
            event.name = "search"
            properties = [("query", word), ("category", fields["search_cat"]), ("results", fields["search_count"])]
        } else if let target = fields["link"] ?? fields["download"] {
            event.kind = .track
            event.name = fields["link"] == nil ? "download" : "link"
            properties = [("url", PageAddress(target)?.stored)]
        } else if fields["ping"] == "1" {
            event.kind = .track
            event.name = "ping"
        }
        for number in 1...20 {
            properties.append(("dimension\(number)", fields["dimension\(number)"]))
        }
        event.properties = object(properties)
        return ReadEvent(event)
    }

    private static func object(_ members: [(String, String?)]) -> JSONValue? {
        var object = ObjectText()
        for (name, value) in members { object.add(named: name, value) }
        guard !object.hasNone else { return nil }
        do throws(Refusal) { return try JSONValue(object.finished()) } catch { return nil }
    }

    /// A transparent picture of one pixel, as browsers that asked for an image expect.
    static func answer(_ request: OpenRequest, tracked: Int, invalid: Int) -> OpenAnswer {
        let isBulk = request.head.method == .post && request.body.first(where: { $0 > 0x20 }) == UInt8(ascii: "{")
        if isBulk {
            return OpenAnswer(.ok, Array(#"{"status":"success","tracked":\#(tracked),"invalid":\#(invalid)}"#.utf8))
        }
        if FormFields(query: request.head.path ?? "")["send_image"] == "0" { return OpenAnswer(.noContent, []) }
        return OpenAnswer(.ok, contentType: "image/gif", pixel)
    }

    static let pixel: [UInt8] = [
        0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0x21, 0xF9, 4, 1, 0, 0, 0, 0,
        0x2C,
        0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
    ]
}
