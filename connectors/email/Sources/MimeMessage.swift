/// A mail taken apart: plain values, all text valid UTF-8 without U+0000.
struct MimeMessage: Sendable {
    var headers: MailHeaders
    var root: MimePart
    /// What had to be done to be able to read it: `utf8_repaired`, `nul_replaced`, `charset_guessed`, `parts_cut`, …
    var flags: Set<String> = []
}

/// The header fields of a mail or part, in their order.
struct MailHeaders: Sendable {
    struct Field: Sendable {
        /// Lower-case.
        let name: String
        /// Unfolded, as it came.
        let raw: String
        /// With its encoded words decoded.
        let text: String
    }

    var fields: [Field] = []

    /// The first of a name.
    subscript(_ name: String) -> String? { fields.first { $0.name == name }?.text }

    func all(_ name: String) -> [Field] { fields.filter { $0.name == name } }

    func has(_ name: String) -> Bool { fields.contains { $0.name == name } }

    /// The first word outside comments, before any `;` or space, lower-case.
    func keyword(_ name: String) -> String? {
        guard let value = self[name] else { return nil }
        var depth = 0
        var word = ""
        for character in value.prefix(1_000).lowercased() {
            if character == "(" {
                depth += 1
            } else if character == ")", depth > 0 {
                depth -= 1
            } else if depth == 0, !" ;\t".contains(character) {
                word.append(character)
                continue
            }
            if !word.isEmpty { break }
        }
        return word
    }

    /// The message ids (`<…>`) in a field of that name, in order.
    func messageIDs(_ name: String) -> [String] {
        var ids: [String] = []
        for field in all(name) {
            var rest = Substring(field.raw)
            while ids.count < 200, let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
                let id = rest[rest.index(after: open)..<close].filter { !$0.isWhitespace }
                if !id.isEmpty { ids.append("<\(id)>") }
                rest = rest[rest.index(after: close)...]
            }
        }
        return ids
    }
}

/// A part of a mail, with what a leaf holds.
struct MimePart: Sendable {
    /// Lower-case, without parameters: `text/plain`.
    var type: String
    /// `attachment`, `inline`, or empty.
    var disposition = ""
    var filename: String?
    var contentID: String?
    var charset: String?
    var reportType: String?
    /// How it is sealed or signed, as its type says (`smime-type`, `protocol`): lower-case, or empty.
    var sealing = ""
    var isFlowed = false
    var joinsFlowedWords = false
    var children: [MimePart] = []
    /// Octets after decoding; 0 for a multipart.
    var size = 0
    /// SHA-256 of ``canonical`` content; empty for a multipart.
    var sha256: [UInt8] = []
    /// The decoded octets where they are read (text, an enclosed mail, a report), else empty. Of a multipart without parts
    /// what stands in their place.
    var content: [UInt8] = []
    /// The header fields of an enclosed mail.
    var enclosed: MailHeaders?

    var isMultipart: Bool { type.hasPrefix("multipart/") }

    /// The leaves in order.
    var leaves: [MimePart] { isMultipart ? children.flatMap(\.leaves) : [self] }
}

/// An address of a mail, as it is displayed.
struct MailAddress: Hashable, Sendable {
    /// Empty where there is none.
    let name: String
    /// As it is spelt: `Anna@Example.it`.
    let address: String

    var domain: String {
        address.lastIndex(of: "@").map { address[address.index(after: $0)...].lowercased() } ?? ""
    }
    var local: String {
        (address.lastIndex(of: "@").map { String(address[..<$0]) } ?? address).lowercased()
    }
}
