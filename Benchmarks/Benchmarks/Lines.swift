/// The lines that are imported: about 480 bytes each, two identifiers a facet, one interaction each.
///
/// Known traffic picks one of the customers that were stored before; a new facet is, half and half, a known customer on
/// a new browser (his address beside a new cookie: it joins his profile) and somebody never seen.
struct Lines {
    private var state: UInt64
    private let known: Int
    private var next = 0
    private var fresh = 0
    private let padding = String(repeating: "Lorem ipsum dolor sit amet, consectetur. ", count: 4)

    init(seed: UInt64, known: Int) {
        state = seed
        self.known = known
    }

    /// One line for each known customer.
    static func preload(_ count: Int) -> [UInt8] {
        var lines = Lines(seed: 1, known: count)
        var bytes: [UInt8] = []
        for customer in 0..<count { bytes.append(contentsOf: lines.line(lines.knownIdentifiers(customer), "pre")) }
        return bytes
    }

    /// Makes lines of which, in a thousand, `newPerMille` show a facet never seen.
    mutating func make(_ count: Int, newPerMille: Int, prefix: String = "run") -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 520)
        for _ in 0..<count {
            guard random(1000) < newPerMille else {
                bytes.append(contentsOf: line(knownIdentifiers(random(known)), prefix))
                continue
            }
            fresh += 1
            let cookie = #"{"kind":"cookie","scope":"shop.example.it","value":"c\#(fresh)-\#(random(1 << 40))"}"#
            let email =
                fresh.isMultiple(of: 2)
                ? address(random(known))
                : #"{"kind":"email","value":"nuovo\#(fresh)@example.it","assurance":"presented"}"#
            bytes.append(contentsOf: line("[\(email),\(cookie)]", prefix))
        }
        return bytes
    }

    private func knownIdentifiers(_ customer: Int) -> String {
        "[\(address(customer)),"
            + #"{"kind":"customer_number","scope":"crm","value":"\#(100_000 + customer)","assurance":"presented"}]"#
    }

    private func address(_ customer: Int) -> String {
        #"{"kind":"email","value":"cliente\#(customer)@example.it","assurance":"presented"}"#
    }

    private mutating func line(_ identifiers: String, _ prefix: String) -> [UInt8] {
        next += 1
        // Within one half-year, so that a cookie keeps its period; over four months, as partitions would see it.
        let second = random(120 * 86_400)
        let day = second / 86_400
        let stamp =
            "2026-\(padded(7 + day / 30))-\(padded(1 + day % 30))T\(padded(second / 3600 % 24)):"
            + "\(padded(second / 60 % 60)):\(padded(second % 60)).\(100 + random(900))Z"
        let text =
            #"{"v":1,"id":"\#(prefix)-\#(next)","source":"shop","channel":"store","kind":"page.viewed","#
            + #""direction":"in","occurred_at":"\#(stamp)","identifiers":\#(identifiers),"#
            + #""detail":{"page":"/prodotti/\#(random(9000))","referrer":"https://example.it/","note":"\#(padding)"}}"#
        return Array(text.utf8) + [10]
    }

    private func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    private mutating func random(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) % UInt64(bound))
    }
}
