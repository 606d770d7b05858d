/// Where a page comes from, as a browser says it (RFC 6454, 6.2).
package enum KeyOrigin {
    /// `scheme://host` or `scheme://host:port`, as a browser spells it: small letters, and no port that the scheme implies.
    package static func isValid(_ text: String) -> Bool {
        guard let colon = text.firstIndex(of: ":"), ["http", "https"].contains(text[..<colon]),
            text[colon...].hasPrefix("://"), text.utf8.count <= 300
        else { return false }
        let isPlain = text[..<colon] == "http"
        let rest = text[text.index(colon, offsetBy: 3)...]
        var host = rest
        // A port stands behind the last colon, which in a numeric IPv6 address is inside the brackets.
        if let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]") {
            host = rest[..<colon]
            let port = rest[rest.index(after: colon)...]
            guard let number = UInt16(port), String(number) == port, number != (isPlain ? 80 : 443) else {
                return false
            }
        }
        guard !host.isEmpty else { return false }
        return host.utf8.allSatisfy {
            (97...122).contains($0) || (48...57).contains($0) || [45, 46, 58, 91, 93, 95].contains($0)
        }
    }
}
