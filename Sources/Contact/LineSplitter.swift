/// Cuts bytes that come in pieces into lines, in bounded memory.
///
/// A line is held whole up to 25 MB, so that it can be kept if it is refused; of a longer one the beginning, its length
/// and its hash are (FORMATS.md, Mail).
package struct LineSplitter: Sendable {
    package enum Line: Sendable {
        case whole(Range<Int>)
        /// Too long to be held.
        case cut(RawInput)
    }

    package struct Chunk: Sendable {
        /// Number of its first line, from 1.
        package var firstLine: Int
        package var bytes: [UInt8]
        package var lines: [Line]
    }

    private static let heldBytes = 25_000_000
    private static let keptBytes = 64 << 10

    /// A line that is only hashed any more.
    private struct Skipped: Sendable {
        let beginning: [UInt8]
        var length: Int64
        var digest: Digest
    }

    private var bytes: [UInt8] = []
    private var lines: [Line] = []
    private var lineStart = 0
    private var nextLine = 1
    private var skipped: Skipped?

    package init() {}

    /// Whole lines are there to be taken.
    package var hasLines: Bool { !lines.isEmpty }
    /// Bytes held, those of an unfinished line with them.
    package var held: Int { bytes.count }

    /// A line has begun and not ended.
    package var isInLine: Bool { skipped != nil || lineStart < bytes.count }

    package mutating func append(_ piece: [UInt8]) {
        var rest = piece[...]
        if skipped != nil, !skip(&rest) { return }
        var searched = bytes.count
        bytes.append(contentsOf: rest)
        while let end = bytes[searched...].firstIndex(of: 10) {
            lines.append(.whole(lineStart..<end))
            lineStart = end + 1
            searched = lineStart
        }
        if bytes.count - lineStart > Self.heldBytes { beginSkipping() }
    }

    /// Nothing more comes: what has no end of line is the last line.
    package mutating func finish() {
        if let skipped {
            lines.append(Self.cut(skipped))
            self.skipped = nil
        } else if lineStart < bytes.count {
            lines.append(.whole(lineStart..<bytes.count))
            lineStart = bytes.count
        }
    }

    /// The whole lines that are there; nil if there are none.
    package mutating func take() -> Chunk? {
        guard !lines.isEmpty else { return nil }
        let rest = Array(bytes[lineStart...])
        bytes.removeSubrange(lineStart...)
        let chunk = Chunk(firstLine: nextLine, bytes: bytes, lines: lines)
        nextLine += lines.count
        bytes = rest
        lines = []
        lineStart = 0
        return chunk
    }

    private mutating func beginSkipping() {
        let line = bytes[lineStart...]
        var digest = Digest()
        digest.update(line)
        skipped = Skipped(beginning: Array(line.prefix(Self.keptBytes)), length: Int64(line.count), digest: digest)
        bytes.removeSubrange(lineStart...)
    }

    /// Hashes on to the end of the line; false if it is not in this piece.
    private mutating func skip(_ piece: inout ArraySlice<UInt8>) -> Bool {
        guard var skipped else { return true }
        let end = piece.firstIndex(of: 10)
        let part = piece[..<(end ?? piece.endIndex)]
        skipped.digest.update(part)
        skipped.length += Int64(part.count)
        guard let end else {
            self.skipped = skipped
            return false
        }
        lines.append(Self.cut(skipped))
        self.skipped = nil
        piece = piece[(end + 1)...]
        return true
    }

    private static func cut(_ skipped: Skipped) -> Line {
        .cut(RawInput(skipped.beginning, cut: (skipped.length, skipped.digest.finished())))
    }
}

extension LineSplitter.Chunk {
    /// Its lines as items: what is empty is left out, what is too long is refused. Second, the numbers of those lines.
    package func items(
        _ reader: inout InteractionReader, arrival: Int64
    ) -> (items: [IntakeItem], numbers: [Int]) {
        var items: [IntakeItem] = []
        var numbers: [Int] = []
        items.reserveCapacity(lines.count)
        for (place, line) in lines.enumerated() {
            switch line {
            case .whole(let range):
                let range = trimmed(range)
                if range.isEmpty { continue }
                let outcome = reader.read(bytes.span.extracting(range), arrival: arrival)
                items.append(IntakeItem(outcome, raw: RawInput(Array(bytes[range]))))
            case .cut(let raw):
                let refusal = Refusal(.tooLarge, "it has \(raw.cut?.length ?? 0) bytes; the limit is 1048576")
                items.append(IntakeItem(.failure(refusal), raw: raw))
            }
            numbers.append(firstLine + place)
        }
        return (items, numbers)
    }

    /// Without the byte order mark that some editors begin a file with, and the CR that some end a line with.
    private func trimmed(_ line: Range<Int>) -> Range<Int> {
        var line = line
        if firstLine == 1, line.lowerBound == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            line = min(3, line.upperBound)..<line.upperBound
        }
        while let last = line.last, [0x0D, 0x20, 0x09].contains(bytes[last]) { line = line.dropLast() }
        return line
    }
}
