package import Contact
internal import HTTPTypes

/// Web analytics: what trackers of others and the hub's own snippet report, unchanged; see README.md.
///
/// Every family of trackers is read into ``TrackedEvent``, and from there it is one path: interactions of customers, and hits
/// that are nobody's.
package struct WebConnector: OpenReceiver {
    package static let kind = "web"
    package static let channel = "web"
    package static let keys = WebSettings.keys
    package static let openRoutes =
        Segment.routes + Matomo.routes + Snowplow.routes + PostHog.routes + Plausible.routes + [Snippet.route]

    let settings: WebSettings
    private let source: String
    private let names: [OpenName]

    package init(_ settings: SourceSettings) throws(SettingsError) {
        self.settings = try WebSettings(settings)
        source = settings.source
        names = WebSettings.names(of: settings)
    }

    package static func names(of settings: SourceSettings) -> [OpenName] { WebSettings.names(of: settings) }

    package func findings(address: String) async -> [Finding] {
        var findings = [
            Finding(.good, "user ids and visitors are those of the site \(settings.site)"),
            Finding(
                .needed,
                """
                on the pages: <script async src="\(address)/contatto.js" data-key="KEY"></script>, with the key that \
                `contatto key create --role public --source \(source)` prints
                """),
            Finding(
                .needed,
                """
                for libraries of Segment or RudderStack: \(address) in place of their host, and that key (for a service of your \
                own, one with --role connector) in place of their write key
                """),
        ]
        for name in names {
            findings.append(
                Finding(
                    .good, "\(name.family) \(name.value) is this source's: such trackers need only \(address) as host"))
        }
        if settings.hosts.isEmpty {
            findings.append(
                Finding(
                    .doubtful,
                    "hosts is not set: links within the site count as referrals; set it to the site's host names"))
        }
        if !settings.isConsentRequired {
            findings.append(
                Finding(
                    .doubtful,
                    """
                    consent is assumed: visitors are recognised unless the event, Sec-GPC or DNT says no; set consent=required \
                    unless the site itself asks before its tracker runs
                    """))
        }
        if settings.addresses == .whole {
            findings.append(
                Finding(
                    .doubtful,
                    "ip=whole stores network addresses, which are personal data; short is enough to tell countries"))
        }
        return findings
    }

    package static func answer(_ request: OpenRequest, at desk: some OpenDesk) async throws -> OpenAnswer {
        if request.segments == Snippet.path { return Snippet.answer(request) }
        guard let family = family(of: request) else { return OpenAnswer(.notFound, []) }
        if let settings = family == .segment
            ? Segment.settings(request) : family == .posthog ? PostHog.settings(request) : nil
        {
            return settings
        }
        var (stored, refused) = (0, 0)
        var parcels = joined(read(request, family))
        while !parcels.isEmpty {
            // Out of the list: what is in two lists is copied when one of them changes.
            var parcel = parcels.removeFirst()
            guard let source = try await desk.source(parcel.names, of: WebConnector.self) else {
                refused += parcel.events.count
                try await keep(request, parcel, family, at: desk)
                continue
            }
            let line = EventLine(
                settings: source.connector.settings, isTrusted: source.isTrusted, head: RequestHead(request),
                arrival: request.arrival)
            var place = 0
            // Some at a time, and what was made into items is let go before they are stored: while they wait, nothing else
            // of them is to stay in memory.
            while !parcel.events.isEmpty {
                let count = min(Self.eventsAtOnce, parcel.events.count)
                let read = source.read { reader in Self.read(parcel.events.prefix(count), from: place, line, &reader) }
                place += count
                parcel.events.removeFirst(count)
                guard !read.items.isEmpty || !read.hits.isEmpty else { continue }
                let receipt = try await source.accept(read)
                for outcome in receipt.outcomes { if case .refused = outcome { refused += 1 } else { stored += 1 } }
                stored += read.hits.count
            }
        }
        return answer(request, family, stored: stored, refused: refused)
    }

    /// Of one request, made into items and stored before the next ones.
    private static let eventsAtOnce = 500

    private static func read(
        _ events: ArraySlice<ReadEvent>, from place: Int, _ line: EventLine, _ reader: inout InteractionReader
    ) -> ReadParcel {
        var read = ReadParcel()
        for (offset, event) in events.enumerated() {
            switch line.make(event, at: place + offset, &reader) {
            case .item(let item): read.items.append(item)
            case .hit(let hit): read.hits.append(hit)
            }
        }
        return read
    }

    /// All of it as it came: once the source is there, it can be sent again.
    private static func keep(
        _ request: OpenRequest, _ parcel: TrackedParcel, _ family: WebSettings.Family, at desk: some OpenDesk
    ) async throws {
        let isNamed = parcel.names.contains { !$0.value.isEmpty }
        try await desk.keep(
            RawInput(request.body.isEmpty ? Array((request.head.path ?? "").utf8) : request.body),
            because: isNamed
                ? "no source answers to what it is called (\(family.rawValue))"
                : "the request names no source (\(family.rawValue))")
    }

    private static func read(_ request: OpenRequest, _ family: WebSettings.Family) -> [TrackedParcel] {
        switch family {
        case .segment: Segment.read(request)
        case .matomo: Matomo.read(request)
        case .snowplow: Snowplow.read(request)
        case .posthog: PostHog.read(request)
        case .plausible: Plausible.read(request)
        }
    }

    /// One parcel for each way of being called, in the order in which they came.
    private static func joined(_ parcels: [TrackedParcel]) -> [TrackedParcel] {
        guard parcels.count > 1 else { return parcels }
        var joined: [TrackedParcel] = []
        var places: [[OpenName]: Int] = [:]
        for parcel in parcels {
            if let place = places[parcel.names] {
                joined[place].events += parcel.events
            } else {
                places[parcel.names] = joined.count
                joined.append(parcel)
            }
        }
        return joined
    }

    private static func family(of request: OpenRequest) -> WebSettings.Family? {
        let segments = request.segments
        func has(_ routes: [OpenRoute]) -> Bool { routes.contains { $0.matches(segments) } }
        if has(Segment.routes) { return .segment }
        if has(Matomo.routes) { return .matomo }
        if has(PostHog.routes) { return .posthog }
        if has(Plausible.routes) { return .plausible }
        return has(Snowplow.routes) ? .snowplow : nil
    }

    /// What each family's libraries take for success.
    private static func answer(
        _ request: OpenRequest, _ family: WebSettings.Family, stored: Int, refused: Int
    ) -> OpenAnswer {
        switch family {
        case .segment:
            if request.segments.contains("pixel") { return OpenAnswer(.ok, contentType: "image/gif", Matomo.pixel) }
            return OpenAnswer(.ok, Array(#"{"success":true}"#.utf8))
        case .posthog: return OpenAnswer(.ok, Array(#"{"status":1}"#.utf8))
        case .plausible: return OpenAnswer(.accepted, contentType: "text/plain", Array("ok".utf8))
        case .snowplow:
            if request.head.method == .get { return OpenAnswer(.ok, contentType: "image/gif", Matomo.pixel) }
            return OpenAnswer(.ok, contentType: "text/plain", Array("ok".utf8))
        case .matomo: return Matomo.answer(request, tracked: stored, invalid: refused)
        }
    }
}
