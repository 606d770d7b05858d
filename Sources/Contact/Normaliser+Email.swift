extension Normaliser {
    /// An address alone: no display name, no comment. Lower-case throughout: no provider known tells the case of a
    /// local part apart. Dots and `+tag` are dropped for Gmail alone, which is known to ignore them.
    func email(_ text: String) throws(Refusal) -> Identifier {
        let kind = IdentifierKind.email
        guard !text.utf8.contains(where: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: ">") }) else {
            throw Normaliser.invalid(kind, "send the address alone, without a display name")
        }
        guard let at = text.utf8.lastIndex(of: UInt8(ascii: "@")) else {
            throw Normaliser.invalid(kind, "it has no @")
        }
        guard let domain = Text.asciiDomain(String(text[text.utf8.index(after: at)...])) else {
            throw Normaliser.invalid(kind, "what follows the @ is no domain name")
        }
        var local = try local(Text.nfc(String(text[..<at]).lowercased()))
        guard local.utf8.count <= 64 else { throw Normaliser.invalid(kind, "more than 64 bytes stand before the @") }
        if Placeholder.isRelay(local: local, domain: domain) {
            throw Normaliser.blocked(kind, "it is a relay's or a thread's address, not a person's")
        }
        let isGmail = domain == "gmail.com" || domain == "googlemail.com"
        if isGmail {
            local = String(local.prefix { $0 != "+" }.filter { $0 != "." })
            guard !local.isEmpty else { throw Normaliser.invalid(kind, "nothing stands before the @ but a tag") }
        }
        if Placeholder.isAddress(local: local, domain: domain) { throw Normaliser.blocked(kind, "it is a placeholder") }
        let value = local + "@" + (isGmail ? "gmail.com" : domain)
        guard value.utf8.count <= 254 else { throw Normaliser.invalid(kind, "it is longer than 254 bytes") }
        return Identifier(kind: kind, scope: "", canonical: value)
    }

    /// A dot-atom, or a quoted string, which loses its quotes where it can do without.
    private func local(_ text: String) throws(Refusal) -> String {
        var bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "\"") else {
            guard isDotAtom(bytes) else {
                throw Normaliser.invalid(.email, "what stands before the @ is no local part (RFC 5322, dot-atom)")
            }
            return text
        }
        let quote = UInt8(ascii: "\""), backslash = UInt8(ascii: "\\")
        guard bytes.count > 2, bytes.removeLast() == quote else {
            throw Normaliser.invalid(.email, "the quotes before the @ are not closed")
        }
        var content: [UInt8] = []
        var escaped = false
        for byte in bytes.dropFirst() {
            if !escaped, byte == quote { throw Normaliser.invalid(.email, "the quotes before the @ are misplaced") }
            if !escaped, byte == backslash {
                escaped = true
                continue
            }
            escaped = false
            content.append(byte)
        }
        guard !escaped else { throw Normaliser.invalid(.email, "the quotes before the @ are not closed") }
        if isDotAtom(content) { return String(decoding: content, as: UTF8.self) }
        var quoted: [UInt8] = [quote]
        for byte in content {
            if byte == quote || byte == backslash { quoted.append(backslash) }
            quoted.append(byte)
        }
        return String(decoding: quoted + [quote], as: UTF8.self)
    }

    /// Atoms of RFC 5322 and, after RFC 6531, anything beyond ASCII, with single dots between.
    private func isDotAtom(_ bytes: [UInt8]) -> Bool {
        bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty
                && atom.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...: true
                    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
                        UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "/"),
                        UInt8(ascii: "="), UInt8(ascii: "?"), UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"),
                        UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"), UInt8(ascii: "~"):
                        true
                    default: false
                    }
                }
        }
    }
}
