internal import Contact
internal import NIOCore

/// Where a listener listens: a port of an address of this machine, or a socket in a folder.
struct LMTPAddress: Sendable {
    /// As it was set.
    let text: String
    let socket: SocketAddress
    /// The path of a Unix socket; nil for a port.
    let path: String?

    init(_ text: String, isOpen: Bool) throws(SettingsError) {
        self.text = text
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard path.hasPrefix("/") else {
                throw SettingsError(["lmtp is unix: and a whole path, such as unix:/run/contatto/lmtp"])
            }
            self.path = path
            do { socket = try SocketAddress(unixDomainSocketPath: path) } catch {
                throw SettingsError(["the path of lmtp is too long for a socket: at most 107 bytes"])
            }
            return
        }
        path = nil
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { throw Self.malformed }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if host.isEmpty || host.lowercased() == "localhost" { host = "127.0.0.1" }
        do { socket = try SocketAddress(ipAddress: host, port: port) } catch { throw Self.malformed }
        let isLoopback = host.hasPrefix("127.") || host == "::1"
        guard isLoopback || isOpen else {
            throw SettingsError([
                """
                lmtp would listen on \(host), where others could hand in mail as anybody: use 127.0.0.1, or set \
                lmtp_open=yes if only your mail server reaches it
                """
            ])
        }
    }

    private static var malformed: SettingsError {
        SettingsError(["lmtp is ADDRESS:PORT, such as 127.0.0.1:2424, or unix:/PATH"])
    }

    /// As Postfix names it.
    func postfix(port: Int?) -> String {
        if let path { return "lmtp:unix:\(path)" }
        let host = socket.ipAddress ?? "127.0.0.1"
        return "lmtp:inet:\(host.contains(":") ? "[\(host)]" : host):\(port ?? socket.port ?? 0)"
    }
}
