internal import Contact
internal import HTTPTypes

/// The collector of Snowplow: the tracker protocol by GET (`/i`) and by POST (`/VENDOR/tp2`). Nobody shows a key: the source
/// is found by the app's id.
///
/// Sources: Snowplow's tracker protocol, and requests of its Python tracker. All values are texts.
///
/// After an outage a tracker sends all it has kept in one request, thousands of events, and sends that again until it is taken.
enum Snowplow {
    static let family = WebSettings.Family.snowplow

    static let routes: [OpenRoute] = [
        OpenRoute([.post], "{}/tp2", mostBytes: 16 << 20), OpenRoute([.get], "i"), OpenRoute([.get], "ice.png"),
    ]

    static func read(_ request: OpenRequest) -> [TrackedParcel] {
        if request.head.method == .get {
            let path = request.head.path ?? ""
            let query = FormFields(query: path)
            return [parcel(Fields(form: query), RawInput(Array(path.utf8)), request)]
        }
        do throws(Refusal) {
            guard let envelope = try Envelope.read(request.body, list: ["data"]) else {
                throw Refusal(.malformedJSON, "the payload has no list named data")
            }
            return envelope.events.map { value, raw in
                switch value {
                case .failure(let refusal): TrackedParcel(names: [], events: [ReadEvent(refusal, raw)])
                case .success(let value): parcel(Fields(json: value), raw, request)
                }
            }
        } catch {
            return [TrackedParcel(names: [], events: [ReadEvent(error, RawInput(request.body))])]
        }
    }

    /// The parameters, from either way.
    private struct Fields {
        var form: FormFields?
        var json: JSONValue?

        init(form: FormFields) { self.form = form }
        init(json: JSONValue) { self.json = json }

        subscript(_ name: String) -> String? { form?[name] ?? json?[name]?.text.flatMap { $0.isEmpty ? nil : $0 } }
    }

    private static func parcel(_ fields: Fields, _ raw: RawInput, _ request: OpenRequest) -> TrackedParcel {
        TrackedParcel(
            names: [OpenName(family.rawValue, fields["aid"] ?? "")], events: [event(fields, raw, request)])
    }

    private static func event(_ fields: Fields, _ raw: RawInput, _ request: OpenRequest) -> ReadEvent {
        guard let type = fields["e"] else {
            return ReadEvent(Refusal(.malformedJSON, "the event has no type (e)"), raw)
        }
        var event = TrackedEvent(type == "pv" ? .page : .track, raw: raw)
        event.id = fields["eid"]
        event.userID = fields["uid"]
        // SP-Anonymous asks that nobody be recognised; what it sends then is of one page view.
        event.visitorID = fields["duid"] ?? fields["nuid"] ?? fields["tnuid"]
        event.session = fields["sid"]
        event.statedAt = (fields["ttm"] ?? fields["dtm"]).flatMap { EventClock.read($0) }
        event.sentAt = sent(fields, request.arrival)
        event.url = fields["url"]
        event.title = fields["page"]
        event.referrer = fields["refr"]
        event.userAgent = fields["ua"]
        event.address = fields["ip"]
        event.language = fields["lang"]
        event.zone = fields["tz"]
        event.library = fields["tv"]
        event.name = type == "pv" ? fields["page"] : type
        switch type {
        case "se": takeStructured(fields, &event)
        case "ue": takeSelfDescribing(fields, &event)
        case "tr", "ti": takeTransaction(fields, isItem: type == "ti", &event)
        case "pp": event.name = "page_ping"
        default: break
        }
        if let contexts = document(fields["co"], fields["cx"])?["data"] { take(contexts, &event) }
        return ReadEvent(event)
    }

    /// `stm` is cut to whole seconds by some trackers: what that and the way explain is no wrong clock, and what is moved
    /// is moved by as much for all that came together.
    private static func sent(_ fields: Fields, _ arrival: Int64) -> Int64? {
        guard let sent = fields["stm"].flatMap({ EventClock.read($0) }) else { return nil }
        return (0...2_000_000).contains(arrival - sent) ? nil : sent
    }

    private static func takeStructured(_ fields: Fields, _ event: inout TrackedEvent) {
        event.name = [fields["se_ca"], fields["se_ac"]].compactMap { $0 }.joined(separator: " ")
        event.properties = object([
            ("category", fields["se_ca"]), ("action", fields["se_ac"]), ("label", fields["se_la"]),
            ("property", fields["se_pr"]), ("value", fields["se_va"]),
        ])
    }

    private static func takeTransaction(_ fields: Fields, isItem: Bool, _ event: inout TrackedEvent) {
        event.name = isItem ? "transaction_item" : "transaction"
        event.properties =
            isItem
            ? object([
                ("order_id", fields["ti_id"]), ("sku", fields["ti_sk"]), ("name", fields["ti_nm"]),
                ("category", fields["ti_ca"]), ("price", fields["ti_pr"]), ("quantity", fields["ti_qu"]),
            ])
            : object([
                ("order_id", fields["tr_id"]), ("affiliation", fields["tr_af"]), ("total", fields["tr_tt"]),
                ("tax", fields["tr_tx"]), ("shipping", fields["tr_sh"]), ("currency", fields["tr_cu"]),
            ])
    }

    /// `iglu:com.acme/viewed_product/jsonschema/1-0-0` names what it is.
    private static func takeSelfDescribing(_ fields: Fields, _ event: inout TrackedEvent) {
        guard let inner = document(fields["ue_pr"], fields["ue_px"])?["data"] else { return }
        event.name = name(inner["schema"]?.string) ?? event.name
        event.properties = inner["data"]
        if event.name == "identify" { event.kind = .identify }
        if event.kind == .identify { event.take(traits: inner["data"]) }
    }

    /// Contexts that go with the event: the session's and the app's are known, the others are kept.
    private static func take(_ contexts: JSONValue, _ event: inout TrackedEvent) {
        for context in contexts.elements?.prefix(30) ?? [] {
            guard let name = name(context["schema"]?.string), let data = context["data"] else { continue }
            switch name {
            case "client_session":
                event.session = event.session ?? data["sessionId"]?.string
                event.visitorID = event.visitorID ?? data["userId"]?.id
            default:
                if !event.circumstances.contains(where: { $0.name == name }) {
                    event.circumstances.append((name, data))
                }
            }
        }
    }

    private static func name(_ schema: String?) -> String? {
        let parts = (schema ?? "").split(separator: "/")
        return parts.count == 4 ? String(parts[1]) : nil
    }

    /// JSON as it is, or in Base64.
    private static func document(_ plain: String?, _ encoded: String?) -> JSONValue? {
        guard let bytes = plain.map({ Array($0.utf8) }) ?? encoded.flatMap({ Base64.decoded($0) }) else { return nil }
        do throws(Refusal) { return try JSONValue(bytes) } catch { return nil }
    }

    private static func object(_ members: [(String, String?)]) -> JSONValue? {
        var object = ObjectText()
        for (name, value) in members { object.add(named: name, value) }
        do throws(Refusal) { return try JSONValue(object.finished()) } catch { return nil }
    }
}
