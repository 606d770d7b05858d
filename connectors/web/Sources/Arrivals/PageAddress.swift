/// An address of a page as browsers and trackers send it: never throws away what it cannot read.
///
/// Read as browsers read it (WHATWG URL), which is what decides where a visitor really was: tabs and line ends are
/// left out, a backslash is a slash, and everything before the last `@` of the authority is a user, not a host.
struct PageAddress: Sendable {
    struct Parameter: Hashable, Sendable {
        let name: String
        let value: String
    }

    /// What is read of one address, bytes; servers refuse request lines long before that.
    static let longest = 65_536
    /// What is read of one query.
    static let mostParameters = 256
    /// What is kept of a name or a value, bytes as written.
    static let longestValue = 4_096

    /// Lower case; empty where the address has none (`/page`, `www.example.it/page`).
    let scheme: String
    /// As ``HostName/canonical(_:)`` spells it, without user and port; empty where there is none or it is unreadable.
    let host: String
    /// As written, a backslash of a web address being a slash.
    let path: String
    /// Percent and `+` decoded, what is not UTF-8 repaired, in order, duplicates kept; at most ``mostParameters``.
    let query: [Parameter]
    /// As written, without `#`.
    let fragment: String

    /// Host and port as written, without the user; nil where the address has no authority.
    let place: String?
    /// The query as written, without `?`; nil where there is none.
    let search: String?

    /// Nil only where there is nothing but space.
    init?(_ text: String) {
        var bytes = text.utf8.prefix(Self.longest).filter { $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }[...]
        while let first = bytes.first, first <= 0x20 { bytes.removeFirst() }
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        guard !bytes.isEmpty else { return nil }

        let (scheme, isWeb) = Self.scheme(&bytes)
        self.scheme = scheme
        let authority = Self.authority(&bytes, hasScheme: !scheme.isEmpty, isWeb: isWeb)
        place = authority.map { WrittenText.text($0) }
        host = authority.flatMap { HostName.canonical(Self.withoutPort($0)) } ?? ""

        let hash = bytes.firstIndex(of: UInt8(ascii: "#")) ?? bytes.endIndex
        fragment = WrittenText.text(bytes[hash...].dropFirst())
        let mark = bytes[..<hash].firstIndex(of: UInt8(ascii: "?")) ?? hash
        let written = mark < hash ? bytes[(mark + 1)..<hash] : nil
        search = written.map { WrittenText.text($0) }
        query = written.map { Self.parameters($0) } ?? []
        let way = bytes[..<mark]
        path =
            isWeb && way.contains(UInt8(ascii: "\\"))
            ? WrittenText.text(way.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 }) : WrittenText.text(way)
    }

    /// The parameters of a query; also of a fragment that is written like one.
    static func parameters(_ bytes: ArraySlice<UInt8>) -> [Parameter] {
        var result: [Parameter] = []
        for piece in bytes.split(separator: UInt8(ascii: "&")) {
            guard result.count < mostParameters else { break }
            // Mail programs send `&amp;` where a page's source was copied.
            let piece = piece.starts(with: "amp;".utf8) ? piece.dropFirst(4) : piece
            let equals = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
            result.append(
                Parameter(name: part(piece[..<equals]), value: part(piece[equals...].dropFirst())))
        }
        return result
    }

    private static func part(_ written: ArraySlice<UInt8>) -> String {
        WrittenText.text(WrittenText.decoded(written.prefix(longestValue), plusIsSpace: true))
    }

    /// Takes the scheme and its colon off the front.
    private static func scheme(_ bytes: inout ArraySlice<UInt8>) -> (name: String, isWeb: Bool) {
        guard let first = bytes.first, WrittenText.isLetter(first),
            let colon = bytes.firstIndex(where: { !isSchemeByte($0) }), bytes[colon] == UInt8(ascii: ":"),
            !isPort(bytes[(colon + 1)...], after: bytes[..<colon])
        else { return ("", true) }
        let name = String(decoding: bytes[..<colon].map(WrittenText.lowerCased), as: UTF8.self)
        bytes = bytes[(colon + 1)...]
        return (name, webSchemes.contains(name))
    }

    private static let webSchemes: Set<String> = ["http", "https", "ws", "wss", "ftp"]

    /// `localhost:8080/x` and `example.it:8080` are hosts with a port, though they could be read as schemes.
    private static func isPort(_ rest: ArraySlice<UInt8>, after name: ArraySlice<UInt8>) -> Bool {
        let digits = rest.prefix(while: WrittenText.isDigit)
        guard (1...5).contains(digits.count), name.contains(UInt8(ascii: ".")) || name.elementsEqual("localhost".utf8)
        else { return false }
        return rest.dropFirst(digits.count).first.map(isEnd) ?? true
    }

    /// Takes host and port off the front, without the user.
    private static func authority(
        _ bytes: inout ArraySlice<UInt8>, hasScheme: Bool, isWeb: Bool
    ) -> ArraySlice<UInt8>? {
        let slashes = bytes.prefix { $0 == UInt8(ascii: "/") || isWeb && $0 == UInt8(ascii: "\\") }.count
        if hasScheme && isWeb {
            // Browsers take any number of slashes here, also none.
            bytes.removeFirst(slashes)
        } else if slashes >= 2 {
            bytes.removeFirst(2)
        } else if hasScheme || slashes == 1 || !startsWithHost(bytes) {
            return nil
        }
        let end = bytes.firstIndex { isEnd($0) && (isWeb || $0 != UInt8(ascii: "\\")) } ?? bytes.endIndex
        var authority = bytes[..<end]
        bytes = bytes[end...]
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) { authority = authority[(at + 1)...] }
        return authority
    }

    /// Whether an address without a scheme begins with a host: `www.example.it`, `example.it/page`, `localhost:80`.
    /// A bare `page.html` is a path.
    private static func startsWithHost(_ bytes: ArraySlice<UInt8>) -> Bool {
        let name = bytes.prefix { !isEnd($0) && $0 != UInt8(ascii: ":") }
        let rest = bytes[name.endIndex...]
        if name.prefix(4).map(WrittenText.lowerCased).elementsEqual("www.".utf8) { return true }
        if rest.first == UInt8(ascii: ":") { return isPort(rest.dropFirst(), after: name) }
        guard rest.first == UInt8(ascii: "/"), let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex
        else { return false }
        let top = name[(dot + 1)...]
        return (2...24).contains(top.count) && top.allSatisfy(WrittenText.isLetter)
    }

    private static func withoutPort(_ authority: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let colon = authority.lastIndex(of: UInt8(ascii: ":")),
            authority[(colon + 1)...].allSatisfy(WrittenText.isDigit)
        else { return authority }
        // A colon within the brackets of an IPv6 address is followed by the bracket, hence not by digits alone.
        return authority[..<colon]
    }

    private static func isEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "?")
            || byte == UInt8(ascii: "#")
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        WrittenText.isLetter(byte) || WrittenText.isDigit(byte) || byte == UInt8(ascii: "+")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }
}
