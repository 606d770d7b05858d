/// What is fuzzed: a piece of code that reads what strangers send, and what must hold of it for any bytes.
enum FuzzTarget: String, CaseIterable {
    /// A mail's header fields: addresses, encoded words, whose word it is, ids.
    case headers
    /// A whole mail, from bytes to interactions.
    case mail
    /// A mail's text: what is quoted in it, and HTML.
    case text
    /// What an IMAP server sends.
    case imap

    /// Throws where a promise is broken. That it ends, and does not trap, is left to whoever calls it.
    func check(_ bytes: [UInt8]) throws(BrokenPromise) {
        switch self {
        case .headers: try HeaderPromises.check(bytes)
        case .mail: try MailPromises.check(bytes)
        case .text: try TextPromises.check(bytes)
        case .imap: try IMAPPromises.check(bytes)
        }
    }

    /// Does what ``check(_:)`` does with far longer input of the same kind, so that what takes more than linear time is
    /// slow enough to be seen.
    func stretch(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        var long: [UInt8] = []
        while long.count < 128 << 10 { long += bytes }
        switch self {
        case .headers: HeaderPromises.read(long)
        case .mail: MailPromises.read(long)
        case .text: TextPromises.read(long)
        case .imap: IMAPPromises.read(long)
        }
    }
}

/// A promise that some input broke, in words.
struct BrokenPromise: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Throws `promise` where it does not hold.
func expect(_ holds: Bool, _ promise: @autoclosure () -> String) throws(BrokenPromise) {
    if !holds { throw BrokenPromise(promise()) }
}
