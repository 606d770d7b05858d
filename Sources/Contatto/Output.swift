internal import Contact
internal import Glibc
internal import Storage

/// The answer of a command.
enum StandardOutput {
    static func write(_ line: String) { write(Array(line.utf8)) }

    /// Writes one line and hands it to the reader at once: an acknowledgement must not wait in a buffer.
    /// Where nobody reads any more the command ends: going on without being able to say so helps nobody.
    static func write(_ line: [UInt8]) {
        if let failure = writeAll(line + [10], to: STDOUT_FILENO) {
            StandardError.write("contatto: the answer cannot be written: \(failure)")
            exit(Ending.Status.failed.rawValue)
        }
    }
}

/// Messages and progress.
enum StandardError {
    /// Without anybody to read it a message is lost, and nothing else is.
    static func write(_ line: String) { _ = writeAll(Array(line.utf8) + [10], to: STDERR_FILENO) }

    /// Writes over the last progress.
    static func progress(_ line: String) { _ = writeAll(Array("\r\u{1B}[2K\(line)".utf8), to: STDERR_FILENO) }

    /// Whether somebody watches: progress is shown on a terminal only.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Writes all of it, waiting where the reader is slow; else says why not.
private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> String? {
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
            return unsafe String(cString: strerror(errno))
        }
    }
    return nil
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
