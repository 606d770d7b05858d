internal import FoundationEssentials

/// Writes the generated mails as RFC 5322 messages into a Maildir (`cur`, `new`, `tmp`).
///
/// Feed it the items of a ``Generator`` whose scope is `mailOnly`; the three interactions of a mail to three
/// customers become one message.
package struct Maildir {
    private let current: URL
    private let company: String
    /// The interactions of the message that may still get another recipient.
    private var open: [Generated] = []
    /// How many messages were written.
    package private(set) var count = 0

    /// Makes the folders where they are missing. `company` is the address the customers write to, which the
    /// source that reads the folder must know as its own.
    package init(at path: String, company: String = "ciao@bottega.example") throws {
        let root = URL(fileURLWithPath: path, isDirectory: true)
        for folder in ["cur", "new", "tmp"] {
            try FileManager.default.createDirectory(
                at: root.appending(path: folder, directoryHint: .isDirectory), withIntermediateDirectories: true)
        }
        current = root.appending(path: "cur", directoryHint: .isDirectory)
        self.company = company
    }

    package mutating func write(_ one: Generated) throws {
        if let last = open.last, last.id != one.id { try finish() }
        open.append(one)
    }

    /// Writes what is still held back; call it after the last item.
    package mutating func finish() throws {
        guard let first = open.first else { return }
        count += 1
        let name = "\(first.moment / Calendar.second).\(count).bottega:2,S"
        let bytes = MailText.message(open, company: company)
        open = []
        try Data(bytes).write(to: current.appending(path: name, directoryHint: .notDirectory))
    }
}
