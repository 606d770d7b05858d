/// What holds of a customer: the fold of all that was said on his facets, a pure function of the set of statements.
///
/// Of each facet the newest statement that covers a channel counts, whether it names the channel or all of them; **of the
/// facets the strictest does**. So two who are merged are refused what either refused, and after a split each has his own
/// again, without anything being written. A facet that says nothing takes no part; where none says anything, nothing is granted.
package struct Consents: Sendable {
    /// What counts for a purpose and a channel (nil: those of which nothing is said by name).
    package struct Standing: Sendable {
        package let purpose: ConsentPurpose
        package let channel: String?
        package let statement: ConsentStatement
    }

    /// By purpose and facet: the newest for each channel that is named, and for all.
    private var newest: [ConsentPurpose: [HubID: [String: ConsentStatement]]] = [:]

    package init(_ statements: some Sequence<ConsentStatement> = []) {
        for statement in statements { fold(statement) }
    }

    /// Takes in one more: in any order, and twice is harmless.
    package mutating func fold(_ statement: ConsentStatement) {
        let channel = statement.channel ?? ""
        let known = newest[statement.purpose]?[statement.facet]?[channel]
        guard known.map(statement.follows) ?? true else { return }
        newest[statement.purpose, default: [:]][statement.facet, default: [:]][channel] = statement
    }

    package mutating func fold(_ other: Consents) {
        for statement in other.newest.values.lazy.flatMap(\.values).flatMap(\.values) { fold(statement) }
    }

    package var isEmpty: Bool { newest.isEmpty }

    /// The statement that counts; nil where nothing was said.
    package func statement(_ purpose: ConsentPurpose, on channel: String?) -> ConsentStatement? {
        var counts: ConsentStatement?
        for said in (newest[purpose] ?? [:]).values {
            let covering = said.values.filter { $0.covers(channel) }
            guard let latest = covering.max(by: { $1.follows($0) }) else { continue }
            if counts.map(latest.prevails) ?? true { counts = latest }
        }
        return counts
    }

    /// All that counts, by purpose and then by channel, all channels first.
    package var standings: [Standing] {
        ConsentPurpose.allCases.flatMap { purpose -> [Standing] in
            let named = Set((newest[purpose] ?? [:]).values.flatMap(\.keys)).union([""])
            return named.sorted().compactMap { name in
                let channel = name.isEmpty ? nil : name
                return statement(purpose, on: channel).map {
                    Standing(purpose: purpose, channel: channel, statement: $0)
                }
            }
        }
    }

    /// Whether the customer may be met for a purpose on a channel, and why. `isNobodys`: he is no one customer but what hangs
    /// on several people's value, who cannot agree to anything as one.
    ///
    /// Service needs no consent, and no other purpose's refusal bars it: only one of service itself does.
    package func mayContact(
        for purpose: ConsentPurpose, on channel: String, isNobodys: Bool = false
    ) -> ContactPermission {
        let said = statement(purpose, on: channel)
        if let said, said.state.isRefusal {
            return ContactPermission(said.state == .denied ? .denied : .withdrawn, said)
        }
        if purpose == .service { return ContactPermission(.serviceNeedsNone, said) }
        if isNobodys { return ContactPermission(.nobodys, said) }
        return said.map { ContactPermission(.granted, $0) } ?? ContactPermission(.nothingSaid, nil)
    }
}

/// Whether a customer may be met, and why.
package struct ContactPermission: Sendable {
    package enum Reason: String, Sendable {
        case granted
        case serviceNeedsNone = "service_needs_no_consent"
        case denied, withdrawn
        case nothingSaid = "nothing_said"
        /// The profile is of what several people share.
        case nobodys = "shared"

        package var words: String {
            switch self {
            case .granted: "the customer has agreed"
            case .serviceNeedsNone: "service needs no consent"
            case .denied: "the customer has refused"
            case .withdrawn: "the customer has withdrawn his consent"
            case .nothingSaid: "the customer was never asked, or never answered"
            case .nobodys: "it is no one customer: several people share what it shows, and none can agree for all"
            }
        }
    }

    package let reason: Reason
    /// What was said, where anything was.
    package let statement: ConsentStatement?

    init(_ reason: Reason, _ statement: ConsentStatement?) {
        self.reason = reason
        self.statement = statement
    }

    package var isAllowed: Bool { reason == .granted || reason == .serviceNeedsNone }
}
