internal import Foundation
internal import Glibc

/// How many times a second the disk says that 8 kB are durable (fdatasync), as PostgreSQL asks at each commit.
func flushRate(in folder: String) -> Int {
    let path = folder + "/flush-rate"
    let descriptor = unsafe open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return 0 }
    defer {
        close(descriptor)
        unsafe unlink(path)
    }
    let page = [UInt8](repeating: 7, count: 8192)
    let clock = ContinuousClock()
    let start = clock.now
    var flushes = 0
    while start.duration(to: clock.now) < .seconds(1) {
        _ = unsafe page.span.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        fdatasync(descriptor)
        flushes += 1
    }
    return flushes
}

/// Minimum, median and maximum of several measurements.
struct Spread {
    private let sorted: [Double]
    init(_ values: [Double]) { sorted = values.sorted() }
    var median: Double { sorted.isEmpty ? 0 : sorted[sorted.count / 2] }

    /// `low – median – high`, in thousands with one digit.
    var thousands: String {
        [sorted.first ?? 0, median, sorted.last ?? 0].map { Spread.rounded($0 / 1000, digits: 1) + " k" }
            .joined(separator: " – ")
    }

    static func rounded(_ value: Double, digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let whole = Int((value * scale).rounded())
        let fraction = String(abs(whole) % Int(scale))
        guard digits > 0 else { return String(whole) }
        return "\(whole / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
