extension PageAddress {
    /// What stands for a masked value.
    static let mask = "***"
    /// The longest stored address, bytes.
    static let longestStored = 2_000

    /// The address as it is stored: ASCII, without the user, without parameters of the fragment, with ``mask`` for
    /// what ``Secrets`` finds; at most ``longestStored`` bytes, never cut within an escape.
    var stored: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(scheme.utf8.count + host.utf8.count + path.utf8.count + (search?.utf8.count ?? 0) + 16)
        if !scheme.isEmpty {
            bytes += scheme.utf8
            bytes.append(UInt8(ascii: ":"))
        }
        if let place {
            bytes += "//".utf8
            append(host.isEmpty ? place : host, to: &bytes)
            if !host.isEmpty { append(port(place), to: &bytes) }
        }
        appendPath(to: &bytes)
        appendQuery(to: &bytes)
        appendFragment(to: &bytes)
        return Self.cut(bytes)
    }

    private func port(_ place: String) -> String {
        guard let colon = place.utf8.lastIndex(of: UInt8(ascii: ":")) else { return "" }
        let port = place[colon...]
        return port.utf8.dropFirst().allSatisfy(WrittenText.isDigit) && port.utf8.count > 1 ? String(port) : ""
    }

    private func appendPath(to bytes: inout [UInt8]) {
        let path = Array(path.utf8)
        var follows = false
        var start = 0
        while true {
            let end = path[start...].firstIndex(of: UInt8(ascii: "/")) ?? path.count
            let segment = path[start..<end]
            guard bytes.count < Self.longestStored else { return }
            if start > 0 { bytes.append(UInt8(ascii: "/")) }
            // `/password/reset/3f2a…`: long, with a digit, after a segment that names a secret.
            let isKey = follows && segment.count >= 16 && segment.contains(where: WrittenText.isDigit)
            if isKey || Secrets.isShown(in: segment) {
                bytes += Self.mask.utf8
            } else {
                append(segment, to: &bytes)
            }
            follows = segment.count < 64 && Self.opens(segment)
            guard end < path.count else { return }
            start = end + 1
        }
    }

    private static let openers = Set(
        ["reset", "verify", "confirm", "conferma", "invite", "magic", "unsubscribe"].map {
            PackedWord(Array($0.utf8)[...])
        })

    private static func opens(_ segment: ArraySlice<UInt8>) -> Bool {
        openers.contains(PackedWord(segment)) || Secrets.isName(segment)
    }

    private func appendQuery(to bytes: inout [UInt8]) {
        guard let search else { return }
        bytes.append(UInt8(ascii: "?"))
        // `code` alone is a discount; beside `state` it is the key of a login (RFC 6749, 4.1.2).
        let names = query.map(\.name)
        let isLogin = names.contains("code") && names.contains("state")
        for (index, piece) in Array(search.utf8).split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
            .enumerated()
        {
            guard bytes.count < Self.longestStored else { return }
            if index > 0 { bytes.append(UInt8(ascii: "&")) }
            let equals = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
            let name = Self.plain(piece[..<equals])
            let value = piece[equals...].dropFirst()
            if Secrets.isShown(in: piece[..<equals]) {
                bytes += Self.mask.utf8
            } else if !value.isEmpty,
                Secrets.isName(name) || isLogin && (name == "code" || name == "state") || Secrets.isShown(in: value)
            {
                append(piece[...equals], to: &bytes)
                bytes += Self.mask.utf8
            } else {
                append(piece, to: &bytes)
            }
        }
    }

    /// The name of a parameter behind however many escapes.
    private static func plain(_ written: ArraySlice<UInt8>) -> String {
        var bytes = written.prefix(1_024)
        for _ in 0..<4 where bytes.contains(UInt8(ascii: "%")) { bytes = WrittenText.decoded(bytes)[...] }
        return WrittenText.text(bytes)
    }

    /// An anchor or a route stays; what is written like parameters (a login's answer, a text to highlight) goes.
    private func appendFragment(to bytes: inout [UInt8]) {
        let kept = Array(fragment.utf8.prefix { $0 != UInt8(ascii: "?") })
        guard !kept.isEmpty, !kept.contains(UInt8(ascii: "=")), !kept.contains(UInt8(ascii: "&")),
            !Secrets.isShown(in: kept[...])
        else { return }
        bytes.append(UInt8(ascii: "#"))
        append(kept[...], to: &bytes)
    }

    private func append(_ text: String, to bytes: inout [UInt8]) { append(text.utf8, to: &bytes) }

    /// What is not printable ASCII is escaped, as browsers do, and the characters HTML would take for its own.
    private func append(_ piece: some Collection<UInt8>, to bytes: inout [UInt8]) {
        for byte in piece.prefix(Self.longestStored) {
            switch byte {
            case 0...0x20, 0x7F..., UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "`"),
                UInt8(ascii: "\\"), UInt8(ascii: "'"):
                bytes.append(UInt8(ascii: "%"))
                bytes.append(Self.hex[Int(byte >> 4)])
                bytes.append(Self.hex[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
    }

    private static let hex = Array("0123456789ABCDEF".utf8)

    private static func cut(_ bytes: [UInt8]) -> String {
        guard bytes.count > longestStored else { return String(decoding: bytes, as: UTF8.self) }
        var end = longestStored
        for back in 1...2 where bytes[longestStored - back] == UInt8(ascii: "%") { end = longestStored - back }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }
}
