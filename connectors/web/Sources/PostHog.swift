internal import Contact
internal import HTTPTypes

/// The capture API of PostHog. What it calls events with a `$` in front are commands: `$identify`, `$set`, `$create_alias`,
/// `$groupidentify`.
///
/// Sources: PostHog's documentation of the capture API, and requests of its Python library.
enum PostHog {
    static let family = WebSettings.Family.posthog
    private static let mostBytes = 20 << 20

    static let routes: [OpenRoute] =
        ["batch", "capture", "e", "i/v0/e", "i/v0/ai/batch", "i/v1/analytics/events", "track", "engage"].map {
            OpenRoute([.post, .get], $0, mostBytes: mostBytes)
        }
        + ["decide", "flags"].map { OpenRoute([.post, .get], $0) }
        + [OpenRoute([.get], "array/{}/config")]

    /// Its libraries ask for feature flags first: there are none.
    static func settings(_ request: OpenRequest) -> OpenAnswer? {
        switch request.segments.first {
        case "decide", "flags":
            OpenAnswer(
                .ok,
                Array(
                    """
                    {"featureFlags":{},"featureFlagPayloads":{},"flags":{},"errorsWhileComputingFlags":false,\
                    "sessionRecording":false,"supportedCompression":["gzip","gzip-js"],"siteApps":[]}
                    """.utf8))
        case "array":
            OpenAnswer(
                .ok,
                Array(
                    #"{"supportedCompression":["gzip","gzip-js"],"hasFeatureFlags":false,"sessionRecording":false}"#
                        .utf8))
        default: nil
        }
    }

    static func read(_ request: OpenRequest) -> [TrackedParcel] {
        let query = FormFields(query: request.head.path ?? "")
        var body = request.body
        // Of the older library in browsers: `data=` in a form or in the address, in Base64.
        if request.head.method == .get || body.starts(with: Array("data=".utf8)) {
            let form = request.head.method == .get ? query : FormFields(body)
            guard let data = form["data"], let bytes = Base64.decoded(data) else {
                let refusal = Refusal(.malformedJSON, "data is not Base64")
                return [TrackedParcel(names: [], events: [ReadEvent(refusal, RawInput(body))])]
            }
            body = bytes
        }
        do throws(Refusal) {
            guard let envelope = try Envelope.read(body, list: ["batch"]) else {
                let value = try JSONValue(body)
                let event = event(value, RawInput(body), sentAt: EventClock.read(value["sent_at"]))
                return [TrackedParcel(names: names(value, query), events: [event])]
            }
            let isHistory = envelope.members["historical_migration"]?.bool ?? false
            let sentAt = isHistory ? nil : EventClock.read(envelope.members["sent_at"])
            var key = names(envelope.members, query)
            let events = envelope.events.map { value, raw in
                switch value {
                case .failure(let refusal): return ReadEvent(refusal, raw)
                case .success(let value):
                    // An array by itself names its key in each event.
                    if key.isEmpty { key = names(value, query) }
                    return event(value, raw, sentAt: sentAt)
                }
            }
            return [TrackedParcel(names: key, events: events)]
        } catch {
            return [TrackedParcel(names: names(nil, query), events: [ReadEvent(error, RawInput(body))])]
        }
    }

    private static func names(_ value: JSONValue?, _ query: FormFields) -> [OpenName] {
        [
            value?["api_key"]?.string, value?["token"]?.string, value?["properties"]?["token"]?.string,
            query["api_key"],
            query["token"],
        ].compactMap { $0 }.map { OpenName(family.rawValue, $0) }
    }

    private static func event(_ value: JSONValue, _ raw: RawInput, sentAt: Int64?) -> ReadEvent {
        guard value.kind == .object else { return ReadEvent(Refusal(.malformedJSON, "an event is not an object"), raw) }
        guard let name = value["event"]?.string, !name.isEmpty else {
            return ReadEvent(Refusal(.malformedJSON, "an event has no name"), raw)
        }
        let properties = value["properties"]
        var event = TrackedEvent(kind(name), raw: raw)
        event.id = (value["uuid"] ?? properties?["$insert_id"])?.text
        event.name = name
        event.statedAt = EventClock.read(value["timestamp"]) ?? EventClock.read(properties?["timestamp"])
        event.sentAt = sentAt
        if event.statedAt == nil, let offset = value["offset"]?.integer, (0..<86_400_000 * 30).contains(offset),
            let sentAt
        {
            event.statedAt = sentAt - offset * 1_000
        }
        takePerson(value, properties, name, &event)
        takeCircumstances(properties, &event)
        return ReadEvent(event)
    }

    private static func kind(_ name: String) -> TrackedEvent.Kind {
        switch name {
        case "$pageview": .page
        case "$screen": .screen
        case "$identify", "$set": .identify
        case "$create_alias", "$merge_dangerously": .alias
        case "$groupidentify": .group
        default: .track
        }
    }

    private static func takePerson(
        _ value: JSONValue, _ properties: JSONValue?, _ name: String, _ event: inout TrackedEvent
    ) {
        let distinct = (value["distinct_id"] ?? properties?["distinct_id"] ?? value["$distinct_id"])?.id
        // Who was never identified has a random id: `$process_person_profile` false says so, and so do `$is_identified` and an
        // id that is the device's. Where nothing says so, as with libraries of servers, it is the user's.
        let isAnonymous =
            properties?["$process_person_profile"]?.bool == false || properties?["$is_identified"]?.bool == false
            || (distinct != nil && distinct == properties?["$device_id"]?.id) || distinct == "$posthog_cookieless"
        switch name {
        case "$create_alias", "$merge_dangerously":
            event.previousID =
                (name == "$create_alias" ? properties?["distinct_id"]?.id : properties?["alias"]?.id) ?? distinct
            event.userID = name == "$create_alias" ? properties?["alias"]?.id : distinct
        case "$groupidentify":
            event.groupID = properties?["$group_key"]?.id
            event.person.company = properties?["$group_set"]?["name"]?.string
            // Its distinct id is made up, unless it is in use elsewhere.
            event.visitorID = distinct
        default:
            if isAnonymous { event.visitorID = distinct } else { event.userID = distinct }
            event.visitorID = event.visitorID ?? properties?["$anon_distinct_id"]?.id ?? properties?["$device_id"]?.id
        }
        if distinct == "$posthog_cookieless" { event.visitorID = nil }
        event.take(traits: properties?["$set_once"] ?? value["$set_once"])
        event.take(traits: properties?["$set"] ?? value["$set"])
        if event.groupID == nil { event.groupID = properties?["$groups"]?["company"]?.id }
    }

    private static func takeCircumstances(_ properties: JSONValue?, _ event: inout TrackedEvent) {
        guard let properties else { return }
        event.properties = properties
        event.url = properties["$current_url"]?.string
        event.title = properties["title"]?.string
        let referrer = properties["$referrer"]?.string
        event.referrer = referrer == "$direct" ? nil : referrer
        event.userAgent =
            (properties["$raw_user_agent"] ?? properties["$user_agent"] ?? properties["$useragent"])?.string
        event.address = properties["$ip"]?.string
        event.language = (properties["$browser_language"] ?? properties["$locale"])?.string
        event.zone = properties["$timezone"]?.string
        event.session = properties["$session_id"]?.text
        event.library = [properties["$lib"]?.string, properties["$lib_version"]?.text].compactMap { $0 }.joined(
            separator: " ")
        if event.kind == .screen { event.name = properties["$screen_name"]?.string ?? event.name }
        for (name, value) in properties.members ?? [] {
            if name.hasPrefix("$") || ["distinct_id", "token", "alias"].contains(name) { event.consumed.insert(name) }
            if kept.contains(name) { event.circumstances.append((String(name.dropFirst()), value)) }
        }
    }

    private static let kept: Set<String> = [
        "$os", "$os_version", "$browser", "$browser_version", "$device_type", "$screen_height", "$screen_width",
        "$app_version", "$app_name", "$pathname", "$feature_flag", "$groups",
    ]
}
