/// Where a signature begins below what somebody wrote: after a delimiter, or in the words that a device adds.
enum MailSignature {
    /// Lines below `--` that are still a signature; what is longer is text that somebody divided.
    private static let mostLines = 20

    /// The first line of the signature that ends a run of lines; nil where there is none.
    static func begins(in lines: ArraySlice<Substring>) -> Int? {
        var end = lines.endIndex
        // The words of devices, from the bottom up: some add several.
        var first: Int?
        while let last = lines[..<end].lastIndex(where: { !QuoteMarks.isBlank($0) }), isDevice(lines[last]) {
            first = last
            end = last
        }
        // The delimiter of RFC 3676 (section 4.3), also without its space; or a line drawn.
        guard let delimiter = lines[..<end].lastIndex(where: isDelimiter) else { return first }
        let below = lines[(delimiter + 1)..<end].count { !QuoteMarks.isBlank($0) }
        let most = lines[delimiter].hasPrefix("_") ? mostLines / 2 : mostLines
        guard below <= most else { return first }
        // Of several, the first that still leaves no more than a signature below it.
        return delimiter
    }

    private static func isDelimiter(_ line: Substring) -> Bool {
        let bytes = line.utf8.prefix(100)
        guard bytes.count < 100 else { return false }
        let bare = line.drop { $0 == " " }.prefix { !$0.isWhitespace }
        guard line.dropFirst(bare.count).allSatisfy(\.isWhitespace) else { return false }
        if bare == "--" || bare == "—" || bare == "––" { return true }
        return bare.utf8.count >= 5 && bare.utf8.allSatisfy { $0 == 0x5F }
    }

    private static let beginnings = [
        "sent from", "sent via", "sent with", "sent by", "sent using", "get outlook for", "from my ", "inviato da",
        "inviato dal", "inviata da", "scarica outlook per", "ottieni outlook per", "envoyé de", "envoyé depuis",
        "envoyé à partir", "télécharger outlook pour", "obtenir outlook pour", "gesendet von", "gesendet mit",
        "von meinem", "von unterwegs gesendet", "diese nachricht wurde von meinem", "outlook für", "enviado desde",
        "enviado do", "enviado de", "enviado por", "enviado via", "obtener outlook para", "obter o outlook para",
        "verzonden met", "verzonden vanaf", "verstuurd vanaf", "verstuurd met", "outlook voor", "sendt fra",
        "sendt med", "skickat från", "skickad från", "hämta outlook för", "hent outlook for", "wysłane z",
        "wysłano z", "pobierz outlook", "odesláno z", "odoslané z", "lähetetty", "küldve", "trimis de pe", "trimis din",
        "gönderildi", "отправлено с", "отправлено из", "надіслано з", "отримайте outlook", "発信元", "从我的", "從我的",
        "发自我的", "發自我的", "iphoneから送信", "私の", "나의 iphone에서", "내 iphone에서", "poslano z", "poslano s", "isvärd från",
    ]
    /// What makes of such a beginning the word of a device, and not the sender's.
    private static let devices = [
        "iphone", "ipad", "ipod", "android", "mobile", "mobil", "phone", "cell", "samsung", "galaxy", "huawei",
        "xiaomi", "blackberry", "windows", "outlook", "yahoo", "mail", "proton", "airmail", "mailbox", "device",
        "dispositivo", "smartphone", "telefono", "cellulare", "handy", "tablet", "portable", "móvil", "teléfono",
        "telemóvel", "celular", "telefoon", "telefon", "mobilgerät", "spark", "thunderbird", "k-9", "nokia", "htc",
        "pixel", "oneplus", "oppo", "alcatel", "ti-85", "pc", "mac", "ios", "телефон", "айфон", "мобильн", "tim",
        "libero",
        "gmail", "client",
    ]

    private static func isDevice(_ line: Substring) -> Bool {
        guard line.utf8.count <= 160 else { return false }
        let words = line.lowercased().filter { $0 != "[" && $0 != "]" }.drop { !$0.isLetter }
        guard !words.isEmpty else { return false }
        if beginnings.contains(where: { words.hasPrefix($0) }) { return devices.contains { words.contains($0) } }
        // `從我的 iPhone 傳送`, `iPhoneから送信`: without spaces to begin at; `Anna from mobile`.
        return words.hasSuffix(" from mobile") || words.hasSuffix(" from my phone") || words.hasSuffix("から送信")
    }
}
