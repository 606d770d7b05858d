internal import Contact

/// A mail by which a server says that another was not delivered, or not yet: RFC 3464, and the many forms that are older.
struct Bounce: Sendable {
    /// One recipient that was not reached.
    struct Failure: Sendable {
        /// As the report spells it.
        let address: String
        /// `5.1.1` (RFC 3463); where the report states none, what its words mean; nil where they mean nothing known.
        var status: String?
        /// `failed`, `delayed`, …, as the report states it.
        var action: String?
        /// The words of the server that refused it.
        var diagnostic: String?

        /// What passes: a class 4, or a report that it is still tried.
        var isSoft: Bool {
            if action == "delayed" { return true }
            return status?.first == "4"
        }
        /// In one word of ``BounceWords``.
        var reason: String { BounceWords.reason(status: status, diagnostic: diagnostic ?? "") }
    }

    /// Each address once.
    let failures: [Failure]
    /// The fields of the mail that came back, as far as they did.
    let returned: MailHeaders
    /// Every recipient was reached after all: the report says so and nothing else.
    let isDelivered: Bool

    /// Characters of a report's words that are looked at.
    private static let longestWords = 32 << 10

    /// At most so many recipients of one report.
    static let mostFailures = 100

    /// What a mail reports; nil where it is no such report. Where it is one and names nobody, `failures` is empty.
    static func read(_ message: MimeMessage, text: String) -> Bounce? {
        let reports = message.root.leaves.filter {
            $0.type == "message/delivery-status" || $0.type == "message/global-delivery-status"
        }
        let report = isReport(message.root)
        guard !isOfAnotherKind(message.root),
            report || !reports.isEmpty || message.headers.has("x-failed-recipients")
                || BounceWords.isReport(message.headers, text: text)
        else { return nil }
        let (all, tail) = ReturnedMail.divided(text)
        // It is searched for each recipient.
        let words = all.prefix(longestWords)
        let returned = ReturnedMail.headers(message.root, tail: tail)
        var failures: [Failure] = []
        for part in reports {
            failures += stated(part.content)
            if failures.count > mostFailures { break }
        }
        let hadReports = !failures.isEmpty
        let isDelivered = hadReports && failures.allSatisfy { $0.action.map(reached.contains) ?? false }
        if !isDelivered { failures.removeAll { $0.action.map(reached.contains) ?? false } }
        if !hadReports {
            failures = named(message.headers).map { Failure(address: $0) }
            if failures.isEmpty { failures = guessed(words, message, returned).map { Failure(address: $0) } }
        }
        var seen: Set<String> = []
        failures = Array(failures.filter { seen.insert($0.address.lowercased()).inserted }.prefix(mostFailures))
        let isLate = BounceWords.isDelay(message.headers, text: words)
        let whole = Said(words)
        let isAlone = failures.count == 1
        for place in failures.indices where !isDelivered {
            complete(&failures[place], words: words, whole: whole, isLate: isLate, isAlone: isAlone)
        }
        return Bounce(failures: failures, returned: returned, isDelivered: isDelivered)
    }

    /// Actions of RFC 3464 (2.3.3) by which a mail is where it should be, as far as the server knows.
    private static let reached: Set<String> = ["delivered", "relayed", "expanded"]

    private static func isReport(_ root: MimePart) -> Bool {
        root.type == "multipart/report" && (root.reportType ?? "delivery-status") == "delivery-status"
    }

    /// A complaint (RFC 5965) or a receipt of reading (RFC 8098): of mail that did arrive.
    private static func isOfAnotherKind(_ root: MimePart) -> Bool {
        if root.type == "multipart/report", let kind = root.reportType, kind != "delivery-status" { return true }
        return root.leaves.contains {
            $0.type == "message/feedback-report" || $0.type == "message/disposition-notification"
        }
    }

    /// The recipients of a report's blocks (RFC 3464, 2.3).
    private static func stated(_ content: [UInt8]) -> [Failure] {
        var failures: [Failure] = []
        for block in FieldBlocks.read(content).prefix(mostFailures + 1) {
            // What we wrote to, before any server forwarded it.
            let fields = ["original-recipient", "final-recipient", "x-actual-recipient"].compactMap { block[$0] }
            guard let address = fields.lazy.compactMap({ self.address($0) }).first else { continue }
            let status = block["status"].flatMap(BounceWords.status)
            let diagnostic = block["diagnostic-code"].map { MailBody.prefix($0, 500) }
            failures.append(
                Failure(
                    address: address,
                    status: status.flatMap { $0.hasSuffix(".0.0") ? nil : $0 }
                        ?? diagnostic
                        .flatMap(BounceWords.status) ?? status,
                    action: block["action"]?.lowercased().split(separator: " ").first.map(String.init),
                    diagnostic: diagnostic))
        }
        return failures
    }

    /// `rfc822; x@y`, with or without brackets.
    private static func address(_ value: String) -> String? {
        let text = value.lastIndex(of: ";").map { value[value.index(after: $0)...] } ?? value[...]
        return BounceWords.addresses(in: text, most: 1).first
    }

    /// Of X-Failed-Recipients, as Exim and Gmail write it.
    private static func named(_ headers: MailHeaders) -> [String] {
        headers.all("x-failed-recipients").flatMap { BounceWords.addresses(in: $0.raw[...], most: mostFailures) }
    }

    /// The addresses that the words for people name: those the returned mail was written to where it tells, else the first
    /// in the words that is neither the server's nor of who gets the report.
    private static func guessed(_ words: Substring, _ message: MimeMessage, _ returned: MailHeaders) -> [String] {
        func canonical(_ address: MailAddress) -> String { address.address.lowercased() }
        var ours = Set(
            ["to", "delivered-to", "x-original-to"].flatMap {
                MailSender.addresses($0, message.headers).map(canonical)
            })
        ours.formUnion(MailSender.addresses("from", returned).map(canonical))
        ours.formUnion(MailSender.addresses("from", message.headers).map(canonical))
        let written = ["to", "cc"].flatMap { MailSender.addresses($0, returned).map(canonical) }
        let failing = BounceWords.addresses(in: words, most: mostFailures)
            .filter { !ours.contains($0.lowercased()) && !BounceWords.isDaemon($0) }
        let known = failing.filter { written.contains($0.lowercased()) }
        if !known.isEmpty { return known }
        if let first = failing.first { return [first] }
        let others = Array(Set(written).subtracting(ours)).sorted()
        if others.count == 1 { return others }
        // A test that somebody sent to himself: the only address there is.
        let all = BounceWords.addresses(in: words, most: 20).filter { !BounceWords.isDaemon($0) }
        return all.first.map { [$0] } ?? Array(written.prefix(1))
    }

    /// What words say of a recipient.
    private struct Said {
        let diagnostic: String?
        let status: String?

        init(_ words: Substring) {
            diagnostic = BounceWords.diagnostic(in: words).map { MailBody.prefix($0, 500) }
            status = BounceWords.status(ofWords: words)
        }
    }

    /// `whole` is what all the words say: it counts for one who stands alone, and for those whom the words do not name.
    private static func complete(
        _ failure: inout Failure, words: Substring, whole: Said, isLate: Bool, isAlone: Bool
    ) {
        if failure.diagnostic == nil || failure.status == nil {
            let near = isAlone ? nil : BounceWords.lines(about: failure.address, in: words)
            let said = near.map { Said($0) } ?? whole
            if failure.diagnostic == nil { failure.diagnostic = said.diagnostic }
            if failure.status == nil { failure.status = said.status }
        }
        if isLate, failure.action == nil { failure.action = "delayed" }
        if failure.action == nil { failure.action = "failed" }
    }
}

/// Header fields in blocks with empty lines between, as a report holds them.
enum FieldBlocks {
    /// Lower-case names; of a field that stands twice in a block the first. Bounded by its first 256 KiB.
    static func read(_ content: [UInt8]) -> [[String: String]] {
        var blocks: [[String: String]] = []
        var block: [String: String] = [:]
        var last: String?
        let text = Text.repaired(Array(content.prefix(256 << 10))).text
        func isLineEnd(_ character: Character) -> Bool { character == "\n" || character == "\r\n" || character == "\r" }
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: isLineEnd) {
            if line.allSatisfy(\.isWhitespace) {
                if !block.isEmpty { blocks.append(block) }
                block = [:]
                last = nil
            } else if line.first == " " || line.first == "\t" {
                if let last, let value = block[last], value.utf8.count < 2_000 {
                    block[last] = value + " " + HeaderText.trimmed(String(line.prefix(1_000)))
                }
            } else if let colon = line.prefix(80).firstIndex(of: ":") {
                let name = HeaderText.trimmed(String(line[..<colon])).lowercased()
                last = block[name] == nil ? name : nil
                if block[name] == nil {
                    block[name] = HeaderText.trimmed(String(line[line.index(after: colon)...].prefix(2_000)))
                }
            }
        }
        if !block.isEmpty { blocks.append(block) }
        return blocks
    }
}
