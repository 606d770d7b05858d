internal import Contact

/// Reads what an IMAP server sends (RFC 3501, RFC 9051), from bytes as they come off the wire, cut anywhere.
///
/// A response is a line, or lines joined by literals, which are counted in octets. A literal longer than a mail may be is
/// not held: only its beginning, length and hash (``GrowingMail``). No input makes it trap or hold more than its limits;
/// what it throws ends the connection, because nothing after it can be trusted to begin where a response does.
package struct IMAPParser: Sendable {
    /// Of one response, without its literals: the UIDs of a search in 100,000 mails take 0.6 MB.
    package static let mostText = 1 << 20
    /// Of one response.
    package static let mostLiterals = 1_000
    /// What a server may announce as one literal, in octets; more is not read to its end by anybody.
    package static let longestLiteral = 1 << 32

    /// What came and was not looked at, from `start`.
    private var pending: [UInt8] = []
    private var start = 0
    /// How far the end of the line was looked for.
    private var scanned = 0
    private var response = IMAPScanner()
    /// Octets that the literals of this response hold in memory.
    private var held = 0
    private var literal: (mail: GrowingMail, missing: Int)?
    private var isBroken: IMAPBreak?

    package init() {}

    /// Takes bytes, to be read by ``next()``.
    package mutating func append(_ bytes: some Sequence<UInt8>) {
        if start == pending.count {
            pending.removeAll(keepingCapacity: true)
            (start, scanned) = (0, 0)
        } else if start > 64 << 10 {
            pending.removeFirst(start)
            scanned -= start
            start = 0
        }
        pending.append(contentsOf: bytes)
    }

    /// The next whole response; nil until more bytes come.
    package mutating func next() throws(IMAPBreak) -> IMAPResponse? {
        if let isBroken { throw isBroken }
        do throws(IMAPBreak) {
            while true {
                if literal != nil {
                    guard try takeLiteral() else { return nil }
                }
                guard let line = try takeLine() else { return nil }
                guard !line.isEmpty || !response.isEmpty else { continue }
                response.text.append(contentsOf: line)
                guard response.text.count <= Self.mostText else { throw .lineTooLong }
                if let length = try announced() {
                    guard response.literals.count < Self.mostLiterals else { throw .tooManyLiterals }
                    literal = (GrowingMail(), length)
                    continue
                }
                let whole = response
                response = IMAPScanner()
                held = 0
                return IMAPResponse(whole)
            }
        } catch {
            isBroken = error
            pending = []
            (start, scanned) = (0, 0)
            throw error
        }
    }

    /// A line without its end; nil until it is whole.
    private mutating func takeLine() throws(IMAPBreak) -> ArraySlice<UInt8>? {
        guard let end = pending[scanned...].firstIndex(of: 0x0A) else {
            scanned = pending.count
            guard response.text.count + pending.count - start <= Self.mostText else { throw .lineTooLong }
            return nil
        }
        var line = pending[start..<end]
        if line.last == 0x0D { line.removeLast() }
        start = end + 1
        scanned = start
        return line
    }

    /// The length of the literal that the text so far ends with, which is cut off; nil where it ends with none.
    private mutating func announced() throws(IMAPBreak) -> Int? {
        // `{n}`, `{n+}`, and `~{n}` of RFC 3516. Status lines hold no strings: their text may end as it likes.
        guard response.text.last == UInt8(ascii: "}"), !response.isStatus else { return nil }
        var digits = response.text.dropLast()
        if digits.last == UInt8(ascii: "+") { digits.removeLast() }
        // An announcement is of one piece: what stands before a literal and what stands after it are not one.
        let whole = response.literals.last?.place ?? 0
        guard let open = digits.lastIndex(of: UInt8(ascii: "{")), open >= whole, open + 1 < digits.endIndex,
            digits[(open + 1)...].allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        var length = 0
        for digit in digits[(open + 1)...] {
            length = length * 10 + Int(digit - 0x30)
            guard length <= Self.longestLiteral else { throw .literalTooLong }
        }
        let isBinary = open > whole && response.text[open - 1] == UInt8(ascii: "~")
        response.text.removeSubrange((isBinary ? open - 1 : open)...)
        return length
    }

    /// Whether the literal is whole.
    private mutating func takeLiteral() throws(IMAPBreak) -> Bool {
        guard var (mail, missing) = literal else { return true }
        // Taken out while it grows, or every piece would copy what came before.
        literal = nil
        let taken = min(missing, pending.count - start)
        mail.append(pending[start..<(start + taken)])
        start += taken
        scanned = start
        missing -= taken
        guard missing == 0 else {
            literal = (mail, missing)
            return false
        }
        let raw = mail.finished()
        held += raw.bytes.count
        guard held <= RawInput.mostWhole + Self.mostText else { throw .literalTooLong }
        response.literals.append((response.text.count, raw))
        return true
    }
}

/// After what a server cannot be understood any more.
package enum IMAPBreak: Error, Hashable, Sendable {
    case lineTooLong
    case literalTooLong
    case tooManyLiterals

    var text: String {
        switch self {
        case .lineTooLong: "a line of more than \(IMAPParser.mostText >> 20) MB"
        case .literalTooLong: "a literal of more than can be read"
        case .tooManyLiterals: "more than \(IMAPParser.mostLiterals) literals in one response"
        }
    }
}

/// Reads a whole transcript of a server's side, for tests: what it said, and what it broke off with.
package func imapResponses(
    _ bytes: [UInt8], piece: Int = .max
) -> (responses: [IMAPResponse], broken: IMAPBreak?) {
    var parser = IMAPParser()
    var found: [IMAPResponse] = []
    var place = 0
    do throws(IMAPBreak) {
        while place < bytes.count {
            let end = place + min(max(1, piece), bytes.count - place)
            parser.append(bytes[place..<end])
            place = end
            while let response = try parser.next() { found.append(response) }
        }
    } catch {
        return (found, error)
    }
    return (found, nil)
}
