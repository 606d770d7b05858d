package import HTTPTypes
package import Storage

/// What the hub answers to over HTTP, and who may ask: the one table of route × role.
package struct Route: Sendable {
    package enum Action: String, Sendable, CaseIterable {
        case interactions, profile, profileByIdentifier, timeline, visits, explanation, hits, search
        case changes, snapshot
        case subscriptions, subscription, subscribe, subscriptionChange, subscriptionRemoval, subscriptionCommand
        case subscriptionAttempts, subscriptionDead
        case decide, decisions, revocation, reviews, rules, rulePreview, ruleChange, erasure
        case receiver, welcome, health, readiness, metrics, openAPI
        case recognise, disclosure, disclosureChange
        case consents, consent, memories, memory, memoryEnd, preferences
        case interaction, original, people, segment
        case audit
    }

    package let action: Action
    /// nil = the receiver's own methods.
    package let method: HTTPRequest.Method?
    /// `{name}` stands for one segment, `{name…}` for all that are left.
    package let pattern: String
    /// The pattern taken apart, once: it is compared with every request.
    private let parts: [Part]
    /// How many of those leave nothing open.
    private let words: Int
    package let roles: Set<KeyRole>
    /// Needs no key from this machine itself.
    package let isOpenOnLoopback: Bool

    private init(
        _ action: Action, _ method: HTTPRequest.Method?, _ pattern: String, _ roles: Set<KeyRole>,
        isOpenOnLoopback: Bool = false
    ) {
        self.action = action
        self.method = method
        self.pattern = pattern
        let segments = pattern.split(separator: "/")
        parts = segments.map { part in part.hasSuffix("…}") ? .rest : part.hasPrefix("{") ? .any : .word(part) }
        words = segments.count(where: { !$0.hasPrefix("{") })
        self.roles = roles
        self.isOpenOnLoopback = isOpenOnLoopback
    }

    /// Whether its requests count towards what a key may ask; not what is delivered, nor streams that stay open.
    var isPaced: Bool {
        switch action {
        case .interactions, .receiver, .changes, .snapshot: false
        default: true
        }
    }

    private enum Part: Sendable {
        case word(Substring)
        /// One segment.
        case any
        /// All that are left.
        case rest
    }

    package static let all: [Route] = [
        Route(.interactions, .post, "/v1/interactions", [.public, .connector, .admin]),
        Route(.changes, .get, "/v1/changes", [.subscriber, .admin]),
        Route(.snapshot, .get, "/v1/profiles", [.subscriber, .admin]),
        Route(.subscriptions, .get, "/v1/subscriptions", [.admin]),
        Route(.subscribe, .post, "/v1/subscriptions", [.admin]),
        Route(.subscription, .get, "/v1/subscriptions/{name}", [.admin]),
        Route(.subscriptionChange, .patch, "/v1/subscriptions/{name}", [.admin]),
        Route(.subscriptionRemoval, .delete, "/v1/subscriptions/{name}", [.admin]),
        Route(.subscriptionAttempts, .get, "/v1/subscriptions/{name}/attempts", [.admin]),
        Route(.subscriptionDead, .get, "/v1/subscriptions/{name}/dead", [.admin]),
        Route(.subscriptionCommand, .post, "/v1/subscriptions/{name}/{command}", [.admin]),
        Route(.profileByIdentifier, .get, "/v1/profiles/by/{kind}/{value…}", readers),
        Route(.timeline, .get, "/v1/profiles/{id}/interactions", readers),
        Route(.visits, .get, "/v1/profiles/{id}/visits", readers),
        Route(.hits, .get, "/v1/hits", readers),
        Route(.search, .get, "/v1/search", readers),
        Route(.explanation, .get, "/v1/profiles/{id}/explain", readers),
        Route(.profile, .get, "/v1/profiles/{id}", readers),
        Route(.decide, .post, "/v1/decisions", deciders),
        Route(.decisions, .get, "/v1/decisions", deciders),
        Route(.revocation, .delete, "/v1/decisions/{id}", deciders),
        Route(.reviews, .get, "/v1/reviews", deciders),
        Route(.rules, .get, "/v1/rules", [.supervisor, .admin]),
        Route(.ruleChange, .put, "/v1/rules", [.admin]),
        Route(.rulePreview, .post, "/v1/rules/preview", [.supervisor, .admin]),
        Route(.erasure, .post, "/v1/erasures", [.admin]),
        Route(.receiver, nil, "/v1/sources/{name}/{path…}", [.connector, .admin]),
        Route(.welcome, .get, "/", [.admin], isOpenOnLoopback: true),
        Route(.health, .get, "/healthz", [.admin], isOpenOnLoopback: true),
        Route(.readiness, .get, "/readyz", [.admin], isOpenOnLoopback: true),
        Route(.metrics, .get, "/metrics", [.admin], isOpenOnLoopback: true),
        // It holds nothing of anybody's; with a key it may be asked for from anywhere, as by a page that shows it.
        Route(.openAPI, .get, "/openapi.yaml", Set(KeyRole.allCases), isOpenOnLoopback: true),
        Route(
            .recognise, .post, "/v1/recognise", [.public, .connector, .reader, .agent, .supervisor, .admin]),
        Route(.disclosure, .get, "/v1/disclosure", [.supervisor, .admin]),
        Route(.disclosureChange, .put, "/v1/disclosure", [.admin]),
        Route(.consents, .get, "/v1/profiles/{id}/consents", readers),
        Route(.consent, .post, "/v1/profiles/{id}/consents", deciders.union([.connector])),
        Route(.memories, .get, "/v1/profiles/{id}/memories", readers),
        Route(.memory, .post, "/v1/profiles/{id}/memories", deciders),
        Route(.memoryEnd, .post, "/v1/memories/{id}/close", deciders),
        Route(.preferences, .post, "/v1/profiles/{id}/preferences", deciders),
        Route(.interaction, .get, "/v1/interactions/{id}", readers),
        // It holds more than was meant for the company's eyes: other recipients, what a program hid, what was quoted of others.
        Route(.original, .get, "/v1/interactions/{id}/original", [.supervisor, .admin]),
        Route(.people, .get, "/v1/profiles/{id}/people", readers),
        Route(.segment, .get, "/v1/spaces/{space}/collections/{collection}/profiles/{identifier}/{part}", readers),
        Route(.audit, .get, "/v1/audit", [.supervisor, .admin]),
    ]

    private static let readers: Set<KeyRole> = [.reader, .agent, .supervisor, .admin]
    private static let deciders: Set<KeyRole> = [.agent, .supervisor, .admin]

    package enum Found: Sendable {
        /// With what stands in the place of each `{name}`, percent-decoded.
        case route(Route, [String])
        case otherMethods([String])
        case nothing
    }

    /// Finds the route of a request; its path is without the query.
    package static func find(_ method: HTTPRequest.Method, _ path: Substring) throws(Problem) -> Found {
        // A HEAD is a GET whose body is kept back.
        let wanted = method == .head ? .get : method
        var others: [String] = []
        var words = 0
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for route in all {
            guard let raw = route.match(segments) else { continue }
            // What a pattern names in so many words is not meant by a later one that leaves it open.
            guard others.isEmpty || route.words == words else { continue }
            guard route.method == nil || route.method == wanted else {
                others.append(route.method?.rawValue ?? "")
                words = route.words
                continue
            }
            var values: [String] = []
            for value in raw { values.append(try decoded(value)) }
            return .route(route, values)
        }
        return others.isEmpty ? .nothing : .otherMethods(others)
    }

    private func match(_ segments: ArraySlice<Substring>) -> [Substring]? {
        if pattern == "/" { return segments.elementsEqual([""]) ? [] : nil }
        var values: [Substring] = []
        var place = segments.startIndex
        for part in parts {
            guard place < segments.endIndex else { return nil }
            switch part {
            case .rest:
                values.append(segments[place...].joined(separator: "/")[...])
                place = segments.endIndex
                continue
            case .any:
                guard !segments[place].isEmpty else { return nil }
                values.append(segments[place])
            case .word(let word): guard segments[place] == word else { return nil }
            }
            place += 1
        }
        return place == segments.endIndex ? values : nil
    }

    /// Percent-decoded UTF-8.
    static func decoded(_ text: Substring) throws(Problem) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    throw invalid
                }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw invalid }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static let invalid = Problem.badRequest(
        "address_invalid", "The address cannot be read", "it is not percent-encoded UTF-8",
        "encode each byte that is no letter, digit, - . _ or ~ as % and two hexadecimal digits")
}
