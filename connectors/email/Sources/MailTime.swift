internal import Contact

/// When a message came to be in a file or at the door.
package struct Arrival: Sendable {
    /// Microseconds since 1970: what stands in for a time that the mail itself does not tell.
    package let time: Int64
    /// What Date is measured against: this moment where the file tells when the message was delivered, else now.
    package let latest: Int64

    package init(time: Int64, latest: Int64? = nil) {
        self.time = max(0, time)
        self.latest = latest ?? time
    }
}

/// When a mail was written (FORMATS.md, Mail).
struct MailTime {
    /// Microseconds since 1970.
    let occurred: Int64
    /// As Date states it, with its offset in minutes; nil where it states none.
    let stated: (microseconds: Int64, offset: Int)?
    let flags: Set<String>

    init(_ headers: MailHeaders, arrival: Arrival, authserv: String?) {
        stated = headers["date"].flatMap { GMime.date($0) }
        // From 1990-01-01T00:00:00Z until a day after it arrived: a server's clock may be as wrong as a sender's.
        func isPossible(_ time: Int64) -> Bool {
            time >= 631_152_000_000_000 && time <= arrival.latest + 86_400_000_000
        }
        if let authserv, let received = MailTime.received(headers, by: authserv), isPossible(received) {
            occurred = received
            flags = stated == nil ? ["date_missing"] : []
            return
        }
        if let stated, isPossible(stated.microseconds) {
            occurred = stated.microseconds
            flags = []
        } else {
            occurred = arrival.time
            flags = stated == nil ? ["date_missing"] : ["date_impossible"]
        }
    }

    /// The moment in the topmost Received that this server wrote.
    private static func received(_ headers: MailHeaders, by authserv: String) -> Int64? {
        for field in headers.all("received") {
            guard TraceFields.writer(field.raw) == authserv, let semicolon = field.raw.lastIndex(of: ";") else {
                continue
            }
            return GMime.date(String(field.raw[field.raw.index(after: semicolon)...]))?.microseconds
        }
        return nil
    }

    /// The stated date, RFC 3339 with its offset: `2026-11-21T20:52:07+01:00`.
    static func text(_ stated: (microseconds: Int64, offset: Int)) -> String {
        let local = Timestamp.text(stated.microseconds + Int64(stated.offset) * 60_000_000)
        let minutes = abs(stated.offset)
        let hour = minutes / 60, minute = minutes % 60
        let sign = stated.offset < 0 ? "-" : "+"
        return "\(local.prefix(19))\(sign)\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
}
