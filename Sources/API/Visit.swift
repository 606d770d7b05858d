internal import Contact
internal import Storage

/// What a customer did on the web in one go.
///
/// A function of the interactions alone, whatever order they came in: those of channel `web` in the order of their times, cut
/// where more than half an hour lies between two (the pause after which a session ends for Matomo, Segment and Google
/// Analytics alike), unless the tracker itself says that both are of one session.
struct Visit: Sendable {
    static let pause: Int64 = 30 * 60 * 1_000_000

    /// An interaction as far as a visit tells of it.
    struct Step: Sendable {
        let at: Int64
        let kind: String
        let session: String?
        let url: JSONValue?
        let detail: JSONValue?

        /// Nil for what is not of the web.
        init?(_ entry: TimelineEntry) {
            guard entry.channel == "web" else { return nil }
            at = entry.occurredAt
            let body: JSONValue?
            do throws(Refusal) { body = try JSONValue(entry.body) } catch { body = nil }
            kind = body?["kind"]?.string ?? ""
            detail = body?["detail"]
            session = detail?["session"]?.string
            url = detail?["page"]?["url"]
        }
    }

    /// The latest first.
    private(set) var steps: [Step]

    /// Whether one that came before what is there belongs to it.
    private func takes(_ earlier: Step) -> Bool {
        guard let first = steps.last else { return true }
        if let session = earlier.session, session == first.session { return true }
        return first.at - earlier.at <= Self.pause
    }

    /// The visits of steps that stand with the latest first, the latest first.
    static func all(_ steps: some Sequence<Step>) -> [Visit] {
        var visits: [Visit] = []
        for step in steps {
            if let last = visits.indices.last, visits[last].takes(step) {
                visits[last].steps.append(step)
            } else {
                visits.append(Visit(steps: [step]))
            }
        }
        return visits
    }

    var json: [UInt8] {
        let pages = steps.filter { $0.kind == "page" || $0.kind == "screen" }
        let came = steps.reversed()
        func first(_ member: String) -> [UInt8] {
            came.lazy.compactMap { $0.detail?[member] }.first.map(\.storable) ?? JSONWriter.null
        }
        var touches: [[UInt8]] = []
        for touch in came.lazy.flatMap({ $0.detail?["touches"]?.elements ?? [] }).map(\.storable)
        where !touches.contains(touch) { touches.append(touch) }
        return JSONWriter.object([
            ("started_at", JSONWriter.string(Timestamp.text(steps.last?.at ?? 0))),
            ("ended_at", JSONWriter.string(Timestamp.text(steps.first?.at ?? 0))),
            ("interactions", JSONWriter.number(Int64(steps.count))), ("pages", JSONWriter.number(Int64(pages.count))),
            ("entry", pages.last?.url?.storable ?? JSONWriter.null),
            ("exit", pages.first?.url?.storable ?? JSONWriter.null),
            ("referral", first("referral")), ("touches", JSONWriter.array(touches)), ("agent", first("agent")),
            ("language", first("language")), ("consent", first("consent")),
        ])
    }
}
