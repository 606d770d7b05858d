internal import CGMime
internal import Contact

/// gmime: everything that touches the C library stands in this file and in `GMime+Text.swift`.
///
/// An object of the library is made, read and freed within one call, on one thread; what leaves are plain values.
enum GMime {
    /// The library's tables and types are made once, before any second thread can ask for them: its type functions
    /// are not safe for two at once when they are first called, so one of each kind is parsed here.
    private static let isReady: Bool = {
        g_mime_init()
        let sample = """
            From: a <a@b.example>, g: c@d.example;\r
            Date: Sun, 01 Nov 2026 10:00:00 +0100\r
            Message-ID: <1@b.example>\r
            Content-Type: multipart/mixed; boundary=x\r
            \r
            --x\r
            Content-Type: text/plain; charset=utf-8\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            a=20b\r
            --x\r
            Content-Disposition: attachment; filename=a.bin\r
            Content-Transfer-Encoding: base64\r
            \r
            AAAA\r
            --x\r
            Content-Type: message/rfc822\r
            \r
            Subject: =?utf-8?q?a?=\r
            \r
            b\r
            --x\r
            Content-Type: message/partial; id=a; number=1\r
            \r
            b\r
            --x\r
            Content-Type: application/pkcs7-mime\r
            \r
            b\r
            --x\r
            Content-Type: multipart/signed; boundary=y\r
            \r
            --y\r
            \r
            --y\r
            Content-Type: application/pgp-signature\r
            \r
            --y--\r
            --x\r
            Content-Type: multipart/encrypted; boundary=z\r
            \r
            --z--\r
            --x--\r

            """
        _ = parsed(Array(sample.utf8))
        return true
    }()

    /// Takes a mail apart; nil where the parser finds no message in it at all. See ``MailShape`` for what must be looked
    /// at before.
    static func message(_ bytes: [UInt8]) -> MimeMessage? {
        precondition(isReady)
        return parsed(bytes)
    }

    /// For what must have the library ready.
    static func prepare() { precondition(isReady) }

    private static func parsed(_ bytes: [UInt8]) -> MimeMessage? {
        let mail = UnclosedComments.blanked(mail: bytes)
        guard let stream = unsafe mail.withUnsafeBytes({ unsafe contatto_stream($0.baseAddress, $0.count) }) else {
            return nil
        }
        defer { unsafe contatto_unref(stream) }
        let options = unsafe contatto_options()
        defer { unsafe g_mime_parser_options_free(options) }
        guard let message = unsafe contatto_parse(stream, options) else { return nil }
        defer { unsafe contatto_unref(message) }
        var reading = unsafe Reading(options: options)
        let headers = unsafe reading.headers(contatto_object(message))
        let root: MimePart
        if let part = unsafe g_mime_message_get_mime_part(message) {
            root = unsafe reading.part(part, depth: 0)
        } else {
            root = MimePart(type: "text/plain")
        }
        return MimeMessage(headers: headers, root: root, flags: reading.flags)
    }

    /// One message being read.
    @safe private struct Reading {
        let options: OpaquePointer?
        var flags: Set<String> = []
        var parts = 0

        mutating func headers(_ object: UnsafeMutablePointer<GMimeObject>?, most: Int = 1_000) -> MailHeaders {
            var headers = MailHeaders()
            guard let list = unsafe g_mime_object_get_header_list(object) else { return headers }
            let count = unsafe g_mime_header_list_get_count(list)
            if count > most { flags.insert("headers_cut") }
            for place in 0..<min(Int(count), most) {
                guard let header = unsafe g_mime_header_list_get_header_at(list, Int32(place)) else { continue }
                let name = unsafe g_mime_header_get_name(header).map { unsafe String(cString: $0) } ?? ""
                guard let value = unsafe g_mime_header_get_raw_value(header) else { continue }
                let length = unsafe strnlen(value, MailShape.longestField)
                var raw = unsafe Array(UnsafeRawBufferPointer(start: value, count: length))
                unfold(&raw)
                let isPlain = !raw.contains { $0 >= 0x80 } && !GMime.holdsEncodedWord(raw)
                // Undeclared eight-bit text, which is no reason to flag it where it can be read.
                let plain = Charset.read(raw, label: nil).text
                headers.fields.append(
                    MailHeaders.Field(
                        name: name.lowercased(), raw: plain,
                        text: isPlain ? plain : text(unsafe GMime.decoded(Array(plain.utf8), options))))
            }
            return headers
        }

        mutating func part(_ object: UnsafeMutablePointer<GMimeObject>, depth: Int) -> MimePart {
            parts += 1
            var part = MimePart(type: "application/octet-stream")
            if let type = unsafe g_mime_object_get_content_type(object) {
                let media = unsafe string(g_mime_content_type_get_media_type(type)) ?? "text"
                let kind = unsafe string(g_mime_content_type_get_media_subtype(type)) ?? "plain"
                part.type = "\(media)/\(kind)".lowercased()
                part.charset = unsafe string(g_mime_content_type_get_parameter(type, "charset"))
                part.reportType = unsafe string(g_mime_content_type_get_parameter(type, "report-type"))?.lowercased()
                for name in ["smime-type", "protocol"] where part.sealing.isEmpty {
                    part.sealing = unsafe string(g_mime_content_type_get_parameter(type, name))?.lowercased() ?? ""
                }
                part.isFlowed =
                    unsafe string(g_mime_content_type_get_parameter(type, "format"))?.lowercased() == "flowed"
                part.joinsFlowedWords =
                    unsafe string(g_mime_content_type_get_parameter(type, "delsp"))?.lowercased() == "yes"
                part.filename = unsafe string(g_mime_content_type_get_parameter(type, "name"))
            }
            part.disposition = unsafe string(g_mime_object_get_disposition(object))?.lowercased() ?? ""
            part.contentID = unsafe string(g_mime_object_get_content_id(object))
            if let multipart = unsafe contatto_multipart(object) {
                guard depth < MailShape.deepest else {
                    flags.insert("depth_cut")
                    return part
                }
                // A type that is named multipart is one; what claims to be and is none was read as a leaf.
                if !part.isMultipart { part.type = "multipart/mixed" }
                for place in 0..<max(0, unsafe g_mime_multipart_get_count(multipart)) {
                    guard parts < MailShape.mostParts else {
                        flags.insert("parts_cut")
                        break
                    }
                    guard let child = unsafe g_mime_multipart_get_part(multipart, place) else { continue }
                    part.children.append(unsafe self.part(child, depth: depth + 1))
                }
                // Of which no part was found, because its boundary is another or none: all of it stands in front of them.
                if part.children.isEmpty, let text = unsafe g_mime_multipart_get_prologue(multipart) {
                    let count = unsafe strnlen(text, MailBody.longestPart)
                    part.content = unsafe Array(UnsafeRawBufferPointer(start: text, count: count))
                }
                return part
            }
            if part.isMultipart { part.type = "application/octet-stream" }
            unsafe fill(&part, object)
            return part
        }

        private mutating func fill(_ part: inout MimePart, _ object: UnsafeMutablePointer<GMimeObject>) {
            guard let output = unsafe g_mime_stream_mem_new() else { return }
            defer { unsafe contatto_unref(output) }
            var isBinary = false
            if let enclosing = unsafe contatto_message_part(object) {
                guard let message = unsafe g_mime_message_part_get_message(enclosing) else { return }
                part.enclosed = unsafe headers(contatto_object(message), most: 200)
                _ = unsafe g_mime_object_write_to_stream(contatto_object(message), nil, output)
            } else if let leaf = unsafe contatto_part(object) {
                if let name = unsafe string(g_mime_part_get_filename(leaf)) { part.filename = name }
                let encoding = unsafe g_mime_part_get_content_encoding(leaf)
                isBinary = encoding == GMIME_CONTENT_ENCODING_BASE64 || encoding == GMIME_CONTENT_ENCODING_UUENCODE
                guard let content = unsafe g_mime_part_get_content(leaf) else { return }
                if encoding == GMIME_CONTENT_ENCODING_UUENCODE {
                    unsafe contatto_write_bare(content, encoding, output)
                } else {
                    _ = unsafe g_mime_data_wrapper_write_to_stream(content, output)
                }
            }
            var count = 0
            let start = unsafe contatto_written(output, &count)
            let bytes = unsafe UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
            part.size = count
            let isText = part.type.hasPrefix("text/") || part.type.hasPrefix("message/")
            let isRead = isText || part.type.hasSuffix("/xml") || part.filename?.lowercased().hasSuffix(".eml") == true
            let octets = unsafe Array(bytes)
            let hashed = isBinary && !isText ? octets : MailContent.canonical(octets)
            part.sha256 = Contact.Digest.sha256(hashed)
            if isRead { part.content = octets }
        }

        private mutating func string(_ text: UnsafePointer<CChar>?) -> String? {
            guard let text = unsafe text else { return nil }
            return unsafe self.text(Array(UnsafeRawBufferPointer(start: text, count: strnlen(text, 4_096))))
        }

        private mutating func text(_ bytes: [UInt8]) -> String {
            let (text, repairs) = Text.repaired(bytes)
            if repairs.contains(.utf8) { flags.insert("utf8_repaired") }
            if repairs.contains(.nul) { flags.insert("nul_replaced") }
            return text
        }

        /// Folding is a line end before white space; what is left of line ends becomes a space.
        private func unfold(_ raw: inout [UInt8]) {
            raw.removeAll { $0 == 0x0D }
            for place in raw.indices where raw[place] == 0x0A || raw[place] == 0x09 { raw[place] = 0x20 }
            while raw.last == 0x20 { raw.removeLast() }
            if let first = raw.firstIndex(where: { $0 != 0x20 }) { raw.removeFirst(first) } else { raw = [] }
        }
    }
}

/// What two copies of one mail have in common, however they were carried.
enum MailContent {
    /// With bare line ends, without `>` before `From `, and without white space at the end.
    static func canonical(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var place = 0
        while place < bytes.count {
            // Quoting for a mailbox puts `>` before `From `, also where there are some already.
            var mark = place
            while mark < bytes.count, bytes[mark] == 0x3E { mark += 1 }
            if mark > place, bytes[mark...].starts(with: [0x46, 0x72, 0x6F, 0x6D, 0x20]) { place = mark }
            while place < bytes.count, bytes[place] != 0x0A {
                output.append(bytes[place])
                place += 1
            }
            while let last = output.last, last == 0x0D || last == 0x20 || last == 0x09 { output.removeLast() }
            output.append(0x0A)
            place += 1
        }
        while output.last == 0x0A { output.removeLast() }
        return output
    }
}
