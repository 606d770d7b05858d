internal import Contact
internal import NIOConcurrencyHelpers

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
        line.add("identifiers", identifiers.map(object))
        line.add("attributes", attributes(of: event.person))
        var leftOut = unread
        line.add("traits", Traits.object(event.traits, leftOut: &leftOut))
        if let amount = Amount.of(event) {
            line.add("amount", json: amount)
        }
        let (detail, touches) = detail(event, consent, agent, time, leftOut)
        if let touch = touches.first {
            var object = ObjectText()
            object.add("kind", touch.kind.rawValue)
            object.add("value", touch.code)
            line.add("touch", object)
        }
        line.add("detail", detail)
        return line.finished
    }

    private func object(_ shown: Shown) -> ObjectText {
        var object = ObjectText()
        object.add("kind", shown.kind.name)
        if shown.kind.scope != nil { object.add("scope", settings.site) }
        object.add("value", shown.value)
        return object
    }

    /// Its own, or what makes it itself: a tracker that sends it again sends the same bytes.
    private func id(of event: TrackedEvent) -> String {
        if let id = event.id, !id.isEmpty {
            guard id.utf8.count > Self.longestID else { return id }
            return "sha256:" + Hexadecimal.text(Digest.sha256(Array(id.utf8)))
        }
        return "event:" + Hexadecimal.text(Digest.sha256(event.raw.bytes))
    }

    private func attributes(of person: TrackedEvent.Person) -> ObjectText {
        func short(_ text: String?) -> String? { text.map { Clipped.text($0, 500) } }
        var object = ObjectText()
        object.add("name", short(person.name))
        // A day that is none would cost the whole event; it is none of the person's that way.
        if let day = person.birthDate, CivilDate(Array(day.utf8).span) != nil { object.add("birth_date", day) }
        object.add("company", short(person.company))
        var address = ObjectText()
        address.add("street", short(person.street))
        address.add("city", short(person.city))
        address.add("postcode", short(person.postcode))
        address.add("country", short(person.country))
        object.add("address", address)
        return object
    }

    private func detail(
        _ event: TrackedEvent, _ consent: TrackedEvent.Consent, _ agent: UserAgent?, _ time: Int64, _ leftOut: [String]
    ) -> (ObjectText, [Touch]) {
        var detail = ObjectText()
        if event.kind == .track {
            detail.add("event", clipped(event.name))
        } else {
            detail.add("name", clipped(event.name))
        }
        detail.add("group", clipped(event.groupID))
        if event.kind == .alias { detail.add("previous_id", clipped(event.previousID)) }
        let touches = circumstances(event, agent, consent, isHit: false, to: &detail)
        detail.add("session", clipped(event.session))
        if let stated = event.statedAt, abs(stated - time) > 1_000_000 {
            var clock = ObjectText()
            clock.add("stated", Self.time(stated))
            clock.add("sent", event.sentAt.flatMap { Self.time($0) })
            detail.add("clock", clock)
        }
        if !leftOut.isEmpty {
            detail.add(
                "left_out", json: JSONWriter.array(leftOut.prefix(50).map { JSONWriter.string(Clipped.text($0, 100)) }))
        }
        return (detail, touches)
    }

    private static func time(_ microseconds: Int64) -> String? {
        // Years of four digits.
        (0..<253_402_300_800_000_000).contains(microseconds) ? Timestamp.text(microseconds) : nil
    }

    /// What both an interaction and a hit tell: the page, what led there, with what; of a hit nothing that is the sender's own
    /// words.
    private func circumstances(
        _ event: TrackedEvent, _ agent: UserAgent?, _ consent: TrackedEvent.Consent, isHit: Bool,
        to detail: inout ObjectText
    ) -> [Touch] {
        let url = event.url.flatMap { PageAddress($0) }
        var page = ObjectText()
        page.add("url", url?.stored ?? clipped(event.url))
        page.add("title", clipped(event.title))
        page.add("referrer", event.referrer.flatMap { PageAddress($0)?.stored ?? clipped($0) })
        detail.add("page", page)
        var (referral, touches) = (Referral?.none, [Touch]())
        if event.url != nil || event.referrer != nil || event.campaign != nil {
            let found = Referral.of(
                page: event.url, referrer: event.referrer, ownHosts: settings.hosts, stated: event.campaign)
            (referral, touches) = (found.0, found.1)
        }
        if !isHit { touches += Coupons.touches(of: event) }
        if let referral { detail.add("referral", Self.object(referral)) }
        detail.add("touches", touches.map(Self.object))
        if !isHit {
            detail.add("properties", Properties.object(event.properties, without: event.consumed))
            var context = ObjectText()
            for (name, value) in event.circumstances { context.add(name, value) }
            detail.add("context", context)
        }
        if let agent {
            var object = ObjectText()
            object.add("name", agent.name)
            object.add("system", agent.system)
            object.add("device", agent.device.rawValue)
            detail.add("agent", object)
        }
        detail.add("language", clipped(event.language ?? head.language))
        if !isHit { detail.add("zone", clipped(event.zone)) }
        detail.add("ip", settings.stored(address: event.address ?? head.remote))
        detail.add("consent", consent.rawValue)
        detail.add("library", clipped(event.library))
        return touches
    }

    private static func object(_ referral: Referral) -> ObjectText {
        var object = ObjectText()
        object.add("medium", referral.medium.rawValue)
        object.add("source", referral.source)
        object.add("term", referral.term)
        if let stated = referral.campaign {
            var campaign = ObjectText()
            campaign.add("source", stated.source)
            campaign.add("medium", stated.medium)
            campaign.add("name", stated.name)
            campaign.add("term", stated.term)
            campaign.add("content", stated.content)
            campaign.add("id", stated.id)
            object.add("campaign", campaign)
        }
        if let click = referral.clickID {
            var id = ObjectText()
            id.add("kind", click.kind)
            id.add("value", click.value)
            object.add("click", id)
        }
        return object
    }

    private static func object(_ touch: Touch) -> ObjectText {
        var object = ObjectText()
        object.add("kind", touch.kind.rawValue)
        object.add("code", touch.code)
        object.add("campaign", touch.campaign)
        object.add("cost_key", touch.costKey)
        return object
    }

    private func hit(_ event: TrackedEvent, _ kind: Hit.Kind, _ agent: UserAgent?, _ time: Int64) -> Made {
        var detail = ObjectText()
        detail.add("kind", event.kind.rawValue)
        if event.kind == .track { detail.add("event", clipped(event.name)) }
        let consent: TrackedEvent.Consent =
            kind == .unrecognised && event.consent == .unstated && head.refusesTracking ? .denied : event.consent
        _ = circumstances(event, agent, consent, isHit: true, to: &detail)
        return .hit(
            Hit(
                id: id(of: event), kind: kind, agent: kind == .unrecognised ? nil : agent?.name, occurredAt: time,
                body: detail.finished))
    }

    private func clipped(_ text: String?) -> String? { text.map { Clipped.text($0, Self.longestText) } }
}

/// Texts from outside, cut at a character.
enum Clipped {
    static func text(_ text: String, _ bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: bytes)
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            text.utf8.formIndex(before: &end)
        }
        return String(text[..<end])
    }
}

/// What the head of a request says of the visitor, where it is his own browser that sends it.
struct RequestHead: Sendable {
    /// The browser's own name for itself; nil where a program of the site's speaks for the visitor.
    let browser: String?
    let language: String?
    let remote: String?
    /// Whoever it is that sends, as far as the head tells: to tell two events from one.
    let sender: String
    /// Sec-GPC (Global Privacy Control), DNT, or Snowplow's SP-Anonymous.
    let refusesTracking: Bool

    init(_ request: OpenRequest) {
        let agent = request.field("user-agent") ?? ""
        // Libraries of languages do not run pages: one of those sends events that happened elsewhere, for people.
        let isBrowser = agent.hasPrefix("Mozilla/") || agent.hasPrefix("Opera/")
        browser = isBrowser || AgentMemory.shared.agent(agent).kind.isOfAI ? agent : nil
        language = isBrowser ? request.field("accept-language").flatMap(Self.firstLanguage) : nil
        remote = isBrowser ? request.remote : nil
        sender = "\(request.remote ?? "") \(agent)"
        refusesTracking =
            request.field("sec-gpc") == "1" || request.field("dnt") == "1" || request.field("sp-anonymous") != nil
    }

    /// `it-IT` of `it-IT,it;q=0.9,en;q=0.8`.
    private static func firstLanguage(_ field: String) -> String? {
        let first = field.prefix { $0 != "," && $0 != ";" }.filter { $0 != " " }
        guard (2...35).contains(first.utf8.count), first.utf8.allSatisfy({ $0 < 0x80 }), first != "*" else {
            return nil
        }
        return String(first)
    }
}

extension UserAgent.Kind {
    var isOfAI: Bool { self == .aiCrawler || self == .aiFetcher }
}

/// What was found of user agents: the same few stand in nearly every request.
final class AgentMemory: Sendable {
    static let shared = AgentMemory()
    private static let most = 4_096
    private static let longest = 1_000

    private let known = NIOLockedValueBox<[String: UserAgent]>([:])

    func agent(_ field: String) -> UserAgent {
        if let found = known.withLockedValue({ $0[field] }) { return found }
        let agent = UserAgent(field)
        guard field.utf8.count <= Self.longest else { return agent }
        known.withLockedValue { known in
            if known.count >= Self.most { known = [:] }
            known[field] = agent
        }
        return agent
    }
}
