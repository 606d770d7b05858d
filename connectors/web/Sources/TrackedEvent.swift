internal import Contact

/// One event as a tracker reports it, whatever it speaks: every family of trackers is read into this, and from here there is
/// one path.
struct TrackedEvent: Sendable {
    /// The kinds of the interactions that come of it.
    enum Kind: String, Sendable { case page, screen, track, identify, group, alias }

    /// What the visitor has said to being recognised, as far as the event tells.
    enum Consent: String, Sendable {
        case granted, denied
        case unstated = "not_stated"
    }

    /// What an event says of the person, beyond names of accounts.
    struct Person: Sendable {
        var email: String?
        var phone: String?
        var name: String?
        var birthDate: String?
        var company: String?
        var street: String?
        var city: String?
        var postcode: String?
        var country: String?
    }

    var kind: Kind
    /// Id at the source; nil = the event has none of its own.
    var id: String?
    /// Of a page, a screen or what was done.
    var name: String?
    var userID: String?
    /// What the tracker calls the visitor on this device: a cookie's value.
    var visitorID: String?
    var deviceID: String?
    /// What the user was called before, of an alias.
    var previousID: String?
    var groupID: String?
    var person = Person()
    /// Said of the person and of no use to recognise him; by the names they were given.
    var traits: [(name: String, value: JSONValue)] = []

    /// Microseconds since 1970, by the sender's clock: when it happened, and when it was sent.
    var statedAt: Int64?
    var sentAt: Int64?

    var url: String?
    var title: String?
    var referrer: String?
    var campaign: Campaign?
    var properties: JSONValue?
    /// Members of `properties` that stand elsewhere, or are not kept.
    var consumed: Set<String> = []
    /// What else is known of the circumstances, kept as it came.
    var circumstances: [(name: String, value: JSONValue)] = []

    var userAgent: String?
    var address: String?
    var language: String?
    var zone: String?
    var session: String?
    var library: String?
    var consent = Consent.unstated
    /// Without anybody named it is a hit, and no mistake: this family has ways to track nobody.
    var mayBeNobodys = true
    /// What came tells it from every other event: the same bytes once more are the same event once more.
    var isDistinct = true
    /// The event as it came.
    var raw: RawInput

    init(_ kind: Kind, raw: RawInput) {
        self.kind = kind
        self.raw = raw
    }

    /// The members of a context that stand nowhere else; of two of one name the first.
    mutating func takeCircumstances(of context: JSONValue?, without read: Set<String>) {
        for (name, value) in context?.members ?? []
        where !read.contains(name) && !circumstances.contains(where: { $0.name == name }) {
            circumstances.append((name, value))
        }
    }
}

/// One event of a request, or why it is none.
struct ReadEvent: Sendable {
    var outcome: Result<TrackedEvent, Refusal>
    var raw: RawInput

    init(_ event: TrackedEvent) {
        outcome = .success(event)
        raw = event.raw
    }

    init(_ refusal: Refusal, _ raw: RawInput) {
        outcome = .failure(refusal)
        self.raw = raw
    }
}

/// What of a request belongs to one source, by the names it is called there.
struct TrackedParcel: Sendable {
    var names: [OpenName]
    var events: [ReadEvent]
}

/// When an event happened, by the hub's clock.
enum EventClock {
    /// A device's clock may be wrong by years; but what was sent long ago, and is sent again now from a file, was not sent
    /// by a wrong clock.
    static let mostSkew: Int64 = 30 * 86_400_000_000

    /// The stated time moved by as much as the sender's clock was off: arrival − (sent − stated), as the Segment HTTP API
    /// does. Never after the arrival: nothing is reported before it happens.
    static func time(stated: Int64?, sent: Int64?, arrival: Int64) -> Int64 {
        guard let stated else { return arrival }
        guard let sent else { return min(stated, arrival) }
        let (skew, isAbsurd) = arrival.subtractingReportingOverflow(sent)
        guard !isAbsurd, abs(skew) <= mostSkew else { return min(stated, arrival) }
        let (time, overflows) = stated.addingReportingOverflow(skew)
        return overflows ? arrival : min(time, arrival)
    }

    /// A time as trackers write it: RFC 3339, with a blank instead of the T or without an offset (then it is UTC), or a number
    /// of seconds, milliseconds or microseconds since 1970.
    static func read(_ text: String) -> Int64? {
        if let time = Timestamp.microseconds(text) { return time }
        if let number = Double(text) { return read(number) }
        guard text.utf8.count >= 19, text.utf8.count < 40 else { return nil }
        return Timestamp.microseconds(text + "Z")
    }

    static func read(_ value: JSONValue?) -> Int64? {
        guard let value else { return nil }
        if let time = value.timestamp { return time }
        if let text = value.string { return read(text) }
        return value.number.flatMap { Double($0) }.flatMap { read($0) }
    }

    private static func read(_ number: Double) -> Int64? {
        // 10¹¹ seconds are the year 5138, 10¹¹ milliseconds 1973, 10¹⁴ milliseconds the year 5138.
        switch number {
        case 0..<1e11: Int64(number * 1e6)
        case 1e11..<1e14: Int64(number * 1e3)
        case 1e14..<4e15: Int64(number)
        default: nil
        }
    }
}
