import Contact
import Foundation
import Testing

@testable import EmailConnector

@Suite struct IMAPParserTests {
    private func read(_ text: String) -> [IMAPResponse] { imapResponses(Array(text.utf8)).responses }

    private func fetched(_ text: String) throws -> IMAPFetched {
        guard case .fetch(let mail) = try #require(read(text).first) else {
            Issue.record("no FETCH: \(read(text))")
            throw IMAPBreak.lineTooLong
        }
        return mail
    }

    @Test func `The words of a mail are counted in octets wherever a string can stand`() throws {
        let mail = try fetched(
            "* 3 FETCH (UID 7 ENVELOPE ({4}\r\n\"(è{3+}\r\n{9} NIL ((\"a]\" ~{2}\r\n\r\n))) FLAGS (\\Seen $x) "
                + "MODSEQ (12345678901) INTERNALDATE \"01-Feb-2026 00:00:10 +0100\" RFC822.SIZE 99 "
                + "BODY[HEADER.FIELDS (\"A]\" B)] {5}\r\n12345 BODY[] {7}\r\nè\r\n()) )\r\n")
        #expect(mail.sequence == 3)
        #expect(mail.uid == 7)
        #expect(mail.flags == ["\\Seen", "$x"])
        #expect(mail.modseq == 12_345_678_901)
        #expect(mail.internalDate == 1_769_900_410_000_000)
        #expect(mail.size == 99)
        #expect(mail.body?.bytes == Array("è\r\n()) ".utf8).dropLast())
    }

    @Test func `A response is the same however it was cut`() throws {
        let text =
            "* OK [CAPABILITY IMAP4rev1 IDLE] ready {5}\r\n* 1 FETCH (BODY[]<0> {3}\r\na\r\n UID 4294967295)\r\n"
            + "* LIST (\\HasNoChildren \\Sent) \"/\" \"Posta \\\"inviata\\\"\"\r\n* LIST () NIL {3}\r\nx y\r\n"
            + "* STATUS {5}\r\nINBOX (MESSAGES 1 X (a (b)) UIDNEXT 3)\r\n+ \r\na1 NO [NOPERM] (no) {3}\r\n"
            + "* VANISHED (EARLIER) 1:3,9:7\r\n* SEARCH 1 5 (MODSEQ 3)\r\n* ESEARCH (TAG \"a\") UID COUNT 3 ALL 1:2,5\r\n"
            + "* BYE [UNAVAILABLE] later\r\n* 5 EXPUNGE\r\n* THREAD (1 (2)(3))\r\n\r\n* 12 EXISTS\n* NIENTE\r\n"
        let whole = imapResponses(Array(text.utf8))
        #expect(whole.responses.count == 15)
        #expect(whole.broken == nil)
        for piece in 1...40 {
            let cut = imapResponses(Array(text.utf8), piece: piece)
            #expect(cut.responses == whole.responses, "in pieces of \(piece)")
        }
    }

    @Test func `What each response says is told apart`() throws {
        let found = read(
            "* OK [UIDVALIDITY 1795294284] UIDs valid\r\n* PREAUTH hello\r\na2 BAD what?\r\n* OK [broken text\r\n"
                + "* VANISHED 9:7,12\r\n* 4294967296 EXISTS\r\n* LIST (\\Noselect) \"/\" &ZeVnLIqe-\r\n"
                + "* CAPABILITY IMAP4rev1 idle\r\n* ENABLED QRESYNC\r\n* 4 FETCH (UID 0x)\r\n")
        guard case .said(let valid) = found[0], case .said(let hello) = found[1], case .done("a2", let bad) = found[2],
            case .said(let broken) = found[3], case .vanished(false, let gone) = found[4],
            case .unreadable(let much) = found[5], case .list(let mailbox) = found[6],
            case .capability(let words) = found[7], case .enabled(["QRESYNC"]) = found[8],
            case .unreadable = found[9]
        else {
            Issue.record("\(found)")
            return
        }
        #expect(valid.code == "UIDVALIDITY" && valid.number == 1_795_294_284)
        #expect(hello.kind == .preauth)
        #expect(bad.kind == .bad && bad.text == "what?")
        #expect(broken.code == "" && broken.text == "[broken text")
        #expect(gone == [7...9, 12...12])
        #expect(much.hasPrefix("* 4294967296"))
        #expect(mailbox.name == "日本語" && !mailbox.isSelectable)
        #expect(words == ["IMAP4REV1", "IDLE"])
    }

    @Test func `A server's words are shown on one line and without tricks`() throws {
        guard case .said(let status) = try #require(read("* NO [ALERT] a\tb\u{1B}[2J \u{202E}c\r\n").first) else {
            return
        }
        #expect(status.text == "a b [2J  c")
    }

    @Test func `A large mail is not held, and what is endless ends the connection`() throws {
        var parser = IMAPParser()
        parser.append("* 1 FETCH (UID 1 BODY[] {31457280}\r\n".utf8)
        let piece = [UInt8](repeating: 0x61, count: 1 << 20)
        for _ in 0..<30 {
            let early = try parser.next()
            if let early { Issue.record("too early: \(early)") }
            parser.append(piece)
        }
        parser.append(")\r\n".utf8)
        let last = try parser.next()
        guard case .fetch(let mail) = last else {
            Issue.record("no FETCH: \(String(describing: last))")
            return
        }
        #expect(mail.body?.cut?.length == 30 << 20)
        #expect(mail.body?.bytes.count == 64 << 10)
        #expect(mail.body?.cut?.sha256 == Digest.sha256([UInt8](repeating: 0x61, count: 30 << 20)))

        #expect(imapResponses(piece + piece).broken == .lineTooLong)
        #expect(imapResponses(Array("* 1 FETCH (BODY[] {99999999999999999999}\r\n".utf8)).broken == .literalTooLong)
        let many = Array("* 1 FETCH (X (".utf8) + Array(repeating: Array("{0}\r\n ".utf8), count: 1_001).joined()
        #expect(imapResponses(many).broken == .tooManyLiterals)
        let deep = Array("* 1 FETCH (X ".utf8) + [UInt8](repeating: 0x28, count: 1_000_000) + Array("\r\n".utf8)
        guard case .unreadable = try #require(imapResponses(deep).responses.first) else {
            Issue.record("depth was read")
            return
        }
    }

    @Test func `Random damage neither traps nor changes what came before`() {
        var random = SeededRandom(0x1_4A9)
        let text = Array(
            ("* 1 FETCH (UID 7 FLAGS (\\Seen) BODY[] {3}\r\nabc INTERNALDATE \"01-Feb-2026 00:00:10 +0100\")\r\n"
                + "* LIST (\\Sent) \"/\" \"a&AOg-\"\r\n* ESEARCH (TAG \"a\") UID ALL 1:2,5\r\na1 OK [X y] z\r\n").utf8)
        for _ in 0..<1_000 {
            var damaged = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: damaged[place] = UInt8.random(in: .min ... .max, using: &random)
                case 1: damaged.remove(at: place)
                default: damaged.insert("{}()[]\"<>\\\r\n9~&+".utf8.randomElement(using: &random) ?? 0, at: place)
                }
            }
            let whole = imapResponses(damaged)
            let cut = imapResponses(damaged, piece: Int.random(in: 1...9, using: &random))
            #expect("\(whole)" == "\(cut)")
        }
    }

    private struct SeededRandom: RandomNumberGenerator {
        private var state: UInt64
        init(_ seed: UInt64) { state = seed }
        /// SplitMix64 (S. Vigna, public domain).
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    @Test func `What stands before a literal and after it announces no other one`() {
        let found = imapResponses(Array("* STATUS {5~{3}\r\nabc}\r\n* 1 EXISTS\r\n".utf8))
        #expect(found.broken == nil && found.responses.count == 2)
        guard case .exists(1)? = found.responses.last else { return #expect(Bool(false), "\(found.responses)") }
    }

    @Test func `Names of mailboxes are spelt both ways`() {
        for (name, wire) in [
            ("INBOX", "INBOX"), ("Posta inviata", "Posta inviata"), ("A&B", "A&-B"), ("è", "&AOg-"),
            ("Entwürfe/été 😀", "Entw&APw-rfe/&AOk-t&AOk- &2D3eAA-"), ("~peter/日本語", "~peter/&ZeVnLIqe-"),
        ] {
            #expect(ModifiedUTF7.encoded(name) == wire)
            #expect(ModifiedUTF7.decoded(Array(wire.utf8)) == name)
        }
        for odd in ["&", "&AO", "&A-", "&AOg", "&%%-", "già"] {
            #expect(ModifiedUTF7.decoded(Array(odd.utf8)) == odd)
        }
    }

    private static let transcript = "../shared/corpora/imap_transcript.txt"

    @Test(.enabled(if: FileManager.default.fileExists(atPath: transcript)))
    func `What Dovecot said in a recorded session is understood`() throws {
        let lines = try String(contentsOfFile: Self.transcript, encoding: .utf8).split(separator: "\n")
        // Lines that were cut when they were recorded end in the middle of a list.
        let said = lines.filter { $0.hasPrefix("S: ") && !$0.contains("ENVELOPE") }.map { line in
            String(line.dropFirst(3).split(separator: " after ")[0])
        }
        let found = imapResponses(Array(said.map { $0 + "\r\n" }.joined().utf8))
        #expect(found.broken == nil)
        #expect(found.responses.count == said.count && said.count > 50)
        let odd = found.responses.filter { if case .unreadable = $0 { true } else { false } }
        #expect(odd.isEmpty, "\(odd)")
        let vanished = found.responses.contains { if case .vanished(false, [1...1]) = $0 { true } else { false } }
        #expect(vanished)
    }
}
