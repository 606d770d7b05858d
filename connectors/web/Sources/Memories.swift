internal import Contact
internal import NIOConcurrencyHelpers

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

/// What was found of addresses, apart: pages are many and most say nothing of how their visitor came; what leads to them are few.
final class ArrivalMemory: Sendable {
    static let shared = ArrivalMemory()
    /// Of each of two generations; a page is about 200 bytes, a lead 500, reckoned by their texts.
    private static let (mostPages, mostLeads) = (8_000, 4_000)
    private static let longest = 400

    /// What an event's addresses say.
    struct Arrival: Sendable {
        /// The page's address as it is kept: without what may be secret in it.
        let page: String?
        fileprivate let lead: Lead

        /// The referral as it stands in an interaction.
        var referral: [UInt8] { lead.referral }
        var touches: [Touch] { lead.touches }
        /// As it is kept.
        var referrer: String? { lead.referrer }
    }

    /// What led to a page. A class, with its referral written once: it is looked up for nearly every event, and would have a
    /// dozen texts to retain.
    fileprivate final class Lead: Sendable {
        let referral: [UInt8]
        let touches: [Touch]
        let referrer: String?

        init(page: PageAddress?, referrer: PageAddress?, ownHosts: Set<String>, stated: Campaign?) {
            let (referral, touches) = Referral.of(read: page, from: referrer, ownHosts: ownHosts, stated: stated)
            self.referral = referral.json
            self.touches = touches
            self.referrer = referrer?.stored
        }
    }

    private final class Page: Sendable {
        let stored: String?
        let host: String
        /// It says nothing of how anybody came to it: beside a referrer only its host counts.
        let isSilent: Bool

        init(_ address: PageAddress?) {
            stored = address?.stored
            host = address?.host ?? ""
            let (referral, touches) = Referral.of(read: address, from: nil, ownHosts: [], stated: nil)
            isSilent = referral == .none && touches.isEmpty
        }
    }

    /// Where a visitor came from, and to: the whole address of a page that says something, else its host.
    private struct Way: Hashable {
        let page: String
        let host: String
        let referrer: String
        let hosts: String

        var length: Int { page.utf8.count + host.utf8.count + referrer.utf8.count }
    }

    private let pages = NIOLockedValueBox(RecentlyUsed<String, Page>(most: mostPages))
    private let leads = NIOLockedValueBox(RecentlyUsed<Way, Lead>(most: mostLeads))

    func arrival(page: String?, referrer: String?, settings: WebSettings, stated: Campaign?) -> Arrival {
        // One without a letter is none.
        let text = page ?? ""
        let page = self.page(text)
        let way = Way(
            page: page.isSilent ? "" : text, host: page.isSilent ? page.host : "", referrer: referrer ?? "",
            hosts: settings.hostList)
        let isKept = stated == nil && way.length <= Self.longest
        if isKept, let known = leads.withLockedValue({ $0.find(way) }) {
            return Arrival(page: page.stored, lead: known)
        }
        let found = Lead(
            page: PageAddress(text), referrer: PageAddress(way.referrer), ownHosts: settings.hosts, stated: stated)
        if isKept { leads.withLockedValue { $0.keep(found, for: way) } }
        return Arrival(page: page.stored, lead: found)
    }

    private func page(_ text: String) -> Page {
        let isKept = text.utf8.count <= Self.longest
        if isKept, let known = pages.withLockedValue({ $0.find(text) }) { return known }
        let found = Page(PageAddress(text))
        if isKept { pages.withLockedValue { $0.keep(found, for: text) } }
        return found
    }
}
