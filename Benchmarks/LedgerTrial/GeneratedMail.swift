internal import Foundation
internal import GroundTruth

/// Generated mails as files, and what a database must hold once they are imported.
struct GeneratedMail {
    /// The messages' files, in the order of time.
    let files: [String]
    let expected: Expected

    static let company = "bottega.example"

    /// Writes so many messages below `folder`.
    init(_ count: Int, seed: UInt64, in folder: String) throws {
        // About five mails a person and year; half as many again, for chance.
        var settings = Generator.Settings(seed: seed, persons: max(40, count * 3 / 10))
        settings.scope = .mailOnly
        // Among a few mails too there is to be one to several customers.
        settings.outgoingToThreeShare = count < 1_000 ? 0.1 : 0.02
        var maildir = try Maildir(at: folder)
        var expected = Expected()
        for one in Generator(settings).messages(count) {
            try maildir.write(one)
            try expected.add(mail: one)
        }
        try maildir.finish()
        guard maildir.count == count else { throw TrialFailure("the generator made \(maildir.count) mails only") }
        expected.finish()
        self.expected = expected
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/cur")
        // `SECONDS.NUMBER.bottega`: by the number, in which they were written.
        files = names.sorted { Self.number($0) < Self.number($1) }.map { "\(folder)/cur/\($0)" }
    }

    private static func number(_ name: String) -> Int {
        let parts = name.split(separator: ".")
        return parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    }
}

extension Expected {
    /// Takes an interaction of a mail. The ledger names the customer where a mail has several; the hub, which cannot
    /// know that a mail will stay the only one, names the recipient of every outgoing one.
    fileprivate mutating func add(mail one: Generated) throws {
        guard var line = try JSONSerialization.jsonObject(with: Data(one.line)) as? [String: Any],
            var ledger = try JSONSerialization.jsonObject(with: Data(one.ledgerLine)) as? [String: Any]
        else { throw TrialFailure("a generated mail cannot be read") }
        if one.direction == .outgoing, one.customer.isEmpty {
            let prefix = "presented email:"
            guard one.facet.hasPrefix(prefix), !one.facet.contains(" | ") else {
                throw TrialFailure("an outgoing mail shows more than its recipient: \(one.facet)")
            }
            let recipient = String(one.facet.dropFirst(prefix.count))
            line["customer"] = recipient
            ledger["customer"] = recipient
        }
        try add(
            line: [UInt8](try JSONSerialization.data(withJSONObject: line)),
            ledger: [UInt8](try JSONSerialization.data(withJSONObject: ledger)))
    }
}
