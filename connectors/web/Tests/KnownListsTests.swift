import FoundationEssentials
import Testing

@testable import WebConnector

private enum ListFolder {
    static let path = "../shared/corpora/analytics/matomo-lists/"
    static let isThere = FileManager.default.fileExists(atPath: path + "Socials.yml")
}

/// The kept lists beside lists somebody else keeps (CC0), read where they are.
@Suite(.enabled(if: ListFolder.isThere)) struct KnownListsTests {
    /// Of the search list, what we do not take for a search engine, with the reason. A page that carries a search
    /// box beside a newspaper, a provider's service or a shop says nothing about why its reader followed a link.
    private static let noSearch: [String: String] = [
        "chatgpt.com": "assistant", "chat.openai.com": "assistant", "www.perplexity.ai": "assistant",
        "you.com": "assistant",
        "www.facebook.com": "social", "digg.com": "social", "friendfeed.com": "social",
        "www.mister-wong.com": "social", "www.mister-wong.de": "social",
        "www.cnn.com": "newspaper", "www.kataweb.it": "newspaper", "web.canoe.ca": "newspaper",
        "www.fastweb.it": "provider", "www.charter.net": "provider", "www.talktalk.co.uk": "provider",
        "www.optuszoo.com.au": "provider", "www.skynet.be": "provider", "www.so-net.ne.jp": "provider",
        "web.volny.cz": "provider", "online.no": "provider", "www.web.nl": "portal",
        "alexa.com": "rankings", "technorati.com": "weblogs", "dmoz.org": "directory", "editors.dmoz.org": "directory",
        "wwwgoogle.com": "mistyped, anybody's", "gogole.com": "mistyped, anybody's",
        "gppgle.com": "mistyped, anybody's", "googel.com": "mistyped, anybody's",
        "wwwgoogle.{}": "mistyped, anybody's", "gogole.{}": "mistyped, anybody's",
        "gppgle.{}": "mistyped, anybody's", "googel.{}": "mistyped, anybody's",
    ]
    /// Of the social list: where one signs in to Microsoft is no network.
    private static let noSocial: Set<String> = ["login.live.com"]

    private struct Entry {
        let name: String
        let place: String
    }

    @Test func `knows every listed assistant`() throws {
        let entries = try Self.simple("AIAssistants.yml")
        try #require(entries.count >= 20)
        let missed = entries.filter { Self.medium($0.place) != .ai }.map(\.place)
        print("assistants: \(entries.count - missed.count) of \(entries.count), missed: \(missed)")
        #expect(missed.isEmpty)
    }

    @Test func `knows at least 95 of 100 listed social networks, and takes none for another class`() throws {
        let entries = try Self.simple("Socials.yml")
        try #require(entries.count >= 200)
        let missed = entries.filter { Self.medium($0.place) != .social }.map(\.place)
        print("social: \(entries.count - missed.count) of \(entries.count), missed: \(missed)")
        #expect(missed.count * 20 <= entries.count)
        for place in missed where !Self.noSocial.contains(place) { #expect(Self.medium(place) == nil, "\(place)") }
    }

    @Test func `knows at least 95 of 100 listed search engines, and takes none for another class`() throws {
        let entries = try Self.searches()
        try #require(entries.count >= 600)
        let real = entries.filter { Self.noSearch[$0.place] == nil }
        let missed = real.filter { !Self.forms($0.place).allSatisfy { Self.medium($0) == .search } }.map(\.place)
        let all = entries.count { Self.forms($0.place).allSatisfy { Self.medium($0) == .search } }
        print(
            "search: \(real.count - missed.count) of \(real.count) (\(all) of all \(entries.count)), missed: \(missed)")
        #expect(missed.count * 20 <= real.count)
        for place in missed {
            for form in Self.forms(place) { #expect([nil, .search].contains(Self.medium(form)), "\(form)") }
        }
        for (place, reason) in Self.noSearch {
            let expected: Referral.Medium? =
                switch reason {
                case "assistant": .ai
                case "social": .social
                default: nil
                }
            for form in Self.forms(place) { #expect(Self.medium(form) == expected, "\(form)") }
        }
    }

    @Test func `lists no host twice`() {
        var seen: [String: String] = [:]
        for list in [
            Assistants.list, SearchEngines.list, OlderSearchEngines.list, SocialNetworks.list, Mailboxes.list,
        ] {
            for line in list.split(separator: "\n") {
                let parts = line.split(separator: "|", omittingEmptySubsequences: false)
                #expect(parts.count == 3, "\(line)")
                for entry in parts.last?.split(separator: " ") ?? [] {
                    #expect(seen.updateValue(String(line), forKey: String(entry)) == nil, "\(entry): \(line)")
                    #expect(entry.utf8.allSatisfy { $0 < 0x80 && !(0x41...0x5A).contains($0) }, "\(entry)")
                    let host = entry.drop { $0 == "=" }.prefix { $0 != "/" }
                    #expect(entry.hasPrefix("app:") || host.split(separator: ".").count <= 6, "\(entry)")
                    #expect(!host.hasPrefix("www."), "\(entry)")
                }
            }
        }
        #expect(seen.count > 700)
    }

    /// As a referrer would show it; the list's names of Android apps stand among its hosts.
    private static func medium(_ place: String) -> Referral.Medium? {
        let labels = place.split(separator: ".")
        let isApp = ["com", "org", "linkedin"].contains(labels.first) && labels.count > 1 && !place.hasSuffix(".com")
        if let package = place.hasPrefix("android-app//") ? place.split(separator: "/")[1] : isApp ? place[...] : nil {
            return Places.known.app(String(package))?.medium
        }
        guard let page = PageAddress("https://" + place) else { return nil }
        return Places.known.place(host: page.host, path: page.path)?.medium
    }

    /// `{}` stands for a country in the list: as an ending, or as a label before a host.
    private static func forms(_ place: String) -> [String] {
        guard let braces = place.firstRange(of: "{}") else { return [place] }
        let isFirst = braces.lowerBound == place.startIndex
        let isRussian = place.contains("yandex")
        let countries = isFirst ? ["it", "de", "uk"] : isRussian ? ["kz", "by", "com.tr"] : ["it", "de", "co.uk"]
        return countries.map { place.replacing("{}", with: $0) }
    }

    private static func lines(_ file: String) throws -> [Substring] {
        try String(contentsOfFile: ListFolder.path + file, encoding: .utf8).split(separator: "\n")
    }

    private static func item(_ line: Substring) -> String? {
        let text = line.drop { $0 == " " }
        guard text.hasPrefix("- "), text.count < line.count else { return nil }
        return String(text.dropFirst(2).filter { $0 != "'" && $0 != "\"" && $0 != " " })
    }

    /// `Name:` and its indented items.
    private static func simple(_ file: String) throws -> [Entry] {
        var name = "", entries: [Entry] = []
        for line in try lines(file) where !line.hasPrefix("#") {
            if !line.hasPrefix(" ") {
                name = String(line)
            } else if let place = item(line) {
                entries.append(Entry(name: name, place: place))
            }
        }
        return entries
    }

    /// The same, but only the items below `urls:`.
    private static func searches() throws -> [Entry] {
        var name = "", isURLs = false, entries: [Entry] = []
        for line in try lines("SearchEngines.yml") where !line.hasPrefix("#") {
            if !line.hasPrefix(" ") {
                name = String(line)
                isURLs = false
            } else if line.hasSuffix(":") {
                isURLs = line.hasSuffix("urls:")
            } else if isURLs, let place = item(line) {
                entries.append(Entry(name: name, place: place))
            }
        }
        return entries
    }
}
