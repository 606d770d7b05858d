/// What the servers that a mail passed wrote on top of it, the last of them first.
enum TraceFields {
    /// The fields above the first Received of a server that is not ours: those below were carried in, and anybody may have
    /// written them, under any name.
    static func own(_ headers: MailHeaders, authserv: String) -> ArraySlice<MailHeaders.Field> {
        headers.fields.prefix { field in
            guard field.name == "received", let host = writer(field.raw) else { return true }
            return isOurs(host, authserv: authserv) || isInside(host)
        }
    }

    /// The host that wrote a Received field, lower-case: the word behind `by`, outside comments. Nil where it names none, as
    /// the lines of some local deliveries do not.
    static func writer(_ received: String) -> String? {
        var depth = 0
        var plain = ""
        for character in received {
            if character == ";", depth == 0 { break }
            if character == "(" { depth += 1 }
            plain.append(depth == 0 ? character : " ")
            if character == ")", depth > 0 { depth -= 1 }
        }
        // Somebody's own name for himself may hold brackets: such a line is believed of nobody.
        guard depth == 0 else { return "" }
        let words = plain.split(whereSeparator: \.isWhitespace).map { $0.lowercased() }
        guard let by = words.firstIndex(of: "by"), by + 1 < words.count else { return nil }
        return words[by + 1].filter { $0 != "[" && $0 != "]" }
    }

    /// A machine of the one that writes under `authserv`: itself, one below it, or one beside it, as `mx1.shop.example` is
    /// beside `mx.shop.example`. Both names lower-case.
    static func isOurs(_ host: String, authserv: String) -> Bool {
        if host == authserv || host.hasSuffix("." + authserv) { return true }
        guard let domain = parent(authserv), isRegistered(domain) else { return false }
        return parent(host) == domain
    }

    private static func parent(_ host: String) -> String? {
        host.firstIndex(of: ".").map { String(host[host.index(after: $0)...]) }
    }

    /// Whether a domain may be somebody's: `shop.example`, and neither `example` nor `co.uk`.
    private static func isRegistered(_ domain: String) -> Bool {
        let labels = domain.split(separator: ".")
        guard labels.count >= 2, let last = labels.last else { return false }
        return labels.count > 2 || last.count != 2 || !shared.contains(String(labels[0]))
    }

    /// Under a country, these are registries.
    private static let shared: Set<String> = ["ac", "co", "com", "edu", "gob", "gov", "gv", "ne", "net", "or", "org"]

    /// A hop within one machine or one network (a filter, a local delivery), which says nothing of who it belongs to.
    private static func isInside(_ host: String) -> Bool {
        if host == "localhost" || host == "localhost.localdomain" || host == "::1" { return true }
        // 10.0.0.0/8 as 6to4 writes it is what a large provider's inner machines are called by.
        if host.hasPrefix("2002:a"), host.dropFirst(6).prefix(while: { $0 != ":" }).count == 2 { return true }
        let numbers = host.split(separator: ".").map { UInt8($0) }
        guard numbers.count == 4, let first = numbers[0], let second = numbers[1], !numbers.contains(nil) else {
            return false
        }
        return first == 10 || first == 127 || (first == 192 && second == 168)
            || (first == 172 && (16...31).contains(second))
    }
}
