import Contact
import Foundation
import Postgres

@testable import EmailConnector

/// A server with one mailbox, which does with single mails what a test makes it do. UIDs are sequence numbers.
final class ScriptedMailbox: Sendable {
    /// What of a mail is asked for.
    enum Wish: Sendable {
        case uid, size, body
    }

    enum Deed: Sendable {
        case give
        /// The answer is OK without it.
        case leaveOut
        /// BYE, in the middle of an answer.
        case breakOff
    }

    private let mails: Monitor<Int>
    private let server: ScriptedServer

    /// Holds so many mails.
    init(_ mails: Int, _ deed: @escaping @Sendable (Wish, Int) -> Deed) throws {
        let count = Monitor(mails)
        self.mails = count
        server = try ScriptedServer(greeting: "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n") { line in
            Self.answer(line.split(separator: " ").map(String.init), of: count.withLock { $0 }, deed)
        }
    }

    func deliver(_ more: Int) { mails.withLock { $0 += more } }

    /// Follows it, again each time that it breaks off, until all is read; returns how often it broke off.
    func follow(_ feed: FencedFeed) async throws -> Int {
        let connector = try EmailConnector(
            SourceSettings(
                source: "email",
                values: ["own": "bottega.example", "imap": "127.0.0.1:\(server.port)", "user": "maria"],
                secrets: ["password": Secret("geheim")], normaliser: Normaliser()))
        let end = UInt32(mails.withLock { $0 }) + 1
        let deadline = ContinuousClock.now + .seconds(400)
        var breaks = 0
        while breaks < 20, ContinuousClock.now < deadline {
            let hasEnded = Monitor(false)
            let task = Task {
                defer { hasEnded.withLock { $0 = true } }
                try await connector.follow(feed)
            }
            var isRead = false
            while !isRead, !hasEnded.withLock({ $0 }), ContinuousClock.now < deadline {
                let place = try MailboxCursor(await feed.cursor).folders["INBOX"]
                isRead = place?.low == 1 && place?.next == end
                try await Task.sleep(for: .milliseconds(5))
            }
            task.cancel()
            guard case .failure(let error) = await task.result, error is FollowFailure else { return breaks }
            if isRead { return breaks }
            breaks += 1
        }
        return breaks
    }

    private static func answer(_ words: [String], of mails: Int, _ deed: (Wish, Int) -> Deed) -> [UInt8]? {
        guard words.count > 1 else { return nil }
        let done = Array("\(words[0]) OK done\r\n".utf8)
        let line = words.joined(separator: " ")
        switch words[1] {
        case "EXAMINE":
            let lines = "* \(mails) EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT \(mails + 1)] x\r\n"
            return Array(lines.utf8) + done
        case "UID" where words[2] == "SEARCH":
            let found = numbers(words[4], mails).map(String.init).joined(separator: " ")
            return Array("* SEARCH \(found)\r\n".utf8) + done
        case "FETCH", "UID":
            let wish: Wish = line.contains("BODY") ? .body : line.contains("SIZE") ? .size : .uid
            var answer: [UInt8] = []
            for number in numbers(words[1] == "UID" ? words[3] : words[2], mails) {
                switch deed(wish, number) {
                case .give: answer += response(wish, number)
                case .leaveOut: break
                case .breakOff: return answer + Array("* BYE FETCH failed\r\n".utf8)
                }
            }
            return answer + done
        default: return done
        }
    }

    private static func response(_ wish: Wish, _ number: Int) -> [UInt8] {
        let start = "* \(number) FETCH (UID \(number)"
        switch wish {
        case .uid: return Array("\(start))\r\n".utf8)
        case .size: return Array("\(start) RFC822.SIZE 200)\r\n".utf8)
        case .body:
            let mail = FollowedMailbox.mail(number)
            return Array("\(start) BODY[] {\(mail.count)}\r\n".utf8) + mail + Array(")\r\n".utf8)
        }
    }

    /// `1:3,5`, `4:*`: those that there are, and for `n:*` the last one in any case.
    private static func numbers(_ set: String, _ mails: Int) -> [Int] {
        set.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: ":").map { Int($0) ?? mails }
            let (low, high) = (min(ends[0], ends[ends.count - 1]), max(ends[0], ends[ends.count - 1]))
            return (low...high).filter { (1...max(1, mails)).contains($0) && mails > 0 }
        }
    }
}
