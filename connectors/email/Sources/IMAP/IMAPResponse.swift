internal import Contact

/// One response of a server, as far as a reader of mail needs it.
package enum IMAPResponse: Equatable, Sendable {
    /// `+`: it waits for more of a command.
    case goAhead(String)
    /// A command is answered.
    case done(tag: String, IMAPStatus)
    /// Said without being asked: OK with a code, BYE, PREAUTH, …
    case said(IMAPStatus)
    case capability([String])
    case enabled([String])
    case exists(UInt32)
    /// The mail with this sequence number is gone, and those above it have moved down.
    case expunge(UInt32)
    /// What EXPUNGE is called once QRESYNC is enabled (RFC 7162): UIDs.
    case vanished(isEarlier: Bool, [ClosedRange<UInt32>])
    case fetch(IMAPFetched)
    case list(IMAPMailbox)
    /// STATUS of a mailbox, numbers by item.
    case mailboxStatus(String, [String: UInt64])
    case search([UInt32])
    /// RFC 4731: `all` where the numbers were asked for, and COUNT, MIN, MAX.
    case extendedSearch([String: UInt64], all: [ClosedRange<UInt32>])
    /// Something else that a server may say at any time; its name.
    case other(String)
    /// A response that is not what its name wants; the beginning of it.
    case unreadable(String)

    init(_ scanner: IMAPScanner) {
        var reader = scanner
        do throws(IMAPScanner.Unexpected) {
            self = try Self.read(&reader)
        } catch {
            self = .unreadable(IMAPScanner.legible(scanner.text[...]))
        }
    }

    private static func read(_ reader: inout IMAPScanner) throws(IMAPScanner.Unexpected) -> IMAPResponse {
        if reader.skip("+") {
            reader.skipSpaces()
            return .goAhead(reader.rest())
        }
        let tag = String(decoding: try reader.word(), as: UTF8.self)
        try reader.expect(" ")
        guard tag == "*" else { return .done(tag: tag, try IMAPStatus(&reader)) }
        if (0x30...0x39).contains(reader.byte ?? 0) { return try numbered(&reader) }
        var ahead = reader
        let name = try ahead.name()
        if IMAPStatus.Kind(rawValue: name) != nil { return .said(try IMAPStatus(&reader)) }
        ahead.skipSpaces()
        switch name {
        case "CAPABILITY": return .capability(Self.words(ahead.rest()))
        case "ENABLED": return .enabled(Self.words(ahead.rest()))
        case "VANISHED":
            let isEarlier = ahead.byte == UInt8(ascii: "(") ? try ahead.words() : []
            ahead.skipSpaces()
            return .vanished(isEarlier: isEarlier.contains { $0.uppercased() == "EARLIER" }, try ahead.set())
        case "LIST", "XLIST": return .list(try IMAPMailbox(&ahead))
        case "STATUS": return try status(&ahead)
        case "SEARCH": return try search(&ahead)
        case "ESEARCH": return try extendedSearch(&ahead)
        default: return .other(name)
        }
    }

    private static func numbered(_ reader: inout IMAPScanner) throws(IMAPScanner.Unexpected) -> IMAPResponse {
        let number: UInt32 = try reader.number()
        try reader.expect(" ")
        let name = try reader.name()
        switch name {
        case "EXISTS": return .exists(number)
        case "EXPUNGE": return .expunge(number)
        case "FETCH":
            reader.skipSpaces()
            return .fetch(try IMAPFetched(sequence: number, &reader))
        default: return .other(name)
        }
    }

    private static func status(_ reader: inout IMAPScanner) throws(IMAPScanner.Unexpected) -> IMAPResponse {
        let mailbox = IMAPMailbox.name(try reader.bytes())
        reader.skipSpaces()
        try reader.expect("(")
        var numbers: [String: UInt64] = [:]
        while true {
            reader.skipSpaces()
            if reader.skip(")") { return .mailboxStatus(mailbox, numbers) }
            let item = try reader.name()
            reader.skipSpaces()
            if let byte = reader.byte, (0x30...0x39).contains(byte) {
                numbers[item] = try reader.number()
            } else {
                try reader.skipValue()
            }
        }
    }

    private static func search(_ reader: inout IMAPScanner) throws(IMAPScanner.Unexpected) -> IMAPResponse {
        var found: [UInt32] = []
        while !reader.isAtEnd {
            // `(MODSEQ 12)` may stand at the end.
            if reader.byte == UInt8(ascii: "(") { try reader.skipValue() } else { found.append(try reader.number()) }
            reader.skipSpaces()
        }
        return .search(found)
    }

    private static func extendedSearch(_ reader: inout IMAPScanner) throws(IMAPScanner.Unexpected) -> IMAPResponse {
        var numbers: [String: UInt64] = [:]
        var all: [ClosedRange<UInt32>] = []
        if reader.byte == UInt8(ascii: "(") { try reader.skipValue() }
        reader.skipSpaces()
        while !reader.isAtEnd {
            let item = try reader.name()
            reader.skipSpaces()
            switch item {
            case "UID": continue
            case "ALL": all = try reader.set()
            case "COUNT", "MIN", "MAX", "MODSEQ": numbers[item] = try reader.number()
            default: try reader.skipValue()
            }
            reader.skipSpaces()
        }
        return .extendedSearch(numbers, all: all)
    }

    /// The same with dots for what nobody may read.
    func hiding(_ secrets: [String]) -> IMAPResponse {
        switch self {
        case .said(let status): .said(status.hiding(secrets))
        case .done(let tag, let status): .done(tag: tag, status.hiding(secrets))
        default: self
        }
    }

    static func words(_ text: String) -> [String] {
        text.split(separator: " ").map { $0.uppercased() }
    }
}
