/// An answer over HTTP/1.1, as it was read from the wire.
package struct HTTPReply: Sendable {
    package fileprivate(set) var status = 0
    /// Values by name in lower case.
    package fileprivate(set) var fields: [String: String] = [:]
    package fileprivate(set) var body: [UInt8] = []

    /// Whether the server ends the connection with it.
    package var closes: Bool { fields["connection"]?.lowercased() == "close" }
    /// Seconds after which to come again.
    package var retryAfter: Int? { fields["retry-after"].flatMap { Int($0) } }
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// Reads one answer from what comes, piece by piece.
    package struct Parser {
        private enum State {
            case head
            case counted(Int)
            case chunkSize
            case chunk(Int)
            case chunkEnd
            case trailer
            case untilEnd
            case done
        }

        package private(set) var reply = HTTPReply()
        /// What follows the answer, or is not read yet.
        private(set) var rest: [UInt8] = []
        package private(set) var fault: String?
        private var state = State.head
        /// What a test may collect; a server's answers are small, except those that acknowledge line by line.
        private static let mostKept = 1 << 20

        package init() {}

        var isDone: Bool { if case .done = state { true } else { false } }

        package mutating func take(_ bytes: [UInt8], _ onBody: ([UInt8]) -> Void) {
            rest += bytes
            while fault == nil, step(onBody) {}
        }

        /// The connection's end, which is some answers' end.
        mutating func end() {
            if case .untilEnd = state { state = .done }
        }

        /// Whether there was enough to go on.
        private mutating func step(_ onBody: ([UInt8]) -> Void) -> Bool {
            switch state {
            case .done: return false
            case .head:
                guard let head = takeHead() else { return false }
                read(head)
                return true
            case .counted(let left):
                let count = hand(left, onBody)
                state = left == count ? .done : .counted(left - count)
                return count > 0
            case .untilEnd: return hand(.max, onBody) > 0
            case .chunkSize:
                guard let line = takeLine() else { return false }
                guard let size = Int(line.prefix { $0 != ";" }, radix: 16) else {
                    fault = "a chunk of size \(line.prefix(20))"
                    return false
                }
                state = size == 0 ? .trailer : .chunk(size)
                return true
            case .chunk(let left):
                let count = hand(left, onBody)
                state = left == count ? .chunkEnd : .chunk(left - count)
                return count > 0
            case .chunkEnd:
                guard takeLine() != nil else { return false }
                state = .chunkSize
                return true
            case .trailer:
                guard let line = takeLine() else { return false }
                if line.isEmpty { state = .done }
                return true
            }
        }

        private mutating func hand(_ most: Int, _ onBody: ([UInt8]) -> Void) -> Int {
            let piece = Array(rest.prefix(most))
            guard !piece.isEmpty else { return 0 }
            rest.removeFirst(piece.count)
            if reply.body.count < Self.mostKept { reply.body += piece }
            onBody(piece)
            return piece.count
        }

        private mutating func takeHead() -> [String]? {
            var lines: [String] = []
            var start = 0
            while let end = rest[start...].firstIndex(of: 10) {
                let line = String(decoding: rest[start..<end], as: UTF8.self)
                start = end + 1
                guard line != "\r" else {
                    rest.removeFirst(start)
                    return lines
                }
                lines.append(line.hasSuffix("\r") ? String(line.dropLast()) : line)
            }
            return nil
        }

        private mutating func takeLine() -> String? {
            guard let end = rest.firstIndex(of: 10) else { return nil }
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest.removeFirst(end + 1)
            return line.filter { $0 != "\r" }
        }

        private mutating func read(_ head: [String]) {
            let words = head.first?.split(separator: " ") ?? []
            guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
                fault = head.first ?? "nothing"
                return
            }
            reply.status = status
            reply.fields = [:]
            for line in head.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                reply.fields[line[..<colon].lowercased()] = String(value)
            }
            // 100 Continue and its like precede the answer.
            if status < 200 { return }
            if reply.fields["transfer-encoding"]?.lowercased() == "chunked" {
                state = .chunkSize
            } else if let length = reply.fields["content-length"].flatMap({ Int($0) }) {
                state = length == 0 ? .done : .counted(length)
            } else {
                state = status == 204 || status == 304 ? .done : .untilEnd
            }
        }
    }
}
