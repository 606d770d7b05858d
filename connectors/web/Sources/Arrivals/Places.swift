/// A place on the internet that is known to send visitors.
struct KnownPlace: Hashable, Sendable {
    let medium: Referral.Medium
    /// As people know it: `Google`.
    let name: String
    /// The query parameters that may hold the words somebody searched for.
    let terms: [String]
}

/// The kept lists, ready to be asked for a host.
///
/// A list has one place a line: `Name | search parameters | where`. Where is `host` (it and all below it), `=host`
/// (only it, with or without `www.`), `host/path` (that path and all below it), `app:package` (an Android app), and
/// `=host.*` for a host under each country ending of its company. The longest host decides, then the longest path.
struct Places: Sendable {
    static let known = Places()

    private struct Rule: Sendable {
        let path: [UInt8]
        let place: Int
        let isExact: Bool
    }

    /// A host of more labels is looked up by its last ones: no entry has more than six.
    private static let mostLabels = 6

    private var places: [KnownPlace] = []
    private var hosts: [String: [Rule]] = [:]
    private var apps: [String: Int] = [:]

    private init() {
        hosts.reserveCapacity(3_000)
        read(Assistants.list, .ai)
        read(SearchEngines.list, .search)
        read(OlderSearchEngines.list, .search)
        read(SocialNetworks.list, .social)
        read(Mailboxes.list, .email)
        for host in hosts.keys { hosts[host]?.sort { $0.path.count > $1.path.count } }
    }

    /// The place a page of this host belongs to. `host` is as ``PageAddress/host`` gives it.
    func place(host: String, path: String) -> KnownPlace? {
        var bytes = Array(host.utf8)
        if bytes.starts(with: "www.".utf8) { bytes.removeFirst(4) }
        var starts = [0]
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: ".") { starts.append(index + 1) }
        for start in starts.suffix(Self.mostLabels) {
            let rules = hosts[start == 0 && bytes.count == host.utf8.count ? host : Self.text(bytes[start...])]
            guard let rules else { continue }
            for rule in rules where (start == 0 || !rule.isExact) && Self.path(path, isUnder: rule.path) {
                return places[rule.place]
            }
        }
        return nil
    }

    /// The place an Android app belongs to, by the name of its package.
    func app(_ package: String) -> KnownPlace? { apps[package].map { places[$0] } }

    /// Whether a host's own first label says that mail is read there (`webmail.example.it`): companies and small
    /// providers run thousands of them, which no list can hold.
    static func isMailbox(_ host: String) -> Bool {
        let bytes = Array(host.utf8)
        guard let end = bytes.firstIndex(of: UInt8(ascii: ".")), bytes[(end + 1)...].contains(UInt8(ascii: "."))
        else { return false }
        var label = bytes[..<end]
        if label.starts(with: "webmail".utf8) { return true }
        while let last = label.last, (0x30...0x39).contains(last) { label.removeLast() }
        return ["mail", "posta", "roundcube", "zimbra", "owa", "squirrelmail"].contains(text(label))
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func path(_ path: String, isUnder prefix: [UInt8]) -> Bool {
        if prefix.isEmpty { return true }
        let path = path.utf8
        guard path.starts(with: prefix) else { return false }
        let next = path.dropFirst(prefix.count).first
        return next == nil || next == UInt8(ascii: "/")
    }

    private mutating func read(_ list: String, _ medium: Referral.Medium) {
        for line in list.split(separator: "\n") {
            let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(Self.trimmed)
            guard parts.count == 3 else { continue }
            let terms = parts[1].split(separator: ",").map { String($0) }
            places.append(KnownPlace(medium: medium, name: String(parts[0]), terms: terms))
            for entry in parts[2].split(separator: " ") { add(entry, places.count - 1) }
        }
    }

    private mutating func add(_ entry: Substring, _ place: Int) {
        if entry.hasPrefix("app:") {
            apps[String(entry.dropFirst(4))] = place
            return
        }
        let isExact = entry.hasPrefix("=")
        let whole = isExact ? entry.dropFirst() : entry
        let host = whole.prefix { $0 != "/" }
        let rule = Rule(path: Array(whole.dropFirst(host.count).utf8), place: place, isExact: isExact)
        guard host.hasSuffix(".*") else {
            hosts[String(host), default: []].append(rule)
            return
        }
        let company = String(host.dropLast())
        let suffixes = company.hasSuffix("yandex.") ? SearchEngines.yandexSuffixes : SearchEngines.googleSuffixes
        for suffix in suffixes.split(whereSeparator: \.isWhitespace) {
            hosts[company + suffix, default: []].append(rule)
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
