internal import Foundation
internal import Postgres

/// A reader of the stream on a thread of its own: keeps when each position came.
final class EventStream: Sendable {
    private struct State {
        var arrivals: [Int64: ContinuousClock.Instant] = [:]
        var last: Int64 = 0
        var failure: String?
    }

    private let state = Monitor(State())

    static func request(_ key: String) -> String {
        "GET /v1/changes?after=now HTTP/1.1\r\nHost: hub\r\nAccept: text/event-stream\r\nAuthorization: Bearer \(key)\r\n\r\n"
    }

    /// One that is not timed looks only for the last position of each piece: what it costs is the hub's, not its own.
    init(port: Int, key: String, isTimed: Bool = true) throws {
        let socket = Open(try LineSocket(port: port))
        try socket.socket.write(Self.request(key))
        while try !socket.socket.line().hasPrefix("retry:") {}
        let state = state
        let thread = Thread {
            do {
                var buffer = [UInt8](repeating: 0, count: 1 << 18)
                while !isTimed {
                    let count = try socket.socket.read(into: &buffer)
                    guard let position = Self.lastPosition(buffer[..<count]) else { continue }
                    state.change { $0.last = max($0.last, position) }
                }
                while true {
                    let line = try socket.socket.line()
                    guard line.hasPrefix("id: "), let point = line.utf8.lastIndex(of: UInt8(ascii: ".")),
                        let position = Int64(line[line.utf8.index(after: point)...])
                    else { continue }
                    let now = ContinuousClock.now
                    state.change { state in
                        state.arrivals[position] = now
                        state.last = max(state.last, position)
                    }
                }
            } catch {
                state.change { $0.failure = "\(error)" }
            }
        }
        thread.start()
    }

    /// Handed to the thread, which alone uses it from then on.
    private final class Open: @unchecked Sendable {
        let socket: LineSocket
        init(_ socket: LineSocket) { self.socket = socket }
    }

    /// Of the last event that begins in a piece of the stream, if its `id` is whole.
    private static func lastPosition(_ piece: ArraySlice<UInt8>) -> Int64? {
        let mark = Array("\nid: ".utf8)
        let tail = piece.suffix(4_096)
        var place = tail.endIndex - 60
        while place > tail.startIndex {
            if tail[place] == mark[0], tail[place..<(place + mark.count)].elementsEqual(mark) {
                let line = tail[(place + mark.count)...].prefix { $0 != mark[0] }
                let digits = line.drop { $0 != UInt8(ascii: ".") }.dropFirst()
                return Int64(String(decoding: digits, as: UTF8.self))
            }
            place -= 1
        }
        return nil
    }

    /// When each came, once that one has.
    func wait(until position: Int64) throws -> [Int64: ContinuousClock.Instant] {
        let found = state.wait(atMost: .seconds(120)) { state -> [Int64: ContinuousClock.Instant]? in
            state.last >= position || state.failure != nil ? state.arrivals : nil
        }
        guard let found, state.withLock({ $0.last }) >= position else {
            throw HubProcess.Unexpected("a reader of the stream never came to \(position)")
        }
        return found
    }
}

/// Reads pages over one connection.
final class PageReader {
    private let socket: LineSocket
    private let key: String

    init(port: Int, key: String) throws {
        socket = try LineSocket(port: port)
        self.key = key
    }

    func page(_ query: String) throws -> (next: String, body: [UInt8]) {
        try socket.write("GET /v1/changes\(query) HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer \(key)\r\n\r\n")
        var length = 0
        var next = ""
        let status = try socket.line()
        guard status.contains(" 200 ") else { throw HubProcess.Unexpected("a page was answered with \(status)") }
        while true {
            let line = try socket.line()
            if line.isEmpty { break }
            let lower = line.lowercased()
            if lower.hasPrefix("content-length:") { length = Int(line.dropFirst(15).drop { $0 == " " }) ?? 0 }
            if lower.hasPrefix("contatto-next:") { next = String(line.dropFirst(14).drop { $0 == " " }) }
        }
        return (next, try socket.octets(length))
    }

    /// How many events there are.
    func readAll(_ types: String) throws -> Int {
        var after = "oldest"
        var count = 0
        let mark = Array(#""specversion""#.utf8)
        let more = Array(#""more":true}"#.utf8)
        while true {
            let (next, body) = try page("?limit=5000&after=\(after)\(types)")
            // Found by a byte that stands nowhere else so often: cheap, as a reader in C would be.
            count += body.count { $0 == UInt8(ascii: "{") } / 2
            precondition(
                body.count < 20 || body.firstRange(of: mark) != nil || !body.starts(with: Array("{\"changes\":[{".utf8))
            )
            guard body.suffix(more.count).elementsEqual(more) else { return count }
            after = next
        }
    }

    func end() throws -> Int64 {
        let (next, _) = try page("?after=now")
        return next.split(separator: ".").last.flatMap { Int64($0) } ?? 0
    }
}
