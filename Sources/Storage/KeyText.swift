internal import Contact

/// A key as it is written: `contatto_<workspace>_<id>_<32 base62>_<check>`.
///
/// The check, five characters of the hash of what stands before it, tells a mistyped key from an unknown one without
/// asking anybody.
package struct KeyText: Hashable, Sendable {
    package enum Fault: Error, Sendable {
        /// Not of a key's shape at all.
        case shape
        /// A character of it is wrong.
        case check
    }

    package let workspace: Int64
    package let id: Int64
    private let secret: String

    /// A new key, its secret from the system's generator of random numbers.
    init(workspace: Int64, id: Int64) {
        self.workspace = workspace
        self.id = id
        var random = SystemRandomNumberGenerator()
        secret = String(
            decoding: (0..<32).map { _ in Self.digits[Int.random(in: 0..<62, using: &random)] }, as: UTF8.self)
    }

    package init(_ text: String) throws(Fault) {
        // Bounded before anything is read: it comes from whoever knocks.
        guard text.utf8.count <= 100 else { throw .shape }
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "contatto", let workspace = Int64(parts[1]), workspace > 0,
            let id = Int64(parts[2]), id > 0, parts[3].utf8.count == 32,
            parts[3].utf8.allSatisfy({ Self.digits.contains($0) })
        else { throw .shape }
        self.workspace = workspace
        self.id = id
        secret = String(parts[3])
        guard self.text == text else { throw .check }
    }

    package var text: String { "\(body)_\(Self.check(body))" }

    /// What is stored of it.
    package var hash: [UInt8] { Digest.sha256(Array(text.utf8)) }

    private var body: String { "contatto_\(workspace)_\(id)_\(secret)" }

    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    private static func check(_ body: String) -> String {
        var number = Digest.sha256(Array(body.utf8)).prefix(7).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var text: [UInt8] = []
        for _ in 0..<5 {
            text.append(digits[Int(number % 62)])
            number /= 62
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension KeyText: CustomStringConvertible {
    /// Without the secret: what a log or an error may show.
    package var description: String { "key \(id) of workspace \(workspace)" }
}
