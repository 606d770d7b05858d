/// A command line of LMTP (RFC 2033), without its line end.
enum LMTPCommand: Hashable {
    case hello
    case mail(sender: String, size: Int64?)
    case recipient(String)
    case data, reset, nothing, quit, verify
    /// HELO and EHLO: the words of another protocol.
    case smtp
    /// The beginning of HTTP: a browser was led here by a page. Nothing it says is listened to.
    case http
    case unknown
    /// Known, and not well formed: the reply says how.
    case wrong(String)

    init(_ line: [UInt8]) {
        guard let text = String(validating: line, as: UTF8.self), Envelope.hasNoControls(text) else {
            self = .wrong("500 5.5.2 a command is one line of text in UTF-8")
            return
        }
        let verb = text.prefix { $0 != " " }.uppercased()
        let rest = text.dropFirst(verb.count).drop { $0 == " " }
        switch verb {
        case "LHLO":
            self = rest.isEmpty ? .wrong("501 5.5.4 LHLO needs the name of the client") : .hello
        case "MAIL": self = Self.mail(rest)
        case "RCPT": self = Self.recipient(rest)
        case "DATA": self = rest.isEmpty ? .data : .wrong("501 5.5.4 DATA stands alone")
        case "RSET": self = .reset
        case "NOOP": self = .nothing
        case "QUIT": self = .quit
        case "VRFY": self = .verify
        case "HELO", "EHLO": self = .smtp
        case "GET", "POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "DELETE", "PATCH": self = .http
        default: self = .unknown
        }
    }

    private static func mail(_ rest: Substring) -> LMTPCommand {
        guard let (path, parameters) = path(rest, after: "FROM:") else {
            return .wrong("501 5.5.4 send MAIL FROM:<address>")
        }
        var size: Int64?
        for parameter in parameters {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            switch (parts[0].uppercased(), parts.count > 1 ? parts[1].uppercased() : nil) {
            case ("SIZE", let value?):
                guard let bytes = Int64(value), bytes >= 0 else { return .wrong("501 5.5.4 SIZE is a number of bytes") }
                size = bytes
            case ("BODY", "7BIT"), ("BODY", "8BITMIME"), ("SMTPUTF8", nil): break
            default: return .wrong("555 5.5.4 the parameter \(parts[0].prefix(40)) is not known here")
            }
        }
        return .mail(sender: path, size: size)
    }

    private static func recipient(_ rest: Substring) -> LMTPCommand {
        guard let (path, parameters) = path(rest, after: "TO:"), !path.isEmpty else {
            return .wrong("501 5.1.3 send RCPT TO:<address>")
        }
        guard parameters.isEmpty else { return .wrong("555 5.5.4 RCPT takes no parameters here") }
        return .recipient(path)
    }

    /// What stands between `<` and `>`, without a route, and the words behind it.
    private static func path(_ rest: Substring, after word: String) -> (String, [Substring])? {
        guard rest.prefix(word.count).uppercased() == word else { return nil }
        let text = rest.dropFirst(word.count).drop { $0 == " " }
        guard text.first == "<" else { return nil }
        var isQuoted = false
        var isEscaped = false
        for place in text.indices.dropFirst() {
            let character = text[place]
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = isQuoted
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == ">", !isQuoted {
                var path = text[text.index(after: text.startIndex)..<place]
                // A source route is ignored (RFC 5321, appendix C).
                if path.first == "@", let colon = path.firstIndex(of: ":") { path = path[path.index(after: colon)...] }
                let after = text[text.index(after: place)...]
                guard after.isEmpty || after.first == " ", path.utf8.count <= 512 else { return nil }
                return (String(path), after.split(separator: " "))
            }
        }
        return nil
    }
}
