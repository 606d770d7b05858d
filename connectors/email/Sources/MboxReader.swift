internal import Contact

/// Reads an mbox as a stream, whichever of its dialects it is.
///
/// A message begins at a line `From ADDRESS DATE` after an empty line (or at the beginning), or without an empty line where
/// a header field follows; a line that begins so but has no time in it is text that nobody quoted. `>From ` at the
/// beginning of a line loses one `>`. Content-Length is not believed: programs that edit a mailbox do not mend it.
struct MboxReader {
    private let file: FileReading
    private var buffer: [UInt8]
    private var start = 0
    private var isAtEnd = false
    /// The From_ line of the message that is to be read next.
    private var opening: [UInt8]?
    /// Messages given so far.
    private(set) var count = 0
    /// Bytes read since this was last set to 0.
    var takenSinceLast: Int64

    private static let from = Array("From ".utf8)

    /// Longer lines come in pieces: only the beginning of one can be a separator.
    private static let longestLine = 64 << 10

    /// `beginning` was read from the file already; its first From_ line is at `start` (see ``start(of:)``).
    init(_ file: FileReading, beginning: [UInt8], start: Int) {
        self.file = file
        self.start = start
        buffer = beginning
        takenSinceLast = Int64(beginning.count)
    }

    /// Where the first From_ line of a mailbox begins, after a byte order mark and empty lines; nil where it is no mailbox.
    static func start(of beginning: [UInt8]) -> Int? {
        var rest = beginning[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        rest = rest.drop { $0 == 0x0A || $0 == 0x0D }
        return rest.starts(with: from) ? rest.startIndex : nil
    }

    /// The next message, and the time of its From_ line; nil at the end.
    mutating func next() throws -> (raw: RawInput, time: Int64?)? {
        if opening == nil {
            guard let first = try line(), first.isStart else { return nil }
            opening = Array(first.bytes)
        }
        guard let head = opening else { return nil }
        opening = nil
        count += 1
        var message = GrowingMail()
        // An empty line is the mailbox's own where a separator or nothing follows.
        var held: [UInt8] = []
        while let (bytes, isStart) = try line() {
            if isStart, Self.isSeparator(bytes) {
                var begins = !held.isEmpty
                if !begins { begins = try fieldFollows() }
                if begins {
                    opening = Array(bytes)
                    break
                }
            }
            message.append(held[...])
            held = []
            if isStart, bytes.elementsEqual([0x0A]) || bytes.elementsEqual([0x0D, 0x0A]) {
                held = Array(bytes)
            } else {
                message.append(isStart && Self.isQuoted(bytes) ? bytes.dropFirst() : bytes)
            }
        }
        return (message.finished(), Self.time(head[...]))
    }

    /// The next line with its end, or a piece of one that is very long; whether it begins a line.
    private mutating func line() throws -> (bytes: ArraySlice<UInt8>, isStart: Bool)? {
        let isStart = nextIsStart
        var scan = start
        while true {
            let limit = min(buffer.count, start + Self.longestLine)
            while scan < limit, buffer[scan] != 0x0A { scan += 1 }
            if scan < limit {
                let line = buffer[start...scan]
                start = scan + 1
                nextIsStart = true
                return (line, isStart)
            }
            if scan - start >= Self.longestLine || (isAtEnd && scan > start) {
                let piece = buffer[start..<scan]
                start = scan
                nextIsStart = false
                return (piece, isStart)
            }
            guard !isAtEnd else { return nil }
            scan -= start
            try fill()
        }
    }

    /// Reads on, and drops what was given from the buffer.
    private mutating func fill() throws {
        let more = try file.read(most: 256 << 10)
        takenSinceLast += Int64(more.count)
        if more.isEmpty { isAtEnd = true }
        buffer.removeFirst(start)
        start = 0
        buffer.append(contentsOf: more)
    }

    /// Whether the line that comes next begins as a header field does: `Name:`, within its first 100 bytes.
    private mutating func fieldFollows() throws -> Bool {
        var offset = 0
        while offset < 100 {
            if start + offset == buffer.count {
                guard !isAtEnd else { return false }
                try fill()
                continue
            }
            let byte = buffer[start + offset]
            if byte == 0x3A { return offset > 0 }
            guard (0x21...0x7E).contains(byte) else { return false }
            offset += 1
        }
        return false
    }

    private var nextIsStart = true

    /// `From x Sat Jan  3 01:05:34 1996`: the word, and a time of day somewhere behind it.
    private static func isSeparator(_ line: ArraySlice<UInt8>) -> Bool {
        guard line.count < 1_000, line.starts(with: Self.from) else { return false }
        return time(line) != nil
    }

    /// `>From `, `>>From `, …
    private static func isQuoted(_ line: ArraySlice<UInt8>) -> Bool {
        let rest = line.drop { $0 == 0x3E }
        return rest.startIndex > line.startIndex && rest.starts(with: Self.from)
    }

    /// The moment of a From_ line, taken for UTC unless it states an offset; nil where it holds none.
    static func time(_ line: ArraySlice<UInt8>) -> Int64? {
        let words = String(decoding: line.prefix(1_000), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard let clock = words.firstIndex(where: { $0.contains(":") && isClock($0) }), clock >= 2 else { return nil }
        let months = [
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ]
        let around = words[max(1, clock - 3)..<min(words.count, clock + 4)]
        guard let month = around.lazy.compactMap({ months.firstIndex(of: String($0.lowercased().prefix(3))) }).first,
            let year = around.lazy.compactMap({ $0.count == 4 ? Int($0) : nil }).first(where: { $0 > 1969 }),
            let day = around.lazy.compactMap({ $0.count <= 2 ? Int($0) : nil }).first
        else { return nil }
        let parts = words[clock].split(separator: ":").compactMap { Int($0) }
        let date = CivilDate(year: year, month: month + 1, day: day)
        guard date.exists, parts.count >= 2, parts[0] < 24, parts[1] < 60 else { return nil }
        var seconds = Int64(date.daysSince1970) * 86_400 + Int64(parts[0] * 3_600 + parts[1] * 60)
        if parts.count > 2 { seconds += Int64(parts[2]) }
        if let zone = around.first(where: { $0.count == 5 && ($0.first == "+" || $0.first == "-") }),
            let offset = Int(zone.dropFirst())
        {
            let minutes = offset / 100 * 60 + offset % 100
            seconds -= Int64((zone.first == "-" ? -1 : 1) * minutes * 60)
        }
        return seconds >= 0 ? seconds * 1_000_000 : nil
    }

    private static func isClock(_ word: Substring) -> Bool {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        return (2...3).contains(parts.count) && parts.allSatisfy { $0.count == 2 && $0.allSatisfy(\.isNumber) }
    }
}
