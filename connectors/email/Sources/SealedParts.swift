/// Parts that this reader lists and never opens: sealed, signed, or a package of another program's.
enum SealedParts {
    /// `tnef`, `smime_signed`, `smime_encrypted`, `pgp_signed`, `pgp_encrypted`, `partial`.
    static func flags(_ part: MimePart) -> Set<String> {
        var flags: Set<String> = []
        read(part, into: &flags)
        return flags
    }

    private static func read(_ part: MimePart, into flags: inout Set<String>) {
        let name = part.filename?.lowercased() ?? ""
        switch part.type {
        // Outlook's package (winmail.dat), which holds the text and the attachments once more.
        case "application/ms-tnef", "application/vnd.ms-tnef": flags.insert("tnef")
        // RFC 8551, 3.2: what is not said to be signed alone is sealed.
        case "application/pkcs7-mime", "application/x-pkcs7-mime":
            flags.insert(part.sealing.contains("signed") ? "smime_signed" : "smime_encrypted")
        case "application/pkcs7-signature", "application/x-pkcs7-signature": flags.insert("smime_signed")
        case "application/pgp-signature": flags.insert("pgp_signed")
        case "multipart/encrypted", "application/pgp-encrypted": flags.insert("pgp_encrypted")
        case "multipart/signed": flags.insert(part.sealing.contains("pgp") ? "pgp_signed" : "smime_signed")
        // A piece of a mail that was sent in several (RFC 2046, 5.2.2).
        case "message/partial": flags.insert("partial")
        case "text/plain" where holdsArmour(part.content): flags.insert("pgp_encrypted")
        default:
            if name == "winmail.dat" { flags.insert("tnef") }
            if name.hasSuffix(".p7m") { flags.insert("smime_encrypted") }
        }
        for child in part.children { read(child, into: &flags) }
    }

    /// A text that is a sealed message in letters (RFC 9580, 6.2).
    private static func holdsArmour(_ content: [UInt8]) -> Bool {
        let mark = Array("-----BEGIN PGP MESSAGE-----".utf8)
        let start = content.prefix(4_096)
        return start.split(separator: 0x0A).contains { $0.starts(with: mark) }
    }
}
