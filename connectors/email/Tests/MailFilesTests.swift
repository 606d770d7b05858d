import Contact
import Foundation
import Testing

@testable import EmailConnector

@Suite struct MailFilesTests {
    private func box(_ text: String) async throws -> [String] {
        try await withFolder { folder in
            let file = folder.appending(path: "box")
            try Data(text.utf8).write(to: file)
            return try read(file.path).map { String(decoding: $0.raw.bytes, as: UTF8.self) }
        }
    }

    @Test func `An mbox is cut at From_ lines and nowhere else`() async throws {
        let found = try await box(
            """
            From a@b Sat Jan  3 01:05:34 1998
            A: 1
            Content-Length: 99999

            uno

            From here on it is text
            From a@b Sat Jan  3 01:05:34 1998
            not after an empty line
            >From quoted
            >>From twice

            From c@d Sat, 3 Jan 1998 01:05:34 +0100
            A: 2

            From e@f Sat Jan  3 01:05 CET 1998
            A: 3

            due
            """)
        #expect(found.count == 3)
        #expect(
            found.first == """
                A: 1
                Content-Length: 99999

                uno

                From here on it is text
                From a@b Sat Jan  3 01:05:34 1998
                not after an empty line
                From quoted
                >From twice

                """)
        #expect(found.dropFirst() == ["A: 2\n", "A: 3\n\ndue"])
    }

    @Test func `A From_ line without an empty line before it separates where a header field follows`() async throws {
        let line = "From a@b Sat Jan  3 01:05:34 1998\n"
        #expect(
            try await box("\(line)A: 1\n\nuno\n\(line)B: 2\n\ndue\n\(line)non un campo\n")
                == ["A: 1\n\nuno\n", "B: 2\n\ndue\n\(line)non un campo\n"])
        // The field begins beyond the first piece of the file that is read.
        let long = "A: 1\n\n" + String(repeating: "x", count: (64 << 10) - 2 * line.utf8.count - 7) + "\n"
        #expect(line.utf8.count * 2 + long.utf8.count == 64 << 10)
        #expect(try await box("\(line)\(long)\(line)B: 2\n\ndue") == [long, "B: 2\n\ndue"])
    }

    @Test(arguments: ["\n", "\r\n\r\n", "\u{FEFF}", "\u{FEFF}\n\n"])
    func `A mailbox may begin with a byte order mark and empty lines`(before: String) async throws {
        let line = "From a@b Sat Jan  3 01:05:34 1998\n"
        #expect(try await box("\(before)\(line)A: 1\n\n\(line)A: 2\n") == ["A: 1\n", "A: 2\n"])
        try await withFolder { folder in
            let file = folder.appending(path: "box")
            try Data("\(before)\(line)A: 1\n".utf8).write(to: file)
            #expect(try MailFiles(file.path).kind == .mbox)
        }
    }

    @Test func `The time of a From_ line is its arrival`() {
        func time(_ line: String) -> String? { MboxReader.time(Array(line.utf8)[...]).map { Timestamp.text($0) } }
        #expect(time("From a@b Sat Jan  3 01:05:34 1998") == "1998-01-03T01:05:34.000000Z")
        #expect(time("From a@b Sat Jan 13 01:05 1998") == "1998-01-13T01:05:00.000000Z")
        #expect(time("From - Tue, 03 Nov 2026 01:05:34 +0130") == "2026-11-02T23:35:34.000000Z")
        #expect(time("From here on") == nil)
        #expect(time("From a 25:99 Jan 3 1998") == nil)
    }

    @Test func `A long mail in an mbox is cut, and the next one is whole`() async throws {
        try await withFolder { folder in
            let file = folder.appending(path: "box")
            var text = Data("From a@b Sat Jan  3 01:05:34 1998\nA: 1\n\n".utf8)
            for _ in 0..<26 { text.append(Data([UInt8](repeating: 0x61, count: 1 << 20))) }
            text.append(Data("\n\nFrom a@b Sat Jan  3 01:05:34 1998\nA: 2\n\nx\n".utf8))
            try text.write(to: file)
            let found = try read(file.path)
            #expect(found.count == 2)
            #expect(found.first?.raw.cut?.length == Int64(26 << 20) + 7)
            #expect(found.first?.raw.bytes.count == 64 << 10)
            #expect(found.last?.raw.bytes == Array("A: 2\n\nx\n".utf8))
        }
    }

    @Test func `A Maildir is read with its folders, and never tmp`() async throws {
        try await withFolder { folder in
            for (path, text) in [
                ("cur/1793600000.M1.h:2,S", "a"), ("new/1793600001.M1.h", "b"), ("tmp/1793600002.M1.h", "c"),
                (".Sent/cur/name", "d"), (".Sent/tmp/x", "e"), ("cur/.hidden", "f"), ("dovecot.index", "g"),
            ] {
                let file = folder.appending(path: path)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
            let files = try MailFiles(folder.path)
            #expect(files.kind == .maildir)
            let found = try read(folder.path)
            #expect(found.map { String(decoding: $0.raw.bytes, as: UTF8.self) } == ["a", "b", "d"])
            #expect(found.first?.arrival.time == 1_793_600_000_000_000)
        }
    }

    @Test func `Maildirs are found at any depth, once each, and links lead round in no circle`() async throws {
        try await withFolder { folder in
            for (path, text) in [
                ("INBOX/cur/1", "a"), ("INBOX/Archivio/2025/new/2", "b"), ("INBOX/Archivio/vecchia.mbox", "c"),
                ("note/leggimi.txt", "d"),
            ] {
                let file = folder.appending(path: path)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
            try FileManager.default.createSymbolicLink(
                at: folder.appending(path: "INBOX/Archivio/giro"), withDestinationURL: folder)
            let files = try MailFiles(folder.path)
            #expect(files.kind == .maildir && files.leftAlone == 1)
            #expect(try read(folder.path).map { String(decoding: $0.raw.bytes, as: UTF8.self) } == ["a", "b"])
        }
    }

    @Test func `A pipe among the mails is a problem, and is not waited for`() async throws {
        try await withFolder { folder in
            try FileManager.default.createDirectory(
                at: folder.appending(path: "new"), withIntermediateDirectories: true)
            let pipe = folder.appending(path: "new/1.M1.h").path
            let made = unsafe mkfifo(pipe, 0o600)
            #expect(made == 0)
            try Data("A: 1\n\nx".utf8).write(to: folder.appending(path: "new/2.M1.h"))
            var reader = try MailFiles(folder.path).reader(now: arrived.time)
            let names = [reader.next()?.name, reader.next()?.name]
            #expect(names == ["2.M1.h", nil])
            #expect(reader.problems.count == 1 && reader.problems.first?.contains(pipe) == true, "\(reader.problems)")
            #expect(throws: MailFilesError.self) { _ = try MailFiles(pipe) }
        }
    }

    @Test func `A folder is read for what is mail, and says when there is none`() async throws {
        try await withFolder { folder in
            #expect(throws: MailFilesError.self) { _ = try MailFiles(folder.path) }
            #expect(throws: MailFilesError.self) { _ = try MailFiles(folder.appending(path: "none").path) }
            try Data("A: 1\n\nx".utf8).write(to: folder.appending(path: "b.EML"))
            try Data("From x@y Sat Jan  3 01:05:34 1998\nA: 2\n\nx".utf8).write(to: folder.appending(path: "a.mbox"))
            try Data("x".utf8).write(to: folder.appending(path: "readme.txt"))
            for name in ["altro", "cartella.eml"] {
                try FileManager.default.createDirectory(
                    at: folder.appending(path: name), withIntermediateDirectories: true)
            }
            let files = try MailFiles(folder.path)
            #expect(files.kind == .folder && files.leftAlone == 3)
            #expect(try read(folder.path).count == 2)
        }
    }
}
