internal import Contact
internal import HTTPTypes

/// The HTTP tracking API of Segment, and RudderStack's variant of it; our own snippet speaks it too.
///
/// Sources: Segment's documentation of the HTTP API and of the common fields; requests of the real libraries; RudderStack's
/// gateway for what it has besides (traits of a person in `context.traits`, pixel and beacon).
enum Segment {
    static let family = WebSettings.Family.segment
    /// 500 kB are Segment's limit for a batch, 4 MB RudderStack's: but its libraries close a batch only once it is larger than
    /// that, and wait for ever with one that is not taken.
    private static let mostBytes = 16 << 20

    static let routes: [OpenRoute] = {
        let post: [HTTPRequest.Method] = [.post]
        let names = ["identify", "track", "page", "screen", "group", "alias", "merge", "batch", "import"]
        let short = ["i", "t", "p", "s", "g", "a", "b", "m"]
        return (names + short).map { OpenRoute(post, "v1/\($0)", mostBytes: mostBytes) } + [
            OpenRoute(post, "beacon/v1/batch", mostBytes: mostBytes),
            OpenRoute([.get], "pixel/v1/{}"), OpenRoute([.get], "v1/pixel/{}"),
            OpenRoute([.get], "v1/projects/{}/settings"), OpenRoute([.get], "sourceConfig"),
        ]
    }()

    /// Answers what asks for settings, and holds no event; nil for everything else.
    static func settings(_ request: OpenRequest) -> OpenAnswer? {
        let host = request.head.authority ?? ""
        switch request.segments {
        case let path where path.count == 4 && path[3] == "settings":
            // The library goes on talking to where these say.
            let plugin = JSONWriter.object([
                ("apiKey", JSONWriter.string(path[2])), ("apiHost", JSONWriter.string("\(host)/v1")),
                ("protocol", JSONWriter.string(scheme(request))),
            ])
            return OpenAnswer(
                .ok,
                JSONWriter.object([
                    ("integrations", JSONWriter.object([("Segment.io", plugin)])), ("plan", Array("{}".utf8)),
                    ("edgeFunction", Array("{}".utf8)),
                ]))
        case ["sourceConfig"]:
            let key = key(request).first ?? ""
            let source = JSONWriter.object([
                ("id", JSONWriter.string("contatto")), ("name", JSONWriter.string("contatto")),
                ("writeKey", JSONWriter.string(key)), ("enabled", JSONWriter.bool(true)),
                ("workspaceId", JSONWriter.string("contatto")), ("config", Array("{}".utf8)),
                ("destinations", Array("[]".utf8)), ("connections", Array("[]".utf8)),
                ("dataplanes", Array("{}".utf8)),
            ])
            return OpenAnswer(.ok, JSONWriter.object([("source", source)]))
        // Figures about itself that a library sends: nobody's business here.
        case ["v1", "m"]: return OpenAnswer(.ok, Array(#"{"success":true}"#.utf8))
        default: return nil
        }
    }

    private static func scheme(_ request: OpenRequest) -> String {
        request.field("x-forwarded-proto") == "https" ? "https" : "http"
    }

    /// The write key, from wherever it may stand: the query, or the user of HTTP Basic (with or without a colon).
    private static func key(_ request: OpenRequest) -> [String] {
        var found: [String] = []
        if let words = request.head.headerFields[.authorization]?.split(separator: " "), words.count == 2 {
            if words[0].lowercased() == "basic", let bytes = Base64.decoded(String(words[1])) {
                found.append(String(decoding: bytes.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self))
            } else if words[0].lowercased() == "bearer" {
                found.append(String(words[1]))
            }
        }
        if let path = request.head.path, path.utf8.contains(UInt8(ascii: "?")) {
            let query = FormFields(query: path)
            if let key = query["writeKey"] ?? query["write_key"] { found.append(key) }
        }
        return found
    }

    static func read(_ request: OpenRequest) -> [TrackedParcel] {
        let keys = key(request)
        if request.segments.contains("pixel") { return pixel(request, keys) }
        let body = request.body
        let path = request.segments.last ?? ""
        do throws(Refusal) {
            if let envelope = try Envelope.read(body, list: ["batch"]) {
                let sentAt = EventClock.read(envelope.members["sentAt"])
                // History is what it says it is.
                let sent = path == "import" ? nil : sentAt
                let context = envelope.members["context"]
                var events: [ReadEvent] = []
                for (value, raw) in envelope.events {
                    switch value {
                    case .failure(let refusal): events.append(ReadEvent(refusal, raw))
                    case .success(let value):
                        events.append(event(value, raw, type: nil, sentAt: sent, context: context))
                    }
                }
                return [TrackedParcel(names: names(keys, envelope.members), events: events)]
            }
            let value = try JSONValue(body)
            let single = event(
                value, RawInput(body), type: type(of: path), sentAt: EventClock.read(value["sentAt"]), context: nil)
            return [TrackedParcel(names: names(keys, value), events: [single])]
        } catch {
            return [TrackedParcel(names: names(keys, nil), events: [ReadEvent(error, RawInput(body))])]
        }
    }

    private static func names(_ keys: [String], _ members: JSONValue?) -> [OpenName] {
        var names = keys.map { OpenName(family.rawValue, $0) }
        for name in ["writeKey", "write_key"] {
            if let key = members?[name]?.string { names.append(OpenName(family.rawValue, key)) }
        }
        return names
    }

    /// `i` and `identify` say the same.
    private static func type(of path: String) -> String? {
        switch path {
        case "i": "identify"
        case "t": "track"
        case "p": "page"
        case "s": "screen"
        case "g": "group"
        case "a": "alias"
        case "merge": "alias"
        default: path
        }
    }

    /// An image's address: `data=` in Base64 as Segment has it, or the fields one by one as RudderStack.
    private static func pixel(_ request: OpenRequest, _ keys: [String]) -> [TrackedParcel] {
        let path = request.head.path ?? ""
        let raw = RawInput(Array(path.utf8))
        let query = FormFields(query: path)
        let type = request.segments.last ?? ""
        var keys = keys
        do throws(Refusal) {
            let value: JSONValue
            if let data = query["data"], let bytes = Base64.decoded(data) {
                value = try JSONValue(bytes)
                if let key = value["writeKey"]?.string { keys.append(key) }
            } else {
                value = try JSONValue(object(of: query))
            }
            let read = event(value, raw, type: type, sentAt: nil, context: nil)
            return [TrackedParcel(names: names(keys, nil), events: [read])]
        } catch {
            return [TrackedParcel(names: names(keys, nil), events: [ReadEvent(error, raw)])]
        }
    }

    /// `properties.sku=1&context.page.url=…` as the object it stands for.
    private static func object(of query: FormFields) -> [UInt8] {
        let fields = query.values.sorted { $0.key < $1.key }
        func add(_ prefix: String, to object: inout ObjectText) {
            for (name, value) in fields where name.hasPrefix(prefix) {
                object.add(named: String(name.dropFirst(prefix.count)), value)
            }
        }
        var top = ObjectText()
        for (name, value) in fields
        where !name.contains(".") && name != "writeKey" && name != "properties" && name != "context" {
            top.add(named: name, value)
        }
        top.object("properties") { add("properties.", to: &$0) }
        top.object("context") { context in
            context.object("page") { add("context.page.", to: &$0) }
            context.object("traits") { add("context.traits.", to: &$0) }
        }
        return top.finished()
    }

    // One event.

    private static func event(
        _ value: JSONValue, _ raw: RawInput, type: String?, sentAt: Int64?, context common: JSONValue?
    ) -> ReadEvent {
        guard value.kind == .object else { return ReadEvent(Refusal(.malformedJSON, "an event is not an object"), raw) }
        let word = value["type"]?.string ?? type ?? ""
        guard let kind = TrackedEvent.Kind(rawValue: word == "merge" ? "alias" : word) else {
            return ReadEvent(
                Refusal(.unknownField, "type is none of identify, track, page, screen, group and alias"), raw)
        }
        var event = TrackedEvent(kind, raw: raw)
        event.mayBeNobodys = false
        event.id = value["messageId"]?.text
        event.userID = value["userId"]?.id
        event.visitorID = (value["anonymousId"] ?? value["sessionId"])?.id
        event.previousID = value["previousId"]?.id
        event.groupID = value["groupId"]?.id
        event.name = kind == .track ? value["event"]?.text : value["name"]?.text ?? value["event"]?.text
        event.statedAt = EventClock.read(value["originalTimestamp"]) ?? EventClock.read(value["timestamp"])
        event.sentAt = sentAt ?? EventClock.read(value["sentAt"])
        event.properties = value["properties"]
        let context = value["context"]
        take(context: context, common: common, into: &event)
        switch kind {
        case .identify:
            // RudderStack's libraries put them into the context.
            event.take(traits: context?["traits"])
            event.take(traits: value["traits"])
        case .group:
            let traits = value["traits"]
            event.person.company = traits?["name"]?.string
            event.properties = traits
        case .page, .screen: takePage(&event, category: value["category"]?.text)
        case .track, .alias: break
        }
        takeIdentifiers(context?["externalIds"], into: &event)
        return ReadEvent(event)
    }

    private static func take(context: JSONValue?, common: JSONValue?, into event: inout TrackedEvent) {
        func member(_ name: String) -> JSONValue? { context?[name] ?? common?[name] }
        let page = member("page")
        event.url = page?["url"]?.string
        event.title = page?["title"]?.string
        event.referrer = page?["referrer"]?.string ?? member("referrer")?["url"]?.string
        if let campaign = member("campaign") {
            event.campaign = Campaign(
                source: campaign["source"]?.text, medium: campaign["medium"]?.text, name: campaign["name"]?.text,
                term: campaign["term"]?.text, content: campaign["content"]?.text, id: campaign["id"]?.text)
        }
        event.userAgent = member("userAgent")?.string
        event.address = member("ip")?.string
        event.language = member("locale")?.string
        event.zone = member("timezone")?.string
        event.session = member("sessionId")?.text
        event.deviceID = member("device")?["id"]?.id
        if let library = member("library"), let name = library["name"]?.string {
            event.library = library["version"]?.text.map { "\(name) \($0)" } ?? name
        }
        event.consent = consent(member("consent"))
        event.takeCircumstances(of: common, without: read)
        event.takeCircumstances(of: context, without: read)
    }

    /// Of a context: what stands elsewhere, or is not kept.
    private static let read: Set<String> = [
        "page", "referrer", "campaign", "userAgent", "userAgentData", "ip", "locale", "timezone", "sessionId",
        "library",
        "consent", "traits", "externalIds", "device",
    ]

    /// `consent.categoryPreferences`: what the visitor has said to analytics, whatever the site calls it (the categories are
    /// the site's own).
    private static func consent(_ value: JSONValue?) -> TrackedEvent.Consent {
        guard let members = value?["categoryPreferences"]?.members, !members.isEmpty else { return .unstated }
        for (name, value) in members {
            let folded = Text.fold(name)
            guard
                ["analytic", "statistic", "performance", "misura", "measure", "c0002"].contains(where: {
                    folded.contains($0)
                }),
                let isGranted = value.bool
            else { continue }
            return isGranted ? .granted : .denied
        }
        return .unstated
    }

    private static let consumed: Set<String> = ["url", "title", "referrer", "path", "search", "name"]

    /// Libraries put the page into the context, into the properties, or both.
    private static func takePage(_ event: inout TrackedEvent, category: String?) {
        guard let properties = event.properties else { return }
        event.url = properties["url"]?.string ?? event.url
        event.title = properties["title"]?.string ?? event.title
        event.referrer = properties["referrer"]?.string ?? event.referrer
        event.consumed = consumed
        if event.name == nil { event.name = properties["name"]?.text ?? category }
    }

    /// `context.externalIds`: more identifiers, each with its type.
    private static func takeIdentifiers(_ list: JSONValue?, into event: inout TrackedEvent) {
        for element in list?.elements?.prefix(20) ?? [] {
            guard let type = element["type"]?.string, let id = element["id"]?.id else { continue }
            switch type {
            case "user_id": event.userID = event.userID ?? id
            case "anonymous_id": event.visitorID = event.visitorID ?? id
            case "email": event.person.email = event.person.email ?? id
            case "phone": event.person.phone = event.person.phone ?? id
            case "ios.id", "android.id", "device_id": event.deviceID = event.deviceID ?? id
            default: continue
            }
        }
    }
}
