internal import Foundation
internal import Synchronization

/// The least that a client of a mailbox can do: it waits in IDLE (RFC 2177), fetches what is new, and prints it.
///
/// What the hub's latency is measured beside.
final class IdleClient: Sendable {
    /// When each mail had been printed, by its subject.
    private let printed = Mutex<[String: ContinuousClock.Instant]>([:])
    private let fault = Mutex<String?>(nil)
    private let output: FileHandle

    /// Begins to wait on a thread of its own, which goes with the process.
    init(port: Int, user: String, password: String, output: FileHandle) throws {
        self.output = output
        let socket = try LineSocket(port: port)
        _ = try socket.line()
        _ = try Self.ask(socket, "a LOGIN \(user) \(password)")
        let count = Self.exists(try Self.ask(socket, "b SELECT INBOX")) ?? 0
        let box = SocketBox(socket)
        Thread.detachNewThread {
            do { try self.wait(box.socket, count) } catch { self.fault.withLock { $0 = "\(error)" } }
        }
    }

    /// Handed to one thread, and used by no other from then on. Unchecked: the socket itself is no value that can be shared.
    private struct SocketBox: @unchecked Sendable {
        let socket: LineSocket
        init(_ socket: LineSocket) { self.socket = socket }
    }

    /// When the mail with this subject had been printed; nil while it has not been.
    func moment(_ subject: String) throws -> ContinuousClock.Instant? {
        if let fault = fault.withLock({ $0 }) { throw HubProcess.Unexpected("the bare client: \(fault)") }
        return printed.withLock { $0[subject] }
    }

    private func wait(_ socket: LineSocket, _ seen: Int) throws {
        var seen = seen
        while true {
            try socket.write("c IDLE\r\n")
            var there = seen
            while there == seen { there = Self.exists([try socket.line()]) ?? seen }
            try socket.write("DONE\r\n")
            var more = [try socket.line()]
            while !(more.last ?? "").hasPrefix("c ") { more.append(try socket.line()) }
            there = max(there, Self.exists(more) ?? 0)
            try socket.write("d FETCH \(seen + 1):\(there) (BODY.PEEK[])\r\n")
            while true {
                let line = try socket.line()
                if line.hasPrefix("d ") { break }
                guard line.hasSuffix("}"), let open = line.lastIndex(of: "{"),
                    let count = Int(line[line.index(after: open)...].dropLast())
                else { continue }
                let mail = try socket.octets(count)
                try output.write(contentsOf: Data(mail))
                let subject = String(decoding: mail, as: UTF8.self).split(separator: "\r\n")
                    .first { $0.hasPrefix("Subject: ") }?.dropFirst("Subject: ".count)
                printed.withLock { $0[String(subject ?? "")] = .now }
            }
            seen = there
        }
    }

    private static func ask(_ socket: LineSocket, _ command: String) throws -> [String] {
        try socket.write(command + "\r\n")
        var lines: [String] = []
        repeat { lines.append(try socket.line()) } while !(lines.last ?? "").hasPrefix(command.prefix(2))
        guard lines.last?.dropFirst(2).hasPrefix("OK") == true else {
            throw HubProcess.Unexpected("the mail server said: \(lines.last ?? "")")
        }
        return lines
    }

    /// The last number of mails that is told.
    private static func exists(_ lines: [String]) -> Int? {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            return words.count == 3 && words[2] == "EXISTS" ? Int(words[1]) : nil
        }.last
    }
}
