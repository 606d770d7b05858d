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
    /// About 1 kB each at the most.
    private static let most = 8_192
    private static let longest = 400

    struct Arrival: Sendable {
        let referral: Referral
        let touches: [Touch]
    }

    private struct Place: Hashable {
        let page: String?
        let referrer: String?
        let hosts: Set<String>
    }

    private let arrivals = NIOLockedValueBox<[Place: Arrival]>([:])
    private let addresses = NIOLockedValueBox<[String: String]>([:])

    func arrival(page: String?, referrer: String?, settings: WebSettings, stated: Campaign?) -> Arrival {
        let place = Place(page: page, referrer: referrer, hosts: settings.hosts)
        let isKept = stated == nil && (page?.utf8.count ?? 0) + (referrer?.utf8.count ?? 0) <= Self.longest
        if isKept, let known = arrivals.withLockedValue({ $0[place] }) { return known }
        let (referral, touches) = Referral.of(page: page, referrer: referrer, ownHosts: settings.hosts, stated: stated)
        let found = Arrival(referral: referral, touches: touches)
        guard isKept else { return found }
        arrivals.withLockedValue { arrivals in
            if arrivals.count >= Self.most { arrivals = [:] }
            arrivals[place] = found
        }
        return found
    }

    /// An address as it is kept: without what may be secret in it.
    func stored(_ address: String) -> String? {
        if let known = addresses.withLockedValue({ $0[address] }) { return known }
        guard let stored = PageAddress(address)?.stored else { return nil }
        guard address.utf8.count <= Self.longest else { return stored }
        addresses.withLockedValue { addresses in
            if addresses.count >= 2 * Self.most { addresses = [:] }
            addresses[address] = stored
        }
        return stored
    }
}
