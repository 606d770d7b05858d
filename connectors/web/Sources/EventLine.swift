internal import Contact

/// Turns an event into what the intake takes: an interaction of a customer, or a hit that is nobody's.
///
/// An interaction is written as the line that anybody may post (FORMATS.md) and read by the reader that reads those: so what
/// a tracker may vouch for, what an identifier looks like and what is refused is decided in one place.
struct EventLine {
    /// Longer names are no names: they are kept in their hash, so that the event still counts once.
    private static let longestID = 200
    private static let longestText = 1_000

    let settings: WebSettings
    let isTrusted: Bool
    /// What the request's head says where the event does not.
    let head: RequestHead
    let arrival: Int64

    /// The item, or the hit.
    enum Made {
        case item(IntakeItem)
        case hit(Hit)
    }

    /// `place`: which event of the request it is.
    func make(_ read: ReadEvent, at place: Int, _ reader: inout InteractionReader) -> Made {
        switch read.outcome {
        case .failure(let refusal): return .item(IntakeItem(.failure(refusal), raw: read.raw))
        case .success(var event):
            if !event.isDistinct {
                event.id =
                    "event:"
                    + Hexadecimal.text(
                        Digest.sha256(event.raw.bytes + Array("\(place) \(head.sender) \(arrival)".utf8)))
            }
            return make(event, at: place, &reader)
        }
    }

    private func make(_ event: TrackedEvent, at place: Int, _ reader: inout InteractionReader) -> Made {
        // What came together and says no time came in the order in which it stands.
        let time =
            event.statedAt == nil
            ? arrival + Int64(place) : EventClock.time(stated: event.statedAt, sent: event.sentAt, arrival: arrival)
        let field = event.userAgent ?? head.browser
        let agent = field.map { AgentMemory.shared.agent($0) }
        // Who has logged in is a person, whatever his browser calls itself.
        if event.userID == nil, let agent, let kind = Self.machine(agent) {
            return hit(event, kind, agent, time)
        }
        let consent = event.consent == .unstated && head.refusesTracking ? .denied : event.consent
        if consent == .denied || (consent == .unstated && settings.isConsentRequired && !isTrusted) {
            return hit(event, .unrecognised, agent, time)
        }
        let identifiers = identifiers(of: event)
        if identifiers.isEmpty, event.mayBeNobodys { return hit(event, .unrecognised, agent, time) }
        let read = reader.read(line(event, consent, identifiers, agent, time, []), arrival: arrival)
        guard case .failure(let refusal) = read, Self.mayBeOfIdentifier.contains(refusal.reason) else {
            return .item(IntakeItem(read, raw: event.raw))
        }
        // One that cannot be read does not cost what the others tell.
        let good = identifiers.filter { isReadable($0) }
        guard !good.isEmpty, good.count < identifiers.count else { return .item(IntakeItem(read, raw: event.raw)) }
        let bad = identifiers.filter { !isReadable($0) }.map(\.kind.name)
        return .item(
            IntakeItem(
                reader.read(line(event, consent, good, agent, time, bad), arrival: arrival), raw: event.raw))
    }

    private static let mayBeOfIdentifier: Set<RefusalReason> = [.identifierInvalid, .tooLarge, .notUTF8]

    private func isReadable(_ shown: Shown) -> Bool {
        guard shown.value.utf8.count <= 512, !shown.value.contains("\u{FFFD}") else { return false }
        do throws(Refusal) {
            _ = try settings.normaliser.identifier(
                kind: shown.kind.name, scope: shown.kind.scope == nil ? nil : settings.site, value: shown.value)
            return true
        } catch {
            return error.reason == .identifierBlocked
        }
    }

    /// An identifier that the event shows.
    private struct Shown {
        let kind: IdentifierKind
        let value: String
    }

    private static func machine(_ agent: UserAgent) -> Hit.Kind? {
        switch agent.kind {
        case .person: nil
        case .bot: .bot
        case .aiCrawler: .aiCrawler
        case .aiFetcher: .aiFetcher
        }
    }

    // Who.

    private func identifiers(of event: TrackedEvent) -> [Shown] {
        var found: [Shown] = []
        found.reserveCapacity(5)
        func add(_ kind: IdentifierKind, _ value: String?) {
            if let value, !value.isEmpty { found.append(Shown(kind: kind, value: value)) }
        }
        // Some sites use the address as the name of the account: it is both, and then case says nothing.
        let isAddress = event.userID.map(Self.looksLikeAddress) ?? false
        add(.userID, isAddress ? event.userID?.lowercased() : event.userID)
        add(.cookie, event.visitorID)
        // Nearly always the visitor's id from before the login. Where it was another account, the two stay apart: an account is
        // not another's by a program's word, and people see what was said in the event.
        if event.kind == .alias, event.previousID != event.visitorID { add(.cookie, event.previousID) }
        add(.device, event.deviceID)
        add(.email, event.person.email ?? (isAddress ? event.userID : nil))
        add(.phone, event.person.phone)
        return found
    }

    private static func looksLikeAddress(_ text: String) -> Bool {
        guard text.utf8.count <= 254, let at = text.lastIndex(of: "@"), at != text.startIndex else { return false }
        let domain = text[text.index(after: at)...]
        return domain.contains(".") && !domain.hasPrefix(".") && !domain.hasSuffix(".") && !text.contains(" ")
    }

    // What.

    private func line(
        _ event: TrackedEvent, _ consent: TrackedEvent.Consent, _ identifiers: [Shown], _ agent: UserAgent?,
        _ time: Int64, _ unread: [String]
    ) -> [UInt8] {
        var line = ObjectText()
        line.add("id", id(of: event))
        line.add("channel", WebConnector.channel)
        line.add("kind", event.kind.rawValue)
        line.add("occurred_at", Timestamp.text(time))
        line.array("identifiers", identifiers) { object, shown in
            object.add("kind", shown.kind.name)
            if shown.kind.scope != nil { object.add("scope", settings.site) }
            object.add("value", shown.value)
        }
        line.object("attributes") { add(event.person, to: &$0) }
        var leftOut = unread
        if let day = event.person.birthDate, !Self.isDay(day) { leftOut.append("birth_date") }
        if !event.traits.isEmpty { line.object("traits") { Traits.add(event.traits, to: &$0, leftOut: &leftOut) } }
        if let amount = Amount.of(event) { line.add("amount", json: amount) }
        let (arrival, touches) = arrival(of: event)
        if let touch = touches.first {
            line.object("touch") { object in
                object.add("kind", touch.kind.rawValue)
                object.add("value", touch.code)
            }
        }
        line.object("detail") { detail in
            add(event, at: time, to: &detail)
            circumstances(event, agent, consent, arrival, touches, isHit: false, to: &detail)
            if !leftOut.isEmpty {
                let names = leftOut.prefix(50).map { JSONWriter.string(Clipped.text($0, 100)) }
                detail.add("left_out", json: JSONWriter.array(names))
            }
        }
        return line.finished()
    }

    /// Its own, or what makes it itself: a tracker that sends it again sends the same bytes.
    private func id(of event: TrackedEvent) -> String {
        if let id = event.id, !id.isEmpty {
            guard id.utf8.count > Self.longestID else { return id }
            return "sha256:" + Hexadecimal.text(Digest.sha256(Array(id.utf8)))
        }
        return "event:" + Hexadecimal.text(Digest.sha256(event.raw.bytes))
    }

    private static func isDay(_ text: String) -> Bool { CivilDate(Array(text.utf8).span) != nil }

    private func add(_ person: TrackedEvent.Person, to object: inout ObjectText) {
        func short(_ text: String?) -> String? { text.map { Clipped.text($0, 500) } }
        object.add("name", short(person.name))
        // A day that is none would cost the whole event; it is none of the person's that way.
        if let day = person.birthDate, Self.isDay(day) { object.add("birth_date", day) }
        object.add("company", short(person.company))
        object.object("address") { address in
            address.add("street", short(person.street))
            address.add("city", short(person.city))
            address.add("postcode", short(person.postcode))
            address.add("country", short(person.country))
        }
    }

    private func add(_ event: TrackedEvent, at time: Int64, to detail: inout ObjectText) {
        detail.add(event.kind == .track ? "event" : "name", clipped(event.name))
        detail.add("group", clipped(event.groupID))
        if event.kind == .alias { detail.add("previous_id", clipped(event.previousID)) }
        detail.add("session", clipped(event.session))
        guard let stated = event.statedAt, abs(stated - time) > 1_000_000 else { return }
        detail.object("clock") { clock in
            clock.add("stated", Self.time(stated))
            clock.add("sent", event.sentAt.flatMap { Self.time($0) })
        }
    }

    private static func time(_ microseconds: Int64) -> String? {
        // Years of four digits.
        (0..<253_402_300_800_000_000).contains(microseconds) ? Timestamp.text(microseconds) : nil
    }

    /// What led to the page, and the touches that tells of.
    private func arrival(of event: TrackedEvent) -> (ArrivalMemory.Arrival?, [Touch]) {
        let coupons = Coupons.touches(of: event)
        guard event.url != nil || event.referrer != nil || event.campaign != nil else { return (nil, coupons) }
        let found = ArrivalMemory.shared.arrival(
            page: event.url, referrer: event.referrer, settings: settings, stated: event.campaign)
        return (found, coupons.isEmpty ? found.touches : found.touches + coupons)
    }

    /// What both an interaction and a hit tell: the page, what led there, with what; of a hit nothing that is the sender's own
    /// words.
    private func circumstances(
        _ event: TrackedEvent, _ agent: UserAgent?, _ consent: TrackedEvent.Consent,
        _ arrival: ArrivalMemory.Arrival?, _ touches: [Touch], isHit: Bool, to detail: inout ObjectText
    ) {
        detail.object("page") { page in
            page.add("url", arrival?.page)
            page.add("title", clipped(event.title))
            page.add("referrer", arrival?.referrer)
        }
        if let referral = arrival?.referral { detail.add("referral", json: referral) }
        detail.array("touches", touches) { object, touch in
            object.add("kind", touch.kind.rawValue)
            object.add("code", touch.code)
            object.add("campaign", touch.campaign)
            object.add("cost_key", touch.costKey)
        }
        if !isHit {
            detail.object("properties") { Properties.add(event.properties, without: event.consumed, to: &$0) }
            detail.object("context") { context in
                for (name, value) in event.circumstances { context.add(named: name, value) }
            }
            detail.add("zone", clipped(event.zone))
        }
        if let agent {
            detail.object("agent") { object in
                object.add("name", agent.name)
                object.add("system", agent.system)
                object.add("device", agent.device.rawValue)
            }
        }
        detail.add("language", clipped(event.language ?? head.language))
        detail.add("ip", settings.stored(address: event.address ?? head.remote))
        detail.add("consent", consent.rawValue)
        detail.add("library", clipped(event.library))
    }

    private func hit(_ event: TrackedEvent, _ kind: Hit.Kind, _ agent: UserAgent?, _ time: Int64) -> Made {
        var detail = ObjectText()
        detail.add("kind", event.kind.rawValue)
        if event.kind == .track { detail.add("event", clipped(event.name)) }
        let isRefused = kind == .unrecognised && event.consent == .unstated && head.refusesTracking
        let (arrival, touches) = arrival(of: event)
        circumstances(
            event, agent, isRefused ? .denied : event.consent, arrival, touches, isHit: true, to: &detail)
        return .hit(
            Hit(
                id: id(of: event), kind: kind, agent: kind == .unrecognised ? nil : agent?.name, occurredAt: time,
                body: detail.finished()))
    }

    private func clipped(_ text: String?) -> String? { text.map { Clipped.text($0, Self.longestText) } }
}
