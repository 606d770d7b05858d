import Contact

@testable import EmailConnector

/// What holds of anything that an IMAP server may send.
enum IMAPPromises {
    static func read(_ bytes: [UInt8]) { _ = imapResponses(bytes) }

    static func check(_ bytes: [UInt8]) throws(BrokenPromise) {
        let whole = imapResponses(bytes)
        let told = texts(whole)
        // Cut after each byte, and into pieces whose length depends on the bytes.
        let place = Int(bytes.prefix(64).reduce(UInt32(bytes.count)) { $0 &* 31 &+ UInt32($1) }) % max(1, bytes.count)
        for piece in [1, place + 1] {
            try expect(texts(imapResponses(bytes, piece: piece)) == told, "pieces of \(piece) are read as the whole is")
        }
        let beginning = imapResponses(Array(bytes.prefix(place)))
        try expect(
            told.starts(with: texts((beginning.responses, nil))), "what was said does not depend on what comes after")
        if whole.broken == nil {
            let twice = imapResponses(Array("* 1 EXISTS\r\n".utf8) + bytes)
            try expect(texts(twice).dropFirst() == told[...], "a response begins anew after another")
        }
        var held = 0
        for response in whole.responses { held += try sound(response) }
        try expect(held <= bytes.count, "no more is held than came")
        try names(bytes)
    }

    private static func texts(_ read: (responses: [IMAPResponse], broken: IMAPBreak?)) -> [String] {
        read.responses.map(text) + (read.broken.map { ["broken: \($0)"] } ?? [])
    }

    /// All that a response holds; what has no order, in one.
    private static func text(_ response: IMAPResponse) -> String {
        func sorted(_ numbers: [String: UInt64]) -> [String] { numbers.map { "\($0.key) \($0.value)" }.sorted() }
        switch response {
        case .mailboxStatus(let name, let numbers): return "status \(name) \(sorted(numbers))"
        case .extendedSearch(let numbers, let all): return "search \(sorted(numbers)) \(all)"
        case .list(let mailbox):
            return "list \(mailbox.name) \(mailbox.attributes.sorted()) \(mailbox.delimiter.map(String.init) ?? "")"
        default: return "\(response)"
        }
    }

    /// Checks one response; the octets that it holds of a mail.
    private static func sound(_ response: IMAPResponse) throws(BrokenPromise) -> Int {
        switch response {
        case .goAhead(let text), .unreadable(let text): try legible(text)
        case .done(_, let status), .said(let status): try legible(status.text)
        case .vanished(_, let ranges), .extendedSearch(_, all: let ranges):
            try expect(ranges.allSatisfy { $0.lowerBound <= $0.upperBound }, "a range goes upwards")
        case .fetch(let mail):
            if let body = mail.body {
                try expect(body.cut == nil, "a short literal is held whole")
                return body.bytes.count
            }
        default: break
        }
        return 0
    }

    /// Shown to people, in logs and in `contatto source list`.
    private static func legible(_ text: String) throws(BrokenPromise) {
        let isPlain = text.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
        }
        try expect(isPlain, "what a server says is shown without tricks: \(text.debugDescription)")
        try expect(text.utf8.count <= 1_000, "what a server says is one short line: \(text.utf8.count) bytes")
    }

    /// A mailbox's name, spelt for the wire, comes back.
    private static func names(_ bytes: [UInt8]) throws(BrokenPromise) {
        let name = Text.repaired(Array(bytes.prefix(300))).text
        let wire = ModifiedUTF7.encoded(name)
        try expect(wire.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "a name is spelt in ASCII")
        try expect(ModifiedUTF7.decoded(Array(wire.utf8)) == name, "a name that is spelt for the wire comes back")
        _ = ModifiedUTF7.decoded(bytes)
        _ = IMAPDate.microseconds(bytes)
    }
}
