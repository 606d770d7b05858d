import Contact

@testable import EmailConnector

/// What holds of any mail: it is read or refused, the same each time and however it was carried.
enum MailPromises {
    private static let settings = HeaderPromises.settings

    static func read(_ bytes: [UInt8]) { _ = items(bytes) }

    static func check(_ bytes: [UInt8]) throws(BrokenPromise) {
        let found = items(bytes)
        try expect(!found.isEmpty, "a mail is at least one item")
        var ids: Set<String> = []
        for item in found {
            try expect(item.raw.bytes == bytes, "an item keeps what came")
            guard case .success(let one) = item.outcome else { continue }
            try sound(one)
            ids.insert(one.id)
            try expect(!one.flags.contains("\"verified\""), "a body states no assurance")
        }
        try expect(keys(items(bytes)) == keys(found), "one mail has one reading")
        guard let one = interactions(found).first else { return }
        try carried(bytes, found, isCut: one.flags.contains("_cut"))
        let trusting = MailReader(HeaderPromises.withoutServer).items(RawInput(bytes), arrival: HeaderPromises.arrival)
        try expect(!isVerified(trusting), "without the server's name nobody is verified")
    }

    private static func items(_ bytes: [UInt8]) -> [IntakeItem] {
        MailReader(settings).items(RawInput(bytes), arrival: HeaderPromises.arrival)
    }

    private static func interactions(_ items: [IntakeItem]) -> [Interaction] {
        items.compactMap { item in
            guard case .success(let one) = item.outcome else { return nil }
            return one
        }
    }

    private static func keys(_ items: [IntakeItem]) -> [[String]] {
        interactions(items).map { [$0.id, $0.customer, String(decoding: $0.body, as: UTF8.self)] }
    }

    private static func names(_ items: [IntakeItem]) -> [[String]] {
        interactions(items).map { [$0.id, $0.customer] }
    }

    private static func isVerified(_ items: [IntakeItem]) -> Bool {
        interactions(items).contains { $0.facet.identifiers.contains { $0.assurance == .verified } }
    }

    /// What the ledger can hold.
    private static func sound(_ one: Interaction) throws(BrokenPromise) {
        try expect(!one.id.isEmpty && one.id.utf8.count <= 400, "an id is not empty and not long")
        for text in [one.id, one.customer, one.thread ?? "", one.message?.subject ?? "", one.message?.text ?? ""] {
            try expect(!text.utf8.contains(0), "no text holds U+0000")
        }
        let length = one.message?.text.utf8.count ?? 0
        try expect(length <= MailBody.longestText, "a text is at most 1 MB")
        try expect(!one.facet.identifiers.isEmpty, "an interaction has a customer")
        for shown in one.facet.identifiers {
            // A refusal is a spelling that is not its own: nil is told below.
            let again = try? settings.normaliser.identifier(
                kind: shown.identifier.kind.name, scope: shown.identifier.scope, value: shown.identifier.value)
            try expect(again == shown.identifier, "\(shown.identifier) is its own canonical spelling")
        }
        try expect(String(validating: one.body, as: UTF8.self) != nil, "a body is UTF-8")
        guard let body = try? JSONValue(one.body), body.kind == .object else {
            throw BrokenPromise("a body is a JSON object: \(String(decoding: one.body, as: UTF8.self))")
        }
        try expect(body.marks.isDisjoint(with: .dirty), "a body is what PostgreSQL can hold")
        if let quotedAt = body["detail"]?["quoted_at"]?.integer {
            try expect(quotedAt >= 0 && quotedAt <= length, "a quote begins within the text")
        }
    }

    /// A mailbox file, a Maildir and IMAP differ in line ends and in the fields on top: the id is the same, and a foreign
    /// server's line on top makes nobody verified.
    private static func carried(_ bytes: [UInt8], _ found: [IntakeItem], isCut: Bool) throws(BrokenPromise) {
        guard !isCut, beginsWithField(bytes) else { return }
        if !bytes.contains(0x0D) {
            let network = bytes.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
            try expect(names(items(network)) == names(found), "line ends do not count in an id")
        }
        // Line ends of CR alone (an old Macintosh's file): no server carries such a mail, and a line above it ends otherwise.
        guard bytes.prefix(64 << 10).contains(0x0A) || !bytes.contains(0x0D) else { return }
        let line = "Received: from a.example by mx.elsewhere.example with SMTP; Tue, 3 Nov 2026 00:00:00 +0000\n"
        let traced = items(Array(line.utf8) + bytes)
        try expect(names(traced) == names(found), "fields on top do not count in an id")
        try expect(!isVerified(traced), "below a foreign server nobody is verified")
    }

    /// `Name:`, so that a field put before it is a field of the same mail.
    private static func beginsWithField(_ bytes: [UInt8]) -> Bool {
        let name = bytes.prefix { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }
        return !name.isEmpty && name.count < bytes.count && bytes[name.count] == UInt8(ascii: ":")
    }
}

extension Interaction {
    /// The body's flags as they are spelt in it.
    fileprivate var flags: String {
        // That a body is JSON is promised elsewhere.
        guard let flags = try? JSONValue(body)["flags"] else { return "" }
        return String(decoding: flags.canonical, as: UTF8.self)
    }
}
