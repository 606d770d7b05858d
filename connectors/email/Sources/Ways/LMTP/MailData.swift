/// What follows DATA (RFC 5321, section 4.5.2): the mail without its extra dots, until a line of one dot.
///
/// The end is CR LF . CR LF and nothing else. Servers that took LF . LF for it too let one mail carry another one inside
/// (SMTP smuggling, 2023); a bare LF, or a bare CR, is content here.
struct MailData {
    private enum State { case lineStart, dot, dotReturn, text, afterReturn }

    private static let (carriageReturn, lineFeed, point) = (UInt8(0x0D), UInt8(0x0A), UInt8(0x2E))

    private var state = State.lineStart

    /// Gives on what is content, from `place` on; true once the end has come, and `place` is then behind it.
    mutating func take(_ bytes: [UInt8], from place: inout Int, _ content: (ArraySlice<UInt8>) -> Void) -> Bool {
        while place < bytes.count {
            let byte = bytes[place]
            switch state {
            case .lineStart:
                if byte == Self.point {
                    state = .dot
                    place += 1
                } else {
                    state = .text
                }
            case .dot:
                // Any other line that begins with a dot was given one more by the client.
                if byte == Self.carriageReturn {
                    state = .dotReturn
                    place += 1
                } else {
                    state = .text
                }
            case .dotReturn:
                if byte == Self.lineFeed {
                    place += 1
                    state = .lineStart
                    return true
                }
                content([Self.carriageReturn])
                state = .text
            case .text:
                let end = bytes[place...].firstIndex(of: Self.carriageReturn)
                content(bytes[place..<(end.map { $0 + 1 } ?? bytes.count)])
                place = end.map { $0 + 1 } ?? bytes.count
                if end != nil { state = .afterReturn }
            case .afterReturn:
                if byte == Self.lineFeed || byte == Self.carriageReturn {
                    content(bytes[place...place])
                    place += 1
                    if byte == Self.lineFeed { state = .lineStart }
                } else {
                    state = .text
                }
            }
        }
        return false
    }
}
