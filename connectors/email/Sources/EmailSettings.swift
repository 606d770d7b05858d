package import Contact

/// The settings of a source of mail (FORMATS.md, Mail).
package struct EmailSettings: Sendable {
    package let source: String
    /// The company's addresses, canonical.
    let addresses: Set<String>
    /// The company's domains; what lies below one is the company's too.
    let domains: Set<String>
    /// The name under which the company's own server writes Authentication-Results and Received, lower-case; nil = nothing
    /// is ever verified.
    let authserv: String?
    let most: Assurance
    let mostOf: [IdentifierKind: Assurance]
    let normaliser: Normaliser
    /// What happened before is refused as expired, in microseconds since 1970.
    let oldest: Int64?

    package static let keys: [SettingKey] = [
        SettingKey(
            "own", "the company's addresses and domains, with commas between: info@shop.example, shop.example",
            isRequired: true),
        SettingKey(
            "authserv",
            "name of the company's mail server as it begins Authentication-Results; without it nothing is verified"),
    ]

    package init(_ settings: SourceSettings) throws(SettingsError) {
        var problems: [String] = []
        var addresses: Set<String> = []
        var domains: Set<String> = []
        for entry in settings.list("own") {
            do throws(Refusal) {
                if entry.contains("@"), !entry.hasPrefix("@") {
                    addresses.insert(
                        try settings.normaliser.identifier(kind: "email", scope: nil, value: entry).value)
                } else {
                    let name = entry.hasPrefix("@") ? String(entry.dropFirst()) : entry
                    domains.insert(try settings.normaliser.identifier(kind: "domain", scope: nil, value: name).value)
                }
            } catch {
                problems.append("own: \(entry) is neither an address nor a domain")
            }
        }
        if settings.list("own").isEmpty {
            problems.append(
                "own is not set: name the company's addresses and domains, such as --set own=info@shop.example")
        }
        var trust: (most: Assurance, of: [IdentifierKind: Assurance]) = (.presented, [:])
        do throws(SettingsError) {
            trust = try settings.trust()
        } catch {
            problems += error.problems
        }
        authserv = settings["authserv"]?.lowercased()
        if let authserv, authserv.contains(where: { $0.isWhitespace || $0 == ";" }) {
            problems.append("authserv is one name without spaces, such as mx.shop.example")
        }
        guard problems.isEmpty else { throw SettingsError(problems) }
        source = settings.source
        self.addresses = addresses
        self.domains = domains
        most = trust.most
        var kinds = trust.of
        // Whoever names his server vouches for what it says of senders, and of nothing else, unless `trust` was set.
        if authserv != nil, settings["trust"] == nil, kinds[.email] == nil { kinds[.email] = .verified }
        mostOf = kinds
        normaliser = settings.normaliser
        oldest = settings.oldest
    }

    /// The most this source may say of a kind.
    func ceiling(_ kind: IdentifierKind) -> Assurance { mostOf[kind] ?? most }

    func isOwn(_ address: MailAddress) -> Bool {
        var domain = Substring(Text.asciiDomain(address.domain) ?? address.domain)
        // `mail.shop.example` is below `shop.example`.
        while true {
            if domains.contains(String(domain)) { return true }
            guard let dot = domain.firstIndex(of: ".") else { break }
            domain = domain[domain.index(after: dot)...]
        }
        guard !addresses.isEmpty, let canonical = canonical(address) else { return false }
        return addresses.contains(canonical) || addresses.contains(Self.withoutTag(canonical))
    }

    /// `info+offerta@shop.example` is `info@shop.example`.
    private static func withoutTag(_ address: String) -> String {
        guard let at = address.lastIndex(of: "@"), let plus = address[..<at].firstIndex(of: "+") else { return address }
        return String(address[..<plus] + address[at...])
    }

    /// The canonical spelling of an address; nil where it is none, or a placeholder.
    func canonical(_ address: MailAddress) -> String? {
        // Asked of strangers' spelling: that it is none is an answer.
        try? normaliser.identifier(kind: "email", scope: nil, value: address.address).value
    }

    /// What the reading of a mail depends on beside its bytes.
    var fingerprint: [UInt8] {
        let parts =
            [
                MailReader.version, authserv ?? "", most.name, normaliser.region, oldest.map { String($0) } ?? "",
            ] + addresses.sorted() + ["domains"] + domains.sorted()
            + mostOf.map { "\($0.key.name) \($0.value.name)" }.sorted()
        return Digest.sha256(Array(parts.joined(separator: "\n").utf8))
    }
}
