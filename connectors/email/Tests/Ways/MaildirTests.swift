import Contact
import ContactTesting
import Foundation
import Glibc
import Testing

@testable import EmailConnector

@Suite struct MaildirTests {
    private func way(_ folder: String) throws -> MaildirWay {
        let settings = SourceSettings(
            source: "email", values: ["own": "bottega.example", "maildir": folder], normaliser: Normaliser())
        return try MaildirWay(settings, mail: EmailSettings(settings))
    }

    private func make(_ folder: URL) throws {
        for part in ["tmp", "new", "cur"] {
            try FileManager.default.createDirectory(at: folder.appending(path: part), withIntermediateDirectories: true)
        }
    }

    /// As a mail server delivers: written in tmp, then moved to new.
    private func deliver(_ number: Int, to folder: URL, name: String? = nil) throws {
        let name = name ?? "1793484000.M\(number)P1.mx"
        let beside = folder.appending(path: "tmp/\(name)")
        try Data(mailText(number).utf8).write(to: beside)
        try FileManager.default.moveItem(at: beside, to: folder.appending(path: "new/\(name)"))
    }

    @Test func `Mail that lies there and mail that comes is stored once, however it is moved`() async throws {
        try await TestDatabase.with { database in
            let feed = LedgerFeed(try await database.workspace().ledger())
            try await withFolder { root in
                try make(root)
                try make(root.appending(path: ".Archivio.2025"))
                for number in 0..<20 { try deliver(number, to: root) }
                try deliver(20, to: root.appending(path: ".Archivio.2025"))
                try Data(mailText(99).utf8).write(to: root.appending(path: "tmp/1793484000.M99P1.mx"))
                let way = try way(root.path)
                try await following({ try await way.follow(feed) }) {
                    try await eventually("what lay there is stored") { try await database.stored() == 21 }
                    // Read by a mail program: moved, then flagged, then moved to another folder.
                    let manager = FileManager.default
                    let new = root.appending(path: "new/1793484000.M3P1.mx").path
                    let cur = root.appending(path: "cur/1793484000.M3P1.mx:2,").path
                    try manager.moveItem(atPath: new, toPath: cur)
                    try manager.moveItem(atPath: cur, toPath: cur + "S")
                    try manager.removeItem(at: root.appending(path: "new/1793484000.M4P1.mx"))
                    for number in 21..<40 { try deliver(number, to: root) }
                    try await eventually("what comes is stored") { try await database.stored() == 40 }
                    try await eventually("each was read once") { feed.seen.items >= 40 }
                    #expect(feed.seen.items == 40)
                    // A folder made later, below one made later, with a mail in it at once.
                    let later = root.appending(path: "Clienti/2026")
                    try make(later)
                    try deliver(40, to: later)
                    try await eventually("a later folder's mail is stored") { try await database.stored() == 41 }
                    try deliver(41, to: later)
                    try await eventually("and what comes into it") { try await database.stored() == 42 }
                    // Deleted before it can be read.
                    for number in 50..<60 {
                        try deliver(number, to: root)
                        try manager.removeItem(at: root.appending(path: "new/1793484000.M\(number)P1.mx"))
                    }
                    try deliver(42, to: root)
                    try await eventually("deleted mail is no error") {
                        try await database.count("SELECT count(*) FROM interaction WHERE body->>'id' LIKE '<42@%'") == 1
                    }
                    let unfinished = "SELECT count(*) FROM interaction WHERE body->>'id' LIKE '<99@%'"
                    #expect(try await database.count(unfinished) == 0)
                    #expect(try await database.count("SELECT count(*) FROM refusal") == 0)
                }
            }
        }
    }

    @Test func `A file that is written in its place is read when it is whole`() async throws {
        try await TestDatabase.with { database in
            let feed = LedgerFeed(try await database.workspace().ledger())
            try await withFolder { root in
                try make(root)
                let way = try way(root.path)
                try await following({ try await way.follow(feed) }) {
                    try await eventually("it looks") { feed.seen.told > 0 }
                    let text = Array(mailText(1, "Il seguito.\r\n").utf8)
                    let path = root.appending(path: "new/mail.eml").path
                    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, 0o644)
                    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
                    try handle.write(contentsOf: Data(text.prefix(100)))
                    // Another mail is read meanwhile: so the first one was looked at.
                    try deliver(2, to: root)
                    try await eventually("the other is stored") { try await database.stored() == 1 }
                    try handle.write(contentsOf: Data(text.dropFirst(100)))
                    try handle.close()
                    try await eventually("the whole is stored") { try await database.stored() == 2 }
                    #expect(try await database.count("SELECT count(*) FROM refusal") == 0)
                    let sizes = try await database.texts("SELECT octet_length(original)::text FROM message ORDER BY 1")
                    #expect(sizes.contains(String(text.count)), "\(sizes)")
                    // Linked into new, as other servers deliver.
                    let beside = root.appending(path: "tmp/1793484000.M7P1.mx").path
                    try Data(mailText(7).utf8).write(to: URL(filePath: beside))
                    let linked = unsafe link(beside, root.appending(path: "new/1793484000.M7P1.mx").path)
                    #expect(linked == 0)
                    unsafe unlink(beside)
                    try await eventually("a linked mail is stored") { try await database.stored() == 3 }
                }
            }
        }
    }

    @Test func `A start reads what is new, and a folder that was moved in, and nothing else`() async throws {
        try await TestDatabase.with { database in
            let ledger = try await database.workspace().ledger()
            try await withFolder { home in
                let root = home.appending(path: "Maildir")
                let old = home.appending(path: "old")
                try make(root)
                try make(old)
                for number in 0..<700 { try deliver(number, to: root) }
                for number in 700..<703 { try deliver(number, to: old) }
                let way = try way(root.path)
                let first = LedgerFeed(ledger)
                try await following({ try await way.follow(first) }) {
                    try await eventually("all is stored") { try await database.stored() == 700 }
                    try await eventually("the cursor stands") { first.seen.steps >= 2 }
                }
                // As if it had been left ten minutes later, with the folder that lay elsewhere older still.
                var cursor = MaildirCursor(first.seen.cursor)
                #expect(cursor.mark > 0 && cursor.folders.count == 1 && first.seen.cursor.utf8.count < 60)
                cursor.mark += 600_000_000
                let second = LedgerFeed(ledger, cursor: cursor.text)
                try await following({ try await way.follow(second) }) {
                    try await eventually("it has looked") { second.seen.told > 0 }
                    #expect(second.seen.items == 0)
                    try deliver(800, to: root)
                    try await eventually("the new one is stored") { try await database.stored() == 701 }
                    try await eventually("it was read once") { second.seen.items >= 1 }
                    #expect(second.seen.items == 1)
                    try FileManager.default.moveItem(at: old, to: root.appending(path: "Vecchi"))
                    try await eventually("the moved folder is read") { try await database.stored() == 704 }
                    try await eventually("each was read once") { second.seen.items >= 4 }
                    #expect(second.seen.items == 4)
                }
                #expect(MaildirCursor(second.seen.cursor).folders.count == 2)
                // Where it was left, all of it counts as just come; it is known.
                let third = LedgerFeed(ledger, cursor: first.seen.cursor)
                try await following({ try await way.follow(third) }) {
                    try await eventually("it reads again", telling: "\(third.seen)") { third.seen.items >= 704 }
                    #expect(third.seen.items == 704)
                }
                #expect(try await database.stored() == 704)
            }
        }
    }

    @Test func `A missing folder is said, and a disk that was away is followed again`() async throws {
        try await TestDatabase.with { database in
            let ledger = try await database.workspace().ledger()
            try await withFolder { home in
                let root = home.appending(path: "Maildir")
                let way = try way(root.path)
                let missing = await #expect(throws: FollowFailure.self) { try await way.follow(LedgerFeed(ledger)) }
                #expect(missing?.cure == .person && missing?.text.contains("does not exist") == true)
                #expect(await way.findings().map(\.weight) == [.wrong])
                try make(root)
                try deliver(1, to: root)
                #expect(await way.findings().map(\.weight) == [.good])
                let feed = LedgerFeed(ledger)
                let away = home.appending(path: "away")
                let gone = await #expect(throws: FollowFailure.self) {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await way.follow(feed) }
                        try await eventually("it is stored") { try await database.stored() == 1 }
                        try FileManager.default.moveItem(at: root, to: away)
                        try await group.waitForAll()
                    }
                }
                #expect(gone?.cure == .time && gone?.text.contains("any more") == true, "\(String(describing: gone))")
                // Mounted, and empty.
                try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
                let empty = await #expect(throws: FollowFailure.self) { try await way.follow(feed) }
                #expect(empty?.cure == .time)
                try FileManager.default.removeItem(at: root)
                try FileManager.default.moveItem(at: away, to: root)
                try deliver(2, to: root)
                try await following({ try await way.follow(feed) }) {
                    try await eventually("what came meanwhile is stored") { try await database.stored() == 2 }
                }
                try Data().write(to: home.appending(path: "file"))
                let file = try self.way(home.appending(path: "file").path)
                let none = await #expect(throws: FollowFailure.self) { try await file.follow(feed) }
                #expect(none?.cure == .person && none?.text.contains("not a folder") == true)
            }
        }
        #expect(throws: SettingsError.self) { _ = try way("Maildir") }
    }

    @Test func `The cursor stays behind whatever is not stored`() {
        var backlog = MaildirBacklog()
        func message(_ number: Int, _ changed: Int64) -> MaildirBacklog.Message {
            MaildirBacklog.Message(folder: 0, isNew: true, name: Array("\(number):2,S".utf8), changed: changed)
        }
        #expect(backlog.mark == 0)
        backlog.add([message(1, 300), message(2, 100), message(3, 200)])
        // No whole look began after them yet.
        #expect(backlog.mark == 0 && backlog.highest == 300)
        backlog.horizon = 300
        #expect(backlog.mark == 100)
        func expectNext(_ expected: MaildirBacklog.Message?, mark: Int64) {
            let next = backlog.next()
            #expect(next == expected)
            #expect(backlog.mark == mark)
        }
        expectNext(message(2, 100), mark: 200)
        // What comes goes first, and holds nothing back that is older.
        backlog.addLive(message(4, 400))
        expectNext(message(4, 400), mark: 200)
        expectNext(message(3, 200), mark: 300)
        backlog.hold(message(3, 200))
        expectNext(message(1, 300), mark: 200)
        backlog.release()
        expectNext(message(3, 200), mark: 300)
        expectNext(nil, mark: 300)
        let met = [("5", 0), ("5:2,RS", 0), ("5:2,S", 1)].map { backlog.meet(Array($0.0.utf8), in: $0.1) }
        #expect(met == [true, false, true])
        var cursor = MaildirCursor("maildir-1 500000000 abc")
        #expect(cursor.covers(379_999_999, in: "abc") && !cursor.covers(380_000_000, in: "abc"))
        #expect(!cursor.covers(1, in: "abd") && MaildirCursor(cursor.text) == cursor)
        cursor = MaildirCursor("imap-1 500000000 abc")
        #expect(cursor == MaildirCursor())
    }
}
