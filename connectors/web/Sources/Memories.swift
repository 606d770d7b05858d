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

/// What was found of addresses: the pages of a site, and what leads there, are few.
final class ArrivalMemory: Sendable {
    static let shared = ArrivalMemory()
    /// Of each of two generations; half a kilobyte each, reckoned by their texts.
    private static let most = 8_000
    private static let longest = 400

    /// A class, with its referral written once: it is looked up for nearly every event, and would have a dozen texts to retain.
    final class Arrival: Sendable {
        /// The referral as it stands in an interaction.
        let referral: [UInt8]
        let touches: [Touch]
        /// The two addresses as they are kept: without what may be secret in them.
        let page: String?
        let referrer: String?

        init(page: PageAddress?, referrer: PageAddress?, ownHosts: Set<String>, stated: Campaign?) {
            let (referral, touches) = Referral.of(read: page, from: referrer, ownHosts: ownHosts, stated: stated)
            self.referral = referral.json
            self.touches = touches
            self.page = page?.stored
            self.referrer = referrer?.stored
        }
    }

    private struct Place: Hashable {
        let page: String
        let referrer: String
        let hosts: String
    }

    private let arrivals = NIOLockedValueBox(RecentlyUsed<Place, Arrival>(most: most))

    func arrival(page: String?, referrer: String?, settings: WebSettings, stated: Campaign?) -> Arrival {
        // One without a letter is none.
        let place = Place(page: page ?? "", referrer: referrer ?? "", hosts: settings.hostList)
        let isKept = stated == nil && place.page.utf8.count + place.referrer.utf8.count <= Self.longest
        if isKept, let known = arrivals.withLockedValue({ $0.find(place) }) { return known }
        let found = Arrival(
            page: PageAddress(place.page), referrer: PageAddress(place.referrer), ownHosts: settings.hosts,
            stated: stated)
        if isKept { arrivals.withLockedValue { $0.keep(found, for: place) } }
        return found
    }
}
