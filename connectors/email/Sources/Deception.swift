internal import Contact

/// What is written so that people read something else. The text is kept as it came; a flag says so, and such a name is nobody's.
enum Deception {
    /// Flags of a mail's names, subject and domains: `name_deceptive`, `domain_deceptive`, `direction_marks`.
    static func flags(_ message: MimeMessage) -> Set<String> {
        var flags: Set<String> = []
        for field in ["from", "reply-to", "sender"] {
            for address in MailSender.addresses(field, message.headers).prefix(20) {
                if isDeceptive(address) { flags.insert("name_deceptive") }
                if hasMarks(address.name) { flags.insert("direction_marks") }
                if isDeceptive(domain: address.domain) { flags.insert("domain_deceptive") }
            }
        }
        if hasMarks(message.headers["subject"] ?? "") { flags.insert("direction_marks") }
        // `invoice` and what turns `fdp.exe` round.
        if message.root.leaves.contains(where: { hasMarks($0.filename ?? "") }) { flags.insert("direction_marks") }
        return flags
    }

    /// Whether a display name gives itself out for what it is not: letters of two scripts in a word, marks that turn or hide
    /// text, or an address that is not the sender's.
    static func isDeceptive(_ address: MailAddress) -> Bool {
        guard !address.name.isEmpty else { return false }
        let name = MailBody.prefix(address.name, 1_000)
        if Script.isMixed(in: name) || hasMarks(name) { return true }
        let plain = String(String.UnicodeScalarView(name.unicodeScalars.map { $0 == "\u{FF20}" ? "@" : $0 }))
        return BounceWords.addresses(in: plain[...], most: 10).contains { other in
            other.lowercased() != address.address.lowercased() && other.contains(".")
        }
    }

    /// Marks that turn text round, and invisible ones where no script needs them.
    static func hasMarks(_ text: String) -> Bool {
        guard !Contact.Text.isASCII(text) else { return false }
        var last: Unicode.Scalar?
        let scalars = Array(text.unicodeScalars.prefix(4_000))
        for (place, scalar) in scalars.enumerated() {
            switch scalar.value {
            case 0x202A...0x202E, 0x2066...0x2069, 0x200B, 0x2060...0x2064, 0x115F, 0x3164, 0xE0001: return true
            case 0xFEFF where place > 0: return true
            // A joiner is part of Persian and Indic words and of emoji; between these letters it is not.
            case 0x200C, 0x200D:
                if let last, Script.of(last) != nil { return true }
            default: break
            }
            last = scalar
        }
        return false
    }

    /// Whether a domain has a label of letters that look alike and are of two scripts, in whichever form it is written.
    static func isDeceptive(domain: String) -> Bool {
        domain.prefix(300).split(separator: ".").contains { label in
            let shown = label.hasPrefix("xn--") ? Punycode.decoded(label.dropFirst(4)) : String(label)
            return shown.map(Script.isMixed(in:)) ?? false
        }
    }
}

/// The encoding of a domain's label in ASCII (RFC 3492), read.
enum Punycode {
    /// The text of a label without its `xn--`; nil where it is no such encoding.
    static func decoded(_ label: Substring) -> String? {
        guard label.utf8.count <= 63, Contact.Text.isASCII(String(label)) else { return nil }
        var output: [Unicode.Scalar] = []
        var rest = label
        if let hyphen = label.lastIndex(of: "-") {
            output = Array(label[..<hyphen].unicodeScalars)
            rest = label[label.index(after: hyphen)...]
        }
        var code = 128
        var place = 0
        var bias = 72
        var digits = Array(rest.utf8)[...]
        while !digits.isEmpty {
            let start = place
            var weight = 1
            var step = 36
            while true {
                guard let byte = digits.popFirst(), let digit = digit(byte) else { return nil }
                place += digit * weight
                guard place < 1 << 28 else { return nil }
                let threshold = min(max(step - bias, 1), 26)
                if digit < threshold { break }
                weight *= 36 - threshold
                guard weight < 1 << 28 else { return nil }
                step += 36
            }
            bias = adapted(place - start, output.count + 1, isFirst: start == 0)
            code += place / (output.count + 1)
            place %= output.count + 1
            guard let scalar = Unicode.Scalar(UInt32(code)) else { return nil }
            output.insert(scalar, at: place)
            place += 1
        }
        return String(String.UnicodeScalarView(output))
    }

    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x61...0x7A: Int(byte) - 0x61
        case 0x41...0x5A: Int(byte) - 0x41
        case 0x30...0x39: Int(byte) - 0x30 + 26
        default: nil
        }
    }

    private static func adapted(_ delta: Int, _ count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var step = 0
        while delta > 455 {
            delta /= 35
            step += 36
        }
        return step + 36 * delta / (delta + 38)
    }
}
