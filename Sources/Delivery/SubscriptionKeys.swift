package import Contact
package import Storage

/// What can be set for a subscription, and what it was set to.
package struct WebhookSettings: Sendable {
    package static let keys: [SettingKey] = [
        SettingKey("url", "https:// address that takes the changes"),
        SettingKey("types", "types of changes, with commas between; profile.* is a family; default: all"),
        SettingKey("payload", "thin (ids, the default) or full (with the profile and the interaction)"),
        SettingKey("concurrency", "most changes under way at once, of different profiles; default 4, at most 64"),
        SettingKey("rate", "most changes a second; default: as fast as it goes"),
        SettingKey("timeout", "seconds an answer may take; default 15, at most 30"),
        SettingKey("retry", "pauses before further tries, as 5s,5m,2h; default: nine of them over three days"),
    ]

    package let url: WebhookURL
    package let types: Set<ChangeType>?
    package let payload: Payload
    let rate: Double?
    let timeout: Duration
    let policy: DeliveryQueue.Policy

    package init(_ values: [String: String]) throws(SubscriptionFault) {
        try SubscriptionFault.check(values, against: Self.keys)
        guard let text = values["url"], !text.isEmpty else {
            throw SubscriptionFault("url is missing: the https:// address that takes the changes")
        }
        do throws(WebhookURL.Fault) { url = try WebhookURL(text) } catch { throw SubscriptionFault("url: \(error)") }
        types = try EventChoice.types(values["types"])
        payload = try EventChoice.payload(values["payload"])
        var policy = DeliveryQueue.Policy()
        policy.concurrency = Int(try Self.number("concurrency", values, 1...64) ?? 4)
        rate = try Self.number("rate", values, 0.01...100_000)
        timeout = .milliseconds(Int((try Self.number("timeout", values, 0.1...30) ?? 15) * 1_000))
        if let text = values["retry"] { policy.schedule = try Self.schedule(text) }
        self.policy = policy
    }

    private static func number(
        _ name: String, _ values: [String: String], _ range: ClosedRange<Double>
    ) throws(SubscriptionFault) -> Double? {
        guard let text = values[name] else { return nil }
        guard let number = Double(text), range.contains(number) else {
            throw SubscriptionFault("\(name) is a number from \(range.lowerBound) to \(range.upperBound), not \(text)")
        }
        return number
    }

    private static func schedule(_ text: String) throws(SubscriptionFault) -> [Duration] {
        let units = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        var pauses: [Duration] = []
        for part in text.split(separator: ",") {
            let digits = part.prefix { $0.isNumber }
            guard let number = Int(digits), let unit = units[String(part.dropFirst(digits.count))],
                (1...604_800_000).contains(number * unit)
            else { throw SubscriptionFault("retry is a list of pauses up to a week, as 5s,5m,2h; not \(text)") }
            pauses.append(.milliseconds(number * unit))
        }
        guard (1...50).contains(pauses.count) else { throw SubscriptionFault("retry names 1 to 50 pauses") }
        return pauses
    }
}

/// Which changes are told, and how much of them: the same for every kind of subscription.
package enum EventChoice {
    package static func types(_ text: String?) throws(SubscriptionFault) -> Set<ChangeType>? {
        guard let text, !text.isEmpty else { return nil }
        var types: Set<ChangeType> = []
        for part in text.split(separator: ",") {
            guard let named = ChangeType.named(String(part)) else {
                let names = ChangeType.allCases.map(\.name).joined(separator: ", ")
                throw SubscriptionFault("there is no type \(part): there are \(names), and families as profile.*")
            }
            types.formUnion(named)
        }
        return types
    }

    package static func payload(_ text: String?) throws(SubscriptionFault) -> Payload {
        guard let text else { return .thin }
        guard let payload = Payload(rawValue: text) else {
            throw SubscriptionFault("payload is thin or full, not \(text)")
        }
        return payload
    }
}

/// Why a subscription cannot be as it was set, in words for whoever set it.
package struct SubscriptionFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    static func check(_ values: [String: String], against keys: [SettingKey]) throws(SubscriptionFault) {
        for name in values.keys.sorted() where !keys.contains(where: { $0.name == name }) {
            throw SubscriptionFault(
                "\(name) cannot be set here: there are \(keys.map(\.name).joined(separator: ", "))")
        }
    }
}
