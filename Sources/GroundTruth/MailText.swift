internal import FoundationEssentials

/// Spells one mail as its sender's program would: headers, encoded words, plain text, HTML, quoted answers.
package enum MailText {
    private static let newline = "\r\n"

    /// The message behind one interaction, or behind those of its several recipients.
    package static func message(_ items: [Generated], company: String) -> [UInt8] {
        guard let first = items.first, let message = first.message else { return [] }
        var random = SplitMix64(seed: seed(UInt64(bitPattern: first.moment), 5, items.count))
        let outgoing = first.direction == .outgoing
        let name = first.attributes.first { $0.name == "name" }?.written
        let customers = items.compactMap { $0.shown.first?.written }
        var headers: [String] = []
        headers.append(
            outgoing
                ? "From: Bottega <\(company)>"
                : "From: \(mailbox(name, customers.first ?? "", &random))")
        headers.append("To: " + (outgoing ? customers.joined(separator: ",\(newline)\t") : company))
        let replyTo = first.shown.dropFirst().first { $0.kind == "email" }
        if let replyTo { headers.append("Reply-To: <\(replyTo.written)>") }
        headers.append("Subject: \(encoded(message.subject ?? "", &random))")
        headers.append("Date: \(Calendar.mailDate(first.moment, offset: first.offset))")
        headers.append("Message-ID: \(message.id)")
        if let last = message.references.last {
            headers.append("In-Reply-To: \(last)")
            headers.append("References: " + message.references.joined(separator: "\(newline)\t"))
        }
        headers.append("MIME-Version: 1.0")
        var text = message.text
        if !message.references.isEmpty {
            text +=
                "\n\nIl giorno prima \(outgoing ? "il cliente" : "Bottega") ha scritto:\n> Buongiorno,\n"
                + "> abbiamo ricevuto la sua richiesta: è in lavorazione.\n>\n> A presto"
        }
        return Array((headers.joined(separator: newline) + newline + body(text, &random)).utf8)
    }

    private static func mailbox(_ name: String?, _ address: String, _ random: inout SplitMix64) -> String {
        guard let name else { return random.chance(0.5) ? address : "<\(address)>" }
        return "\(encoded(name, quotes: true, &random)) <\(address)>"
    }

    // MARK: Headers

    /// Plain where it can be, else encoded words (RFC 2047), either way of encoding.
    private static func encoded(_ text: String, quotes: Bool = false, _ random: inout SplitMix64) -> String {
        guard text.utf8.contains(where: { $0 >= 0x80 }) else { return quotes ? "\"\(text)\"" : text }
        let useBase64 = random.chance(0.5)
        var words: [String] = []
        var piece = ""
        // A word has at most 75 characters, and a character is not cut.
        for character in text {
            if piece.utf8.count + String(character).utf8.count > 15 {
                words.append(word(piece, useBase64))
                piece = ""
            }
            piece.append(character)
        }
        return (words + [word(piece, useBase64)]).joined(separator: "\(newline) ")
    }

    private static func word(_ text: String, _ useBase64: Bool) -> String {
        guard !useBase64 else { return "=?UTF-8?B?\(Data(text.utf8).base64EncodedString())?=" }
        let letters = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: " "): "_"
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
                String(UnicodeScalar(byte))
            default: "=" + hexadecimal(byte)
            }
        }
        return "=?utf-8?q?\(letters.joined())?="
    }

    // MARK: Body

    private static func body(_ text: String, _ random: inout SplitMix64) -> String {
        switch random.below(10) {
        case ..<5: return part(text, "text/plain", &random)
        case ..<6: return part(html(text), "text/html", &random)
        case ..<9:
            return multipart(
                "alternative", [part(text, "text/plain", &random), part(html(text), "text/html", &random)], &random)
        default:
            let attachment =
                "Content-Type: text/csv; name=\"ordine.csv\"\(newline)Content-Disposition: attachment;"
                + " filename=\"ordine.csv\"\(newline)Content-Transfer-Encoding: base64\(newline)\(newline)"
                + Data("codice;pezzi\r\nB-\(random.below(900));1\r\n".utf8).base64EncodedString() + newline
            return multipart("mixed", [part(text, "text/plain", &random), attachment], &random)
        }
    }

    private static func multipart(_ kind: String, _ parts: [String], _ random: inout SplitMix64) -> String {
        let boundary = "=_\(String(random.next(), radix: 16))"
        let separated = parts.map { "--\(boundary)\(newline)\($0)" }.joined()
        return "Content-Type: multipart/\(kind); boundary=\"\(boundary)\"\(newline)\(newline)"
            + "\(separated)--\(boundary)--\(newline)"
    }

    private static func part(_ text: String, _ type: String, _ random: inout SplitMix64) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let content = lines.joined(separator: newline)
        let head = "Content-Type: \(type); charset=utf-8\(newline)Content-Transfer-Encoding: "
        switch random.below(3) {
        case 0:
            var encoded = Substring(Data(content.utf8).base64EncodedString())
            var rows: [Substring] = []
            while !encoded.isEmpty {
                rows.append(encoded.prefix(76))
                encoded = encoded.dropFirst(76)
            }
            return head + "base64\(newline)\(newline)\(rows.joined(separator: newline))\(newline)"
        case 1:
            let quoted = lines.map(quotedPrintable).joined(separator: newline)
            return head + "quoted-printable\(newline)\(newline)\(quoted)\(newline)"
        default: return head + "8bit\(newline)\(newline)\(content)\(newline)"
        }
    }

    /// One line of text as quoted-printable (RFC 2045), cut by soft breaks below 76 characters.
    private static func quotedPrintable(_ line: Substring) -> String {
        var text = ""
        var column = 0
        let last = line.utf8.count - 1
        for (place, byte) in line.utf8.enumerated() {
            let isPlain = (33...126).contains(byte) && byte != UInt8(ascii: "=") || byte == 32 && place != last
            let piece = isPlain ? String(UnicodeScalar(byte)) : "=" + hexadecimal(byte)
            if column + piece.utf8.count > 75 {
                text += "=\(newline)"
                column = 0
            }
            text += piece
            column += piece.utf8.count
        }
        return text
    }

    private static func html(_ text: String) -> String {
        let escaped = text.reduce(into: "") { html, character in
            switch character {
            case "<": html += "&lt;"
            case ">": html += "&gt;"
            case "&": html += "&amp;"
            case "à": html += "&agrave;"
            case "\n": html += "<br>\n"
            default: html.append(character)
            }
        }
        return "<html><head><style>p { color: #222 }</style></head><body><p>\(escaped)</p></body></html>"
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
}
