/// Where a webhook is sent: a URL read strictly (RFC 3986), so that it means the same to whoever looks at it.
///
/// What browsers forgive is an error here: numbers for hosts in any but the usual spelling, users and passwords,
/// fragments, backslashes, blanks, names that are not in ASCII.
package struct WebhookURL: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, Hashable, Sendable {
        case http, https

        /// Where a URL names no port.
        var port: Int { self == .https ? 443 : 80 }
    }

    /// Why a text is no URL for a webhook, and what to write instead.
    package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }
    }

    /// Bytes that a URL may have.
    package static let mostBytes = 2_048

    package let scheme: Scheme
    /// A name in lower case without the full stop at its end, or an address in its usual spelling, without brackets.
    package let host: String
    /// Set where the host is an address and no name.
    package let address: IPAddress?
    package let port: Int
    /// Path and query, as they go into the request.
    package let target: String

    package init(_ text: String) throws(Fault) {
        guard text.utf8.count <= Self.mostBytes else {
            throw Fault("the URL has \(text.utf8.count) bytes: it may have \(Self.mostBytes)")
        }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Fault("a URL is of ASCII without blanks: write %XX in its path, and a name of other letters as xn--…")
        }
        guard let mark = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<mark.lowerBound].lowercased())
        else { throw Fault("a webhook's URL begins with https://") }
        self.scheme = scheme
        let rest = text[mark.upperBound...]
        let end = rest.firstIndex { "/?#\\".contains($0) } ?? rest.endIndex
        target = try Self.target(rest[end...])
        let authority = rest[..<end]
        guard !authority.contains("@") else {
            throw Fault("a URL with a user and password is not taken: the webhook is signed instead")
        }
        let (host, port) = try Self.parts(authority)
        self.port = try port.map(Self.port) ?? scheme.port
        (self.host, address) = try Self.host(host)
    }

    package var description: String { "\(scheme.rawValue)://\(authority)\(target)" }

    /// Host and port as the field `Host` has them (RFC 9110, 7.2).
    package var authority: String {
        let written = address?.version == .six ? "[\(host)]" : host
        return port == scheme.port ? written : "\(written):\(port)"
    }

    private static func parts(_ authority: Substring) throws(Fault) -> (host: Substring, port: Substring?) {
        var rest = authority
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { throw Fault("the address after [ ends with ]") }
            let host = rest[...end]
            rest = rest[rest.index(after: end)...]
            guard !rest.isEmpty else { return (host, nil) }
            guard rest.first == ":" else { throw Fault("after ] comes a colon and the port, or nothing") }
            return (host, rest.dropFirst())
        }
        guard let colon = rest.firstIndex(of: ":") else { return (rest, nil) }
        return (rest[..<colon], rest[rest.index(after: colon)...])
    }

    private static func port(_ text: Substring) throws(Fault) -> Int {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            text.first != "0", let port = Int(text), port <= 65_535
        else { throw Fault("\(text) is no port: write a number from 1 to 65535, or leave port and colon out") }
        return port
    }

    private static func host(_ text: Substring) throws(Fault) -> (String, IPAddress?) {
        if text.first == "[" {
            let inner = String(text.dropFirst().dropLast())
            guard inner.contains(":"), let address = IPAddress(inner) else {
                throw Fault("\(text) is no IPv6 address: write it as RFC 4291 has it, without a zone")
            }
            return (address.description, address)
        }
        var name = text.lowercased()
        if name.last == "." { name.removeLast() }
        if isNumeric(name) {
            // A resolver takes more spellings (127.1, 0x7f.1, 2130706433), and reads 0177.0.0.1 as 127.0.0.1.
            guard let address = IPAddress(name) else {
                throw Fault("\(text) is no address: write four decimal numbers without leading zeros")
            }
            return (name, address)
        }
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, labels.allSatisfy(isLabel) else {
            let written = text.isEmpty ? "nothing" : "\(text)"
            throw Fault("\(written) is no name of a server: write it as hooks.shop.example")
        }
        return (name, nil)
    }

    /// Whether the last part is a number, decimal or not: then the whole is an address or nothing (WHATWG URL, 3.5).
    private static func isNumeric(_ name: String) -> Bool {
        guard let last = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).last else {
            return false
        }
        if !last.isEmpty, last.allSatisfy({ (0x30...0x39).contains($0) }) { return true }
        return last.starts(with: "0x".utf8) && last.dropFirst(2).allSatisfy { isHexadecimal($0) }
    }

    /// An underscore is in no host name of RFC 1123, but in names of containers.
    private static func isLabel(_ label: Substring.UTF8View.SubSequence) -> Bool {
        (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
            && label.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    private static func target(_ text: Substring) throws(Fault) -> String {
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "#"): throw Fault("what follows # is never sent: leave it out")
            case UInt8(ascii: "%"):
                guard rest.count >= 2, rest.prefix(2).allSatisfy(isHexadecimal) else {
                    throw Fault("% in a URL is followed by two hexadecimal digits: write %25 for the sign itself")
                }
            case _ where isLetterOrDigit(byte) || "-._~!$&'()*+,;=:@/?".utf8.contains(byte): break
            default:
                let sign = Character(UnicodeScalar(byte))
                throw Fault("\(sign) cannot stand in a URL: write %\(String(byte, radix: 16, uppercase: true))")
            }
        }
        return text.first == "/" ? String(text) : "/\(text)"
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}
