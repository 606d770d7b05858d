internal import Foundation

/// Mails of any size, written a piece at a time.
struct LargeMail {
    /// A line of base64 as an attachment has it.
    private static let line = Array(String(repeating: "Q29udGF0dG8g", count: 6).utf8) + [13, 10]
    private static let piece = Array(repeatElement(line, count: 14_000).joined())

    private var state: UInt64 = 88
    private var number = 0

    /// One mail with an attachment of about so many bytes, as pieces.
    mutating func pieces(_ bytes: Int) -> () -> [UInt8]? {
        number += 1
        var head: [UInt8]? = Self.head(number)
        var left = bytes
        var isClosed = false
        return {
            if let first = head.take() { return first }
            let count = min(left, Self.piece.count) / Self.line.count * Self.line.count
            guard count == 0 else {
                left -= count
                return Array(Self.piece.prefix(count))
            }
            defer { isClosed = true }
            return isClosed ? nil : Array("--grande--\r\n".utf8)
        }
    }

    /// Mails of all sizes, from some kilobytes to ten megabytes, until there are so many bytes in the mailbox.
    mutating func writeMailbox(_ bytes: Int, to handle: FileHandle) throws -> Int {
        var written = 0
        var mails = 0
        while written < bytes {
            let size = random(100) < 5 ? 1 << 20 + random(9 << 20) : 2_000 + random(400_000)
            let next = pieces(size)
            try handle.write(contentsOf: Data("From cliente@posta.example Fri Nov 27 10:00:00 2026\n".utf8))
            while let piece = next() {
                written += piece.count
                try handle.write(contentsOf: Data(piece))
            }
            try handle.write(contentsOf: Data("\n".utf8))
            mails += 1
        }
        return mails
    }

    private static func head(_ number: Int) -> [UInt8] {
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
