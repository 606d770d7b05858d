import Contact
import Foundation
import Testing

@testable import EmailConnector

@Suite struct IdentityTests {
    private static let mail = """
        From: Anna <anna@example.it>
        To: ciao@bottega.example
        Subject: Ordine
        Message-ID: <one@example.it>
        Date: Mon, 02 Nov 2026 10:00:00 +0100
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: text/plain; charset=utf-8

        Buongiorno,
        From now on write to me here.
        >From the other address no more.
        Perché no?
        --b
        Content-Type: text/csv; name=a.csv

        a;b
        From x
        --b
        Content-Type: application/octet-stream; name=a.bin
        Content-Transfer-Encoding: base64

        DQoNCg==
        --b--

        """

    private func ids(_ bytes: [UInt8]) throws -> [String] {
        try items(bytes).map { try $0.outcome.get().id }
    }

    @Test func `One mail has one id in any file, with any line ends and any trace headers`() async throws {
        let plain = Array(Self.mail.utf8)
        let expected = try ids(plain)
        #expect(expected.count == 1)
        let crlf = Array(Self.mail.replacing("\n", with: "\r\n").utf8)
        #expect(try ids(crlf) == expected)
        let traced = "Received: from a by b; Mon, 2 Nov 2026 10:00:00 +0000\nX-Spam: no\nReturn-Path: <x@y.it>\n"
        #expect(try ids(Array((traced + Self.mail).utf8)) == expected)
        #expect(try ids(Array(Self.mail.replacing("\nFrom ", with: "\n>From ").utf8)) == expected)

        try await withFolder { folder in
            let eml = folder.appending(path: "one.eml")
            try Data(crlf).write(to: eml)
            try FileManager.default.createDirectory(
                at: folder.appending(path: "dir/new"), withIntermediateDirectories: true)
            try Data(plain).write(to: folder.appending(path: "dir/new/1793600000.M1.host"))
            let quoted = Self.mail.replacing("\n>From ", with: "\n>>From ").replacing("\nFrom ", with: "\n>From ")
            let line = "From anna@example.it Mon Nov  2 09:00:00 2026\n"
            let box = "\(line)\(quoted)\n\(line)\(quoted)\n"
            try Data(box.utf8).write(to: folder.appending(path: "box"))
            try Data(box.replacing("\n", with: "\r\n").utf8).write(to: folder.appending(path: "crlf"))
            for (path, count) in [("one.eml", 1), ("dir", 1), ("box", 2), ("crlf", 2)] {
                let found = try read(folder.appending(path: path).path)
                #expect(found.count == count, "\(path)")
                for mail in found { #expect(try ids(mail.raw.bytes) == expected, "\(path)") }
            }
        }
    }

    @Test func `Another text or another attachment under the same Message-ID is another mail`() throws {
        let expected = try ids(Array(Self.mail.utf8))
        for changed in [("Perché no", "Perché sì"), ("a;b", "a;c"), ("DQoNCg==", "DQoNCgA=")] {
            #expect(try ids(Array(Self.mail.replacing(changed.0, with: changed.1).utf8)) != expected, "\(changed)")
        }
    }

    @Test func `Without a Message-ID the sender, the date and the subject tell mails apart`() throws {
        let bare = "From: a@example.it\nSubject: x\nDate: Mon, 02 Nov 2026 10:00:00 +0100\n\nx\n"
        let first = try interaction(bare).id
        #expect(try interaction("Received: by y; Mon, 2 Nov 2026 11:00:00 +0000\n\(bare)").id == first)
        for change in [("a@", "b@"), (": x", ": y"), ("10:00", "10:01")] {
            #expect(try interaction(bare.replacing(change.0, with: change.1)).id != first, "\(change)")
        }
    }

    @Test func `An id is never longer than an interaction may have`() throws {
        let long = String(repeating: "è", count: 20_000)
        let one = try interaction("From: a@example.it\nMessage-ID: <\(long)@x>\nReferences: <\(long)@y>\n\nx\n")
        #expect(one.id.utf8.count < 512)
        #expect(try #require(one.thread).utf8.count < 512)
    }
}

func read(_ path: String) throws -> [FoundMail] {
    var reader = try MailFiles(path).reader(now: arrived.time)
    var found: [FoundMail] = []
    while let mail = reader.next() { found.append(mail) }
    return found
}

@Suite struct PersonalNameTests {
    @Test(
        arguments: [
            ("Rossi, Maria", "Maria Rossi"), ("De Luca, Anna Maria", "Anna Maria De Luca"),
            ("Maria Rossi", "Maria Rossi"),
            ("Rossi, Bianchi, Verdi", "Rossi, Bianchi, Verdi"), ("Rossi, Avv.", "Rossi, Avv."),
            ("Rossi, Ufficio Vendite", "Rossi, Ufficio Vendite"), ("Rossi,", "Rossi,"),
        ])
    func `A name listed by its surname is turned round, and nothing else is`(written: String, name: String) {
        let address = MailAddress(name: written, address: "maria@example.it")
        #expect(PersonalName.of(address, isRole: false) == name)
    }
}
