import Contact
import Foundation
import Testing

@testable import EmailConnector

/// What a sender wrote now, told from what he repeats: scored on the gold of others where it lies beside the project, and
/// each rule on a text of its own.
@Suite struct QuotedTextTests {
    private static func folded(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    @Test(.enabled(if: Corpora.exist))
    func `Nine of ten bodies of the first gold are taken apart exactly`() throws {
        let folder = Corpora.folder.appending(path: "email_reply_trimmer/test")
        let names = try Corpora.names(in: folder.appending(path: "emails"))
        var wrong: [String] = []
        for name in names {
            let body = try String(contentsOf: folder.appending(path: "emails/\(name)"), encoding: .utf8)
            let wanted = try String(contentsOf: folder.appending(path: "trimmed/\(name)"), encoding: .utf8)
            let found = QuotedText(body.replacing("\r\n", with: "\n")).reply
            if Self.folded(found) != Self.folded(wanted) { wrong.append(name) }
        }
        print("email_reply_trimmer: \(names.count - wrong.count) of \(names.count); not \(wrong)")
        #expect(names.count >= 30)
        #expect((names.count - wrong.count) * 100 >= names.count * 90, "\(wrong)")
    }

    /// Its expected answers stand in its own tests: `Hello` for a mail of each program, and one answer for each HTML; spaces
    /// are not compared. Beside them a body whose lines are marked as repeated or as signature.
    @Test(.enabled(if: Corpora.exist))
    func `More than 85 of a hundred replies of the second gold are taken apart exactly`() throws {
        let folder = Corpora.folder.appending(path: "talon/tests/fixtures")
        var right = 0
        var wrong: [String] = []
        func score(_ name: String, _ found: String, _ wanted: String) {
            if found.filter({ !$0.isWhitespace }) == wanted.filter({ !$0.isWhitespace }) {
                right += 1
            } else {
                wrong.append("\(name): \(found)")
            }
        }
        for name in try Corpora.names(in: folder.appending(path: "standard_replies")) {
            let bytes = try Data(contentsOf: folder.appending(path: "standard_replies/\(name)"))
            let message = try #require(GMime.message(Array(bytes)))
            let body = MailBody(message.root)
            score(name, QuotedText(body.text, mark: body.quoteMark).reply, "Hello")
        }
        for name in try Corpora.names(in: folder.appending(path: "html_replies")) {
            let html = try String(contentsOf: folder.appending(path: "html_replies/\(name)"), encoding: .utf8)
            let reading = HTMLText.reading(html)
            score(name, QuotedText(reading.text, mark: reading.mark).reply, "Hi. I am fine.Thanks,Alex")
        }
        let marked = try String(
            contentsOf: folder.appending(path: "signature/emails/P/102682_R_S"), encoding: .utf8)
        let lines = marked.split(separator: "\n", omittingEmptySubsequences: false).drop { !$0.isEmpty }
        let wanted = lines.filter { !$0.hasPrefix("#reply#") && !$0.hasPrefix("#sig#") }.joined(separator: "\n")
        let body = lines.joined(separator: "\n").replacing("#reply#", with: "").replacing("#sig#", with: "")
        score("102682_R_S", QuotedText(body).reply, wanted)
        print("talon: \(right) of \(right + wrong.count); not \(wrong)")
        #expect(right + wrong.count >= 11)
        #expect(right * 100 >= (right + wrong.count) * 85, "\(wrong)")
    }

    /// An answer above, and what its program puts below, in the languages and forms that are met.
    @Test(arguments: [
        "Il giorno lun 2 nov 2026 alle ore 09:12 Bottega <ciao@bottega.example> ha scritto:\n\n> Quale taglia?",
        "Il giorno lun 2 nov 2026 alle ore 09:12 Bottega\n<ciao@bottega.example> ha scritto:\n\nQuale taglia?",
        "Il 02/11/2026 09:12, Bottega ha scritto:\n> Quale taglia?",
        "In data 2 novembre 2026 09:12:31 Bottega <ciao@bottega.example> ha scritto:\n\nQuale taglia?",
        "Da: Bottega <ciao@bottega.example>\nInviato: lunedì 2 novembre 2026 09:12\nA: Anna\nOggetto: Taglia\n\nQuale?",
        "________________________________\nDa: Bottega\nInviato: lunedì 2 novembre 2026\nA: Anna\nOggetto: Taglia\n\nQuale?",
        "-----Messaggio originale-----\nQuale taglia?", "---- Messaggio inoltrato ----\nQuale taglia?",
        "On Mon, Nov 2, 2026 at 9:12 AM Bottega <ciao@bottega.example> wrote:\n\n> Which size?",
        "On Mon, Nov 2, 2026\nat 9:12 AM\nBottega <ciao@bottega.example>\nwrote:\n\n> Which size?",
        "---- On Mon, 02 Nov 2026 09:12:50 +0100 ciao@bottega.example wrote ----\n\nWhich size?",
        "From: Bottega\nSent: Monday, November 2, 2026 9:12 AM\nTo: Anna\nSubject: Size\n\nWhich?",
        "Am Mo., 2. Nov. 2026 um 09:12 Uhr schrieb Bottega <ciao@bottega.example>:\n\n> Welche Größe?",
        "Von: Bottega\nGesendet: Montag, 2. November 2026 09:12\nAn: Anna\nBetreff: Größe\n\nWelche?",
        "Le lun. 2 nov. 2026 à 09:12, Bottega <ciao@bottega.example> a écrit :\n\n> Quelle taille ?",
        "De : Bottega\nEnvoyé : lundi 2 novembre 2026 09:12\nÀ : Anna\nObjet : Taille\n\nLaquelle ?",
        "El lun, 2 nov 2026 a las 9:12, Bottega (<ciao@bottega.example>) escribió:\n\n> ¿Qué talla?",
        "De: Bottega\nEnviado el: lunes, 2 de noviembre de 2026 9:12\nPara: Anna\nAsunto: Talla\n\n¿Cuál?",
        "Em seg., 2 de nov. de 2026 às 09:12, Bottega <ciao@bottega.example> escreveu:\n\n> Que tamanho?",
        "Op ma 2 nov 2026 om 09:12 schreef Bottega <ciao@bottega.example>:\n\n> Welke maat?",
        "pon., 2 lis 2026 o 09:12 Bottega <ciao@bottega.example> napisał(a):\n\n> Jaki rozmiar?",
        "пн, 2 нояб. 2026 г. в 09:12, Bottega <ciao@bottega.example>:\n\n> Какой размер?",
        "От: Bottega\nОтправлено: 2 ноября 2026 г. 9:12\nКому: Anna\nТема: Размер\n\nКакой?",
        "Bottega <ciao@bottega.example> 于2026年11月2日周一 09:12写道：\n\n> 什么尺码？",
        "发件人: Bottega\n发送时间: 2026年11月2日 9:12\n收件人: Anna\n主题: 尺码\n\n什么？",
        "2026年11月2日(月) 9:12 Bottega <ciao@bottega.example>:\n\n> どのサイズ？",
        "差出人: Bottega\n送信日時: 2026年11月2日 9:12\n宛先: Anna\n件名: サイズ\n\nどの？",
        "2026년 11월 2일 (월) 오전 9:12, Bottega <ciao@bottega.example>님이 작성:\n\n> 사이즈?",
        "Inviato da iPhone\n\n> Il giorno 2 nov 2026, alle ore 09:12, Bottega <ciao@bottega.example> ha scritto:\n>\n> Quale?",
        "-- \nAnna Rossi\nTel. 333 1234567\n\n> Quale taglia?",
    ]) func `What a program puts below an answer is not the answer`(below: String) {
        let quoted = QuotedText("Ciao,\nla M.\n\n" + below)
        #expect(quoted.reply == "Ciao,\nla M.")
        #expect(quoted.quotedAt != nil)
    }

    /// Words that look like the marks of a program and are a person's.
    @Test(arguments: [
        "Vorrei un preventivo:\nDa: Milano\nA: Roma\nData: 12/5\nGrazie", "Il cliente scrive:\nnon funziona",
        "On the other hand, this works.\nOn 2 days it did not.", ">From here on it is fine.",
        "I punti sono:\n-- il primo\n-- il secondo\n\nA presto", "Elenco\n-----\n1. pane\n2. latte",
        "Mi ha scritto: vieni alle 10:30.\nPoi niente.", "Inviato da Anna, la vostra cliente di sempre",
    ]) func `What only looks like a mark is the sender's own`(text: String) {
        let quoted = QuotedText(text)
        #expect(quoted.reply == text)
        #expect(quoted.written == text)
        #expect(quoted.quotedAt == nil)
    }

    @Test func `An answer below is found, and answers between keep what they answer`() {
        let below = QuotedText("On 2/11/2026 09:12, Bottega wrote:\n> Quale taglia?\n>\nLa M.\n-- \nAnna")
        #expect(below.reply == "La M.")
        #expect(below.written == "La M.\n-- \nAnna")
        #expect(below.quotedAt == 0)
        let between = QuotedText("Vedi sotto.\n\nOn 2/11/2026 09:12, B wrote:\n> Taglia?\nM\n> Colore?\nRosso\n> Ciao")
        #expect(between.reply == "Vedi sotto.\n\n> Taglia?\nM\n> Colore?\nRosso")
        #expect(between.written == "Vedi sotto.\n\nM\nRosso")
    }

    @Test func `Of a mail that is passed on without a word the whole is shown`() {
        let text = "---------- Forwarded message ---------\nFrom: Anna <a@b.example>\n\nDove siete?"
        #expect(QuotedText(text).reply == text)
        #expect(QuotedText(text).quotedAt == 0)
        #expect(QuotedText(text).written.isEmpty)
        #expect(QuotedText("Sent from my iPhone").reply == "Sent from my iPhone")
    }

    /// The words of the attribution belong to no language: only the element tells.
    @Test(arguments: [
        "<div class=\"gmail_quote\">Qwx 12, Bottega:<br><blockquote>Taglia?</blockquote></div>",
        "<div id='divRplyFwdMsg'>Qwx: Bottega</div><div>Taglia?</div>",
        "<hr id=stopSpelling>Qwx: Bottega<br>Taglia?", "<div id=\"OLK_SRC_BODY_SECTION\">Qwx</div>Taglia?",
        "<div class=yahoo_quoted><div>Qwx</div>Taglia?</div>", "<div class='x_gmail_quote'>Qwx<br>Taglia?</div>",
        "<div class=\"protonmail_quote\">Qwx<br><blockquote>Taglia?</blockquote></div>",
        "<div class=\"moz-cite-prefix\">Qwx:</div><blockquote type=\"cite\" cite=\"mid:a\">Taglia?</blockquote>",
        "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm'><p>Qwx</p></div><p>Taglia?</p>",
        "<blockquote type=\"cite\"><div>Taglia?</div></blockquote>",
    ]) func `The elements by which programs mark what they repeat are known`(html: String) {
        let reading = HTMLText.reading("<html><body><p>La M, <b>grazie</b>.</p>\(html)</body></html>")
        #expect(QuotedText(reading.text, mark: reading.mark).reply == "La M, grazie.", "\(reading.text)")
    }

    /// Quadratic, each would take hours: the limit is for that, not for the machine.
    @Test(.timeLimit(.minutes(10))) func `Text that is made to be searched again and again is read in one go`() {
        for piece in [
            "On 1\n", "From: a\n", "On Mon, 2 Nov 2026 at 9:12 ", "_____\n", "--\n", "\n", "> \na:\n", "<\n\n",
        ] {
            let text = String(repeating: piece, count: (64 << 10) / piece.utf8.count)
            #expect(QuotedText(text, mark: text.utf8.count / 2).reply.utf8.count <= text.utf8.count)
        }
    }
}
