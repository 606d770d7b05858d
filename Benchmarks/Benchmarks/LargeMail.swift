internal import Foundation

/// Mails of any size, written a piece at a time.
struct LargeMail {
    /// A line of base64 as an attachment has it.
    fileprivate static let line = Array(String(repeating: "Q29udGF0dG8g", count: 6).utf8) + [13, 10]
    fileprivate static let piece = Array(repeatElement(line, count: 14_000).joined())

    private var state: UInt64 = 88
    private var number = 0

    /// One mail with an attachment of at most so many bytes, handed out a piece at a time.
    struct Pieces {
        private let head: [UInt8]
        private let whole: Int
        private let lines: Int
        private var place = -1

        fileprivate init(_ number: Int, _ bytes: Int) {
            head = LargeMail.head(number)
            whole = bytes / LargeMail.piece.count
            lines = bytes % LargeMail.piece.count / LargeMail.line.count
        }

        /// nil once all of it is out.
        mutating func next() -> [UInt8]? {
            place += 1
            if place == 0 { return head }
            if place <= whole { return LargeMail.piece }
            if place == whole + 1 {
                return Array(LargeMail.piece.prefix(lines * LargeMail.line.count)) + Array("--grande--\r\n".utf8)
            }
            return nil
        }
    }

    mutating func pieces(_ bytes: Int) -> Pieces {
        number += 1
        return Pieces(number, bytes)
    }

    /// Mails of all sizes, from some kilobytes to ten megabytes, until there are so many bytes in the mailbox.
    mutating func writeMailbox(_ bytes: Int, to handle: FileHandle) throws -> Int {
        var written = 0
        var mails = 0
        while written < bytes {
            let size = random(100) < 5 ? 1 << 20 + random(9 << 20) : 2_000 + random(400_000)
            var pieces = pieces(size)
            try handle.write(contentsOf: Data("From cliente@posta.example Fri Nov 27 10:00:00 2026\n".utf8))
            while let piece = pieces.next() {
                written += piece.count
                try handle.write(contentsOf: Data(piece))
            }
            try handle.write(contentsOf: Data("\n".utf8))
            mails += 1
        }
        return mails
    }

    fileprivate static func head(_ number: Int) -> [UInt8] {
        let lines = [
            "From: \"Cliente \(number)\" <cliente\(number)@posta.example>", "To: ciao@bottega.example",
            "Subject: Foto \(number)", "Date: Fri, 27 Nov 2026 10:00:\(10 + number % 50) +0000",
            "Message-ID: <grande.\(number)@posta.example>", "MIME-Version: 1.0",
            "Content-Type: multipart/mixed; boundary=\"grande\"", "", "--grande",
            "Content-Type: text/plain; charset=utf-8", "", "Ecco le foto.", "--grande",
            "Content-Type: image/jpeg; name=\"foto-\(number).jpg\"", "Content-Transfer-Encoding: base64",
            "Content-Disposition: attachment; filename=\"foto-\(number).jpg\"", "", "",
        ]
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    private mutating func random(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) % UInt64(bound))
    }
}
