internal import Contact

/// The settings of a web source.
struct WebSettings: Sendable {
    /// What becomes of a visitor's network address (GDPR: it is personal data; nobody here is recognised by it).
    enum Addresses: String, CaseIterable, Sendable { case short, none, whole }

    static let keys: [SettingKey] = [
        SettingKey(
            "site",
            "scope of its user ids and visitors, the same for all sources of one site; default: the source's name"),
        SettingKey("hosts", "the site's own host names, between commas: what comes from there is no referral"),
        SettingKey(
            "consent",
            "required: without a stated consent nobody is recognised; assumed (default): the site asks itself"),
        SettingKey("ip", "short (default): the last part is cut off; none: not stored; whole"),
        SettingKey(
            "write_keys", "write keys of Segment or RudderStack that its pages and services use, between commas"),
        SettingKey("matomo_sites", "numbers of its sites in Matomo (idsite), between commas; * = any"),
        SettingKey("snowplow_apps", "its app ids in Snowplow (aid), between commas; * = any"),
        SettingKey("posthog_keys", "its project keys of PostHog (phc_…), between commas"),
        SettingKey("plausible_domains", "its domains in Plausible, between commas; * = any"),
        SettingKey(
            "trust", "the most that a holder of a connector key may vouch for: claimed, presented (default), verified"),
    ]

    let normaliser: Normaliser
    let site: String
    let hosts: Set<String>
    /// The same as one text: the same for the same hosts.
    let hostList: String
    let isConsentRequired: Bool
    let addresses: Addresses

    init(_ settings: SourceSettings) throws(SettingsError) {
        var problems: [String] = []
        normaliser = settings.normaliser
        site = settings["site"] ?? settings.source
        if site.utf8.count > 256 || site.contains("/") {
            problems.append("site is a name of up to 256 bytes without a slash")
        }
        hosts = Set(settings.list("hosts").map { $0.lowercased() })
        hostList = hosts.sorted().joined(separator: ",")
        for host in hosts.sorted() where PageAddress("https://\(host)/")?.host != host {
            problems.append("hosts: \(host) is no host name; write shop.example, without https:// and without a path")
        }
        switch settings["consent"] ?? "assumed" {
        case "required": isConsentRequired = true
        case "assumed": isConsentRequired = false
        case let other:
            isConsentRequired = true
            problems.append("consent is required or assumed, not \(other)")
        }
        addresses = settings["ip"].map { Addresses(rawValue: $0) ?? .none } ?? .short
        if let ip = settings["ip"], Addresses(rawValue: ip) == nil {
            problems.append("ip is short, none or whole, not \(ip)")
        }
        for key in ["write_keys", "posthog_keys"] where settings.list(key).contains("*") {
            problems.append("\(key) names the keys: * would take what is anybody's")
        }
        for key in ["write_keys", "posthog_keys", "matomo_sites", "snowplow_apps", "plausible_domains"] {
            for name in settings.list(key) where name.utf8.count > 256 {
                problems.append("\(key) has a name that is too long")
            }
        }
        do throws(SettingsError) { _ = try settings.trust() } catch { problems += error.problems }
        guard problems.isEmpty else { throw SettingsError(problems) }
    }

    /// How senders may call a source with these settings.
    static func names(of settings: SourceSettings) -> [OpenName] {
        var names: [OpenName] = []
        for (key, family) in [
            ("write_keys", Family.segment), ("matomo_sites", .matomo), ("snowplow_apps", .snowplow),
            ("posthog_keys", .posthog), ("plausible_domains", .plausible),
        ] {
            names += settings.list(key).map { OpenName(family.rawValue, $0) }
        }
        return names
    }

    /// Whose way of speaking it is.
    enum Family: String, CaseIterable, Sendable { case segment, matomo, snowplow, posthog, plausible }

    /// An address as it is stored: IPv4 to its first three bytes, IPv6 to its first six (a site's /48, RFC 6177), by default.
    func stored(address: String?) -> String? {
        guard let address, addresses != .none else { return nil }
        return addresses == .whole ? ShortAddress.whole(address) : ShortAddress.short(address)
    }
}

/// Network addresses in text: checked, and cut.
enum ShortAddress {
    static func whole(_ text: String) -> String? { short(text) == nil ? nil : text }

    /// `203.0.113.0` of `203.0.113.9`, `2001:db8:1::` of `2001:db8:1:2::9`; nil where it is no address.
    static func short(_ text: String) -> String? {
        guard text.utf8.count <= 45 else { return nil }
        if let bytes = v4(text) { return "\(bytes[0]).\(bytes[1]).\(bytes[2]).0" }
        guard let groups = v6(text) else { return nil }
        // An IPv4 address in IPv6's spelling (RFC 4291, 2.5.5.2) is cut as what it is.
        if groups[..<5].allSatisfy({ $0 == 0 }), groups[5] == 0xFFFF {
            return "\(groups[6] >> 8).\(groups[6] & 0xFF).\(groups[7] >> 8).0"
        }
        return groups[..<3].map { String($0, radix: 16) }.joined(separator: ":") + "::"
    }

    private static func v4(_ text: some StringProtocol) -> [UInt16]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt16] = []
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let byte = UInt8(part)
            else { return nil }
            bytes.append(UInt16(byte))
        }
        return bytes
    }

    private static func v6(_ text: String) -> [UInt16]? {
        // A zone (RFC 4007) names an interface of the sender's.
        let text = text.prefix { $0 != "%" }
        let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        guard text.contains(":"), let first = groups(halves[0]) else { return nil }
        guard halves.count == 2 else { return first.count == 8 ? first : nil }
        guard let last = groups(halves[1]), first.count + last.count <= 7 else { return nil }
        return first + Array(repeating: 0, count: 8 - first.count - last.count) + last
    }

    private static func groups(_ text: Substring) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var groups: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (place, part) in parts.enumerated() {
            if place == parts.count - 1, part.contains("."), let bytes = v4(part) {
                groups += [bytes[0] << 8 | bytes[1], bytes[2] << 8 | bytes[3]]
                continue
            }
            guard (1...4).contains(part.utf8.count), let group = UInt16(part, radix: 16), !part.hasPrefix("+") else {
                return nil
            }
            groups.append(group)
        }
        return groups.count <= 8 ? groups : nil
    }
}
