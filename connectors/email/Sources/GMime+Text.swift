internal import CGMime
internal import Contact

extension GMime {
    /// The moment and the offset that a header states; nil where it is no date.
    static func date(_ text: String) -> (microseconds: Int64, offset: Int)? {
        prepare()
        guard text.utf8.count <= 200 else { return nil }
        var seconds = 0
        var offset: Int32 = 0
        guard unsafe contatto_date(text, &seconds, &offset) != 0, abs(seconds) < 1 << 40 else { return nil }
        return (Int64(seconds) * 1_000_000, Int(offset))
    }

    /// The mailboxes of an address list, those of groups too, at most 1,000.
    static func addresses(_ raw: String) -> [MailAddress] {
        prepare()
        guard !raw.isEmpty else { return [] }
        let options = unsafe contatto_options()
        defer { unsafe g_mime_parser_options_free(options) }
        // Of the encoded words alone: what is not UTF-8 stays as it came.
        let closed = UnclosedComments.blanked(Array(raw.utf8))
        let mended = String(decoding: EncodedWords.requoted(closed), as: UTF8.self)
        guard let list = unsafe internet_address_list_parse(options, mended) else { return [] }
        defer { unsafe contatto_unref(list) }
        var found: [MailAddress] = []
        unsafe collect(list, &found, depth: 0)
        return found
    }

    private static func collect(
        _ list: UnsafeMutablePointer<InternetAddressList>?, _ found: inout [MailAddress], depth: Int
    ) {
        for place in 0..<max(0, unsafe internet_address_list_length(list)) {
            guard found.count < 1_000, depth < 4 else { return }
            let address = unsafe internet_address_list_get_address(list, place)
            if let group = unsafe contatto_group(address) {
                unsafe collect(internet_address_group_get_members(group), &found, depth: depth + 1)
            } else if let mailbox = unsafe contatto_mailbox(address),
                let spelt = unsafe internet_address_mailbox_get_addr(mailbox)
            {
                let name = unsafe internet_address_get_name(address)
                found.append(
                    MailAddress(
                        name: unsafe name.map { unsafe storable($0) } ?? "", address: unsafe storable(spelt)))
            }
        }
    }

    private static func storable(_ text: UnsafePointer<CChar>) -> String {
        let (text, _) = Text.repaired(unsafe Array(UnsafeRawBufferPointer(start: text, count: strnlen(text, 4_096))))
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    static func holdsEncodedWord(_ bytes: [UInt8]) -> Bool {
        var last: UInt8 = 0
        for byte in bytes {
            if last == 0x3D, byte == 0x3F { return true }
            last = byte
        }
        return false
    }

    /// A header's text with its encoded words decoded; not yet sure to be UTF-8.
    static func decoded(_ raw: [UInt8], _ options: OpaquePointer?) -> [UInt8] {
        let terminated = EncodedWords.requoted(raw.filter { $0 != 0 }) + [0]
        let text = unsafe terminated.withUnsafeBytes {
            unsafe g_mime_utils_header_decode_text(options, $0.baseAddress?.assumingMemoryBound(to: CChar.self))
        }
        guard let text = unsafe text else { return raw }
        defer { unsafe g_free(text) }
        return unsafe Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    /// UTF-8 of bytes in a charset that iconv knows; nil where it does not, or where too much of it is not in that charset.
    static func utf8(_ bytes: [UInt8], charset: String) -> [UInt8]? {
        prepare()
        guard charset.utf8.count <= 40, charset.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x2F }) else {
            return nil
        }
        var count = 0
        let text = unsafe bytes.withUnsafeBytes {
            unsafe contatto_utf8(
                charset, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, &count)
        }
        guard let text = unsafe text else { return nil }
        defer { unsafe g_free(text) }
        return unsafe Array(UnsafeRawBufferPointer(start: text, count: count))
    }
}
