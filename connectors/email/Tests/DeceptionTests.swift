import Contact
import Foundation
import Testing

@testable import EmailConnector

/// What is written to be taken for something else, and what is listed and never opened.
@Suite struct DeceptionTests {
    private func mail(from: String, _ more: String = "Subject: Ciao\n\nTesto") throws -> Interaction {
        try interaction(
            "From: \(from)\nTo: ciao@bottega.example\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <a@x>\n\(more)\n"
        )
    }

    @Test(arguments: [
        "P\u{0430}ypal <servizio@evil.example>", "\"paypal@paypal.com\" <x@evil.example>",
        "Αnna Rossi <x@evil.example>",
        "\"Banca (info@banca.example)\" <x@evil.example>", "Anna\u{202E}issoR <x@evil.example>",
        "An\u{200B}na Rossi <x@evil.example>", "𝐀nna Rossi <x@evil.example>",
        "\"ciao\u{FF20}banca.example\" <x@evil.example>",
    ]) func `A name that gives itself out for another is flagged and is nobody's`(from: String) throws {
        let one = try mail(from: from)
        let body = String(decoding: one.body, as: UTF8.self)
        #expect(body.contains(#""name_deceptive""#), "\(body)")
        #expect(one.facet.attributes.isEmpty && !body.contains(#""attributes""#))
    }

    @Test(arguments: [
        "Anna Rossi <anna@example.it>", "Анна Росси <anna@example.ru>", "Ἄννα Ρόσση <anna@example.gr>",
        "Zoë D’Angelo-Müller <z@example.it>", "Анна (Anna Rossi) <anna@example.ru>", "山田 Taro <t@example.jp>",
        "\"Rossi, Anna\" <anna@example.it>", "משה Cohen <m@example.il>", "Nguyễn Thị Ánh <n@example.vn>",
    ]) func `A name of one script a word is somebody's`(from: String) throws {
        let one = try mail(from: from)
        #expect(!String(decoding: one.body, as: UTF8.self).contains("flags"))
        #expect(one.facet.attributes.map(\.name) == ["name"])
    }

    @Test func `Marks that turn text round, and domains of two scripts, are flagged`() throws {
        func flags(_ one: Interaction) -> String { String(decoding: one.body, as: UTF8.self) }
        #expect(
            flags(try mail(from: "a@example.it", "Subject: Fattura\u{202E}fdp.exe\n\nx")).contains("direction_marks"))
        #expect(
            flags(try mail(from: "a@example.it", "Subject: \u{2067}Fattura\u{2069}\n\nx")).contains("direction_marks"))
        let family = "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}"
        #expect(
            !flags(try mail(from: "a@example.it", "Subject: \(family) می\u{200C}خواهم\n\nx")).contains(
                "direction_marks"))
        // "pаypal" with a Cyrillic а, "perché", and "почта".
        #expect(Punycode.decoded("pypal-4ve") == "p\u{0430}ypal")
        #expect(Punycode.decoded("perch-fsa") == "perché")
        #expect(Punycode.decoded("80a1acny") == "почта")
        #expect(flags(try mail(from: "x@xn--pypal-4ve.example")).contains("domain_deceptive"))
        #expect(!flags(try mail(from: "x@xn--perch-fsa.example")).contains("domain_deceptive"))
        #expect(!flags(try mail(from: "x@xn--80a1acny.example")).contains("domain_deceptive"))
        for label in ["", "-", "99999999999999999999", "a-zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "\u{E9}"] {
            _ = Punycode.decoded(label[...])
        }
    }

    @Test(arguments: [
        ("application/ms-tnef; name=winmail.dat", "tnef"), ("application/octet-stream; name=WINMAIL.DAT", "tnef"),
        ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "smime_encrypted"),
        ("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", "smime_signed"),
        ("application/x-pkcs7-signature; name=smime.p7s", "smime_signed"), ("application/pgp-signature", "pgp_signed"),
        ("application/pgp-encrypted", "pgp_encrypted"), ("message/partial; id=a; number=1; total=2", "partial"),
    ]) func `Sealed parts are listed and flagged`(type: String, flag: String) throws {
        let one = try mail(
            from: "a@example.it",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nVedi.\n--b\nContent-Type: \(type)\n\nAAAA\n--b--")
        let body = String(decoding: one.body, as: UTF8.self)
        #expect(body.contains("\"\(flag)\""), "\(body)")
        #expect(body.contains("\"attachments\"") && one.message?.text == "Vedi.")
    }

    @Test func `Links above the limit are flagged, and the text is kept`() throws {
        let html = String(repeating: "<a href=\"https://x.example\">a</a> ", count: 5_001)
        let many = try mail(from: "a@example.it", "Content-Type: text/html\n\n\(html)")
        #expect(String(decoding: many.body, as: UTF8.self).contains("links_cut"))
        #expect(many.message?.text.hasPrefix("a a a") == true)
        let plain = String(repeating: "https://x.example\n", count: 5_001)
        #expect(
            String(decoding: try mail(from: "a@example.it", "Subject: x\n\n\(plain)").body, as: UTF8.self).contains(
                "links_cut"))
        let few = try mail(from: "a@example.it", "Content-Type: text/html\n\n<a href=x>a</a>")
        #expect(!String(decoding: few.body, as: UTF8.self).contains("links_cut"))
    }

    @Test func `A mail whose parts cannot be told apart is read as one text`() throws {
        let one = try mail(from: "a@example.it", "Content-Type: multipart/mixed; boundary=b\n\nCiao,\nsono Anna.")
        #expect(one.message?.text == "Ciao,\nsono Anna.")
        let returns = "From: a@example.it\rTo: ciao@bottega.example\rMessage-ID: <a@x>\rSubject: Ciao\r\rUno\rDue\r"
        #expect(try interaction(returns).message?.text == "Uno\nDue")
    }
}
