internal import Contact
internal import Glibc
internal import Postgres

/// The answer of a command.
enum StandardOutput {
    private static let broken = Monitor<String?>(nil)

    /// Why the answer could not be written; nil = all of it was.
    static var failure: String? { broken.withLock { $0 } }

    /// Writes a line for people: what came from outside cannot steer their terminal.
    static func write(_ line: String) { write(Array(Plain.text(line).utf8)) }

    /// Writes one line and hands it to the reader at once: an acknowledgement must not wait in a buffer.
    /// Where nobody reads any more the command is cancelled, and `ending` gives its status: it still leaves in order.
    static func write(_ line: [UInt8]) {
        guard failure == nil, let code = writeAll(line + [10], to: STDOUT_FILENO) else { return }
        let reason = unsafe String(cString: strerror(code))
        broken.withLock { $0 = reason }
        // Not a word where the reader has left, as after `| head`.
        if code != EPIPE { StandardError.write("contatto: the answer cannot be written: \(reason)") }
        unsafe withUnsafeCurrentTask { task in unsafe task?.cancel() }
    }
}

/// Messages and progress.
enum StandardError {
    /// Without anybody to read it a message is lost, and nothing else is.
    static func write(_ line: String) { _ = writeAll(Array(Plain.text(line).utf8) + [10], to: STDERR_FILENO) }

    /// Writes over the last progress.
    static func progress(_ line: String) { _ = writeAll(Array("\r\u{1B}[2K\(line)".utf8), to: STDERR_FILENO) }

    /// Whether somebody watches: progress is shown on a terminal only.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Text as it is shown to people.
enum Plain {
    /// Without what a terminal would obey: control characters but line ends and tabs, and marks that turn the direction
    /// of writing, each shown as U+FFFD.
    static func text(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isObeyed) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isObeyed($0) ? "\u{FFFD}" : $0 }))
    }

    private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: false
        case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

/// Writes all of it, waiting where the reader is slow; else gives the errno of why not.
private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
    var start = 0
    while start < bytes.count {
        let written = unsafe bytes.span.withUnsafeBytes { buffer in
            unsafe Glibc.write(descriptor, buffer.baseAddress.map { unsafe $0 + start }, buffer.count - start)
        }
        if written >= 0 {
            start += written
        } else if errno == EAGAIN {
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            unsafe poll(&ready, 1, -1)
        } else if errno != EINTR {
            return errno
        }
    }
    return nil
}

/// Columns of text, the first line its heading.
struct Table {
    private var rows: [[String]]

    init(_ heading: String...) { rows = [heading] }
    init(_ heading: [String]) { rows = [heading] }

    mutating func add(_ cells: String...) { rows.append(cells) }
    mutating func add(_ cells: [String]) { rows.append(cells) }

    func print() {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        for row in rows {
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                if column < row.count - 1 {
                    line += String(repeating: " ", count: widths[column] - cell.count + 2)
                }
            }
            StandardOutput.write(line)
        }
    }
}

/// Wall-clock time, as every row that records "when" states it.
func currentMicroseconds() -> Int64 {
    var now = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
}
