/// The words by which mail programs introduce what they repeat, in the languages they speak; lower-case. Data.
enum QuoteWords {
    enum Label: Hashable { case sender, recipient, time, subject, reply }

    /// Verbs at the end of an attribution, or before the name in it.
    static let verbs = [
        "wrote", "writes", "ha scritto", "hanno scritto", "scrive", "scriveva", "ha scritto il seguente messaggio",
        "a écrit", "écrit", "a ecrit", "escribió", "escribio", "ha escrit", "escreveu", "schrieb", "schrieb folgendes",
        "hat geschrieben", "schreef", "het volgende geschreven", "geschreven", "skrev", "skrev følgende",
        "skrev följande", "napisał(a)", "napisał", "napisała", "pisze", "napsal(a)", "napsal", "napsala",
        "napísal(a)", "napísal", "napísala", "írta", "ezt írta", "a scris", "kirjoitti", "şunu yazdı", "yazdı",
        "έγραψε", "написал", "написал(а)", "написала", "пишет", "пише", "написав", "написала(в)", "написа",
        "je napisao/la", "je napisao", "je napisala", "je napisao(la)", "写道", "寫道", "写到", "書きました", "のメール",
        "님이 작성", "작성", "đã viết", "menulis", "כתב", "‫כתב/ה", "كتب", "เขียนว่า", "rašė", "rakstīja", "kirjutas",
    ]

    /// How a line that is an attribution may begin; a number may too.
    static let openings = [
        "on ", "at ", "il giorno ", "il ", "in data ", "alle ", "le ", "el ", "am ", "op ", "em ", "a ", "den ",
        "dnia ",
        "dne ", "w dniu ", "pe ", "la data ", "στις ", "на ", "ngày ", "pada ", "quoting ", "lun", "mar", "mer", "gio",
        "ven", "sab", "dom", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "ma ", "di ", "do ", "pon", "wt", "śr",
        "czw", "pt", "sob", "ndz", "понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье",
        "пн", "вт", "ср", "чт", "пт", "сб", "вс", "нд", "\"", "da ", "vào ", "在 ", "于", "於 ", "הב", "ב-", "في ",
    ]

    static let separators = [
        "original message", "messaggio originale", "messaggio inoltrato", "messaggio inoltrato da", "forwarded message",
        "forwarded by", "message d'origine", "message original", "message transféré", "ursprüngliche nachricht",
        "urspr. nachricht", "originalnachricht", "original-nachricht", "weitergeleitete nachricht", "mensaje original",
        "mensaje reenviado", "mensagem original", "mensagem encaminhada", "oorspronkelijk bericht",
        "doorgestuurd bericht", "reply message", "original appointment", "inizio messaggio inoltrato",
        "begin forwarded message", "start forwarded message", "début du message réexpédié",
        "début du message transféré",
        "anfang der weitergeleiteten nachricht", "ursprungligt meddelande", "vidarebefordrat meddelande",
        "opprinnelig melding", "oprindelig meddelelse", "videresendt meddelelse", "videresendt melding",
        "wiadomość oryginalna", "oryginalna wiadomość", "treść przekazanej wiadomości", "wiadomość przekazana",
        "původní zpráva", "přeposlaná zpráva", "pôvodná správa", "eredeti üzenet", "továbbított üzenet",
        "mesaj original", "mesaj redirecționat", "alkuperäinen viesti", "orijinal mesaj", "iletilen mesaj",
        "исходное сообщение", "пересылаемое сообщение", "переадресованное сообщение", "оригинальное сообщение",
        "αρχικό μήνυμα", "原始邮件", "原始郵件", "转发邮件信息", "转发的邮件", "邮件原件", "元のメッセージ", "転送メッセージ", "원본 메시지",
        "원본 메일", "thư gốc", "الرسالة الأصلية", "הודעה מקורית", "missatge original", "izvorna poruka",
    ]

    private static let labels: [String: Label] = {
        let all: [(Label, String)] = [
            (
                .sender,
                """
                from|da|von|de|van|od|från|fra|lähettäjä|kimden|gönderen|от|від|от кого|από|发件人|寄件者|寄件人|差出人|送信者|from|
                보낸 사람|보낸사람|מאת|من|feladó|expéditeur|remitente|mittente|absender|afzender|odesílatel|expeditor|
                remetente|saatja|nuo|från
                """
            ),
            (
                .recipient,
                """
                to|a|an|à|para|pour|aan|till|til|do|komu|címzett|către|vastaanottaja|kime|alıcı|кому|προς|收件人|收件者|宛先|
                받는 사람|받는사람|אל|إلى|destinatario|destinataire|empfänger|cc|kopie|kopia|копия|抄送|副本|ccn
                """
            ),
            (
                .time,
                """
                sent|date|inviato|inviata|inviato il|data|gesendet|gesendet am|datum|enviado|enviado el|enviada em|
                enviado em|envoyé|envoyé le|fecha|verzonden|verzonden op|skickat|sendt|dato|wysłano|data wysłania|
                odesláno|odoslané|elküldve|dátum|trimis|päivämäärä|päiväys|lähetetty|gönderildi|gönderilen|tarih|отправлено|
                дата|надіслано|εστάλη|ημερομηνία|στάλθηκε|发送时间|发送日期|日期|寄件日期|傳送日期|送信日時|日時|日付|보낸 날짜|날짜|נשלח|
                תאריך|التاريخ|تاريخ|تم الإرسال|saadetud
                """
            ),
            (
                .subject,
                """
                subject|oggetto|betreff|objet|sujet|asunto|assunto|onderwerp|ämne|emne|temat|předmět|predmet|tárgy|
                subiect|subiectul|aihe|konu|тема|θέμα|主题|主題|主旨|件名|제목|נושא|الموضوع|teema
                """
            ),
            (.reply, "reply-to|rispondi a|risposta|antwort an|répondre à|responder a|antwoord aan|responder para"),
        ]
        var labels: [String: Label] = [:]
        for (label, words) in all {
            for word in words.split(whereSeparator: { $0 == "|" || $0 == "\n" }) { labels[String(word)] = label }
        }
        return labels
    }()

    /// The field of a mail's head that a line states; programs make the label bold with stars.
    static func label(_ line: Substring) -> Label? {
        let start = line.drop { "*_> \t\u{A0}\u{200E}\u{200F}".contains($0) }
        guard let colon = start.prefix(24).firstIndex(where: { $0 == ":" || $0 == "：" }) else { return nil }
        var word = start[..<colon]
        while let last = word.last, last == "*" || last == "_" || last.isWhitespace { word.removeLast() }
        return labels[word.lowercased()]
    }
}
