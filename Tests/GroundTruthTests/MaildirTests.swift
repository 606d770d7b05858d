import Foundation
import Testing

@testable import GroundTruth

@Suite struct MaildirTests {
    private func mails(_ persons: Int) -> [Generated] {
        var settings = Generator.Settings(seed: 5, persons: persons)
        settings.scope = .mailOnly
        return Array(Generator(settings))
    }

    @Test func `The mails are those among all interactions, with what a mail can show`() {
        let all = Generator(.init(seed: 5, persons: 300)).filter { $0.channel == "email" }
        let only = mails(300)
        #expect(all.count == only.count)
        #expect(zip(all, only).allSatisfy { $0.id == $1.id && $0.person == $1.person && $0.moment == $1.moment })
        for mail in only {
            #expect(
                mail.shown.allSatisfy { $0.assurance != .verified && ["email", "phone", "landline"].contains($0.kind) })
            #expect(mail.shown.first?.assurance == .presented)
            #expect(mail.attributes.allSatisfy { $0.name == "name" })
        }
    }

    @Test func `Each message is one file, however many its recipients`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "maildir-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }  // Left-overs in the temporary folder harm nobody.
        var maildir = try Maildir(at: folder.path)
        let items = mails(400)
        for item in items { try maildir.write(item) }
        try maildir.finish()
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "cur").path)
        #expect(files.count == Set(items.map(\.id)).count)
        #expect(files.count == maildir.count)
        #expect(items.count > files.count)
        for file in files {
            let text = String(decoding: try Data(contentsOf: folder.appending(path: "cur/\(file)")), as: UTF8.self)
            let head = text.prefix(upTo: try #require(text.range(of: "\r\n\r\n")).lowerBound)
            #expect(head.utf8.allSatisfy { $0 < 0x80 })
            for name in ["From: ", "To: ", "Subject: ", "Date: ", "Message-ID: <", "MIME-Version: 1.0"] {
                #expect(head.contains(name))
            }
            #expect(head.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 998 })
        }
    }

    @Test func `The recipients of one message are all in its header`() throws {
        let items = mails(400)
        let first = try #require(items.first { !$0.customer.isEmpty })
        let together = items.filter { $0.id == first.id }
        let text = String(decoding: MailText.message(together, company: "ciao@bottega.example"), as: UTF8.self)
        #expect(together.count == 3)
        #expect(text.hasPrefix("From: Bottega <ciao@bottega.example>"))
        for one in together { #expect(text.contains(try #require(one.shown.first).written)) }
    }

    @Test func `Bytes of a mail depend on the seed alone`() {
        let bytes = { mails(50).map { MailText.message([$0], company: "ciao@bottega.example") } }
        #expect(bytes() == bytes())
    }
}
