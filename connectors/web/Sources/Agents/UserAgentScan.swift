/// The words of a User-Agent field and what they are signs of.
///
/// RFC 9110, 10.1.5 gives the form: products (`name/version`) and comments in parentheses. One pass over the first
/// `limit` bytes; a field longer than that says nothing more.
struct UserAgentScan: Sendable {
    /// A run of bytes without a space or a separator.
    struct Piece: Sendable {
        var start: Int
        /// Where the version begins, or the piece ends.
        var nameEnd: Int
        var end: Int
        var sign: UserAgentSign
        /// Comment it stands in, counted from 1; 0 for a product.
        var comment: Int
        /// In the block of Facebook's apps, `[FBAN/…;FBDV/…]`: not the field's own words.
        var isBracketed: Bool
        /// The device's model, which its maker chose freely: after `Android 14;`, or anything KaiOS says.
        var isModel: Bool
        /// Ends like a machine's name (`bingbot`).
        var hasMachineEnding: Bool
        /// Some word of the name is on no list of what browsers say.
        var isUnusual: Bool
        var hasAddress: Bool
        /// Places in `UserAgentNames.browsers` and `.systems`.
        var browser: UInt8?
        var system: UInt8?

        var hasVersion: Bool { nameEnd < end }
    }

    static let limit = 1_024
    private static let pieceLimit = 160

    let bytes: [UInt8]
    private let names = UserAgentNames.all
    private let endings = UserAgentNames.endings
    private(set) var pieces: [Piece] = []
    /// Holds no word at all, or bytes that only rubbish and attempts at injection bring here.
    private(set) var isAbsurd = false

    init(_ text: String) {
        var bytes = text.utf8.count <= Self.limit ? Array(text.utf8) : Array(text.utf8.prefix(Self.limit))
        while let last = bytes.last, Self.isPadding(last) { bytes.removeLast() }
        if let first = bytes.firstIndex(where: { !Self.isPadding($0) }), first > 0 { bytes.removeFirst(first) }
        self.bytes = bytes
        pieces.reserveCapacity(32)
        split()
        if !bytes.contains(where: { ($0 | 32) &- 97 < 26 || $0 >= 0x80 }) { isAbsurd = true }
    }

    /// The name of a piece as it was written.
    func name(of piece: Piece) -> String {
        String(decoding: bytes[piece.start..<piece.nameEnd], as: UTF8.self)
    }

    /// Whether the name ends in `-User`.
    func isNamedAfterUser(_ piece: Piece) -> Bool {
        let ending = "-user".utf8
        guard piece.nameEnd - piece.start > ending.count else { return false }
        return zip(bytes[(piece.nameEnd - ending.count)..<piece.nameEnd], ending).allSatisfy { $0 | 32 == $1 }
    }

    /// Whether the version counts builds as Chromium's does (`96.6.3505.6`): four digits or more in the third place.
    ///
    /// The browsers built on Chromium that nobody lists version themselves after it; machines say `1.0` or `2.0.1`.
    func hasBuildNumber(_ piece: Piece) -> Bool {
        var dots = 0
        var digits = 0
        for byte in bytes[piece.nameEnd..<piece.end].dropFirst() {
            if byte == UInt8(ascii: ".") {
                dots += 1
                if dots == 3 { break }
                digits = 0
            } else if byte &- 48 < 10 {
                digits += 1
            } else {
                return false
            }
        }
        return dots >= 2 && digits >= 4
    }

    private static func isPadding(_ byte: UInt8) -> Bool {
        byte <= 32 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
    }

    private mutating func split() {
        var depth = 0
        var comment = 0
        var open = 0
        var brackets = 0
        var isModel = false
        var start = 0
        for index in 0...bytes.count {
            let byte = index < bytes.count ? bytes[index] : UInt8(ascii: " ")
            switch byte {
            case 0...32, UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "["),
                UInt8(ascii: "]"), UInt8(ascii: "\""):
                if start < index, pieces.count < Self.pieceLimit {
                    let piece = piece(
                        start..<index, comment: depth > 0 ? open : 0, isBracketed: brackets > 0, isModel: isModel)
                    if depth > 0, piece.sign.contains(.android) || (open == 1 && piece.sign.contains(.mobile)) {
                        isModel = true
                    }
                    pieces.append(piece)
                }
                start = index + 1
                if byte < 9 { isAbsurd = true }
            case UInt8(ascii: "<"), UInt8(ascii: "{"), UInt8(ascii: "`"), UInt8(ascii: "$"):
                if brackets == 0 { isAbsurd = true }
                continue
            default: continue
            }
            switch byte {
            case UInt8(ascii: "("):
                if depth == 0 {
                    comment += 1
                    open = comment
                    // Instagram says it again: `Android (33/13; 420dpi; …; model; …)`.
                    isModel = comment > 1 && pieces.last?.comment == 0 && pieces.last?.sign.contains(.android) == true
                }
                depth += 1
            case UInt8(ascii: ")"):
                depth = max(0, depth - 1)
                if depth == 0 { isModel = false }
            case UInt8(ascii: "["): brackets += 1
            case UInt8(ascii: "]"): brackets = max(0, brackets - 1)
            default: break
            }
        }
    }

    /// Reads one piece: hashes its name and the words of its name as it goes.
    private func piece(_ range: Range<Int>, comment: Int, isBracketed: Bool, isModel: Bool) -> Piece {
        var piece = Piece(
            start: range.lowerBound, nameEnd: range.upperBound, end: range.upperBound, sign: [], comment: comment,
            isBracketed: isBracketed, isModel: isModel, hasMachineEnding: false, isUnusual: false, hasAddress: false)
        var whole = UserAgentHash()
        var word = UserAgentHash()
        var length = 0
        var tail: UInt64 = 0
        var mayHoldAddress = false
        var isName = true
        for index in range.lowerBound...range.upperBound {
            let byte = index < range.upperBound ? bytes[index] : 0
            let folded = byte | 32
            if folded &- 97 < 26 {
                word.add(byte)
                tail = tail << 8 | UInt64(folded)
                length += 1
            } else {
                if length > 0 { read(word, length: length, tail: tail, isName: isName, into: &piece) }
                word = UserAgentHash()
                length = 0
                tail = 0
                if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "@") || byte == UInt8(ascii: ":") {
                    mayHoldAddress = true
                }
                if isName, byte == UInt8(ascii: "/") || (byte == UInt8(ascii: ":") && index > range.lowerBound) {
                    piece.nameEnd = index
                    isName = false
                }
            }
            if isName, index < range.upperBound { whole.add(byte) }
        }
        let entry = names.entry(of: whole)
        let sign = entry.sign
        piece.browser = entry.browser
        if let system = entry.system { piece.system = min(system, piece.system ?? system) }
        if !sign.isDisjoint(with: [.usual, .platform]) { piece.isUnusual = false }
        piece.sign.formUnion(sign)
        piece.hasAddress = mayHoldAddress && hasAddress(range)
        return piece
    }

    private func read(_ word: UserAgentHash, length: Int, tail: UInt64, isName: Bool, into piece: inout Piece) {
        let entry = names.entry(of: word)
        let sign = entry.sign
        if let system = entry.system { piece.system = min(system, piece.system ?? system) }
        if !isName {
            // What stands where a version should is said in passing, but only a handset says it.
            piece.sign.formUnion(sign.intersection([.appliance, .app, .harmless]))
            return
        }
        piece.sign.formUnion(sign)
        // Two letters are a language or a region.
        guard length > 2 else { return }
        if sign.isDisjoint(with: [.usual, .platform]), tail & 0xff_ffff_ffff_ffff != Self.browser {
            piece.isUnusual = true
        }
        if !sign.contains(.harmless), endings.match(tail) { piece.hasMachineEnding = true }
    }

    /// `browser`, packed: what calls itself one (`y8-browser`) is one.
    private static let browser: UInt64 = 0x62_726f_7773_6572

    /// A URL, a host name or a mail address: how a machine says whom to write to.
    ///
    /// The top domain counts in lower case only: firmware ends in `.US`.
    private func hasAddress(_ range: Range<Int>) -> Bool {
        if range.count < 5 { return false }
        var firstLabel = range.lowerBound
        var dots = 0
        for index in range {
            let byte = bytes[index]
            if byte == UInt8(ascii: "@"), index > range.lowerBound, index + 3 < range.upperBound,
                (bytes[index + 1] | 32) &- 97 < 26
            {
                return true
            }
            if byte == UInt8(ascii: ":"), index + 2 < range.upperBound, bytes[index + 1] == UInt8(ascii: "/"),
                bytes[index + 2] == UInt8(ascii: "/")
            {
                return true
            }
            if byte == UInt8(ascii: "+"), index == range.lowerBound { firstLabel = index + 1 }
            let isLetter = (byte | 32) &- 97 < 26
            if byte == UInt8(ascii: ".") { dots += 1 }
            let endsHost = index + 1 == range.upperBound || bytes[index + 1] == UInt8(ascii: "/")
            if endsHost {
                if dots > 0, isLetter, isHost(firstLabel..<(index + 1)) { return true }
                if !isLetter || dots > 0 { return false }
                firstLabel = index + 2
            }
        }
        return false
    }

    /// Whether a dotted name is a host's (`feeder.co`) and not an app's (`com.example.app`) or a version.
    private func isHost(_ range: Range<Int>) -> Bool {
        guard let dot = bytes[range].lastIndex(of: UInt8(ascii: ".")), dot > range.lowerBound,
            let first = bytes[range].firstIndex(of: UInt8(ascii: "."))
        else { return false }
        let top = bytes[(dot + 1)..<range.upperBound]
        guard Self.topDomains.contains(where: { $0.elementsEqual(top) }) else { return false }
        let head = bytes[range.lowerBound..<first]
        return !Self.topDomains.contains { $0.elementsEqual(head.lazy.map { $0 | 32 }) }
    }

    private static let topDomains: [[UInt8]] =
        """
        com net org io co ai eu de fr uk it ru cn jp nl ch at info biz dev app nu se cz pl es be gov edu us ly me tech
        """.split(separator: " ").map { Array($0.utf8) }
}
