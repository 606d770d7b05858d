internal import Contact
internal import Glibc
internal import Storage

/// The answer of a command.
enum StandardOutput {
    static func write(_ line: String) { write(Array(line.utf8)) }

    /// Writes one line and hands it to the reader at once: an acknowledgement must not wait in a buffer.
    static func write(_ line: [UInt8]) { writeAll(line + [10], to: STDOUT_FILENO) }
}

/// Messages and progress.
enum StandardError {
    static func write(_ line: String) { writeAll(Array(line.utf8) + [10], to: STDERR_FILENO) }

    /// Whether somebody watches: progress is shown on a terminal only.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
    var start = 0
    while start < bytes.count {
        let written = unsafe bytes.span.withUnsafeBytes { buffer in
            unsafe Glibc.write(descriptor, buffer.baseAddress.map { unsafe $0 + start }, buffer.count - start)
        }
        if written < 0 && errno != EINTR { return }  // nobody reads any more
        start += max(0, written)
    }
}

/// Columns of text, the first line its heading.
struct Table {
    private var rows: [[String]]

    init(_ heading: String...) { rows = [heading] }

    mutating func add(_ cells: String...) { rows.append(cells) }

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
