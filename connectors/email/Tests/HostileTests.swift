import Contact
import Foundation
import Testing

@testable import EmailConnector

/// What is sent to break a reader. Each must come to an answer, in a time that a debug build on a busy machine keeps.
@Suite(.serialized) struct HostileTests {
    private static let head = "From: anna@example.it\nTo: ciao@bottega.example\nMessage-ID: <h@example.it>\n"

    private func timed(_ name: String, _ bytes: [UInt8]) throws -> [IntakeItem] {
        let start = ContinuousClock.now
        let found = try items(bytes)
        let took = ContinuousClock.now - start
        #expect(took < .seconds(60), "\(name) took \(took)")
        #expect(!found.isEmpty, "\(name)")
        for item in found {
            guard case .success(let one) = item.outcome else { continue }
            let text = (one.message?.text ?? "") + (one.message?.subject ?? "") + one.id + (one.thread ?? "")
            #expect(!text.utf8.contains(0) && !one.body.contains(0), "\(name)")
            #expect(String(validating: one.body, as: UTF8.self) != nil, "\(name)")
            #expect(one.message.map { $0.text.utf8.count <= MailBody.longestText } ?? true, "\(name)")
        }
        return found
    }

    private func reason(_ found: [IntakeItem]) -> RefusalReason? {
        if case .failure(let refusal) = found.first?.outcome { refusal.reason } else { nil }
    }

    @Test func `Parts nested thirty thousand deep`() throws {
        var text = Self.head
        for depth in 0..<30_000 { text += "Content-Type: multipart/mixed; boundary=b\(depth)\n\n--b\(depth)\n" }
        #expect(reason(try timed("boundaries", Array(text.utf8))) == .tooLarge)
        let some =
            Self.head
            + (0..<900).map { "Content-Type: multipart/mixed; boundary=b\($0)\n\n--b\($0)\n" }.joined() + "\nfondo\n"
        let found = try timed("900 deep", Array(some.utf8))
        let body = String(decoding: try #require(found.first).outcome.get().body, as: UTF8.self)
        #expect(body.contains("depth_cut"))
    }

    @Test func `Mails within mails`() throws {
        let text = Self.head + String(repeating: "Content-Type: message/rfc822\n\n", count: 5_000) + "x\n"
        _ = try timed("rfc822", Array(text.utf8))
    }

    @Test func `Thirty thousand parts`() throws {
        let head = Self.head + "Content-Type: multipart/mixed; boundary=b\n\n"
        let many = head + String(repeating: "--b\n\nx\n", count: 30_000)
        #expect(reason(try timed("30,000 parts", Array(many.utf8))) == .tooLarge)
        let found = try timed("2,000 parts", Array((head + String(repeating: "--b\n\nx\n", count: 2_000)).utf8))
        let body = String(decoding: try #require(found.first).outcome.get().body, as: UTF8.self)
        #expect(body.contains("parts_cut"))
    }

    @Test func `A hundred thousand header fields, and one without end`() throws {
        let many = String(repeating: "X: y\n", count: 100_000)
        #expect(reason(try timed("fields", Array((many + Self.head + "\nx\n").utf8))) == .tooLarge)
        let inside = Self.head + "Content-Type: multipart/mixed; boundary=b\n\n--b\n" + many + "\nx\n"
        #expect(reason(try timed("fields of a part", Array(inside.utf8))) == .tooLarge)
        let long = Self.head + "To: " + String(repeating: "a@b.example, ", count: 50_000) + "\n\nx\n"
        #expect(reason(try timed("recipients", Array(long.utf8))) == .tooLarge)
        let folded = Self.head + "Subject: " + String(repeating: "a\n ", count: 100_000) + "\n\nx\n"
        #expect(reason(try timed("folded", Array(folded.utf8))) == .tooLarge)
    }

    @Test func `Groups within groups, comments within comments, encoded words without end`() throws {
        for (name, value) in [
            ("groups", String(repeating: "a:", count: 10_000)), ("comments", String(repeating: "(", count: 20_000)),
            ("quotes", String(repeating: "\"\\", count: 10_000)), ("angles", String(repeating: "<", count: 20_000)),
            ("ats", String(repeating: "@", count: 20_000)), ("commas", String(repeating: ",", count: 20_000)),
            ("words", String(repeating: "=?utf-8?q?=C3?= ", count: 2_000)),
            ("brackets", "a@" + String(repeating: "[", count: 20_000)),
        ] {
            for field in ["From", "To", "Reply-To", "Subject", "Date", "References", "Content-Type", "Message-ID"] {
                _ = try timed("\(name) in \(field)", Array("\(Self.head)\(field): \(value)\n\nx\n".utf8))
            }
        }
    }

    @Test func `Half a megabyte without a line end, of zeros, of line ends, of marks`() throws {
        for byte: UInt8 in [0x41, 0x00, 0x0A, 0x0D, 0x2D, 0x3A, 0x3E, 0x3C, 0x26, 0x80, 0xFF] {
            let bytes = [UInt8](repeating: byte, count: 512 << 10)
            _ = try timed("bytes \(byte)", bytes)
            _ = try timed("body of \(byte)", Array((Self.head + "\n").utf8) + bytes)
            _ = try timed(
                "HTML of \(byte)",
                Array((Self.head + "Content-Type: text/html; charset=gb18030\n\n").utf8) + bytes)
        }
    }

    @Test func `HTML that never ends what it begins`() throws {
        for piece in ["<script>", "<a href=\"", "<!--", "&#", "<blockquote>", "<p>", "</", "<div x='", "&amp"] {
            let html = String(repeating: piece, count: (512 << 10) / piece.utf8.count)
            _ = try timed(piece, Array((Self.head + "Content-Type: text/html\n\n" + html).utf8))
        }
    }

    @Test func `An attachment of five megabytes is hashed and listed`() throws {
        let line = String(repeating: "QUFB", count: 19)
        let base64 = String(repeating: line + "\n", count: (5 << 20) / 77)
        let text =
            Self.head
            + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nVedi.\n--b\nContent-Type: application/zip; name=a.zip\n"
            + "Content-Transfer-Encoding: base64\n\n\(base64)--b--\n"
        let one = try #require(try timed("base64", Array(text.utf8)).first).outcome.get()
        #expect(one.message?.text == "Vedi.")
        #expect(String(decoding: one.body, as: UTF8.self).contains("\"size\":\((5 << 20) / 77 * 57)"))
    }

    @Test func `A mail above the limit is refused with its beginning, length and hash`() throws {
        var mail = GrowingMail()
        var whole = Contact.Digest()
        let piece = [UInt8](repeating: 0x61, count: 1 << 20)
        for _ in 0..<26 {
            mail.append(piece[...])
            whole.update(piece[...])
        }
        let raw = mail.finished()
        #expect(raw.bytes.count == 64 << 10)
        #expect(raw.cut?.length == 26 << 20)
        #expect(raw.cut?.sha256 == whole.finished())
        let found = MailReader(try mailSettings()).items(raw, arrival: arrived)
        #expect(reason(found) == .tooLarge)
    }

    @Test func `Mails cut off and bent at random are read or refused`() throws {
        var random = SeededRandom(seed: 7)
        for name in Fixture.names {
            let bytes = try Fixture.bytes(name)
            for _ in 0..<12 {
                var bent = bytes
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    guard !bent.isEmpty else { break }
                    let place = Int.random(in: 0..<bent.count, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: bent[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: bent.removeSubrange(place..<min(bent.count, place + 20))
                    case 2: bent.insert(contentsOf: bent.suffix(from: place).prefix(30), at: place)
                    default: bent.removeLast(min(bent.count, Int.random(in: 0...50, using: &random)))
                    }
                }
                _ = try timed(name, bent)
            }
        }
    }

    @Test func `Reading the same mails over and over takes no more memory`() throws {
        let mails = try Fixture.names.map { try Fixture.bytes($0) }
        // Over 500 mails a message that is never freed is 4.8 MB.
        try expectNoGrowth(below: 3_000) { for mail in mails { _ = try items(mail) } }
    }

    @Test func `An address before a comment without end takes no more memory`() throws {
        let address = String(repeating: "a", count: 30_000) + "@[127.0.0.1]( b"
        let inner = "From: a@b.example\nCc: b@b.example,\n \(address)\n\nx\n"
        let message = "Content-Type: message/rfc822\n\n\(inner)"
        let multipart = "\(Self.head)Content-Type: multipart"
        let mails = [
            "\(Self.head)Cc: \(address)\n\nx\n",
            "\(Self.head)\(message)",
            "\(multipart)/mixed; boundary=b\n\n--b\n\(message)\n--b--\n",
            "\(multipart)/digest; boundary=b\n\n--b\n\n\(inner)\n--b--\n",
        ]
        for mail in mails.map({ Array($0.utf8) }) {
            // 30 kB for each of 200 mails would be 6 MB.
            try expectNoGrowth(below: 3_000) { for _ in 0..<20 { _ = try items(mail) } }
        }
    }

    @Test(arguments: [
        ("a@b.it (Anna (Rossi))", "a@b.it (Anna (Rossi))"), ("a@b.it (Anna", "a@b.it  Anna"),
        ("(a) (b (c)", "(a)  b (c)"),
        (#""Anna \(" <a@b.it> (x)"#, #""Anna \ " <a@b.it> (x)"#), (#"a@b.it (x\)"#, #"a@b.it  x\)"#),
        (#"\( (x)"#, #"\  (x)"#), (") (", ")  "), (#""Anna :(" <a@b.it>"#, #""Anna : " <a@b.it>"#),
    ]) func `Of a comment without end the parenthesis becomes a blank`(field: String, blanked: String) {
        #expect(String(decoding: UnclosedComments.blanked(Array(field.utf8)), as: UTF8.self) == blanked)
    }

    @Test func `Only address fields lose a parenthesis that nothing closes`() {
        let mail = """
            Subject: :(
            TO : Anna <a@b.it> (x
             y), b@b.it (z
            Content-Type: message/rfc822

            cc: c@b.it (x

            to: d@b.it (x
            """
        let blanked = mail.replacing("b@b.it (z", with: "b@b.it  z").replacing("c@b.it (x", with: "c@b.it  x")
        #expect(String(decoding: UnclosedComments.blanked(mail: Array(mail.utf8)), as: UTF8.self) == blanked)
    }

    /// Other tests take memory too while they run, for minutes: what is lost is lost in every round, and one quiet round is
    /// enough.
    private func expectNoGrowth(below most: Int, _ read: () throws -> Void) throws {
        for _ in 0..<10 { try read() }
        var grown = Int.max
        for _ in 0..<100 where grown >= most {
            let before = residentKilobytes()
            for _ in 0..<10 { try read() }
            grown = residentKilobytes() - before
        }
        #expect(grown < most, "\(grown) kB more")
    }

    private func residentKilobytes() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return Int(line.filter(\.isNumber)) ?? 0
    }
}

/// SplitMix64: the same seed, the same numbers.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
