internal import Contact
internal import NIOSSL

/// The settings of a mailbox that is followed.
struct IMAPSettings: Sendable {
    /// What proves who asks.
    enum Proof: Sendable {
        case password(Secret)
        /// An access token of OAuth 2, for XOAUTH2.
        case token(Secret)
    }

    let address: IMAPAddress
    let user: String
    let proof: Proof
    /// Empty: INBOX and the folder of sent mail.
    let folders: [String]
    /// Certificates of a private authority; empty: those that this machine trusts.
    let authorities: [NIOSSLCertificate]
    let since: Since

    /// How far back mail is read that was there before.
    enum Since: Hashable, Sendable {
        case ever
        case days(Int64)
        /// Microseconds since 1970.
        case time(Int64)

        func oldest(now: Int64) -> Int64? {
            switch self {
            case .ever: nil
            case .days(let days): now - days * 86_400_000_000
            case .time(let time): time
            }
        }
    }

    static let keys: [SettingKey] = [
        SettingKey("imap", "mail server whose mailbox is followed: HOST, HOST:PORT or imaps://HOST (default port 993)"),
        SettingKey("user", "name that the mail server knows, often the address itself"),
        SettingKey("password", "its password; some providers want one made for programs", isSecret: true),
        SettingKey("token", "access token of OAuth 2 instead of a password (XOAUTH2)", isSecret: true),
        SettingKey("folders", "folders to follow, with commas between; default INBOX and the folder of sent mail"),
        SettingKey("tls", "implicit (default on port 993), starttls (default elsewhere) or none"),
        SettingKey("ca", "certificates (PEM) of a private authority that signed the mail server's"),
        SettingKey("since", "how far back old mail is read: 90d or a date such as 2026-01-31; default all of it"),
    ]

    init(_ settings: SourceSettings) throws(SettingsError) {
        var problems: [String] = []
        var address: IMAPAddress?
        do throws(IMAPAddress.Problem) {
            address = try IMAPAddress(settings["imap"] ?? "", tls: settings["tls"])
        } catch {
            problems.append(error.text)
        }
        let user = settings["user"] ?? ""
        if user.isEmpty { problems.append("user is not set: the name that the mail server knows") }
        let password = settings.secrets["password"].flatMap { $0.revealed.isEmpty ? nil : $0 }
        let token = settings.secrets["token"].flatMap { $0.revealed.isEmpty ? nil : $0 }
        if password == nil, token == nil { problems.append("password is not set (or token, for OAuth 2)") }
        if password != nil, token != nil { problems.append("password and token are both set: one of them is enough") }
        for (name, text) in [("user", user), ("password", password?.revealed), ("token", token?.revealed)]
        where text?.utf8.contains(where: { $0 < 0x20 }) == true {
            problems.append("\(name) holds a line end or another control character")
        }
        authorities = Self.authorities(settings["ca"], &problems)
        since = Self.since(settings["since"], &problems)
        folders = settings.list("folders").map { IMAPMailbox.isInbox($0) ? "INBOX" : $0 }
        guard problems.isEmpty, let address, let proof = password.map(Proof.password) ?? token.map(Proof.token) else {
            throw SettingsError(problems)
        }
        self.address = address
        self.user = user
        self.proof = proof
    }

    private static func authorities(_ pem: String?, _ problems: inout [String]) -> [NIOSSLCertificate] {
        guard let pem else { return [] }
        // Whatever it is that cannot be read, it is answered with what should stand there.
        let found = (try? NIOSSLCertificate.fromPEMBytes(Array(pem.utf8))) ?? []
        if found.isEmpty {
            problems.append("ca holds no certificate: give the text from BEGIN CERTIFICATE to END CERTIFICATE")
        }
        return found
    }

    private static func since(_ text: String?, _ problems: inout [String]) -> Since {
        guard let text else { return .ever }
        if text.last == "d", let days = Int64(text.dropLast()), (1...100_000).contains(days) { return .days(days) }
        if let time = Timestamp.microseconds(text.contains("T") ? text : text + "T00:00:00Z") { return .time(time) }
        problems.append("since is a number of days (90d) or a date (2026-01-31), not \(text)")
        return .ever
    }
}
