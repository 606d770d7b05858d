internal import Contact

extension IMAPSession {
    /// Connects, goes over to TLS where it must, and proves who asks. What is wrong with a certificate is found out.
    static func open(
        _ settings: IMAPSettings, clock: any Clock<Duration>, now: Int64
    ) async throws -> IMAPSession {
        let tls = try await IMAPTLS.make(settings)
        do {
            return try await open(settings, tls, clock)
        } catch is IMAPTrouble.Distrust {
            let asking = tls.asking
            // It fails by design: what it is for is the certificate that it was shown.
            _ = try? await open(settings, asking, clock)
            throw IMAPTrouble.distrusted(asking.certificate, settings.address, now: now)
        }
    }

    private static func open(
        _ settings: IMAPSettings, _ tls: IMAPTLS, _ clock: any Clock<Duration>
    ) async throws -> IMAPSession {
        let address = settings.address
        let first = address.security == .implicit ? tls : nil
        let wire: IMAPWire?
        do {
            wire = try await Deadline.race(patience, clock) { try await IMAPWire.connect(address, tls: first) }
        } catch {
            throw IMAPTrouble.failure(error, address)
        }
        guard let wire else { throw IMAPTrouble.silent(address) }
        let session = IMAPSession(wire, settings: settings, clock: clock)
        let isKnown = try await session.greeted()
        try await session.protect(tls, isKnown: isKnown)
        if !isKnown { try await session.logIn() }
        return session
    }

    /// Whether the server knows who asks before anybody said so (PREAUTH).
    private func greeted() async throws -> Bool {
        guard let greeting = try await response(within: Self.patience) else {
            throw FollowFailure(
                .time, "\(settings.address.text) says nothing: a port with TLS wants tls=implicit")
        }
        guard case .said(let status) = greeting, status.kind == .ok || status.kind == .preauth else {
            throw FollowFailure(
                .person, "\(settings.address.text) is not a mail server that speaks IMAP: check the port")
        }
        return status.kind == .preauth
    }

    /// STARTTLS where it has to be. After PREAUTH it cannot be: somebody on the way may want just that.
    private func protect(_ tls: IMAPTLS, isKnown: Bool) async throws {
        let security = settings.address.security
        guard security == .startTLS || security == .startTLSIfOffered else { return }
        if capabilities.isEmpty { try await demand("CAPABILITY") }
        guard can("STARTTLS") else {
            if security == .startTLSIfOffered { return }
            throw FollowFailure(
                .person,
                "\(settings.address.text) offers no STARTTLS: use a port with TLS (993), or set tls=none to send the password unprotected"
            )
        }
        guard !isKnown else {
            throw FollowFailure(
                .person,
                "\(settings.address.text) lets anybody in before TLS (PREAUTH), which is not believed: use a port with TLS (993)"
            )
        }
        let status = try await run("STARTTLS")
        guard status.kind == .ok else { throw IMAPTrouble.refused("STARTTLS", status, settings.address) }
        try await secure(tls)
        try await demand("CAPABILITY")
    }

    private func logIn() async throws {
        if capabilities.isEmpty { try await demand("CAPABILITY") }
        // What it can before it knows who asks is not what it can afterwards.
        let before = capabilities
        forgetCapabilities()
        let status: IMAPStatus
        switch settings.proof {
        case .token:
            guard before.contains("AUTH=XOAUTH2") else {
                throw FollowFailure(
                    .person, "\(settings.address.text) takes no token (XOAUTH2): set password instead of token")
            }
            status = try await authenticate("XOAUTH2", settings.message, before)
        case .password where before.contains("AUTH=PLAIN"):
            status = try await authenticate("PLAIN", settings.message, before)
        case .password(let password):
            guard !before.contains("LOGINDISABLED") else {
                throw FollowFailure(
                    .person,
                    "\(settings.address.text) takes no password on a connection without TLS: set tls=starttls, or port 993"
                )
            }
            status = try await login(settings.user, password.revealed)
        }
        guard status.kind == .ok else { throw IMAPTrouble.locked(status, settings) }
        if capabilities.isEmpty { try await demand("CAPABILITY") }
    }

    /// SASL (RFC 4422) with one message of ours; RFC 4959 lets it go with the command.
    private func authenticate(
        _ mechanism: String, _ message: String, _ capabilities: Set<String>
    ) async throws -> IMAPStatus {
        let text = Base64.encoded(Array(message.utf8))
        let isAtOnce = capabilities.contains("SASL-IR")
        let tag = send("AUTHENTICATE \(mechanism)" + (isAtOnce ? " \(text)" : ""))
        var isSent = isAtOnce
        return try await answer(to: tag, named: "AUTHENTICATE") { response in
            guard case .goAhead = response else { return }
            // After the message, XOAUTH2 is told why it was refused, and answers with an empty line.
            goOn(isSent ? "" : text)
            isSent = true
        }
    }

    /// LOGIN; what is not ASCII goes as literals, which the server asks for one after the other.
    private func login(_ user: String, _ password: String) async throws -> IMAPStatus {
        guard !(user + password).utf8.allSatisfy({ $0 < 0x80 }) else {
            return try await run("LOGIN \(Self.quoted(user)) \(Self.quoted(password))", named: "LOGIN")
        }
        let tag = send("LOGIN {\(user.utf8.count)}")
        var parts = ["\(user) {\(password.utf8.count)}", password]
        return try await answer(to: tag, named: "LOGIN") { response in
            if case .goAhead = response, !parts.isEmpty { goOn(parts.removeFirst()) }
        }
    }
}

extension IMAPSettings {
    /// What proves who asks, as SASL has it (RFC 4616, XOAUTH2).
    fileprivate var message: String {
        switch proof {
        case .token(let token): "user=\(user)\u{1}auth=Bearer \(token.revealed)\u{1}\u{1}"
        case .password(let password): "\0\(user)\0\(password.revealed)"
        }
    }

    /// The secret in each of the forms that it is sent in, the longest first.
    var hidden: [String] {
        let secret =
            switch proof {
            case .token(let token): token.revealed
            case .password(let password): password.revealed
            }
        let encoded = [message, secret].map { Base64.encoded(Array($0.utf8)) }
        return encoded + [String(IMAPSession.quoted(secret).dropFirst().dropLast()), secret]
    }
}

/// Base64 (RFC 4648, 4), for SASL.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        var place = 0
        while place < bytes.count {
            let part = bytes[place..<min(place + 3, bytes.count)]
            let bits = part.reduce(0 as UInt32) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - part.count))
            for digit in 0..<4 {
                let value = Int(bits >> UInt32(18 - 6 * digit) & 0x3F)
                output.append(digit <= part.count ? alphabet[value] : UInt8(ascii: "="))
            }
            place += 3
        }
        return String(decoding: output, as: UTF8.self)
    }
}
