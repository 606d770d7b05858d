import Contact
import ContactTesting
import Foundation
import Postgres
import Testing

@testable import EmailConnector

/// Against a real Dovecot and a real ledger.
@Suite struct MailboxTests {
    private func mail(_ number: Int) -> [UInt8] { FollowedMailbox.mail(number) }

    @Test func `What is there and what comes is stored once, from two folders, and nothing is marked`() async throws {
        try await FollowedMailbox.with { mailbox in
            let (server, user) = (mailbox.server, mailbox.user)
            for number in 1...7 { try await server.deliver(mail(number), to: user) }
            try await server.deliver(
                FollowedMailbox.mail(100, from: "info@bottega.example", to: "anna@example.it"), to: user, in: "Sent")
            try await mailbox.following { mailbox in
                try await mailbox.until("the old") { try await mailbox.count() == 8 }
                for number in 8...9 {
                    try await server.deliver(mail(number), to: user)
                    try await mailbox.until("mail \(number)") { try await mailbox.count() == number + 1 }
                }
                try await server.deliver(
                    FollowedMailbox.mail(101, from: "info@bottega.example", to: "luca@example.it"), to: user, in: "Sent"
                )
                try await mailbox.until("the sent one") { try await mailbox.count() == 11 }
                // A mail that is moved is the same mail, and one that is deleted was said.
                try await server.run(["move", "-u", user, "Sent", "mailbox", "INBOX", "uid", "1"])
                try await server.run(["expunge", "-u", user, "mailbox", "INBOX", "uid", "2"])
                try await server.deliver(mail(10), to: user)
                try await mailbox.until("mail 10") { try await mailbox.count() == 12 }
                try await mailbox.until("the moved one") {
                    mailbox.feed.steps.contains { $0.outcomes.contains { if case .known = $0 { true } else { false } } }
                }
            }
            #expect(try await mailbox.count() == 12)
            #expect(try await mailbox.count("refusal") == 0)
            let flags = try await server.flags(of: user)
            #expect(flags.allSatisfy { $0 == "" })
            let places = try MailboxCursor(await mailbox.feed.cursor).folders
            #expect(Set(places.keys) == ["INBOX", "Sent"])
            #expect(places["INBOX"]?.next == 11)
            #expect(places.values.allSatisfy { $0.low == 1 })
        }
    }

    @Test func `Other UIDs double nothing, and a restart of the server loses nothing`() async throws {
        try await FollowedMailbox.with { mailbox in
            let (server, user) = (mailbox.server, mailbox.user)
            for number in 1...30 { try await server.deliver(mail(number), to: user) }
            try await mailbox.following { mailbox in
                try await mailbox.until("the old") { try await mailbox.count() == 30 }
                try await server.stop()
                for number in 31...55 { try await server.deliver(mail(number), to: user) }
                try await server.start()
                try await mailbox.until("what came meanwhile") { try await mailbox.count() == 55 }
                try await server.kill()
                try await server.renumber(of: user)
                try await server.deliver(mail(56), to: user)
                try await server.start()
                try await mailbox.until("what came with other UIDs") { try await mailbox.count() == 56 }
                try await mailbox.until("the rest of it") {
                    try MailboxCursor(await mailbox.feed.cursor).folders["INBOX"]?.low == 1
                }
            }
            #expect(try await mailbox.count() == 56)
            #expect(try await mailbox.count("message") == 56)
            let flags = try await server.flags(of: user)
            #expect(flags.allSatisfy { $0 == "" })
        }
    }

    @Test func `A server that can neither IDLE nor name what is gone is asked`() async throws {
        var options = DovecotServer.Options()
        options.capability = "IMAP4rev1"
        let clock = ManualClock()
        try await FollowedMailbox.with(options, clock: clock) { mailbox in
            let (server, user) = (mailbox.server, mailbox.user)
            for number in 1...5 { try await server.deliver(mail(number), to: user) }
            try await mailbox.following { mailbox in
                try await mailbox.until("the old") { try await mailbox.count() == 5 }
                try await server.run(["expunge", "-u", user, "mailbox", "INBOX", "uid", "2:3"])
                try await server.deliver(mail(6), to: user)
                try await mailbox.until("the new") {
                    clock.advance(by: FolderReading.poll)
                    return try await mailbox.count() == 6
                }
            }
        }
    }

    @Test func `More folders than sessions are all followed`() async throws {
        let clock = ManualClock()
        let folders = ["INBOX", "Sent", "Junk", "Perché & altro", "Vendite/2026"]
        try await FollowedMailbox.with(clock: clock, values: ["folders": folders.joined(separator: ",")]) { mailbox in
            let (server, user) = (mailbox.server, mailbox.user)
            for folder in folders.dropFirst(3) { try await server.run(["mailbox", "create", "-u", user, folder]) }
            try await mailbox.following { mailbox in
                try await mailbox.until("all folders are known") {
                    try MailboxCursor(await mailbox.feed.cursor).folders.count == folders.count
                }
                for (number, folder) in folders.enumerated() {
                    try await server.deliver(mail(number), to: user, in: ModifiedUTF7.encoded(folder))
                }
                try await mailbox.until("one of each") {
                    clock.advance(by: FolderReading.poll)
                    return try await mailbox.count() == folders.count
                }
            }
        }
    }

    @Test func `A mail that is too large or no mail is refused and kept, and stops nothing`() async throws {
        try await FollowedMailbox.with { mailbox in
            let (server, user) = (mailbox.server, mailbox.user)
            try await server.deliver(mail(1), to: user)
            let line = Array("0123456789012345678901234567890123456789012345678901234567890123456789\r\n".utf8)
            try await server.deliver(
                mail(2) + Array(repeating: line, count: (30 << 20) / line.count).joined(), to: user)
            try await server.deliver(Array("\r\n".utf8), to: user)
            try await mailbox.following { mailbox in
                try await mailbox.until("the old") { try await mailbox.count("refusal") == 2 }
                try await server.deliver(Array("niente\r\n".utf8), to: user)
                try await server.deliver(mail(3), to: user)
                try await mailbox.until("the new") { try await mailbox.count() == 2 }
                try await mailbox.until("the refused") { try await mailbox.count("refusal") == 3 }
            }
            let lengths = try await mailbox.database.superuser.session {
                (session: borrowing Session) throws(DatabaseError) -> Rows in
                try session.query(
                    text:
                        "SELECT octet_length(raw)::bigint FROM refusal WHERE reason = 'too_large' AND length > 31000000",
                    [])
            }
            #expect(try lengths.int64(0, 0) == 64 << 10)
        }
    }

    @Test func `Subjects of every kind come through`() async throws {
        try await FollowedMailbox.with { mailbox in
            let subjects = ["\"a\\b\"", "{12}", "(x) [y]", "è già {3}", "NIL", ") UID 99 BODY[] {3}"]
            for (number, subject) in subjects.enumerated() {
                try await mailbox.server.deliver(
                    Array(
                        "From: a@example.it\r\nMessage-ID: <s\(number)@x>\r\nSubject: \(subject)\r\n\r\nx)\r\n* 1 EXPUNGE\r\n"
                            .utf8), to: mailbox.user)
            }
            try await mailbox.following { mailbox in
                try await mailbox.until("all") { try await mailbox.count() == subjects.count }
            }
            let rows = try await mailbox.database.superuser.session {
                (session: borrowing Session) throws(DatabaseError) -> Rows in
                try session.query(text: "SELECT subject FROM message ORDER BY subject COLLATE \"C\"", [])
            }
            let found = try (0..<subjects.count).map { try rows.text($0, 0) }
            #expect(found == subjects.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        }
    }

    @Test func `Only what is young enough is read of what was there`() async throws {
        try await FollowedMailbox.with(values: ["since": "2026-10-01"]) { mailbox in
            let (server, user) = (mailbox.server, mailbox.user)
            for number in 1...3 { try await server.deliver(mail(number), to: user) }
            // Dovecot takes INTERNALDATE from the file's time.
            let folder = "\(server.folder)/mail/\(user)/new"
            let old = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()[0]
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)], ofItemAtPath: "\(folder)/\(old)")
            try await mailbox.following { mailbox in
                try await mailbox.until("the end") {
                    try MailboxCursor(await mailbox.feed.cursor).folders["INBOX"]?.low == 1
                }
            }
            #expect(try await mailbox.count() == 2)
        }
    }

    @Test func `Following ends at once when it is cancelled`() async throws {
        try await FollowedMailbox.with { mailbox in
            let (connector, feed) = (try mailbox.connector(), mailbox.feed)
            let task = Task { try await connector.follow(feed) }
            try await mailbox.until("it waits") { try MailboxCursor(await feed.cursor).folders.count == 2 }
            let start = ContinuousClock.now
            task.cancel()
            _ = await task.result
            #expect(ContinuousClock.now - start < .seconds(20))
        }
    }
}
