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
    /// Of each of two generations; about 1 kB each at the most.
    private static let most = 6_000
    private static let longest = 400

    struct Arrival: Sendable {
        let referral: Referral
        let touches: [Touch]
        /// The two addresses as they are kept: without what may be secret in them.
        let page: String?
        let referrer: String?
    }

    private struct Place: Hashable {
        let page: String?
        let referrer: String?
        let hosts: Set<String>
    }

    private let arrivals = NIOLockedValueBox(RecentlyUsed<Place, Arrival>(most: most))

    func arrival(page: String?, referrer: String?, settings: WebSettings, stated: Campaign?) -> Arrival {
        let place = Place(page: page, referrer: referrer, hosts: settings.hosts)
        let isKept = stated == nil && (page?.utf8.count ?? 0) + (referrer?.utf8.count ?? 0) <= Self.longest
        if isKept, let known = arrivals.withLockedValue({ $0.find(place) }) { return known }
        let (from, to) = (referrer.flatMap(PageAddress.init), page.flatMap(PageAddress.init))
        let (referral, touches) = Referral.of(read: to, from: from, ownHosts: settings.hosts, stated: stated)
        let found = Arrival(referral: referral, touches: touches, page: to?.stored, referrer: from?.stored)
        if isKept { arrivals.withLockedValue { $0.keep(found, for: place) } }
        return found
    }
}
