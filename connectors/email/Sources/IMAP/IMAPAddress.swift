internal import Glibc

/// Where a server of mail is, and how the way to it is kept from others.
struct IMAPAddress: Hashable, Sendable {
    enum Security: Hashable, Sendable {
        /// TLS from the first byte.
        case implicit
        /// TLS before anything that matters (STARTTLS).
        case startTLS
        /// STARTTLS where it is offered: to this machine itself, when nothing was set.
        case startTLSIfOffered
        /// None: somebody set it so.
        case none
    }

    let host: String
    let port: Int
    let security: Security

    /// Reads `host`, `host:port`, `imaps://host`, `imap://host:port`, `[::1]:143`, and the setting `tls`.
    init(_ text: String, tls: String?) throws(Problem) {
        var rest = text[...]
        var scheme = ""
        if let range = rest.firstRange(of: "://") {
            scheme = rest[..<range.lowerBound].lowercased()
            rest = rest[range.upperBound...]
        }
        guard ["", "imap", "imaps"].contains(scheme) else {
            throw Problem("imap: \(scheme):// is no mailbox; write imaps://HOST, or HOST:PORT")
        }
        while rest.last == "/" { rest.removeLast() }
        var port: Int?
        if rest.first == "[", let end = rest.firstIndex(of: "]") {
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
        } else {
            // An IPv6 address without brackets has colons and no port.
            let end = rest.filter { $0 == ":" }.count == 1 ? rest.firstIndex(of: ":") ?? rest.endIndex : rest.endIndex
            host = String(rest[..<end]).lowercased()
            rest = rest[end...]
        }
        if rest.first == ":" {
            port = Int(rest.dropFirst())
            guard let port, (1...65_535).contains(port) else {
                throw Problem("imap: \(rest.dropFirst()) is no port; write HOST or HOST:PORT")
            }
            rest = ""
        }
        guard !host.isEmpty, rest.isEmpty, !host.contains(where: { $0.isWhitespace || "/@\"".contains($0) }) else {
            throw Problem("imap: \(text) is no server; write its name, such as imap.shop.example")
        }
        let isLoopback = host == "localhost" || host == "::1" || host.hasPrefix("127.")
        switch tls?.lowercased() {
        case "implicit": security = .implicit
        case "starttls": security = .startTLS
        case "none": security = .none
        case nil where scheme == "imaps" || (port ?? (scheme == "imap" ? 143 : 993)) == 993: security = .implicit
        case nil: security = isLoopback ? .startTLSIfOffered : .startTLS
        default: throw Problem("tls is implicit, starttls or none, not \(tls ?? "")")
        }
        self.port = port ?? (scheme == "imap" || (scheme == "" && security != .implicit) ? 143 : 993)
    }

    struct Problem: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }

    /// Whether it is a number: such a host is not named to the server, and its certificate must name the number.
    var isNumeric: Bool {
        var buffer: (UInt64, UInt64) = (0, 0)
        return unsafe withUnsafeMutablePointer(to: &buffer) { pointer in
            unsafe inet_pton(AF_INET, host, pointer) == 1 || inet_pton(AF_INET6, host, pointer) == 1
        }
    }

    var text: String { "\(host):\(port)" }
}
