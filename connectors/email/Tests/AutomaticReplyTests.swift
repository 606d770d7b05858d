import Contact
import Foundation
import Testing

@testable import EmailConnector

/// Which mails nobody waits to be answered.
@Suite struct AutomaticReplyTests {
    private func body(_ fields: String) throws -> String {
        let one = try interaction(
            "From: anna@example.it\nTo: ciao@bottega.example\nDate: Mon, 2 Nov 2026 10:00:00 +0100\n"
                + "Message-ID: <a@example.it>\n\(fields)\n\nTesto\n")
        return String(decoding: one.body, as: UTF8.self)
    }

    @Test(arguments: [
        "Auto-Submitted: auto-replied", "Auto-Submitted: Auto-Generated; type=x",
        "auto-submitted: (a comment) auto-notified",
        "Auto-Submitted: AUTO-REPLIED (rejected)", "Precedence: auto_reply", "X-Autoreply: yes", "X-Autorespond: fuori",
        "X-FC-Machinegenerated: true", "Subject: Risposta automatica: Ordine", "Subject: Automatic reply: Ordine",
        "Subject: Out of Office AutoReply: Ordine", "Subject: Abwesenheitsnotiz: Ordine",
        "Subject: Réponse automatique : Ordine",
        "Subject: =?utf-8?q?Respuesta_autom=C3=A1tica=3A_Ordine?=", "Subject: Autosvar: Ordine",
        "Subject: Автоответ: Ordine",
        "Subject: 自動応答: Ordine", "Return-Path: <>\nIn-Reply-To: <o@bottega.example>",
    ]) func `What a program answered is flagged, and awaits nothing`(fields: String) throws {
        let body = try body(fields)
        #expect(body.contains(#""auto_reply""#) && body.contains(#""awaits_answer":false"#), "\(body)")
    }

    @Test(arguments: [
        "Auto-Submitted: no", "Auto-Submitted: No; comment", "Auto-Submitted: (by hand) no", "X-Autoreply: no",
        "X-Auto-Response-Suppress: All", "X-Auto-Response-Suppress: DR, OOF, AutoReply", "Precedence: first-class",
        "Precedence: list\nList-Id: <clienti.lists.example>\nList-Post: <mailto:clienti@lists.example>\n"
            + "List-Unsubscribe: <mailto:clienti-leave@lists.example>",
        "Precedence: bulk\nList-Id: <clienti.lists.example>\nList-Post: <mailto:clienti@lists.example>\n"
            + "List-Unsubscribe: <mailto:clienti-leave@lists.example>",
        "Precedence: bulk", "Subject: Automatica la risposta?", "Subject: Autosvarx", "Return-Path: <>",
    ]) func `What a person wrote awaits an answer, also on a list`(fields: String) throws {
        let body = try body(fields)
        #expect(!body.contains("auto_reply") && !body.contains("awaits_answer"), "\(body)")
    }

    @Test(arguments: [
        "Precedence: bulk\nList-Unsubscribe: <https://example.it/u>",
        "List-Unsubscribe: <https://example.it/u>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Precedence: bulk\nList-Id: <novita.example.it>\nList-Post: NO\nList-Unsubscribe: <mailto:u@example.it>",
    ]) func `A newsletter is for reading`(fields: String) throws {
        let body = try body(fields)
        #expect(body.contains(#""newsletter""#) && body.contains(#""awaits_answer":false"#), "\(body)")
    }
}
