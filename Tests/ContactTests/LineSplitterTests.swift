import Contact
import Testing

@Suite struct LineSplitterTests {
    @Test func `whatever the pieces, the lines are those of the whole`() {
        var random = Seeded(41)
        for _ in 0..<300 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                UInt8(Int.random(in: 0...4, using: &random) == 0 ? 10 : 97)
            }
            var splitter = LineSplitter()
            var lines: [[UInt8]] = []
            var numbers: [Int] = []
            func take() {
                guard let chunk = splitter.take() else { return }
                numbers.append(chunk.firstLine)
                for case .whole(let range) in chunk.lines { lines.append(Array(chunk.bytes[range])) }
                numbers.append(chunk.firstLine + chunk.lines.count)
            }
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + Int.random(in: 1...20, using: &random))
                splitter.append(Array(bytes[start..<end]))
                start = end
                if Bool.random(using: &random) { take() }
            }
            #expect(splitter.isInLine == (bytes.last.map { $0 != 10 } ?? false))
            splitter.finish()
            take()
            #expect(splitter.take() == nil && splitter.held == 0)
            var expected = bytes.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
            if expected.last?.isEmpty == true { expected.removeLast() }
            #expect(lines == expected)
            // Each chunk begins where the one before ended.
            for place in stride(from: 1, to: numbers.count - 1, by: 2) { #expect(numbers[place] == numbers[place + 1]) }
        }
    }

    @Test func `of a line above 25 MB the beginning, the length and the hash are kept, and memory stays bounded`() {
        var splitter = LineSplitter()
        splitter.append(Array("first\n".utf8))
        var digest = Digest()
        let piece = [UInt8](repeating: 120, count: 1 << 20)
        for _ in 0..<40 {
            splitter.append(piece)
            digest.update(piece[...])
            #expect(splitter.held < 27 << 20)
        }
        #expect(splitter.held < 100)
        splitter.append(Array("end\nlast".utf8))
        digest.update(Array("end".utf8)[...])
        splitter.finish()
        let chunk = splitter.take()
        #expect(chunk?.lines.count == 3)
        guard let chunk, chunk.lines.count == 3, case .cut(let raw) = chunk.lines[1],
            case .whole(let last) = chunk.lines[2]
        else {
            Issue.record("the second line is not cut")
            return
        }
        #expect(raw.cut?.length == 40 * 1_048_576 + 3 && raw.bytes.count == 64 << 10)
        #expect(raw.cut?.sha256 == digest.finished())
        #expect(Array(chunk.bytes[last]) == Array("last".utf8))
    }
}
