internal import ContactTesting
internal import Foundation

/// Lines that a client posts in one request.
struct Parcel: Sendable {
    enum Form: CaseIterable, Sendable {
        /// One interaction, as JSON.
        case object
        /// A JSON array.
        case array
        /// NDJSON, its length announced.
        case lines
        /// NDJSON in chunks, with pauses, as from somebody who has them as they happen.
        case stream

        var contentType: String {
            switch self {
            case .object, .array: "application/json"
            case .lines, .stream: "application/x-ndjson"
            }
        }

        /// Whether the answer acknowledges piece by piece.
        var isAcknowledgedByLine: Bool { self == .lines || self == .stream }

        fileprivate var sizes: ClosedRange<Int> {
            switch self {
            case .object: 1...1
            case .array: 2...30
            case .lines: 2...60
            case .stream: 50...200
            }
        }
    }

    let form: Form
    let lines: Range<Int>
    /// After the start.
    let due: Duration

    /// Cuts so many lines into parcels, each due when its last line is there, at a steady rate.
    static func cut(_ count: Int, over length: Duration, using random: inout some RandomNumberGenerator) -> [Parcel] {
        var parcels: [Parcel] = []
        var start = 0
        while start < count {
            let form: Form =
                switch Int.random(in: 0..<20, using: &random) {
                case ..<5: .object
                case ..<12: .array
                case ..<18: .lines
                default: .stream
                }
            let end = min(count, start + Int.random(in: form.sizes, using: &random))
            let due = length * (Double(end) / Double(count))
            parcels.append(Parcel(form: form, lines: start..<end, due: due))
            start = end
        }
        return parcels
    }

    /// The request's body with what is left of the lines.
    func body(_ left: ArraySlice<[UInt8]>) -> HTTPConnection.Body {
        switch form {
        case .object: .whole(left.first ?? [])
        case .array: .whole([0x5B] + left.joined(separator: [0x2C]) + [0x5D])
        // The last line may end without an end of line.
        case .lines: .whole(Array(left.joined(separator: [10])) + (left.count.isMultiple(of: 2) ? [10] : []))
        case .stream: .pieces(length: nil, Self.pieces(left))
        }
    }

    private static func pieces(_ left: ArraySlice<[UInt8]>) -> () -> [UInt8]? {
        var left = left
        return {
            guard !left.isEmpty else { return nil }
            Thread.sleep(forTimeInterval: Double.random(in: 0...0.01))
            let some = left.prefix(Int.random(in: 5...40))
            left = left.dropFirst(some.count)
            var bytes = Array(some.joined(separator: [10]))
            bytes.append(10)
            return bytes
        }
    }
}
