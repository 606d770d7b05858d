internal import Contact
internal import NIOCore

/// One client of the listener, from its greeting to its end (RFC 2033, and RFC 5321 where that is silent).
///
/// Each mail is answered for once it is durable, and for each recipient alike, for it is stored once. Every recipient is
/// taken unless the source says otherwise: the mail server has decided what comes here, and a recipient refused is a mail
/// returned to the customer who wrote it.
struct LMTPSession {
    /// A command with its line end; RFC 5321 wants 512, and its extensions add to that.
    private static let longestLine = 4_096
    private static let mostRecipients = 1_000
    /// Commands that made no sense, after which the line is cut.
    private static let mostErrors = 10
    /// For all of a mail (RFC 5321, section 4.5.3.2.6): one that comes byte by byte would hold memory that others need.
    private static let longestData: Duration = .seconds(600)
    static let greeting = "220 contatto Contatto LMTP"

    private let guest: LMTPDoor.Guest
    private let door: LMTPDoor
    private let store: LMTPStore
    private let isTaken: @Sendable (String) -> Bool
    private let now: @Sendable () -> Int64
    private var input: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var received: [UInt8] = []
    private var place = 0
    private var replies = ""
    private var isGreeted = false
    private var envelope = Envelope()
    private var errors = 0

    /// The client is gone, or sent away.
    private struct Over: Error {}

    init(
        _ guest: LMTPDoor.Guest, at door: LMTPDoor, into store: LMTPStore,
        input: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, isTaken: @escaping @Sendable (String) -> Bool,
        now: @escaping @Sendable () -> Int64
    ) {
        self.guest = guest
        self.door = door
        self.store = store
        self.input = input
        self.isTaken = isTaken
        self.now = now
    }

    /// Returns when the connection may be closed. Cancelled, it says so to the client and returns at once; a mail that is
    /// being stored is answered for.
    mutating func run() async {
        do {
            reply(Self.greeting)
            while let line = try await line() { try await handle(LMTPCommand(line)) }
        } catch {
            // Over, or the connection broke: what was not answered for comes again.
        }
        if Task.isCancelled { reply("421 4.3.2 the hub stops; come again") }
        // To a client that has gone there is nothing to say.
        try? await flush()
    }

    private mutating func handle(_ command: LMTPCommand) async throws {
        switch command {
        case .hello:
            isGreeted = true
            envelope = Envelope()
            // SIZE without a limit: what is too long for a mail is taken, kept as far as a refusal keeps it, and refused then.
            for word in ["contatto", "PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"] {
                reply("250-\(word)")
            }
            reply("250 SIZE")
        case .mail(let sender, _): mail(from: sender)
        case .recipient(let address): recipient(address)
        case .data: try await data()
        case .reset:
            envelope = Envelope()
            reply("250 2.0.0 forgotten")
        case .nothing: reply("250 2.0.0 here")
        case .verify: reply("252 2.1.5 send it, and it is taken")
        case .quit:
            reply("221 2.0.0 goodbye")
            throw Over()
        case .smtp: try wrong("500 5.5.1 this is LMTP (RFC 2033): say LHLO")
        case .http:
            reply("421 4.7.0 this is LMTP, not HTTP")
            throw Over()
        case .unknown: try wrong("500 5.5.1 the command is not known here")
        case .wrong(let text): try wrong(text)
        }
    }

    private mutating func wrong(_ text: String) throws {
        errors += 1
        guard errors <= Self.mostErrors else {
            reply("421 4.7.0 too many commands that make no sense")
            throw Over()
        }
        reply(text)
    }

    private mutating func mail(from sender: String) {
        guard isGreeted else { return reply("503 5.5.1 say LHLO first") }
        guard envelope.sender == nil else { return reply("503 5.5.1 a mail is begun: send RSET first") }
        envelope.sender = sender
        reply("250 2.1.0 from <\(sender)>")
    }

    private mutating func recipient(_ address: String) {
        guard envelope.sender != nil else { return reply("503 5.5.1 send MAIL first") }
        guard envelope.recipients.count < Self.mostRecipients else {
            return reply("452 4.5.3 more than \(Self.mostRecipients) recipients; send the rest in another mail")
        }
        guard isTaken(address) else {
            return reply("550 5.1.1 <\(address)> is none of the addresses in own, and lmtp_recipients is own")
        }
        envelope.recipients.append(address)
        reply("250 2.1.5 for <\(address)>")
    }

    private mutating func data() async throws {
        guard !envelope.recipients.isEmpty else { return reply("503 5.5.1 no recipient: send MAIL and RCPT first") }
        reply("354 send the mail, and end it with a line of one dot")
        let most = door.mostWhole
        var mail = GrowingMail(most: most)
        var held = 0
        defer { door.give(held) }
        var isRoom = true
        var reading = MailData()
        let begun = ContinuousClock.now
        while true {
            let isEnd = reading.take(received, from: &place) { if isRoom { mail.append($0) } }
            let more = min(Int(mail.length), most) - held
            if isRoom, more > 0 {
                isRoom = door.take(more)
                if isRoom {
                    held += more
                } else {
                    // Its room is another mail's from here on, not from its last line on.
                    mail = GrowingMail(most: most)
                    door.give(held)
                    held = 0
                }
            }
            if isEnd { break }
            guard ContinuousClock.now - begun < Self.longestData else {
                reply("421 4.4.2 the mail took longer than ten minutes")
                throw Over()
            }
            guard try await receive() else { throw Over() }
        }
        let verdict: LMTPStore.Verdict
        let isWhole = mail.length <= Int64(most)
        if isRoom {
            guest.isBusy(true)
            verdict = await store.store(envelope.above(mail.finished()), arrival: now())
            guest.isBusy(false)
        } else {
            verdict = .later
        }
        for recipient in envelope.recipients { reply(answer(verdict, for: recipient, isRoom, isWhole)) }
        envelope = Envelope()
    }

    /// One that cannot be read as a mail is kept with all its bytes, and a person sees it among the refusals: to the mail
    /// server it is delivered, for a bounce would tell the sender that it was lost. Of one that is too long only the
    /// beginning is kept: its sender is told.
    private func answer(
        _ verdict: LMTPStore.Verdict, for recipient: String, _ isRoom: Bool, _ isWhole: Bool
    ) -> String {
        switch verdict {
        case .stored: "250 2.0.0 <\(recipient)> stored"
        case .kept where !isWhole:
            "552 5.3.4 <\(recipient)> the mail has more than \(door.mostWhole) bytes"
        case .kept(let reason): "250 2.0.0 <\(recipient)> kept, not read: \(reason.rawValue)"
        case .later where !isRoom: "452 4.3.1 <\(recipient)> too many mails at once; come again"
        case .later: "451 4.3.0 <\(recipient)> not stored; come again"
        }
    }

    /// The next line without its end; nil where the client is gone. One that is too long is answered for and passed over.
    private mutating func line() async throws -> [UInt8]? {
        var isTooLong = false
        while true {
            if let end = received[place...].firstIndex(of: 0x0A) {
                let line = received[place..<end]
                place = end + 1
                if !isTooLong, line.count <= Self.longestLine {
                    return Array(line.last == 0x0D ? line.dropLast() : line)
                }
                isTooLong = false
                try wrong("500 5.5.2 the line is longer than \(Self.longestLine) bytes")
                continue
            }
            if received.count - place > Self.longestLine {
                isTooLong = true
                place = received.count
            }
            guard try await receive() else { return nil }
        }
    }

    /// Waits for more, after what was said is sent; false at the end.
    private mutating func receive() async throws -> Bool {
        try await flush()
        guard let more = try await input.next(isolation: #isolation) else { return false }
        guest.spoke()
        received.removeFirst(place)
        place = 0
        received += more.readableBytesView
        return true
    }

    private mutating func reply(_ line: String) { replies += line + "\r\n" }

    private mutating func flush() async throws {
        guard !replies.isEmpty else { return }
        let bytes = ByteBuffer(string: replies)
        replies = ""
        let channel = guest.channel
        try await withTaskCancellationHandler {
            try await channel.writeAndFlush(bytes).get()
        } onCancel: {
            // A client that does not read holds nobody up; one that does has time to read that the hub stops.
            channel.eventLoop.scheduleTask(in: .milliseconds(500)) { channel.close(promise: nil) }
        }
    }
}
