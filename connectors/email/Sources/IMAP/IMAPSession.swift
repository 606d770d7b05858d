internal import Contact

/// One conversation with a server: commands, what they are answered with, and what the server says in between.
///
/// It belongs to one task. All that fails is thrown as a ``FollowFailure``, in words.
final class IMAPSession {
    /// How long a server may say nothing when it was asked something.
    static let patience: Duration = .seconds(60)
    /// What a mailbox may hold: sequence numbers are counted on from there without overflow.
    static let mostMails: UInt32 = 1 << 31

    let settings: IMAPSettings
    private let clock: any Clock<Duration>
    private let wire: IMAPWire
    /// What no text of the server may show.
    private let hidden: [String]
    private var parser = IMAPParser()
    private var count = 0
    /// Sent before the next command: the end of IDLE, whose own answer is still to come.
    private var prefix = ""

    /// In capitals.
    private(set) var capabilities: Set<String> = []
    /// Whether TLS lies between, or nothing but this machine.
    private(set) var isProtected: Bool
    /// The last thing that the server wants people to read (RFC 3501, 7.1: ALERT).
    private(set) var alert: String?
    /// Mails in the mailbox that is selected.
    private(set) var exists: UInt32 = 0
    /// How many of them came since ``forgetArrivals()``.
    private(set) var arrived: UInt32 = 0
    /// Whether sequence numbers moved since ``forgetMoves()``.
    private(set) var hasMoved = false
    /// Called when the server says anything at all.
    var onSign: () -> Void = {}

    init(_ wire: IMAPWire, settings: IMAPSettings, clock: any Clock<Duration>) {
        self.wire = wire
        self.settings = settings
        self.clock = clock
        hidden = settings.hidden
        isProtected = settings.address.security == .implicit || settings.address.isLoopback
    }

    deinit { wire.close() }

    func close() { wire.close() }

    func forgetCapabilities() { capabilities = [] }
    func forgetArrivals() { arrived = 0 }
    func forgetMoves() { hasMoved = false }

    func can(_ capability: String) -> Bool { capabilities.contains(capability) }

    /// The next thing the server says; nil where it said nothing for as long as it may.
    func response(within limit: Duration) async throws -> IMAPResponse? {
        while true {
            if let response = try next()?.hiding(hidden) {
                try note(response)
                return response
            }
            guard let bytes = try await bytes(within: limit) else { return nil }
            onSign()
            parser.append(bytes)
        }
    }

    private func next() throws(FollowFailure) -> IMAPResponse? {
        do throws(IMAPBreak) {
            return try parser.next()
        } catch {
            throw FollowFailure(.time, "\(settings.address.text) sent what is not IMAP: \(error.text)")
        }
    }

    private func bytes(within limit: Duration) async throws -> [UInt8]? {
        let wire = wire
        do {
            return try await Deadline.race(limit, clock) { try await wire.read() }
        } catch {
            throw IMAPTrouble.failure(error, settings.address)
        }
    }

    private func note(_ response: IMAPResponse) throws {
        switch response {
        case .said(let status):
            try note(status)
            if status.kind == .bye { throw IMAPTrouble.bye(status, settings.address) }
        case .done(_, let status): try note(status)
        case .capability(let words): capabilities = Set(words)
        case .exists(let number):
            guard number <= Self.mostMails else {
                throw FollowFailure(.time, "\(settings.address.text) says that a mailbox holds \(number) mails")
            }
            // Saturates: it may be said as often as the server likes.
            if number > exists { arrived += min(number - exists, UInt32.max - arrived) }
            exists = number
        case .expunge:
            exists = exists > 0 ? exists - 1 : 0
            hasMoved = true
        case .vanished(false, let gone):
            let count = gone.reduce(0 as UInt64) { $0 + UInt64($1.count) }
            exists = UInt32(clamping: UInt64(exists) - min(count, UInt64(exists)))
            hasMoved = true
        default: break
        }
    }

    private func note(_ status: IMAPStatus) throws {
        if status.code == "ALERT" { alert = status.text }
        if status.code == "CAPABILITY" { capabilities = Set(IMAPResponse.words(status.argument)) }
    }

    // Commands

    /// Sends a command and returns its tag. Its answer is read by ``answer(to:named:each:)``.
    func send(_ command: String) -> String {
        count += 1
        let tag = "a\(count)"
        wire.write(Array("\(prefix)\(tag) \(command)\r\n".utf8))
        prefix = ""
        return tag
    }

    /// Sends what a command goes on with.
    func goOn(_ line: String) { wire.write(Array("\(line)\r\n".utf8)) }

    /// Reads until the command is answered; `each` is given everything else that is said until then.
    func answer(
        to tag: String, named name: String, each: (IMAPResponse) async throws -> Void = { _ in }
    ) async throws -> IMAPStatus {
        while true {
            guard let response = try await response(within: Self.patience) else {
                throw FollowFailure(.time, "\(settings.address.text) does not answer \(name) any more")
            }
            guard case .done(let done, let status) = response else {
                try await each(response)
                continue
            }
            // The answer to an earlier command, such as IDLE, may still be under way.
            guard done == tag else { continue }
            guard status.kind != .bad else {
                throw FollowFailure(.time, "\(settings.address.text) does not understand \(name): \(status.text)")
            }
            return status
        }
    }

    /// A command and its answer.
    func run(
        _ command: String, named name: String? = nil, each: (IMAPResponse) async throws -> Void = { _ in }
    ) async throws -> IMAPStatus {
        let name = name ?? String(command.prefix { $0 != " " })
        return try await answer(to: send(command), named: name, each: each)
    }

    /// A command that is refused only when something is wrong.
    func demand(_ command: String, each: (IMAPResponse) async throws -> Void = { _ in }) async throws {
        let status = try await run(command, each: each)
        guard status.kind == .ok else { throw IMAPTrouble.refused(command, status, settings.address) }
    }

    /// A string as it stands in a command.
    static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// A name of a mailbox as it stands in a command.
    static func mailbox(_ name: String) -> String { quoted(ModifiedUTF7.encoded(name)) }

    // TLS, waiting, mailboxes

    /// Goes over to TLS. All that was said before is forgotten.
    func secure(_ tls: IMAPTLS) async throws {
        let wire = wire
        let done: Void?
        do {
            done = try await Deadline.race(Self.patience, clock) { try await wire.secure(tls) }
        } catch {
            throw IMAPTrouble.failure(error, settings.address)
        }
        guard done != nil else { throw FollowFailure(.time, "\(settings.address.text) does not go over to TLS") }
        parser = IMAPParser()
        capabilities = []
        alert = nil
        exists = 0
        forgetArrivals()
        forgetMoves()
        isProtected = true
    }

    /// Waits in IDLE (RFC 2177) until mail arrives, or for so long; then the next command ends it.
    func idle(_ limit: Duration) async throws {
        let tag = send("IDLE")
        var isIdling = false
        while !isIdling {
            guard let response = try await response(within: Self.patience) else {
                throw FollowFailure(.time, "\(settings.address.text) does not answer IDLE any more")
            }
            switch response {
            case .goAhead: isIdling = true
            case .done(tag, let status): throw IMAPTrouble.refused("IDLE", status, settings.address)
            default: break
            }
        }
        // Its end is written together with what is asked next: no round trip lies between.
        prefix = "DONE\r\n"
        let start = Deadline.start(clock)
        while arrived == 0 {
            let left = limit - start.elapsed()
            guard left > .zero, try await response(within: left) != nil else { return }
        }
    }

    /// A mailbox as it was when it was opened.
    struct Selected: Hashable {
        var validity: UInt32 = 0
        /// The UID that the next mail will have.
        var next: UInt32 = 0
        /// Whether the server did not say so: it is one above the last there is, and goes back when that one is deleted.
        var isGuessed = false
    }

    /// The same of a mailbox that is not opened.
    func status(_ name: String) async throws -> Selected {
        var found = Selected()
        let status = try await run("STATUS \(Self.mailbox(name)) (UIDVALIDITY UIDNEXT)", named: "STATUS") { response in
            guard case .mailboxStatus(name, let numbers) = response else { return }
            found.validity = UInt32(clamping: numbers["UIDVALIDITY"] ?? 0)
            found.next = UInt32(clamping: numbers["UIDNEXT"] ?? 0)
        }
        guard status.kind == .ok else { throw IMAPTrouble.closed(name, status, settings.address) }
        return found
    }

    /// Has mails that go named by their UIDs (QRESYNC, RFC 7162) where the server can: sequence numbers then move less.
    func askForUIDs() async throws {
        if can("ENABLE"), can("QRESYNC") { try await demand("ENABLE QRESYNC") }
    }

    /// Opens a mailbox for reading only: nothing in it can be changed by mistake.
    func examine(_ name: String) async throws -> Selected {
        exists = 0
        forgetArrivals()
        forgetMoves()
        var selected = Selected()
        var isCounted = false
        let status = try await run("EXAMINE \(Self.mailbox(name))", named: "EXAMINE") { response in
            if case .exists = response, !isCounted {
                // What is said after the first time came meanwhile.
                isCounted = true
                forgetArrivals()
            }
            guard case .said(let status) = response, let number = status.number else { return }
            if status.code == "UIDVALIDITY" { selected.validity = number }
            if status.code == "UIDNEXT" { selected.next = number }
        }
        guard status.kind == .ok else { throw IMAPTrouble.closed(name, status, settings.address) }
        guard selected.validity > 0 else {
            throw FollowFailure(.person, "\(settings.address.text) gives \(name) no UIDVALIDITY: it cannot be followed")
        }
        if selected.next == 0 {
            // Old servers do not say: one above the last there is.
            var last: UInt32 = 0
            if exists > 0 {
                _ = try await run("FETCH \(exists) (UID)") { if case .fetch(let mail) = $0 { last = mail.uid ?? last } }
            }
            selected.next = last == .max ? last : last + 1
            selected.isGuessed = true
        }
        return selected
    }
}
